/** The switch between a message and a note among staff stays as it was when the page is read again, so that the begun note stays one. */

export function startNote(): void {
  const note = document.querySelector<HTMLInputElement>("input[type=checkbox][name=note]");
  const room = document.querySelector<HTMLElement>("chat-room");
  if (!note || !room) return;
  const key = `madoguchi:note:${room.dataset.case}`;
  note.checked ||= sessionStorage.getItem(key) === "1";
  note.addEventListener("change", () => {
    sessionStorage.setItem(key, note.checked ? "1" : "");
    document.querySelector<HTMLElement>("#compose-text")?.focus();
  });
}
