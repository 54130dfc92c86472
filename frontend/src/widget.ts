/** The loader a shop puts on its pages: a button at the corner and, once pressed, a frame with the conversation.

    <script src="https://help.example/widget.js" data-lang="ja" data-token="…" async></script>

    data-lang   ja | en | zh | ko (else the page's language)
    data-label  the button's word (else one in that language)
    data-token  the shop's short-lived token for the customer who is signed in; handed to the frame by message
    It needs script-src and frame-src for the help site only: styles are a constructed sheet in a shadow tree. */

const script = document.currentScript as HTMLScriptElement;
const home = new URL(script.src).origin;
const labels: Record<string, [open: string, close: string]> = {
  ja: ["お問い合わせ", "閉じる"],
  en: ["Help", "Close"],
  zh: ["咨询", "关闭"],
  ko: ["문의하기", "닫기"],
};
const lang = [script.dataset.lang, document.documentElement.lang, navigator.language].map((tag) => tag?.slice(0, 2)).find((tag) => tag && tag in labels) ?? "en";
const label = script.dataset.label ?? labels[lang]![0];

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host { all: initial; }
button { position: fixed; inset: auto 16px 16px auto; z-index: 2147483000; display: flex; align-items: center; gap: 8px; min-height: 48px; padding: 0 18px 0 14px; border: 0; border-radius: 6px;
  background: oklch(0.42 0.11 262); color: #fff; font: 600 16px/1.2 system-ui, sans-serif; box-shadow: 0 2px 4px rgb(20 24 34 / .08), 0 8px 24px rgb(20 24 34 / .18); cursor: pointer; }
button:hover { background: oklch(0.34 0.11 262); }
button:focus-visible { outline: 3px solid oklch(0.42 0.11 262); outline-offset: 2px; }
button[data-news]::after { content: ""; width: 10px; height: 10px; border-radius: 50%; background: #fff; }
svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 2; }
iframe { position: fixed; inset: auto 16px 80px auto; z-index: 2147483000; width: min(400px, 100vw - 32px); height: min(680px, 100dvh - 112px); border: 1px solid rgb(20 24 34 / .25); border-radius: 6px;
  background: #fff; color-scheme: light dark; box-shadow: 0 2px 4px rgb(20 24 34 / .08), 0 8px 24px rgb(20 24 34 / .18); }
[hidden] { display: none; }
@media (width < 480px) { iframe { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; } }
@media print { button, iframe { display: none; } }
`);

const host = document.createElement("div");
const root = host.attachShadow({ mode: "closed" });
root.adoptedStyleSheets = [sheet];
const button = document.createElement("button");
button.type = "button";
button.lang = lang;
button.ariaExpanded = "false";
button.append(mark(), document.createTextNode(label));
root.append(button);
document.body.append(host);

let frame: HTMLIFrameElement | undefined;
button.addEventListener("click", () => show(button.ariaExpanded === "false"));
addEventListener("keydown", (event) => event.key === "Escape" && show(false));
addEventListener("message", (event: MessageEvent<{ type?: string }>) => {
  if (event.origin !== home || !frame || event.source !== frame.contentWindow) return;
  if (event.data.type === "madoguchi:close") show(false);
  if (event.data.type === "madoguchi:ready" && script.dataset.token) frame.contentWindow!.postMessage({ type: "madoguchi:token", token: script.dataset.token }, home);
  if (event.data.type === "madoguchi:news" && frame.hidden) button.dataset.news = "";
});

function show(open: boolean): void {
  if (!open && (!frame || frame.hidden)) return;
  frame ??= build();
  frame.hidden = !open;
  button.ariaExpanded = String(open);
  button.ariaLabel = open ? labels[lang]![1] : label;
  delete button.dataset.news;
  (open ? frame : button).focus();
}

function build(): HTMLIFrameElement {
  const made = document.createElement("iframe");
  made.src = `${home}/widget?${new URLSearchParams({ lang, shop: location.origin })}`;
  made.title = label;
  made.allow = "clipboard-write";
  root.append(made);
  return made;
}

/** The window frame of four lines. */
function mark(): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M4 21V4h16v17M1 14h22");
  svg.append(path);
  return svg;
}
