/** The two ways to hear from the server: a stream of events, and asking every few seconds.

A fetch is used instead of EventSource because it can resume from a vector of our own, tells a refusal (401, 403, 429) from a
broken line, and shows the keep-alive comments, so that a line that died silently is noticed. */

import { type Cursor, type LiveEvent, formatCursor, isLiveName, parseCursor } from "./protocol";

const SILENCE = 40_000; // ms; the server says something every 15 s

export interface Heard {
  seen: Cursor;
  events: LiveEvent[];
}

/** The server will not let this page listen; trying again is of no use. */
export class RefusedError extends Error {}

/** The server asks to wait before the next try. */
export class BusyError extends Error {
  constructor(readonly seconds: number) {
    super("busy");
  }
}

/** The line was open and not one byte came: something between buffers it. */
export class SilentError extends Error {}

export interface Where {
  url: string;
  topics: string[];
  cursor: Cursor;
}

export async function* stream(where: Where, signal: AbortSignal): AsyncGenerator<Heard> {
  const watch = new AbortController();
  const stop = () => watch.abort();
  signal.addEventListener("abort", stop);
  let bytes = 0;
  let timer = setTimeout(stop, SILENCE);
  try {
    const response = await ask(where, "text/event-stream", watch.signal);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const frames = new Frames();
    yield { seen: new Map(), events: [] };
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.length;
      clearTimeout(timer);
      timer = setTimeout(stop, SILENCE);
      document.dispatchEvent(new CustomEvent("live:breath"));
      for (const heard of frames.push(value)) yield heard;
    }
  } catch (error) {
    if (watch.signal.aborted && !signal.aborted && bytes === 0) throw new SilentError();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    stop();
  }
}

export async function poll(where: Where, signal: AbortSignal): Promise<Heard> {
  const response = await ask(where, "application/json", signal);
  const answer = (await response.json()) as { id: string; events: LiveEvent[] };
  return { seen: parseCursor(answer.id), events: answer.events.filter((event) => isLiveName(event.event)) };
}

async function ask({ url, topics, cursor }: Where, accept: string, signal: AbortSignal): Promise<Response> {
  const address = new URL(url, location.href);
  address.searchParams.set("topics", topics.join(","));
  const headers: Record<string, string> = { Accept: accept };
  if (cursor.size) headers["Last-Event-ID"] = formatCursor(cursor);
  const response = await fetch(address, { headers, signal, cache: "no-store" });
  if (response.ok) return response;
  if (response.status === 401 || response.status === 403) throw new RefusedError();
  const wait = Number(response.headers.get("Retry-After"));
  if (wait > 0) throw new BusyError(wait);
  throw new Error(`live: ${response.status}`);
}

/** Cuts the text of an event stream into events. */
export class Frames {
  #rest = "";

  push(text: string): Heard[] {
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop()!;
    return blocks.map(readBlock).filter((heard) => heard !== null);
  }
}

function readBlock(block: string): Heard | null {
  const fields = { id: "", event: "", data: "" };
  for (const line of block.split("\n")) {
    const [, name, value] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
    if (name === "data") fields.data += (fields.data && "\n") + value;
    else if (name === "id" || name === "event") fields[name] = value!;
  }
  if (!isLiveName(fields.event)) return fields.id ? { seen: parseCursor(fields.id), events: [] } : null;
  return { seen: parseCursor(fields.id), events: [{ event: fields.event, data: JSON.parse(fields.data) } as LiveEvent] };
}
