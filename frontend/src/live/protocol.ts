/** What the server tells a page, and where each topic stands. */

export type Who = "customer" | "associate";

export interface LiveData {
  append: { topic: string; target: string; seq: number; id: string; html: string };
  /** Empty html removes the element. */
  replace: { topic: string; id: string; html: string };
  /** Every element with data-refetch=panel gets its data-src again. */
  ping: { topic: string; panel: string };
  typing: { topic: string; who: Who; name: string };
  read: { topic: string; who: Who; seq: number };
  /** The reader fell behind: what it shows must be fetched afresh. */
  reset: { topic: string };
}

export type LiveName = keyof LiveData;
export type LiveEvent = { [N in LiveName]: { event: N; data: LiveData[N] } }[LiveName];

const names: ReadonlySet<string> = new Set<LiveName>(["append", "replace", "ping", "typing", "read", "reset"]);

export function isLiveName(name: string): name is LiveName {
  return names.has(name);
}

/** Whether a page that asked for `wanted` is meant by `topic`: `person` stands for the reader's own `person:<id>`. */
export function covers(wanted: string, topic: string): boolean {
  return topic === wanted || topic.startsWith(`${wanted}:`);
}

/** Topic → number of the last thing seen there; written `case:…=12;person=3`. */
export type Cursor = Map<string, number>;

export function parseCursor(text: string): Cursor {
  const cursor: Cursor = new Map();
  for (const part of text.split(";")) {
    const cut = part.lastIndexOf("=");
    const seq = Number(part.slice(cut + 1));
    if (cut > 0 && Number.isInteger(seq)) cursor.set(part.slice(0, cut), seq);
  }
  return cursor;
}

export function formatCursor(cursor: Cursor): string {
  return [...cursor].map(([topic, seq]) => `${topic}=${seq}`).join(";");
}

/** Moves `cursor` forward to `seen`; never back. */
export function advance(cursor: Cursor, seen: Cursor): void {
  for (const [topic, seq] of seen) cursor.set(topic, Math.max(seq, cursor.get(topic) ?? seq));
}

/** Where all of them together must go on, so that nobody misses anything: the least of each topic. */
export function earliest(cursors: Iterable<Cursor>): Cursor {
  const least: Cursor = new Map();
  for (const cursor of cursors) {
    for (const [topic, seq] of cursor) least.set(topic, Math.min(seq, least.get(topic) ?? seq));
  }
  return least;
}
