/** One stream for all tabs of a browser: the tab that holds the lock listens for all, and passes on what it hears. */

import { type Cursor, type LiveEvent, advance, covers, earliest, formatCursor, parseCursor } from "./protocol";
import { BusyError, RefusedError, SilentError, type Where, poll, stream } from "./source";

export type State = "open" | "waiting" | "offline" | "polling" | "refused";

type Note =
  | { kind: "want"; tab: string; topics: string[]; cursor: string }
  | { kind: "bye"; tab: string }
  | { kind: "who" }
  | { kind: "heard"; seen: string; events: LiveEvent[] }
  | { kind: "state"; state: State };

const MAX_TOPICS = 20;
const FIRST_WAIT = 1_000; // ms
const LONGEST_WAIT = 30_000; // ms
const POLL_EVERY = 4_000; // ms
const POLLS_BEFORE_STREAM = 30;

export interface Listener {
  topics: string[];
  /** Where this page stands; it is moved on as events are handed over. */
  cursor: Cursor;
  onEvent(event: LiveEvent): void;
  onState(state: State): void;
}

/** Listens until the result is called. `scope` keeps pages apart that must not share a stream. */
export function listen(url: string, scope: string, listener: Listener): () => void {
  const tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
  const shared = "locks" in navigator; // not at an insecure address: there every tab listens for itself
  const name = `madoguchi-live:${scope}:${url}${shared ? "" : tab}`;
  const channel = new BroadcastChannel(name);
  const end = new AbortController();
  const leader = new Leader(url, (note) => {
    channel.postMessage(note);
    take(note);
  });

  const want = (): Note => ({ kind: "want", tab, topics: listener.topics, cursor: formatCursor(listener.cursor) });

  const mine = (topic: string) => listener.topics.some((wanted) => covers(wanted, topic));

  function take(note: Note): void {
    if (note.kind === "state") listener.onState(note.state);
    if (note.kind !== "heard") return;
    note.events.filter((event) => mine(event.data.topic)).forEach((event) => listener.onEvent(event));
    const seen = parseCursor(note.seen);
    advance(listener.cursor, new Map([...seen].filter(([topic]) => mine(topic))));
  }

  channel.onmessage = ({ data: note }: MessageEvent<Note>) => {
    if (note.kind === "who") channel.postMessage(want());
    else if (note.kind === "want" || note.kind === "bye") leader.hear(note);
    else take(note);
  };
  channel.postMessage(want());

  const lead = () => {
    leader.hear(want());
    channel.postMessage({ kind: "who" } satisfies Note);
    return leader.lead(end.signal);
  };
  if (shared) navigator.locks.request(name, { signal: end.signal }, lead).catch(ignoreAbort);
  else void lead();

  return () => {
    channel.postMessage({ kind: "bye", tab } satisfies Note);
    end.abort();
    channel.close();
  };
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
}

class Leader {
  #wants = new Map<string, { topics: string[]; cursor: Cursor }>();
  #restart = new AbortController();
  #state: State | undefined;
  #wait = FIRST_WAIT;
  #polls = 0; // how often still to ask before a stream is tried again

  constructor(
    readonly url: string,
    readonly tell: (note: Note) => void,
  ) {}

  /** A page that comes may stand further back or want more, so the line is opened anew; one that goes costs nothing. */
  hear(note: Note): void {
    if (note.kind === "bye") this.#wants.delete(note.tab);
    if (note.kind !== "want") return;
    this.#wants.set(note.tab, { topics: note.topics, cursor: parseCursor(note.cursor) });
    this.#state = undefined;
    this.#restart.abort();
  }

  async lead(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#restart = new AbortController();
      const round = AbortSignal.any([signal, this.#restart.signal]);
      try {
        await (this.#polls > 0 ? this.#poll(round) : this.#stream(round));
      } catch (error) {
        if (!round.aborted) await this.#recover(error, round);
      }
    }
  }

  async #stream(round: AbortSignal): Promise<void> {
    for await (const heard of stream(this.#where(), round)) {
      this.#say("open");
      this.#pass(heard);
      this.#wait = FIRST_WAIT;
    }
    await pause(FIRST_WAIT * Math.random(), round); // the server closed the line on all readers: come back one by one
  }

  async #poll(round: AbortSignal): Promise<void> {
    this.#pass(await poll(this.#where(), round));
    this.#say("polling");
    this.#polls -= 1;
    await pause(POLL_EVERY, round);
  }

  async #recover(error: unknown, round: AbortSignal): Promise<void> {
    if (error instanceof RefusedError) {
      this.#say("refused");
      return pause(Infinity, round);
    }
    if (error instanceof SilentError) this.#polls = POLLS_BEFORE_STREAM;
    this.#say(navigator.onLine ? "waiting" : "offline");
    const wait = error instanceof BusyError ? error.seconds * 1_000 : this.#wait * (0.5 + Math.random());
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
    return pause(wait, round, "online");
  }

  #say(state: State): void {
    if (state !== this.#state) this.tell({ kind: "state", state });
    this.#state = state;
  }

  #pass({ seen, events }: { seen: Cursor; events: LiveEvent[] }): void {
    for (const { cursor } of this.#wants.values()) advance(cursor, seen);
    if (seen.size || events.length) this.tell({ kind: "heard", seen: formatCursor(seen), events });
  }

  #topics(): string[] {
    return [...new Set([...this.#wants.values()].flatMap(({ topics }) => topics))].sort().slice(-MAX_TOPICS);
  }

  #where(): Where {
    return { url: this.url, topics: this.#topics(), cursor: earliest([...this.#wants.values()].map(({ cursor }) => cursor)) };
  }
}

/** Waits so long, or until the signal, or until a window event of that name. */
function pause(ms: number, signal: AbortSignal, sooner?: string): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      if (sooner) removeEventListener(sooner, done);
      resolve();
    };
    const timer = ms === Infinity ? undefined : setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (sooner) addEventListener(sooner, done);
  });
}
