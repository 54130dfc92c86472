/** What somebody has opened and filled in, so that it stays when the part around it is renewed. Marked by <details data-held="name">. */

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const controls = (of: Element) => [...of.querySelectorAll<Control>("input:not([type=hidden]), select, textarea")];

/** Takes what is open in a part; call the answer with the part that takes its place. */
export function hold(part: Element): (fresh: Element) => void {
  const open = [...part.querySelectorAll<HTMLDetailsElement>("details[data-held][open]")];
  return (fresh) =>
    open.forEach((old) => {
      const same = fresh.querySelector<HTMLDetailsElement>(`details[data-held="${CSS.escape(old.dataset.held!)}"]`);
      if (!same) return;
      same.open = true;
      controls(same).forEach((control) => {
        const before = controls(old).find((one) => isSame(one, control));
        if (before) fill(control, before);
      });
    });
}

const hasTick = (control: Control) => control.type === "radio" || control.type === "checkbox";

/** Radio buttons share a name and differ in their values. */
function isSame(one: Control, other: Control): boolean {
  return one.name === other.name && (!hasTick(one) || one.value === other.value);
}

/** A choice that is gone leaves the new one as it is. */
function fill(control: Control, before: Control): void {
  if (control instanceof HTMLInputElement && hasTick(control)) control.checked = (before as HTMLInputElement).checked;
  else if (!(control instanceof HTMLSelectElement)) control.value = before.value;
  else if ([...control.options].some((option) => option.value === before.value)) control.value = before.value;
}
