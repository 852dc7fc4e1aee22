// The chat of flowhook's plugin "webchat": one script tag, no other file, no markup made of texts.
// What the bot says is fetched from the server after the last number seen. What the user typed is kept here
// until the server has it, and beyond that to be shown again after a reload.
(() => {
  "use strict";
  const script = document.currentScript;
  const options = script.dataset;
  const url = new URL(`${encodeURIComponent(options.endpoint ?? "")}/messages`, script.src).href;
  const TEXTS = {
    title: "Chat", open: "Open chat", close: "Close chat", unread: "new", type: "Type a message", send: "Send",
    you: "You", bot: "Bot", agent: "Agent", offline: "No connection. Trying again …", failed: "Not sent",
    refused: "The chat is not available.", ...JSON.parse(options.texts || "{}"),
  };
  const KEPT = 200; // of what the user typed
  const LONGEST = 45000; // milliseconds of a request: one that lasts longer is dead

  // --- who it is, and what stays in the browser ---

  const memory = new Map(); // where the browser keeps nothing
  const store = (place) => ({
    get(name) {
      try { return JSON.parse(place().getItem(name)); } catch { return memory.get(name) ?? null; }
    },
    set(name, value) {
      memory.set(name, value);
      try { place().setItem(name, JSON.stringify(value)); } catch { /* full, or not allowed */ }
    },
  });
  let token = options.token || "";
  const signed = Boolean(token || options.tokenUrl);
  const base = `flowhook ${url}`;
  const lasting = store(() => localStorage);
  // Of somebody who logged in nothing outlasts the tab: others may use this computer.
  const mine = signed ? store(() => sessionStorage) : lasting;
  let kept = base;

  const random = (bytes) =>
    [...crypto.getRandomValues(new Uint8Array(bytes))].map((each) => each.toString(16).padStart(2, "0")).join("");

  async function identify(again) {
    if (!signed) {
      token = lasting.get(`${base} id`) || random(32);
      lasting.set(`${base} id`, token);
    } else if (options.tokenUrl && (again || !token)) {
      const response = await fetch(options.tokenUrl, { credentials: "same-origin", cache: "no-store" });
      if (!response.ok) throw new Error("no token");
      token = (await response.text()).trim();
    }
    const sub = signed ? JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub : "";
    kept = `${base} ${sub}`; // what one user typed is not shown to the next one
  }

  async function call(method, query, body) {
    if (!token) await identify();
    for (let again = false; ; again = true) {
      const response = await fetch(url + query, {
        method, body: body && JSON.stringify(body), cache: "no-store", credentials: "omit",
        headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
        signal: AbortSignal.any([AbortSignal.timeout(LONGEST), ...(body ? [] : [leaving.signal])]),
      });
      if (response.status !== 401 || again || !options.tokenUrl) return response;
      await identify(true); // the token has expired
    }
  }

  // --- the page ---

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { --a: var(--flowhook-accent, #1d4f91); --on: var(--flowhook-on-accent, #fff); --bg: #fff; --fg: #1b1b1f;
      --soft: #eef0f4; --line: #767680; position: fixed; right: 16px; bottom: 16px; z-index: 2147483000;
      font: 16px/1.4 system-ui, sans-serif; color: var(--fg); }
    @media (prefers-color-scheme: dark) { :host { --a: var(--flowhook-accent, #a8c7fa);
      --on: var(--flowhook-on-accent, #062e6f); --bg: #1f1f23; --fg: #ececf1; --soft: #2f3036; --line: #8f9099; } }
    [hidden] { display: none !important; }
    button, textarea { font: inherit; }
    button { cursor: pointer; border: 1px solid var(--a); border-radius: 18px; padding: 6px 14px;
      background: var(--bg); color: var(--a); }
    .main { background: var(--a); color: var(--on); }
    :focus-visible { outline: 3px solid var(--a); outline-offset: 2px; }
    .panel { display: flex; flex-direction: column; width: min(380px, calc(100vw - 32px));
      height: min(560px, calc(100vh - 32px)); background: var(--bg); border: 1px solid var(--line); border-radius: 12px; }
    header, form { display: flex; gap: 8px; align-items: center; padding: 8px 12px; }
    h2 { flex: 1; margin: 0; font-size: 1.1em; }
    .log { flex: 1; overflow-y: auto; padding: 8px 12px; }
    .status { padding: 0 12px; font-size: .9em; }
    .m { margin: 0 0 10px; max-width: 85%; overflow-wrap: anywhere; }
    .m p { margin: 0 0 4px; padding: 8px 12px; border-radius: 12px; background: var(--soft); white-space: pre-wrap;
      width: fit-content; }
    .user { margin-left: auto; } .user p { margin-left: auto; background: var(--a); color: var(--on); }
    .m:has(~ .user) .quick { display: none; }
    .row { display: flex; flex-wrap: wrap; gap: 6px; }
    ul { list-style: none; margin: 0; padding: 0; } li { margin: 0 0 8px; padding: 8px; border: 1px solid var(--line);
      border-radius: 12px; } .m li p { background: none; padding: 0; }
    img, video, audio { display: block; max-width: 100%; border-radius: 8px; margin: 0 0 4px; }
    a { color: var(--a); } .name { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
    textarea { flex: 1; resize: none; padding: 8px; border: 1px solid var(--line); border-radius: 8px; background: var(--bg);
      color: var(--fg); }`);

  /** An element with properties and children; strings become texts, never markup. */
  function make(name, properties = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child));
    return element;
  }

  const host = document.createElement("flowhook-chat");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  const toggle = make("button", { type: "button", className: "main", onclick: () => show(true) });
  toggle.setAttribute("aria-haspopup", "dialog");
  const log = make("div", { className: "log", role: "log", tabIndex: 0, "aria-label": TEXTS.title, "aria-live": "off" });
  const state = make("div", { className: "status", role: "status" });
  const input = make("textarea", { rows: 1, maxLength: 4000, placeholder: TEXTS.type, "aria-label": TEXTS.type });
  const form = make("form", {}, input, make("button", { type: "submit", className: "main" }, TEXTS.send));
  const close = make("button", { type: "button", onclick: () => show(false), "aria-label": TEXTS.close }, "✕");
  const panel = make("div", { className: "panel", role: "dialog", "aria-label": TEXTS.title, hidden: true },
    make("header", {}, make("h2", {}, TEXTS.title), close), log, state, form);
  root.append(panel, toggle);

  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") show(false);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim()) say(input.value, input.value);
    input.value = "";
  });

  function show(open) {
    panel.hidden = !open;
    toggle.hidden = open;
    if (open) {
      listen();
      log.scrollTop = log.scrollHeight;
    }
    count();
    (open ? input : toggle).focus();
  }

  /** How many messages came while the chat was closed. */
  function count() {
    if (!panel.hidden) mine.set(`${kept} seen`, last);
    const seen = mine.get(`${kept} seen`) ?? 0;
    const unread = [...log.children].filter((each) => each.order[1] === 0 && each.order[0] > seen).length;
    toggle.textContent = unread ? `${TEXTS.open} (${unread} ${TEXTS.unread})` : TEXTS.open;
  }

  // --- messages ---

  const shown = new Map(); // elements by the ids of messages

  /** Put a message where it belongs: after what its writer had seen. */
  function place(id, order, element) {
    if (shown.has(id)) return;
    shown.set(id, element);
    element.order = order;
    const later = [...log.children].find((other) => {
      const at = order.findIndex((part, index) => part !== other.order[index]);
      return at >= 0 && other.order[at] > order[at];
    });
    const below = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    log.insertBefore(element, later ?? null);
    if (below) log.scrollTop = log.scrollHeight;
  }

  const named = (who) => make("span", { className: "name" }, `${TEXTS[who] ?? who}: `);
  const typed = () => mine.get(`${kept} typed`) ?? [];

  function change(id, changes) {
    mine.set(`${kept} typed`, typed().map((each) => (each.id === id ? { ...each, ...changes } : each)));
  }

  function showTyped() {
    for (const { id, title, after, at, state: is } of typed()) {
      place(id, [after, 1, at], make("div", { className: "m user" }, make("p", {}, named("you"), title)));
      const element = shown.get(id);
      if (is === "failed" && element.children.length < 2) element.append(make("small", {}, TEXTS.failed));
    }
  }

  /** An address that may be followed or shown; null for one that would run or hide something. */
  function safe(address) {
    try {
      const parsed = new URL(address);
      return ["https:", "http:"].includes(parsed.protocol) ? parsed.href : null;
    } catch {
      return null;
    }
  }

  function button(option) {
    const { title } = option;
    const href = option.phone ? `tel:${String(option.phone).replace(/[^+\d]/g, "")}` : safe(option.url);
    if (href) return make("a", { href, target: "_blank", rel: "noopener noreferrer" }, title);
    if (option.url) return null;
    return make("button", { type: "button", onclick: () => say(option.payload ?? title, title) }, title);
  }

  const buttons = (found, kind = "") => make("div", { className: `row ${kind}` }, ...(found ?? []).map(button));

  function media(kind, address, alt) {
    const src = safe(address);
    return src && make(kind, { src, ...(kind === "img" ? { alt: alt ?? "" } : { controls: true, "aria-label": alt ?? kind }) });
  }

  function item(one) {
    const link = safe(one.url);
    const title = link ? make("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, one.title) : one.title;
    return make("li", {}, media("img", one.imageUrl, one.imageAlt), make("p", {}, make("strong", {}, title)),
      one.subtitle && make("p", {}, one.subtitle), buttons(one.buttons));
  }

  const items = (rich) => [make("ul", {}, ...rich.items.map(item)), rich.button && buttons([rich.button])];
  const RICH = {
    buttons: (rich) => [buttons(rich.buttons)],
    quick_replies: (rich) => [buttons(rich.quickReplies, "quick")],
    image: (rich) => [media("img", rich.url, rich.alt)],
    audio: (rich) => [media("audio", rich.url, rich.alt)],
    video: (rich) => [media("video", rich.url, rich.alt)],
    gallery: items,
    list: items,
  };

  function showSaid({ seq, id, text, source, rich }) {
    let parts = [];
    try {
      parts = rich && Object.hasOwn(RICH, rich.type) ? RICH[rich.type](rich).filter(Boolean) : [];
    } catch { /* a shape that is not the documented one */ }
    const words = rich && !parts.length ? rich.fallback || text : text;
    const bubble = words && make("p", {}, named(source), words);
    place(id, [seq, 0, 0], make("div", { className: "m" }, bubble, ...parts));
  }

  // --- the line to the server ---

  let last = 0;
  let listening = false;
  let sending = false;
  let leaving = new AbortController();
  const awake = new EventTarget();
  const pause = (failures) => new Promise((resolve) => {
    const time = Math.min(30000, 500 * 2 ** failures) * (0.5 + Math.random() / 2);
    setTimeout(resolve, time);
    awake.addEventListener("now", resolve, { once: true });
  });
  const wake = () => awake.dispatchEvent(new Event("now"));

  /** Keep what is typed, then send it. */
  function say(text, title) {
    const one = { id: random(16), text, title, after: last, at: Date.now(), state: "waits" };
    mine.set(`${kept} typed`, [...typed(), one].slice(-KEPT));
    showTyped();
    log.setAttribute("aria-live", "polite");
    log.scrollTop = log.scrollHeight;
    input.focus();
    send();
  }

  /** Send what waits, in its order; a repeat has the same id, and is one message to the server. */
  async function send() {
    if (sending) return;
    sending = true;
    for (let failures = 0, next; (next = typed().find((each) => each.state === "waits"));) {
      try {
        const response = await call("POST", "", { id: next.id, text: next.text });
        if (response.ok) {
          change(next.id, { state: "sent" });
          tell(true);
        }
        else if (response.status < 500 && ![401, 408, 429].includes(response.status)) change(next.id, { state: "failed" });
        else throw new Error(response.status);
        showTyped();
        failures = 0;
      } catch {
        await pause(failures++);
      }
    }
    sending = false;
  }

  /** Fetch what is said, for as long as the page is looked at. */
  async function listen() {
    if (listening) return;
    listening = true;
    for (let failures = 0; ;) {
      if (document.hidden) {
        await new Promise((resolve) => awake.addEventListener("now", resolve, { once: true }));
        continue;
      }
      try {
        const response = await call("GET", `?after=${last}`);
        if (!response.ok) {
          state.textContent = response.status < 500 ? TEXTS.refused : TEXTS.offline;
          throw new Error(response.status);
        }
        for (const message of (await response.json()).messages) {
          last = Math.max(last, message.seq);
          showSaid(message);
        }
        log.setAttribute("aria-live", "polite"); // what was there before is not read out
        state.textContent = "";
        failures = 0;
        count();
      } catch (error) {
        if (leaving.signal.aborted) leaving = new AbortController();
        else {
          state.textContent ||= TEXTS.offline;
          await pause(failures++);
        }
      }
    }
  }

  let here = false;
  /** Tell that the user looks at the page, or no longer: where the tag asks for it, of those who have said something. */
  function tell(now) {
    if (options.presence === undefined || now === here || !token || !typed().length) return;
    here = now;
    fetch(url.replace(/messages$/, "presence"), {
      method: "POST", keepalive: true, credentials: "omit", body: JSON.stringify({ here }),
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    }).catch(() => (here = !now));
  }

  document.addEventListener("visibilitychange", () => {
    tell(!document.hidden);
    if (document.hidden) leaving.abort();
    else wake();
  });
  addEventListener("pagehide", () => tell(false));
  addEventListener("online", wake);
  addEventListener("storage", showTyped); // another tab

  async function begin() {
    for (let failures = 0; signed && kept === base; failures++) await identify().catch(() => pause(failures));
    document.body.append(host);
    count();
    if (!signed && !lasting.get(`${base} id`)) return; // nobody yet: nothing is asked before the chat is opened
    if (!signed) await identify();
    showTyped();
    tell(!document.hidden);
    send();
    listen();
  }
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
})();
