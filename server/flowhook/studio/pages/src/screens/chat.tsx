// Talk to a live endpoint as a test: marked everywhere, and told why; what was said becomes a test file.
import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, inPath, post, Refused } from "../lib/api";
import { useEvents } from "../lib/events";
import { readFile, tryFiles, writeFiles, type FileText, type Trial } from "../lib/files";
import { useLoad } from "../lib/load";
import { href, route, setQuery } from "../lib/route";
import { UNDERSTANDING, stepsOf, type Turn } from "../lib/traces";
import { Empty, Heading, Problem } from "../parts/basics";
import { SaveDialog } from "../parts/save_dialog";
import { TraceView } from "../parts/trace_view";

interface Endpoint {
  name: string;
  flow: string;
  token: string | null;
  auth: string;
  enabled: boolean;
}

interface Reply {
  title: string;
  payload: string;
}

interface Output {
  text?: string;
  data?: { rich?: { quickReplies?: Reply[] } };
}

interface Entry extends Turn {
  seq: number;
  outputs: { deliveryId: string; status: string; output: Output }[];
}

interface Recorded {
  path: string;
  text: string;
  failures: string[];
}

const USER = "studio";

export function Chat(): JSX.Element {
  const { value, error } = useLoad<{ endpoints: Endpoint[] }>("/endpoints");
  const open = value?.endpoints.filter((one) => one.enabled && one.token) ?? [];
  const wanted = route.value.query.get("endpoint");
  const endpoint = open.find((one) => one.name === wanted) ?? open[0];
  const session = route.value.query.get("session");
  useEffect(() => {
    if (!session) setQuery({ session: freshSession() });
  }, [session]);
  return (
    <>
      <Heading actions={<button type="button" onClick={() => setQuery({ session: freshSession(), step: null, turn: null })}>New conversation</button>}>Chat</Heading>
      <Problem error={error} />
      <p class="faint">Messages are marked as tests: they run the flow that is in force, and are not counted.</p>
      <label>
        Endpoint{" "}
        <select value={endpoint?.name} onChange={(event) => setQuery({ endpoint: event.currentTarget.value, session: freshSession() })}>
          {open.map((one) => <option key={one.name} value={one.name}>{one.name} → {one.flow}</option>)}
        </select>
      </label>
      {value && open.length === 0 && <Empty>No endpoint is open, or your role does not see their tokens.</Empty>}
      {endpoint && session && <Conversation key={endpoint.name + session} endpoint={endpoint} session={session} />}
    </>
  );
}

const freshSession = (): string => `studio-${Date.now().toString(36)}`;

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
  const last = entries[entries.length - 1]?.outputs.at(-1)?.output;
  return (
    <div class="conversation">
      <section aria-label="Conversation">
        <ol class="said" aria-live="polite">
          {entries.map((entry) => (
            <li key={entry.traceId + entry.seq}>
              <button type="button" class="bubble user" aria-pressed={entry === turn} onClick={() => setQuery({ turn: entry.traceId, step: 0 })}>{entry.text || <i>{entry.kind}</i>}</button>
              {entry.outputs.map((said) => <Said key={said.deliveryId} output={said.output} />)}
            </li>
          ))}
        </ol>
        {last?.data?.rich?.quickReplies && (
          <p class="actions">{last.data.rich.quickReplies.map((reply) => <button key={reply.title} type="button" onClick={() => void say(reply.payload)}>{reply.title}</button>)}</p>
        )}
        <form class="actions" onSubmit={(event) => { event.preventDefault(); void say(text); }}>
          <input ref={field} aria-label="Message" value={text} onInput={(event) => setText(event.currentTarget.value)} autocomplete="off" />
          <button type="submit" class="primary">Say</button>
        </form>
        <Problem error={error} />
        {entries.length > 0 && <SaveAsTest endpoint={endpoint.name} session={session} />}
      </section>
      <section aria-label="Why">
        <h2>Why</h2>
        {turn && (
          <>
            <Understood turn={turn} />
            <TraceView turn={turn} step={Number(route.value.query.get("step") ?? 0)} onStep={(step) => setQuery({ turn: turn.traceId, step })} />
          </>
        )}
      </section>
    </div>
  );
}

function Said(props: { output: Output }): JSX.Element {
  return (
    <div class="bubble bot">
      <span>{props.output.text}</span>
      <details>
        <summary>Payload</summary>
        <pre tabIndex={0} aria-label="Payload">{JSON.stringify(props.output, null, 2)}</pre>
      </details>
    </div>
  );
}

/** Who won, who came second, and what it took. */
function Understood(props: { turn: Turn }): JSX.Element | null {
  const saw = stepsOf(props.turn).find((step) => step.type === UNDERSTANDING)?.saw;
  if (!saw) return null;
  return (
    <p class="faint">
      {Object.entries(saw).map(([name, value]) => <span key={name}>{name}: <b>{typeof value === "object" ? JSON.stringify(value) : String(value)}</b>{" "}</span>)}
    </p>
  );
}

function SaveAsTest(props: { endpoint: string; session: string }): JSX.Element {
  const [recorded, setRecorded] = useState<Recorded>();
  const [file, setFile] = useState<FileText>();
  const [trial, setTrial] = useState<Trial>();
  const [error, setError] = useState<Refused>();
  const [saved, setSaved] = useState(false);

  async function record(): Promise<void> {
    setError(undefined);
    setSaved(false);
    const name = prompt("What shall the test be called?", "as said in the studio");
    if (name === null) return;
    try {
      const found = await post<Recorded>("/tests/record", { endpoint: props.endpoint, userId: USER, sessionId: props.session, name });
      const before = await readFile(found.path).catch(() => undefined);
      const next = { path: found.path, text: found.text, sha256: before?.sha256 ?? null };
      setRecorded(found);
      setFile(next);
      setTrial(await tryFiles([next]));
    } catch (refused) {
      setError(refused as Refused);
    }
  }

  async function save(): Promise<void> {
    setTrial(undefined);
    if (file) await writeFiles([file]).then(() => setSaved(true), setError);
  }

  return (
    <div>
      <button type="button" onClick={() => void record()}>Save as test …</button>{" "}
      {saved && recorded && <span role="status">Saved in <a href={href(["edit", recorded.path])}>{recorded.path}</a>; <a href={href(["tests"])}>run it</a>.</span>}
      {recorded?.failures.map((failure) => <p key={failure} class="warning">{failure}</p>)}
      <Problem error={error} />
      {trial && <SaveDialog trial={trial} onSave={() => void save()} onClose={() => setTrial(undefined)} />}
    </div>
  );
}
