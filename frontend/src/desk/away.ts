/** "3 new since you were away": what came while the desk was out of sight or cut off, said once on return. */

import { toast } from "../page/frame";

export function startAway(): void {
  const words = document.body.dataset.sayAway;
  if (!words) return;
  const news = new Set<string>();
  const away = () => document.visibilityState === "hidden" || document.documentElement.dataset.connection === "waiting";
  document.addEventListener("live:append", ({ detail }) => {
    if (away() && !detail.own) news.add(detail.entry.id);
  });
  document.addEventListener("live:renew", ({ detail }) => {
    if (away()) news.add(detail.element.id || "panel");
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || !news.size) return;
    toast(words.replace("%s", String(news.size)));
    news.clear();
  });
}
