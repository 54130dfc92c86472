/** What was typed and not yet sent, kept in this browser so that closing the page loses nothing. */

const store = open();

/** Frames on other sites may be denied storage; then it is kept as long as the page is. */
function open(): Pick<Storage, "getItem" | "setItem" | "removeItem"> {
  try {
    return localStorage;
  } catch {
    const items = new Map<string, string>();
    return {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
    };
  }
}

export interface Unsent {
  clientId: string;
  text: string;
  /** What else the form said: a note among staff must not come back as a message. */
  more: Record<string, string>;
}

export class Keep {
  constructor(readonly room: string) {}

  get draft(): string {
    return store.getItem(this.#key("draft")) ?? "";
  }

  set draft(text: string) {
    if (text) store.setItem(this.#key("draft"), text);
    else store.removeItem(this.#key("draft"));
  }

  get unsent(): Unsent[] {
    return JSON.parse(store.getItem(this.#key("unsent")) ?? "[]") as Unsent[];
  }

  add(item: Unsent): void {
    this.#write([...this.unsent.filter(({ clientId }) => clientId !== item.clientId), item]);
  }

  remove(clientId: string): void {
    this.#write(this.unsent.filter((item) => item.clientId !== clientId));
  }

  #write(items: Unsent[]): void {
    if (items.length) store.setItem(this.#key("unsent"), JSON.stringify(items));
    else store.removeItem(this.#key("unsent"));
  }

  #key(kind: string): string {
    return `madoguchi:${kind}:${this.room}`;
  }
}
