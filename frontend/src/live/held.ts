/** What somebody has opened and filled in, so that it stays when the part around it is renewed. Marked by <details data-held="name">. */

type Control = HTMLInputElement | HTMLSelectElement;

const controls = (of: Element) => [...of.querySelectorAll<Control>("input:not([type=hidden]), select")];

/** Takes what is open in a part; call the answer with the part that takes its place. */
export function hold(part: Element): (fresh: Element) => void {
  const open = [...part.querySelectorAll<HTMLDetailsElement>("details[data-held][open]")];
  return (fresh) =>
    open.forEach((old) => {
      const same = fresh.querySelector<HTMLDetailsElement>(`details[data-held="${CSS.escape(old.dataset.held!)}"]`);
      if (!same) return;
      same.open = true;
      controls(same).forEach((control) => {
        const before = controls(old).find((one) => one.name === control.name);
        if (before) fill(control, before);
      });
    });
}

/** A choice that is gone leaves the new one as it is. */
function fill(control: Control, before: Control): void {
  if (control instanceof HTMLInputElement) control.checked = (before as HTMLInputElement).checked;
  else if ([...control.options].some((option) => option.value === before.value)) control.value = before.value;
}
