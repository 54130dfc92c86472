/** `<chat-room>`: the conversation's forms, made immediate. What it does with scripts the same forms do without. */

import { isComposing } from "../page/ime";
import { toast } from "../page/frame";
import { Bubble } from "./bubble";
import { Keep, type Unsent } from "./keep";
import { Photos, preview } from "./photo";
import { type Sent, clientId, post, upload } from "./post";
import { Reading } from "./reading";
import { Typing } from "./typing";

export class ChatRoom extends HTMLElement {
  #base = "";
  #csrf = "";
  #timeline!: HTMLElement;
  #reading!: Reading;
  #typing!: Typing;
  #keep!: Keep;
  #atEnd = true;
  #line: Promise<unknown> = Promise.resolve(); // what is sent goes one after the other, in the order it was written
  #end = new AbortController();

  connectedCallback(): void {
    this.#base = this.dataset.base!;
    this.#csrf = document.querySelector<HTMLInputElement>("input[name=csrf]")?.value ?? ""; // also where no form is left to write with
    this.#timeline = this.querySelector<HTMLElement>(".timeline")!;
    this.#keep = new Keep(this.dataset.case!);
    this.#reading = new Reading(this.#part("[data-thread]"), this.#timeline, this.#part("[data-below]"), (seq) => this.#tell("read", { seq: String(seq) }));
    this.#typing = new Typing(this.#part("[data-typing]"), this.dataset.sayTyping!, () => this.#tell("typing", {}));
    this.#end = new AbortController();
    this.#hear();
    this.#reading.showRead(Number(this.querySelector<HTMLElement>("[data-read-mark]")?.dataset.seqRead));
    this.#reading.look();
    const compose = this.querySelector<HTMLFormElement>("form[data-compose]");
    if (compose) this.#compose(compose);
  }

  disconnectedCallback(): void {
    this.#end.abort();
  }

  #part<E extends HTMLElement>(selector: string): E {
    return this.querySelector<E>(selector)!;
  }

  #hear(): void {
    const { signal } = this.#end;
    const mine = (topic: string) => topic.startsWith(`case:${this.dataset.case}`);
    const theirs = (who: string) => who !== document.documentElement.dataset.viewer;
    document.addEventListener("live:append", ({ detail }) => this.#came(detail.entry, detail.own), { signal });
    document.addEventListener("live:typing", ({ detail }) => mine(detail.topic) && theirs(detail.who) && this.#typing.show(detail.name || this.querySelector("h1")!.textContent!), { signal });
    document.addEventListener("live:read", ({ detail }) => mine(detail.topic) && theirs(detail.who) && this.#reading.showRead(detail.seq), { signal });
    document.addEventListener("live:reset", ({ detail }) => mine(detail.topic) && void this.#refresh(), { signal });
    this.#reading.thread.addEventListener("scroll", () => (this.#atEnd = this.#reading.atEnd), { passive: true, signal });
    document.addEventListener("submit", (event) => this.#onSubmit(event), { signal, capture: true });
  }

  #came(entry: HTMLElement, own: boolean): void {
    if (!this.#timeline.contains(entry)) return;
    const { clientId, author } = entry.dataset;
    if (clientId) this.querySelector(`[data-pending][data-client-id="${CSS.escape(clientId)}"]`)?.remove();
    if (author !== document.documentElement.dataset.viewer) this.#typing.clear();
    this.#reading.came(own, this.#atEnd);
  }

  /** After falling behind: the thread as the server shows it now, with what is still being sent kept at its end. */
  async #refresh(): Promise<void> {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(this.#timeline.id);
    if (!fresh) return;
    const pending = [...this.#timeline.querySelectorAll(":scope > [data-pending]")];
    this.#timeline.replaceChildren(...fresh.childNodes, ...pending);
    this.#reading.came(false, this.#atEnd);
  }

  #onSubmit(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (!this.contains(form)) return;
    if (form.matches("[data-compose]")) this.#sendText(form);
    else if (form.matches("[data-reply]")) this.#choose(event.submitter as HTMLButtonElement);
    else return;
    event.preventDefault();
  }

  #compose(form: HTMLFormElement): void {
    const text = form.querySelector("textarea")!;
    const touch = matchMedia("(pointer: coarse)").matches;
    text.value ||= this.#keep.draft;
    text.addEventListener("input", () => {
      this.#keep.draft = text.value;
      if (text.value.trim()) this.#typing.typed();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
      if (touch && !event.ctrlKey && !event.metaKey) return; // on a screen keyboard Enter is a new line
      event.preventDefault();
      if (text.value.trim()) form.requestSubmit();
    });
    const hint = this.querySelector("[data-enter-hint]");
    if (hint && !touch) hint.textContent = this.dataset.sayEnter!;
    const attach = this.querySelector<HTMLDetailsElement>("details[data-attach]");
    if (attach) new Photos(attach, form, { large: this.dataset.sayLarge!, type: this.dataset.sayType! }, (file) => this.#sendPhoto(file), toast);
    for (const item of this.#keep.unsent) this.#restore(item);
  }

  #sendText(form: HTMLFormElement): void {
    const text = form.querySelector("textarea")!;
    const item = { clientId: clientId(), text: text.value.trim(), more: further(form) };
    if (!item.text) return;
    this.#keep.add(item);
    this.#keep.draft = "";
    this.#typing.done();
    text.value = "";
    text.focus();
    const bubble = this.#bubble(item.clientId, item.text);
    bubble.element.toggleAttribute("data-internal", "note" in item.more);
    this.#send(bubble, this.#work(item), text);
  }

  #work(item: Unsent): () => Promise<Sent> {
    return async () => {
      const sent = await this.#post({ ...item.more, client_id: item.clientId, text: item.text });
      if ("failed" in sent) Object.assign(item.more, sent.again);
      return sent;
    };
  }

  /** Words whose way was cut when the page was left: shown as not sent, to be sent again under the same id. */
  #restore(item: Unsent): void {
    const bubble = this.#bubble(item.clientId, item.text);
    bubble.settle({ failed: "unreachable", detail: "" });
    this.#offerAgain(bubble, this.#work(item));
  }

  #choose(button: HTMLButtonElement): void {
    const id = clientId();
    const group = [...(button.closest(".entry")?.querySelectorAll<HTMLButtonElement>("button[name=choice]") ?? [button])];
    group.forEach((other) => (other.disabled = true));
    const words = (button.querySelector("span") ?? button).firstChild?.textContent?.trim() ?? "";
    this.#send(this.#bubble(id, words), async () => {
      const sent = await this.#post({ client_id: id, choice: button.value });
      if ("failed" in sent || !button.closest(".entry")) group.forEach((other) => (other.disabled = false));
      return sent;
    });
  }

  #sendPhoto(file: File): void {
    const id = clientId();
    const bubble = this.#bubble(id, "");
    const progress = preview(bubble.element, file);
    const body = new FormData();
    body.set("client_id", id);
    body.set("file", file);
    this.#send(bubble, () => upload(`${this.#base}/attachments`, body, this.#csrf, progress));
  }

  #bubble(id: string, words: string): Bubble {
    const template = this.#part<HTMLElement>("template[data-part=pending]") as unknown as HTMLTemplateElement;
    const bubble = new Bubble(template, this.#timeline, id, words, { failed: this.dataset.sayFailed!, slow: this.dataset.saySlow! });
    this.#reading.toEnd();
    return bubble;
  }

  #send(bubble: Bubble, work: () => Promise<Sent>, back?: HTMLTextAreaElement): void {
    this.#offerAgain(bubble, work, back);
    bubble.sending();
    this.#line = this.#line.then(async () => {
      const sent = await work();
      if (!("failed" in sent)) this.#keep.remove(bubble.clientId);
      bubble.settle(sent);
    });
  }

  /** Not sent: once more, or not at all; then the words go `back` into the empty field, to be written anew. */
  #offerAgain(bubble: Bubble, work: () => Promise<Sent>, back?: HTMLTextAreaElement): void {
    bubble.element.querySelector<HTMLElement>("[data-resend]")!.onclick = () => this.#send(bubble, work, back);
    bubble.element.querySelector<HTMLElement>("[data-discard]")!.onclick = () => {
      this.#keep.remove(bubble.clientId);
      if (back) this.#keep.draft = back.value ||= bubble.element.querySelector(".entry-text")!.textContent!;
      back?.focus();
      bubble.element.remove();
    };
  }

  #post(fields: Record<string, string>): Promise<Sent> {
    return post(`${this.#base}/entries`, fields, this.#csrf);
  }

  /** Of the moment: may be lost. */
  #tell(what: "typing" | "read", fields: Record<string, string>): void {
    const body = new URLSearchParams(fields);
    fetch(`${this.#base}/${what}`, { method: "POST", headers: { Accept: "application/json", "X-CSRF": this.#csrf }, body, keepalive: true }).catch(() => undefined);
  }
}

/** What a form says besides its text: switches, and the like. */
function further(form: HTMLFormElement): Record<string, string> {
  const own = new Set(["csrf", "client_id", "text"]);
  const fields = [...new FormData(form)].filter((field): field is [string, string] => typeof field[1] === "string");
  return Object.fromEntries(fields.filter(([name]) => !own.has(name)));
}
