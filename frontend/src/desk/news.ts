/** What came while nobody looked, or while the line was cut: counted in the title, and said once on return. */

import { toast } from "../page/frame";

const SETTLE = 1_500; // ms in which the page catches up

export function startNews(): void {
  const words = document.body.dataset.sayAway!;
  const title = document.title;
  let before: number | undefined; // how much was waiting when everybody left; undefined while somebody is here
  let said = 0; // since then, in the open conversation
  const news = () => (before === undefined ? 0 : Math.max(0, waiting() - before) + said);

  const look = () => {
    if (isHere()) {
      document.title = title;
      if (before !== undefined) setTimeout(tell, SETTLE);
    } else if (before === undefined) {
      before = waiting();
      said = 0;
    }
  };
  const show = () => {
    if (!isHere() && news()) document.title = `(${news()}) ${title}`;
  };
  const tell = () => {
    if (!isHere()) return;
    if (news()) toast(words.replace("%s", String(news())));
    before = undefined;
  };

  document.addEventListener("live:append", ({ detail: { entry } }) => {
    if (entry.dataset.author === "customer") said += 1;
    show();
  });
  document.addEventListener("live:renew", show);
  document.addEventListener("visibilitychange", look);
  new MutationObserver(look).observe(document.documentElement, { attributeFilter: ["data-connection"] });
}

function isHere(): boolean {
  const { connection = "open" } = document.documentElement.dataset;
  return document.visibilityState === "visible" && connection !== "waiting" && connection !== "offline";
}

/** Unread words in the other conversations, and what is offered. */
function waiting(): number {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-unread]:not(:has([aria-current]))")];
  return rows.reduce((sum, row) => sum + Number(row.dataset.unread), document.querySelectorAll("[data-offer]").length);
}
