/** Parts that are read again: what stands above a conversation when its state changes, and whatever holds something that waits. */

import { refetch, renew } from "../live/apply";

const EVERY = 15_000; // ms

export function startAgain(): void {
  document.addEventListener("live:append", ({ detail: { entry } }) => entry.dataset.kind === "status" && refetch("room"));
  document.addEventListener("live:renew", ({ detail: { element } }) => {
    if (element.querySelector("[data-ended]")) location.reload(); // no composer any more; what was typed is kept
  });
  setInterval(() => {
    if (document.visibilityState !== "visible") return;
    document.querySelectorAll<HTMLElement>("[data-refetch]:has([data-waiting])").forEach((part) => void renew(part));
  }, EVERY);
}
