/** The inside of the widget's frame: it speaks with the one page that may hold it, and nobody else. */

const SHOP = "madoguchi:shop";
const USED = "madoguchi:used";

export function startEmbed(): void {
  if (parent === window) return;
  document.addEventListener("click", leaveFrame, true);
  const named = document.body.dataset.shopOrigin; // on the frame's first page, checked by the server
  if (named) sessionStorage.setItem(SHOP, named);
  const shop = named || sessionStorage.getItem(SHOP);
  if (!shop) return;
  const tell = (type: string, more: object = {}) => parent.postMessage({ type: `madoguchi:${type}`, ...more }, shop);
  const close = document.querySelector<HTMLButtonElement>("[data-embed-close]");
  if (close) {
    close.hidden = false;
    close.addEventListener("click", () => tell("close"));
  }
  document.addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && tell("close"));
  document.addEventListener("live:append", ({ detail: { entry, own } }) => {
    if (!own && entry.dataset.author !== "customer") tell("news");
  });
  addEventListener("message", (event: MessageEvent<{ type?: string; token?: string }>) => {
    if (event.origin !== shop || event.source !== parent || event.data.type !== "madoguchi:token") return;
    signIn(String(event.data.token));
  });
  tell("ready");
}

/** Only the frame's own pages may stand in it; every other one opens beside the shop's page. */
function leaveFrame(event: MouseEvent): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
  if (!link || (link.origin === location.origin && /^\/widget(\/|$)/.test(link.pathname))) return;
  link.target = "_blank";
  link.rel = "noopener";
}

/** The shop vouches for its customer by a short-lived token, good for once; it travels in a body, never in an address. */
function signIn(token: string): void {
  const form = document.querySelector<HTMLFormElement>("form[data-sign-in]");
  const mark = token.slice(-20); // the end of its signature tells tokens apart
  if (!form || sessionStorage.getItem(USED) === mark) return;
  sessionStorage.setItem(USED, mark);
  form.querySelector<HTMLInputElement>("input[name=token]")!.value = token;
  form.requestSubmit();
}
