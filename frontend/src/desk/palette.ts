/** Ctrl-K: find a page, a person or an action by name and go there. */

import { isComposing } from "../page/ime";
import { type Command, commands, plain } from "./commands";
import { press } from "./keys";

export function startPalette(): void {
  const dialog = document.getElementById("palette") as HTMLDialogElement | null;
  const input = dialog?.querySelector<HTMLInputElement>("input");
  const list = dialog?.querySelector<HTMLElement>("[role=listbox]");
  if (!dialog || !input || !list) return;
  let all: Command[] = [];
  let found: Command[] = [];
  let at = 0;

  const open = () => {
    all = commands();
    input.value = "";
    search();
  };
  const search = () => {
    const wanted = plain(input.value);
    found = all.filter(({ words }) => plain(words).includes(wanted));
    list.replaceChildren(...(found.length ? found.map(row) : [nothing(list.dataset.empty!)]));
    mark(0);
  };
  const mark = (index: number) => {
    at = Math.max(0, Math.min(found.length - 1, index));
    [...list.children].forEach((item, i) => (item.ariaSelected = String(i === at && found.length > 0)));
    list.children[at]?.scrollIntoView({ block: "nearest" });
    if (found.length) input.setAttribute("aria-activedescendant", `palette-${at}`);
    else input.removeAttribute("aria-activedescendant");
  };
  const run = (index: number) => {
    const command = found[index];
    dialog.close();
    if (command) press(command.control);
  };

  new MutationObserver(() => dialog.open && open()).observe(dialog, { attributeFilter: ["open"] });
  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Enter") run(at);
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => {
    const index = [...list.children].indexOf((event.target as Element).closest("li")!);
    if (index >= 0) run(index);
  });
}

function row({ words, key }: Command, index: number): HTMLElement {
  const item = document.createElement("li");
  item.id = `palette-${index}`;
  item.role = "option";
  item.append(words);
  if (key) item.append(keycap(key));
  return item;
}

function nothing(text: string): HTMLElement {
  const item = document.createElement("li");
  item.role = "option";
  item.ariaDisabled = "true";
  item.textContent = text;
  return item;
}

export function keycap(key: string): HTMLElement {
  const cap = document.createElement("kbd");
  cap.textContent = key.replace("mod+", "Ctrl ").replace(/\b[a-z]$/, (letter) => letter.toUpperCase());
  return cap;
}
