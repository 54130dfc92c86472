/** `<time-left data-left data-say>`: for how many seconds an offer still stands; at the end the offer goes.

Counted from when it came, since the clock of this machine may be wrong. */

import { refetch } from "../live/apply";

export class TimeLeft extends HTMLElement {
  #timer: ReturnType<typeof setInterval> | undefined;
  #end = 0;

  connectedCallback(): void {
    this.#end = performance.now() + 1_000 * Number(this.dataset.left);
    this.#show();
    this.#timer = setInterval(() => this.#show(), 1_000);
  }

  disconnectedCallback(): void {
    clearInterval(this.#timer);
  }

  #show(): void {
    const left = Math.ceil((this.#end - performance.now()) / 1_000);
    if (left <= 0) return this.#over();
    this.querySelector("progress")!.value = left;
    this.querySelector("span")!.textContent = this.dataset.say!.replace("%s", String(left));
  }

  #over(): void {
    clearInterval(this.#timer);
    this.closest("[data-offer]")?.remove();
    refetch("offer");
  }
}
