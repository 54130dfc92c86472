/** "?": the keys that work on this page now. */

import { keycap } from "./palette";

export function startSheet(): void {
  const dialog = document.getElementById("keys") as HTMLDialogElement | null;
  const list = dialog?.querySelector("[data-key-list]");
  if (!dialog || !list) return;
  new MutationObserver(() => dialog.open && list.replaceChildren(...lines())).observe(dialog, { attributeFilter: ["open"] });
}

function lines(): HTMLElement[] {
  const controls = [...document.querySelectorAll<HTMLElement>("[data-key]")].filter((control) => control.checkVisibility());
  return controls.map((control) => {
    const line = document.createElement("div");
    const key = document.createElement("dt");
    const words = document.createElement("dd");
    key.append(keycap(control.dataset.key!));
    words.textContent = control.dataset.command ?? control.ariaLabel ?? (control.querySelector("span") ?? control).textContent!.trim();
    line.append(key, words);
    return line;
  });
}
