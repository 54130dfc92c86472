/** Puts what the server tells into the page: append, replace by id, fetch a panel again. */

import { hold } from "./held";
import type { LiveData, LiveEvent } from "./protocol";

declare global {
  interface DocumentEventMap {
    /** An entry came into a timeline; `own` when it takes the place of what this page showed already. */
    "live:append": CustomEvent<{ entry: HTMLElement; own: boolean }>;
    /** A part of the page was renewed. */
    "live:renew": CustomEvent<{ element: Element }>;
    "live:typing": CustomEvent<LiveData["typing"]>;
    "live:read": CustomEvent<LiveData["read"]>;
    "live:reset": CustomEvent<LiveData["reset"]>;
    /** The line was heard, if only to say that it is there: every 15 s, also while the page is out of sight. */
    "live:breath": CustomEvent;
  }
}

export function apply({ event, data }: LiveEvent): void {
  if (event === "append") append(data);
  else if (event === "replace") replace(data);
  else if (event === "ping") refetch(data.panel);
  else {
    if (event === "reset") refetch();
    tell(`live:${event}`, data);
  }
}

function tell(name: string, detail: unknown): void {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

function append({ target, id, html, seq }: LiveData["append"]): void {
  const timeline = document.getElementById(target);
  const entry = parse(html);
  if (!timeline || !entry) return;
  const shown = document.getElementById(id);
  if (shown && !shown.hasAttribute("data-local")) return; // heard twice
  if (shown) shown.replaceWith(entry);
  else insertInOrder(timeline, entry, seq);
  tell("live:append", { entry, own: shown !== null });
}

/** Entries stand in the order of their numbers; what has none yet (still being sent) stays behind them, a read mark behind its entry. */
export function insertInOrder(timeline: Element, entry: Element, seq: number): void {
  const entries = [...timeline.querySelectorAll<HTMLElement>(":scope > [data-seq]")];
  const before = entries.findLast((other) => Number(other.dataset.seq) < seq);
  const mark = before?.nextElementSibling?.matches("[data-read-mark]") ? before.nextElementSibling : null;
  if (before) (mark ?? before).after(entry);
  else if (entries[0]) entries[0].before(entry);
  else timeline.prepend(entry);
}

function replace({ id, html }: LiveData["replace"]): void {
  const old = document.getElementById(id);
  if (!old) return;
  const fresh = parse(html);
  if (!fresh) return old.remove();
  const focused = old.contains(document.activeElement) ? focusPath(document.activeElement!) : null;
  old.replaceWith(fresh);
  if (focused) fresh.querySelector<HTMLElement>(focused)?.focus();
  tell("live:renew", { element: fresh });
}

const fetching = new Map<Element, "once" | "again">();

/** Gets every element of that panel again, or all of them. What data-src answers is the panel's content or a page that holds the panel; being sent elsewhere, as to sign in, is neither. */
export function refetch(panel?: string): void {
  document.querySelectorAll<HTMLElement>(panel ? `[data-refetch~="${CSS.escape(panel)}"]` : "[data-refetch]").forEach((element) => void renew(element));
}

export async function renew(element: HTMLElement): Promise<void> {
  if (fetching.has(element)) return void fetching.set(element, "again");
  fetching.set(element, "once");
  const response = await fetch(element.dataset.src!, { headers: { Accept: "text/html" } }).catch(() => null);
  if (response?.ok && !response.redirected) swap(element, await response.text());
  const again = fetching.get(element) === "again";
  fetching.delete(element);
  if (again) await renew(element);
}

function swap(element: HTMLElement, html: string): void {
  const focused = element.contains(document.activeElement) ? focusPath(document.activeElement!) : null;
  const page = new DOMParser().parseFromString(html, "text/html");
  const same = page.querySelector(`[data-refetch="${CSS.escape(element.dataset.refetch!)}"]`);
  const restore = hold(element);
  element.replaceChildren(...(same ?? page.body).childNodes);
  restore(element);
  if (focused) element.querySelector<HTMLElement>(focused)?.focus();
  tell("live:renew", { element });
}

/** A selector that finds the same control in the renewed part. */
function focusPath(element: Element): string | null {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element.getAttribute("href");
  if (href) return `a[href="${CSS.escape(href)}"]`;
  const name = element.getAttribute("name");
  return name && `[name="${CSS.escape(name)}"]`;
}

export function parse(html: string): HTMLElement | null {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild as HTMLElement | null;
}
