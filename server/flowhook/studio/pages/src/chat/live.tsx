// A conversation with a live endpoint, marked as a test.
import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, inPath, post, Refused } from "../lib/api";
import { useEvents } from "../lib/events";
import type { Entry, Recorded } from "../lib/rehearsals";
import { route, setQuery } from "../lib/route";
import { Empty, Problem } from "../parts/basics";
import { SaveAsTest } from "./save_as_test";
import { Buttons, Transcript } from "./transcript";
import { TurnFacts } from "./turn_facts";

export interface Endpoint {
  name: string;
  flow: string;
  token: string | null;
  enabled: boolean;
}

const USER = "studio";
export const freshSession = (): string => `studio-${Date.now().toString(36)}`;

export function Live(props: { endpoints: Endpoint[] }): JSX.Element {
  const open = props.endpoints.filter((one) => one.enabled && one.token);
  const wanted = route.value.query.get("endpoint");
  const endpoint = open.find((one) => one.name === wanted) ?? open[0];
  const session = route.value.query.get("session");
  useEffect(() => {
    if (!session) setQuery({ session: freshSession() });
  }, [session]);
  return (
    <>
      <p class="faint">Messages are marked as tests: they run the flow that is in force, and are not counted.</p>
      <p class="actions">
        <label>
          Endpoint{" "}
          <select value={endpoint?.name} onChange={(event) => setQuery({ endpoint: event.currentTarget.value, session: freshSession(), turn: null })}>
            {open.map((one) => <option key={one.name} value={one.name}>{one.name} → {one.flow}</option>)}
          </select>
        </label>
        <button type="button" onClick={() => setQuery({ session: freshSession(), step: null, turn: null })}>New conversation</button>
      </p>
      {open.length === 0 && <Empty>No endpoint is open, or your role does not see their tokens.</Empty>}
      {endpoint && session && <Conversation key={endpoint.name + session} endpoint={endpoint} session={session} />}
    </>
  );
}

function Conversation(props: { endpoint: Endpoint; session: string }): JSX.Element {
  const { endpoint, session } = props;
  const path = `/sessions/${inPath(endpoint.name)}/${USER}/${inPath(session)}`;
  const [entries, setEntries] = useState<Entry[]>([]);
  const [text, setText] = useState("");
  const [error, setError] = useState<Refused>();
  const field = useRef<HTMLInputElement>(null);
  const look = useCallback(() => {
    get<{ transcript: Entry[] }>(`${path}/transcript?limit=200`).then((found) => setEntries(found.transcript), () => undefined);
  }, [path]);
  useEvents(useCallback((events) => {
    if (events.length === 0 || events.some((one) => one.sessionId === session && one.userId === USER)) look();
  }, [session, look]));
  useEffect(() => field.current?.focus(), []);

  async function say(words: string): Promise<void> {
    if (!words.trim()) return;
    setText("");
    setError(undefined);
    const response = await fetch(`/test/${encodeURIComponent(endpoint.token ?? "")}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ userId: USER, sessionId: session, text: words }),
    });
    if (!response.ok) {
      const problem = (await response.json().catch(() => ({}))) as { detail?: string; code?: string };
      setError(new Refused(response.status, problem.code ?? "error", problem.detail ?? "The message was refused."));
    }
    look();
  }

  const chosen = route.value.query.get("turn");
  const turn = entries.find((one) => one.traceId === chosen) ?? entries[entries.length - 1];
  const record = (name: string) => post<Recorded>("/tests/record", { endpoint: endpoint.name, userId: USER, sessionId: session, name });
  return (
    <div class="conversation">
      <section aria-label="Conversation">
        <Transcript entries={entries} chosen={turn} />
        <Buttons entries={entries} onClick={(words) => void say(words)} />
        <form class="actions" onSubmit={(event) => { event.preventDefault(); void say(text); }}>
          <input ref={field} aria-label="Message" value={text} onInput={(event) => setText(event.currentTarget.value)} autocomplete="off" />
          <button type="submit" class="primary">Say</button>
        </form>
        <Problem error={error} />
        {entries.length > 0 && <SaveAsTest record={record} />}
      </section>
      <section aria-label="Why">
        <h2>Why</h2>
        {turn && <TurnFacts turn={turn} entries={entries} kept={true} onLearned={look} />}
      </section>
    </div>
  );
}
