/** `<time-left data-until data-seconds data-say>`: how long an offer still stands; at the end the offer goes. */

import { refetch } from "../live/apply";

export class TimeLeft extends HTMLElement {
  #timer: ReturnType<typeof setInterval> | undefined;

  connectedCallback(): void {
    this.#show();
    this.#timer = setInterval(() => this.#show(), 1_000);
  }

  disconnectedCallback(): void {
    clearInterval(this.#timer);
  }

  #show(): void {
    const left = Math.ceil((Date.parse(this.dataset.until!) - Date.now()) / 1_000);
    if (left <= 0) return this.#over();
    this.querySelector("progress")!.value = left;
    this.querySelector("span")!.textContent = this.dataset.say!.replace("%s", String(left));
  }

  #over(): void {
    clearInterval(this.#timer);
    this.closest("[data-offer]")?.remove();
    refetch();
  }
}
