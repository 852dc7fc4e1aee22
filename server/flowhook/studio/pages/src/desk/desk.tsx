// The desk as a whole: who is there, the queue, one conversation, and the keys.
import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, may, me, post, Refused } from "../lib/api";
import { closeEvents, live, useEvents } from "../lib/events";
import type { Handover } from "../lib/handovers";
import { useEvery, useLoad } from "../lib/load";
import { href, route } from "../lib/route";
import { Attention } from "./attention";
import { Conversation } from "./conversation";
import { KeyList } from "./keys";
import { Queue } from "./queue";

const PRESENCE_MS = 40_000;

interface List {
  handovers: Handover[];
}

export function Desk(): JSX.Element {
  const queue = useLoad<List>("/handovers?status=queue&limit=200");
  const active = useLoad<List>("/handovers?status=active&limit=200");
  const closed = useLoad<List>("/handovers?status=closed&limit=20");
  const [help, setHelp] = useState(false);
  const [changes, setChanges] = useState(0);
  const open = route.value.parts[0];
  const again = useCallback(() => {
    queue.again();
    active.again();
    closed.again();
    setChanges((before) => before + 1);
  }, []);
  useEvents(useCallback((events) => {
    if (events.length === 0 || events.some((one) => one.type.startsWith("handover.") && one.type !== "handover.typing")) again();
  }, []));
  useEvery(15_000, again, true); // also when the stream stands and nobody looks: what waits must never be overlooked
  useEffect(() => {
    document.title = "Desk – flowhook";
  }, []);
  const waiting = queue.value?.handovers ?? [];
  const taken = active.value?.handovers ?? [];
  const mine = taken.filter((one) => one.owner === me.value?.name);
  useKeys(waiting, mine, () => setHelp((before) => !before));
  return (
    <div class="shell">
      <header>
        <a class="brand" href="#/">flowhook desk</a>
        <Presence />
        <div class="who">
          <span role="status">{live.value === false ? "Live stream interrupted" : ""}</span>
          <Attention waiting={waiting} unanswered={mine.filter((one) => one.waitingSince).length} />
          {may("reader", "author") && <a href="/studio">Studio</a>}
          <span title={`role ${me.value?.role}`}>{me.value?.name}</span>
          <button type="button" onClick={() => setHelp(true)}>Keys</button>
          <button type="button" onClick={() => void logOut()}>Log out</button>
        </div>
      </header>
      <main id="main" class={open ? "desk open" : "desk"}>
        <Queue waiting={waiting} mine={mine} others={taken.filter((one) => !mine.includes(one))} closed={closed.value?.handovers ?? []} open={open} error={queue.error ?? active.error} onDone={again} />
        {open ? <Conversation key={open} id={open} changes={changes} onDone={again} /> : <Nothing waiting={waiting.length} />}
      </main>
      {help && <KeyList onClose={() => setHelp(false)} />}
    </div>
  );
}

function Nothing(props: { waiting: number }): JSX.Element {
  return (
    <section class="talk nothing" aria-label="Conversation">
      <p class="empty">{props.waiting ? "Choose a conversation to read it, and take it." : "Nobody waits."}</p>
    </section>
  );
}

/** Whether the caller takes conversations, said again and again while the page is open; and who else does. */
function Presence(): JSX.Element {
  const [here, setHere] = useState(false);
  const [others, setOthers] = useState<string[]>([]);
  const known = useRef(false);
  const tell = useCallback((available: boolean) => {
    setHere(available);
    post<{ available: string[] }>("/handovers/presence", { available }).then(
      (told) => setOthers(told.available),
      (error: Refused) => error.status === 403 && setHere(false),
    );
  }, []);
  const look = useCallback(() => {
    if (here) tell(true);
    else get<{ available: string[] }>("/handovers/presence").then((told) => setOthers(told.available), () => undefined);
  }, [here]);
  useEffect(() => {
    if (known.current) return;
    known.current = true;
    if (may("agent", "operator")) tell(true);
    else look();
  }, []);
  useEffect(() => {
    const timer = setInterval(look, PRESENCE_MS);
    return () => clearInterval(timer);
  }, [look]);
  const rest = others.filter((name) => name !== me.value?.name);
  return (
    <div class="presence">
      {may("agent", "operator") && (
        <label><input type="checkbox" checked={here} onChange={(event) => tell(event.currentTarget.checked)} /> I take conversations</label>
      )}
      <span class="faint">{rest.length ? `Also here: ${rest.join(", ")}` : "Nobody else is here."}</span>
    </div>
  );
}

function useKeys(waiting: Handover[], mine: Handover[], onHelp: () => void): void {
  useEffect(() => {
    const all = [...waiting, ...mine];
    const press = (name: string) => document.querySelector<HTMLElement>(`[data-key="${name}"]`);
    const onKey = (event: KeyboardEvent) => {
      const field = (event.target as HTMLElement).closest<HTMLElement>("input, textarea, select");
      if (field) {
        if (event.key === "Escape") field.blur();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const at = all.findIndex((one) => one.id === route.value.parts[0]);
      if (event.key === "?") onHelp();
      else if (event.key === "j" || event.key === "k") {
        const to = all[at < 0 ? 0 : (at + (event.key === "j" ? 1 : all.length - 1)) % all.length];
        if (to) location.hash = href([to.id]);
      } else if (event.key === "q") location.hash = href([]);
      else if (event.key === "r" || event.key === "n" || event.key === "/") press(event.key)?.focus();
      else if (["t", "e", "h", "w"].includes(event.key)) press(event.key)?.click();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

async function logOut(): Promise<void> {
  await post("/handovers/presence", { available: false }).catch(() => undefined);
  await post("/logout").catch(() => undefined);
  closeEvents();
  me.value = null;
}
