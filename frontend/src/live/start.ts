/** Makes the page live: its topics stand on <body>, its state shows in [data-connection]. */

import { apply, refetch } from "./apply";
import { parseCursor } from "./protocol";
import { type State, listen } from "./shared";

const GRACE = 1_500; // ms; a short break is nobody's concern

export function startLive(): void {
  const { topics = "", cursor = "", liveUrl } = document.body.dataset;
  if (!topics || !liveUrl) return;
  const listener = {
    topics: topics.split(","),
    cursor: new Map([...standing(), ...parseCursor(cursor)]),
    onEvent: apply,
    onState: (state: State) => {
      catchUp(state);
      show(state);
    },
  };
  const start = () => listen(liveUrl, document.documentElement.dataset.viewer ?? "", listener);
  let stop = start();
  addEventListener("pagehide", () => stop());
  addEventListener("pageshow", (event) => {
    if (event.persisted) stop = start();
  });
  addEventListener("offline", () => show("offline"));
}

let last: State | undefined;

/** Pings have no numbers. What came just before the line was open only some panels must not miss; after a break, all of them. */
function catchUp(state: State): void {
  if (state === "open") refetch(last === undefined || last === "open" ? "fresh" : undefined);
  last = state;
}

/** Where the timelines on the page end. */
function standing(): Map<string, number> {
  const rooms = [...document.querySelectorAll<HTMLElement>("chat-room")];
  return new Map(rooms.map((room) => [`case:${room.dataset.case}`, lastSeq(room)]));
}

export function lastSeq(root: Element): number {
  return Math.max(0, ...[...root.querySelectorAll<HTMLElement>("[data-seq]")].map(({ dataset }) => Number(dataset.seq)));
}

let due: ReturnType<typeof setTimeout> | undefined;

function show(state: State): void {
  clearTimeout(due);
  document.documentElement.dataset.connection = state;
  const calm = state === "open";
  due = setTimeout(() => {
    const bar = document.querySelector<HTMLElement>("[data-connection-bar]");
    if (!bar) return;
    bar.querySelectorAll<HTMLElement>("[data-when]").forEach((line) => (line.hidden = line.dataset.when !== state));
    bar.hidden = calm;
  }, calm ? 0 : GRACE);
}
