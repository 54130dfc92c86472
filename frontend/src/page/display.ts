/** Text size, contrast and colours change at once and are remembered by the server. */

export function startDisplay(): void {
  document.addEventListener("change", (event) => {
    const input = event.target as HTMLInputElement;
    const form = input.closest<HTMLFormElement>("form[data-display]");
    if (!form) return;
    document.documentElement.setAttribute(`data-${input.name}`, input.value);
    void fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form) as never) });
  });
}
