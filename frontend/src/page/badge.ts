/** "(2)" before the title while the page is out of sight and something came. */

export function startBadge(): void {
  const title = document.title;
  let count = 0;
  document.addEventListener("live:append", ({ detail: { entry, own } }) => {
    const fromThem = entry.dataset.author !== document.documentElement.dataset.viewer;
    if (document.visibilityState === "visible" || own || !fromThem) return;
    count += 1;
    document.title = `(${count}) ${title}`;
  });
  document.addEventListener("visibilitychange", () => {
    count = 0;
    document.title = title;
  });
}
