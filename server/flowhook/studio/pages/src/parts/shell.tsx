// What surrounds every screen: the ways to the others, who is logged in, and the keys.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { me, may, post, type Role } from "../lib/api";
import { closeEvents, live } from "../lib/events";
import { href, route } from "../lib/route";

interface Way {
  word: string;
  name: string;
  key: string;
  roles: Role[];
}

const WAYS: Way[] = [
  { word: "", name: "Overview", key: "o", roles: ["reader"] },
  { word: "flows", name: "Flows", key: "f", roles: ["reader", "author"] },
  { word: "chat", name: "Chat", key: "c", roles: ["operator", "author"] },
  { word: "sessions", name: "Sessions", key: "s", roles: ["reader"] },
  { word: "traces", name: "Traces", key: "t", roles: ["reader", "author"] },
  { word: "edit", name: "Edit", key: "e", roles: ["author", "reader"] },
  { word: "deliveries", name: "Deliveries", key: "d", roles: ["reader"] },
  { word: "understanding", name: "Understanding", key: "u", roles: ["reader", "author"] },
  { word: "analytics", name: "Analytics", key: "n", roles: ["reader"] },
  { word: "tests", name: "Tests", key: "x", roles: ["author"] },
  { word: "timers", name: "Timers", key: "w", roles: ["reader"] },
  { word: "plugins", name: "Plugins", key: "p", roles: ["reader", "author"] },
  { word: "log", name: "Log", key: "l", roles: ["reader"] },
  { word: "keys", name: "Keys and roles", key: "k", roles: ["reader"] },
  { word: "audit", name: "Audit", key: "a", roles: ["reader"] },
];
const BELOW: Record<string, string> = { flow: "flows", session: "sessions", trace: "traces", "trace-file": "traces" };

export function Shell(props: { children: ComponentChildren }): JSX.Element {
  const [help, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  const word = route.value.parts[0] ?? "";
  const here = BELOW[word] ?? word;
  const ways = WAYS.filter((way) => may(...way.roles));
  useEffect(() => {
    let armed = false;
    const onKey = (event: KeyboardEvent) => {
      const field = (event.target as HTMLElement).closest("input, textarea, select, [contenteditable=true]");
      if (field || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "?") setHelp((before) => !before);
      else if (event.key === "Escape") setHelp(false);
      else if (armed) {
        const way = ways.find((one) => one.key === event.key);
        if (way) location.hash = href([way.word]);
      }
      armed = event.key === "g";
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
  useEffect(() => {
    const name = ways.find((way) => way.word === here)?.name ?? "Studio";
    document.title = `${name} – flowhook studio`;
  }, [here]);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>To the content</a>
      <header>
        <a class="brand" href={href([])}>flowhook</a>
        <nav aria-label="Screens">
          {ways.map((way) => (
            <a key={way.word} href={href(way.word ? [way.word] : [])} {...(way.word === here ? { "aria-current": "page" as const } : {})}>
              {way.name}
            </a>
          ))}
          {may("agent", "operator") && <a href="/desk">Desk</a>}
        </nav>
        <div class="who">
          <span role="status">{live.value === false ? "Live stream interrupted" : ""}</span>
          <span title={`role ${me.value?.role}`}>{me.value?.name}</span>
          <button type="button" onClick={() => setHelp(true)}>Keys</button>
          <button type="button" onClick={() => void logOut()}>Log out</button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>{props.children}</main>
      {help && <Keys ways={ways} onClose={() => setHelp(false)} />}
    </div>
  );
}

function Keys(props: { ways: Way[]; onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const rows: [string, string][] = [
    ...props.ways.map((way): [string, string] => [`g ${way.key}`, way.name]),
    ["↑ ↓ ← →", "walk and fold an outline; step through a trace"],
    ["Shift ↑ ↓", "the turn before, the next turn"],
    ["Enter", "choose"],
    ["?", "this list"],
  ];
  return (
    <dialog ref={dialog} aria-label="Keys" onClose={props.onClose}>
      <h2>Keys</h2>
      <dl class="keys">
        {rows.map(([keys, text]) => (
          <div key={keys}><dt><kbd>{keys}</kbd></dt><dd>{text}</dd></div>
        ))}
      </dl>
      <button type="button" onClick={props.onClose}>Close</button>
    </dialog>
  );
}

async function logOut(): Promise<void> {
  await post("/logout").catch(() => undefined);
  closeEvents();
  me.value = null;
}
