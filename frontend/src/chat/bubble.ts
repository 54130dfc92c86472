/** What was just sent, shown at once: sending, stored, or not sent with the reason. */

import { insertInOrder } from "../live/apply";
import type { Sent } from "./post";

export interface Words {
  failed: string;
  slow: string;
}

export class Bubble {
  readonly element: HTMLElement;

  constructor(
    template: HTMLTemplateElement,
    readonly timeline: HTMLElement,
    readonly clientId: string,
    text: string,
    readonly words: Words,
  ) {
    this.element = template.content.firstElementChild!.cloneNode(true) as HTMLElement;
    this.element.dataset.author = document.documentElement.dataset.viewer!;
    this.element.dataset.clientId = clientId;
    this.#part(".entry-text").textContent = text;
    timeline.append(this.element);
  }

  sending(): void {
    this.#part(".entry-sending").hidden = false;
    this.#part(".entry-failed").hidden = true;
  }

  /** Stands for the entry of that number until the server's own rendering comes, unless that is here already. */
  settle(sent: Sent): void {
    if ("failed" in sent) return this.#fail(sent);
    if (document.getElementById(`entry-${sent.seq}`)) return this.element.remove();
    this.element.id = `entry-${sent.seq}`;
    this.element.dataset.seq = String(sent.seq);
    this.element.dataset.local = "";
    this.element.removeAttribute("data-pending");
    this.#part(".entry-sending").remove();
    this.#part(".entry-failed").remove();
    insertInOrder(this.timeline, this.element, sent.seq);
  }

  #fail({ failed, detail }: Extract<Sent, { failed: string }>): void {
    this.#part(".entry-sending").hidden = true;
    this.#part("[data-reason]").textContent = detail || (failed === "busy" ? this.words.slow : this.words.failed);
    this.#part(".entry-failed").hidden = false;
  }

  #part(selector: string): HTMLElement {
    return this.element.querySelector<HTMLElement>(selector)!;
  }
}
