/** What can be done on this page by name: every [data-command], every place of the menu, every row of the lists. */

export interface Command {
  words: string;
  key: string;
  control: HTMLElement;
}

export function commands(): Command[] {
  const controls = [...document.querySelectorAll<HTMLElement>("[data-command], .frame-nav a, [data-row]")];
  return controls
    .filter((control) => !control.matches(":disabled") && control.checkVisibility())
    .map((control) => ({ words: control.dataset.command ?? words(control), key: control.dataset.key ?? "", control }));
}

function words(control: HTMLElement): string {
  return [...(control.querySelectorAll("strong, .code").length ? control.querySelectorAll("strong, .code") : [control])]
    .map((part) => part.textContent!.trim())
    .join(" ");
}

/** As people type it: width, case and spaces do not matter. */
export function plain(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
}
