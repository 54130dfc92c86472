/** What is read again: the top of a conversation when its state changes, whatever holds something that waits, and the page itself when a conversation is over. */

import { refetch, renew } from "../live/apply";

const EVERY = 15_000; // ms

export function startAgain(): void {
  document.addEventListener("live:append", ({ detail: { entry } }) => {
    if (entry.dataset.kind === "status" || entry.dataset.author === "seller") refetch("room");
    if (entry.dataset.kind === "survey" && document.documentElement.dataset.viewer === "customer") reload(); // asked where the composer was
  });
  document.addEventListener("live:renew", ({ detail: { element } }) => {
    if (element.querySelector("[data-ended]")) reload(); // no composer any more; what was typed is kept
  });
  setInterval(() => {
    if (document.visibilityState !== "visible") return;
    document.querySelectorAll<HTMLElement>("[data-refetch]:has([data-waiting])").forEach((part) => void renew(part));
  }, EVERY);
}

/** Unless a form is on its way: where it leads is where the person wants to be. */
function reload(): void {
  if (!document.querySelector("form[aria-busy=true]")) location.reload();
}
