/** The small manners of every page: menus that close, dialogs that open, forms that are sent once. */

export function startFrame(): void {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onEscape);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("toggle", onToggle, true);
  addEventListener("pageshow", () => document.querySelectorAll("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy")));
  document.querySelector<HTMLElement>("[data-autofocus]")?.focus();
}

function onClick(event: MouseEvent): void {
  const clicked = event.target as Element;
  openMenus().forEach((menu) => (menu.open = menu.contains(clicked)));
  const opener = clicked.closest<HTMLElement>("[data-opens]");
  if (opener) (document.getElementById(opener.dataset.opens!) as HTMLDialogElement | null)?.showModal();
  if (clicked instanceof HTMLDialogElement) clicked.close(); // the backdrop
}

function onEscape(event: KeyboardEvent): void {
  if (event.key !== "Escape" || event.isComposing) return;
  openMenus().forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}

/** An opened menu that holds a form has its likeliest control under the fingers. */
function onToggle(event: Event): void {
  const menu = event.target as HTMLElement;
  if (menu.matches("details[data-menu][open]")) menu.querySelector<HTMLElement>("[data-menu-focus]")?.focus({ preventScroll: true });
}

function openMenus(): HTMLDetailsElement[] {
  return [...document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")];
}

/** A second press on a form that is already on its way does nothing. */
function onSubmit(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.method === "dialog" || form.target) return;
  if (form.ariaBusy === "true") event.preventDefault();
  else form.ariaBusy = "true";
}

/** Says a short thing at the foot of the page for a few seconds. */
export function toast(text: string): void {
  const line = document.createElement("p");
  line.className = "toast";
  line.textContent = text;
  document.querySelector("[data-toasts]")?.append(line);
  setTimeout(() => line.remove(), 6_000);
}
