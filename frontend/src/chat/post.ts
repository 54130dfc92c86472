/** Sends one thing of a conversation; the same client id may be sent again and is stored once. */

const TRIES = 3;

/** `again` holds what the same post must carry to be taken all the same, where the server only asks to look again. */
export type Sent = { seq: number } | { failed: "unreachable" | "busy" | "refused"; detail: string; again?: Record<string, string> };

export interface Problem {
  title?: string;
  detail?: string;
  again?: Record<string, string>;
}

/** A fresh name for what is about to be sent (version 4 UUID; also at addresses without a secure context). */
export function clientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export async function post(url: string, fields: Record<string, string>, csrf: string): Promise<Sent> {
  let sent: Sent = { failed: "unreachable", detail: "" };
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const response = await fetch(url, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRF": csrf },
      body: new URLSearchParams(fields),
    }).catch(() => null);
    if (response && response.status < 500) {
      sent = await read(response);
      if (!("failed" in sent) || sent.failed !== "busy") return sent;
    }
    if (attempt < TRIES) await wait(Number(response?.headers.get("Retry-After")) || attempt);
  }
  return sent;
}

async function read(response: Response): Promise<Sent> {
  const answer = (await response.json().catch(() => ({}))) as Problem & { seq?: number };
  if (response.ok && typeof answer.seq === "number") return { seq: answer.seq };
  return { failed: response.status === 429 ? "busy" : "refused", detail: answer.detail ?? answer.title ?? "", again: answer.again ?? {} };
}

function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(seconds, 10) * 1_000));
}

/** Sends a file and reports how much of it has gone (0–1); fetch cannot tell. */
export function upload(url: string, form: FormData, csrf: string, onProgress: (part: number) => void): Promise<Sent> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRF", csrf);
    request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    request.onerror = () => resolve({ failed: "unreachable", detail: "" });
    request.onload = () => void read(new Response(request.responseText, { status: request.status })).then(resolve);
    request.send(form);
  });
}
