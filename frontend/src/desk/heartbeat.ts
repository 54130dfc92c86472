/** Tells every 15 s that this desk is open. The line's own breath drives it too, since timers of hidden pages are slowed down. */

const EVERY = 15_000; // ms

export function startHeartbeat(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-heartbeat]");
  if (!form) return;
  const csrf = form.querySelector<HTMLInputElement>("input[name=csrf]")!.value;
  let last = Date.now(); // reading the page was the first one
  const beat = () => {
    if (Date.now() - last < 0.9 * EVERY) return;
    last = Date.now();
    void fetch(form.action, { method: "POST", headers: { Accept: "application/json", "X-CSRF": csrf } }).catch(() => undefined);
  };
  setInterval(beat, EVERY);
  document.addEventListener("live:breath", beat);
}
