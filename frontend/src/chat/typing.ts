/** "… is typing": told at most every three seconds, shown until words come or six seconds pass. */

const TELL_EVERY = 3_000; // ms
const SHOW_FOR = 6_000; // ms

export class Typing {
  #told = 0;
  #hide: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly line: HTMLElement,
    readonly words: string,
    readonly onTell: () => void,
  ) {}

  typed(): void {
    if (Date.now() - this.#told < TELL_EVERY) return;
    this.#told = Date.now();
    this.onTell();
  }

  /** My words have gone: the next key is told at once. */
  done(): void {
    this.#told = 0;
  }

  show(name: string): void {
    const text = this.words.replace("%s", name);
    if (this.line.textContent !== text) this.line.textContent = text; // a screen reader says it once
    clearTimeout(this.#hide);
    this.#hide = setTimeout(() => this.clear(), SHOW_FOR);
  }

  clear(): void {
    clearTimeout(this.#hide);
    this.line.textContent = "";
  }
}
