/** The inside of the widget's frame: it speaks with the one page that may hold it, and nobody else. */

export function startEmbed(): void {
  const shop = document.body.dataset.shopOrigin;
  if (!shop || parent === window) return;
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
    void signIn(String(event.data.token));
  });
  tell("ready");
}

/** The shop vouches for its customer by a short-lived token; it travels in a body, never in an address. */
async function signIn(token: string): Promise<void> {
  const form = document.querySelector<HTMLFormElement>("form[data-sign-in]");
  if (!form) return;
  form.querySelector<HTMLInputElement>("input[name=token]")!.value = token;
  form.requestSubmit();
}
