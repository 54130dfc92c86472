/** A photo of the conversation, seen whole on the page; without scripts the same link saves it. */

export function startView(): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a.photo");
    const dialog = document.querySelector<HTMLDialogElement>("#photo-view");
    if (!link || !dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const image = dialog.querySelector("img")!;
    image.src = link.href;
    image.alt = link.querySelector("img")!.alt;
    dialog.querySelector("a")!.href = link.href;
    dialog.showModal();
  });
}
