/** One-letter keys: [data-key] on a control presses it, or focuses it where it is a field. They rest while somebody types. Of several things with the same keys, each a [data-scope], they mean the one that has the focus. */

import { isComposing } from "../page/ime";

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isComposing(event) || event.altKey) return;
    const modified = event.ctrlKey || event.metaKey;
    if (!modified && (isTyping(event.target) || document.querySelector("dialog[open]"))) return;
    if (!modified && (event.key === "j" || event.key === "k")) return step(event.key === "j" ? 1 : -1);
    const control = find(`${modified ? "mod+" : ""}${event.key.toLowerCase()}`);
    if (!control) return;
    event.preventDefault();
    press(control);
  });
}

export function press(control: HTMLElement): void {
  if (control.matches("input, textarea, select")) control.focus();
  else control.click();
}

function find(key: string): HTMLElement | undefined {
  const controls = document.querySelectorAll<HTMLElement>(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
  return [...controls].find((control) => control.checkVisibility() && isMeant(control));
}

function isMeant(control: HTMLElement): boolean {
  const scope = control.closest("[data-scope]");
  return !scope || scope.contains(document.activeElement);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=radio], [type=checkbox])"));
}

/** Down and up through the rows of the lists. */
function step(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const current = at >= 0 ? at : rows.findIndex((row) => row.ariaCurrent);
  rows[Math.max(0, Math.min(rows.length - 1, current + by))]?.focus();
}
