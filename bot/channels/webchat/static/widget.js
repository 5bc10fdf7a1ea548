// The shop's page names this script; it adds a button, and behind it a frame with the chat.
//
//   <script src="https://chat.shop.example/widget.js" data-language="zh" defer></script>
//
// Everything stands in a shadow root and a frame of another origin, so that the page's
// styles and scripts don't reach in, nor ours out.
(() => {
  const SITES = []; // the server puts webchat.sites here
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  if (location.origin !== home && !SITES.includes(location.origin)) {
    console.error(
      `Shuke web chat: ${location.origin} may not show the chat yet. ` +
      `Name it in config.yml, webchat: {sites: ["${location.origin}"]}, and restart.`,
    );
    return;
  }

  const { language, user, name, expires, signature, position } = script.dataset;
  const short = (language ?? document.documentElement.lang ?? navigator.language).slice(0, 2).toLowerCase();
  const words = short === "zh" ? { open: "打开聊天", close: "关闭聊天", title: "在线客服", unread: "条新消息" } : { open: "Open the chat", close: "Close the chat", title: "Chat", unread: "new messages" };
  const KEPT = "shuke.chat."; // what the chat asks us to keep: its frame may have no memory of its own

  const STYLE = `
    :host { all: initial; color-scheme: light dark; }
    button {
      position: fixed; bottom: 20px; z-index: 2147483646; width: 56px; height: 56px; padding: 0; border: 0;
      border-radius: 28px; background: #1d6b57; color: #fff; cursor: pointer; box-shadow: 0 4px 16px rgb(0 0 0 / .25);
    }
    button:hover { background: #17594a; }
    button:focus-visible { outline: 3px solid #f0b429; outline-offset: 3px; }
    svg { width: 28px; height: 28px; fill: currentColor; vertical-align: middle; }
    .badge {
      position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px; box-sizing: border-box; padding: 0 6px;
      border-radius: 11px; background: #c62f2f; color: #fff; font: 600 13px/22px system-ui, sans-serif; text-align: center;
    }
    .badge[hidden] { display: none; }
    iframe {
      position: fixed; bottom: 88px; z-index: 2147483647; width: 380px; height: min(600px, calc(100dvh - 108px));
      border: 0; border-radius: 16px; box-shadow: 0 8px 40px rgb(0 0 0 / .3); background: Canvas;
    }
    iframe[hidden] { display: none; }
    .right { right: 20px; }
    .left { left: 20px; }
    @media (max-width: 480px) {
      iframe { inset: 0; width: 100vw; height: 100dvh; border-radius: 0; }
    }
  `;
  const side = position === "left" ? "left" : "right";
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  button.className = side;
  button.setAttribute("aria-expanded", "false");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M12 3C6.5 3 2 6.8 2 11.5c0 2.5 1.3 4.8 3.4 6.3L4.6 22l4.5-2.4c.9.2 1.9.4 2.9.4 5.5 0 10-3.8 10-8.5S17.5 3 12 3z");
  icon.append(path);
  const badge = document.createElement("span");
  badge.className = "badge";
  badge.hidden = true;
  button.append(icon, badge);
  root.append(button);

  let frame = null;
  let ready = false;
  let open = false;

  function label() {
    const news = badge.hidden ? "" : ` (${badge.textContent} ${words.unread})`;
    button.setAttribute("aria-label", (open ? words.close : words.open) + news);
    button.setAttribute("aria-expanded", String(open));
  }

  function tell() {
    if (ready) frame.contentWindow.postMessage({ shuke: open ? "open" : "shut" }, home);
  }

  function load() {
    if (frame) return;
    const given = { language, user, name, expires, signature, site: location.origin };
    const known = Object.entries(given).filter(([, value]) => value !== undefined);
    frame = document.createElement("iframe");
    frame.className = side;
    frame.title = words.title;
    frame.hidden = true;
    frame.src = `${home}/chat#${new URLSearchParams(known)}`;
    root.append(frame);
  }

  function show(wanted) {
    open = wanted;
    if (open) load();
    frame.hidden = !open;
    label();
    tell();
    if (!open) button.focus();
  }

  function kept() {
    try {
      const all = Object.entries(localStorage).filter(([name]) => name.startsWith(KEPT));
      return Object.fromEntries(all.map(([name, value]) => [name.slice(KEPT.length), value]));
    } catch {
      return {}; // this page keeps nothing either: then the talk ends with it
    }
  }

  function keep(name, value) {
    try {
      if (value === null) localStorage.removeItem(KEPT + name);
      else localStorage.setItem(KEPT + name, value);
    } catch {
      console.warn("Shuke web chat: this browser keeps nothing for this page");
    }
  }

  const lend = (what) => frame.contentWindow.postMessage({ shuke: "kept", kept: what }, home);

  window.addEventListener("message", (event) => {
    if (event.origin !== home || event.source !== frame?.contentWindow) return;
    switch (event.data?.shuke) {
      case "begun":
        lend(kept());
        break;
      case "keep":
        keep(event.data.name, event.data.value);
        break;
      case "ready":
        ready = true;
        tell();
        break;
      case "close":
        show(false);
        break;
      case "unread":
        badge.textContent = String(event.data.count);
        badge.hidden = event.data.count === 0;
        label();
        break;
    }
  });
  button.addEventListener("click", () => show(!open));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open) show(false);
  });

  window.addEventListener("storage", (event) => {
    // The first message was sent from another tab of the shop: both go on as one visitor.
    if (event.key === `${KEPT}pass` && event.newValue && ready) lend({ pass: event.newValue });
  });

  label();
  document.body.append(host);
  if (Object.keys(kept()).length > 0) load(); // there has been a talk: what is new in it is counted on the button
})();
