/** Whether the newest entry is in view; the button that leads there; how far I and the other side have read. */

import { lastSeq } from "../live/start";

const NEAR = 80; // px from the end that still count as being there
const SETTLE = 400; // ms before a mark is sent

export class Reading {
  #sent = 0;
  #due: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly thread: HTMLElement,
    readonly timeline: HTMLElement,
    readonly below: HTMLButtonElement,
    readonly onRead: (seq: number) => void,
  ) {
    thread.addEventListener("scroll", () => this.look(), { passive: true });
    document.addEventListener("visibilitychange", () => this.look());
    below.addEventListener("click", () => this.toEnd());
  }

  /** The thread is laid out from its end, so its end is at scroll position 0. */
  get atEnd(): boolean {
    return this.thread.scrollTop > -NEAR;
  }

  toEnd(): void {
    this.thread.scrollTop = 0;
    this.look();
  }

  /** Something came: follow it where the reader was at the end, else offer the way down. */
  came(own: boolean, wasAtEnd: boolean): void {
    if (own || wasAtEnd) this.toEnd();
    else this.below.hidden = false;
  }

  /** Notices what the reader can see now. */
  look(): void {
    if (!this.atEnd) return;
    this.below.hidden = true;
    if (document.visibilityState !== "visible") return;
    clearTimeout(this.#due);
    this.#due = setTimeout(() => this.#mark(), SETTLE);
  }

  #mark(): void {
    const seq = lastSeq(this.timeline);
    if (seq <= this.#sent) return;
    this.#sent = seq;
    this.onRead(seq);
  }

  /** Puts the read mark behind the last entry of mine that the other side has seen. */
  showRead(seq: number): void {
    const mark = this.timeline.querySelector<HTMLElement>("[data-read-mark]");
    const viewer = document.documentElement.dataset.viewer;
    const mine = [...this.timeline.querySelectorAll<HTMLElement>(`:scope > [data-author="${viewer}"][data-seq]:not([data-internal])`)];
    const last = mine.findLast((entry) => Number(entry.dataset.seq) <= seq);
    if (!mark || !last) return;
    mark.hidden = false;
    last.after(mark);
  }
}
