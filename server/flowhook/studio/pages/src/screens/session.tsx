// One session: what was said at the left, why at the right.
import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { call, inPath, may, Refused } from "../lib/api";
import { useEvents } from "../lib/events";
import { useLoad } from "../lib/load";
import { href, route, setQuery } from "../lib/route";
import { shown } from "../lib/text";
import type { Turn } from "../lib/traces";
import { AskDialog } from "../parts/ask_dialog";
import { Badge, Command, Empty, Heading, Problem } from "../parts/basics";
import { TraceView } from "../parts/trace_view";

interface Said {
  deliveryId: string;
  status: string;
  output: { text?: string; data?: Record<string, unknown> };
}

interface Entry extends Turn {
  seq: number;
  outputs: Said[];
}

interface State {
  node: string | null;
  revision: number;
  state: Record<string, unknown>;
}

export function Session(): JSX.Element {
  const [, endpoint = "", user = "", session = ""] = route.value.parts;
  const path = `/sessions/${inPath(endpoint)}/${inPath(user)}/${inPath(session)}`;
  const transcript = useLoad<{ transcript: Entry[] }>(`${path}/transcript?limit=100`);
  const state = useLoad<State>(path);
  useEvents(useCallback((events) => {
    if (events.length === 0 || events.some((one) => one.userId === user && one.sessionId === session)) {
      transcript.again();
      state.again();
    }
  }, [user, session]));
  const entries = transcript.value?.transcript ?? [];
  const wanted = route.value.query.get("turn");
  const at = wanted ? entries.findIndex((entry) => entry.traceId === wanted) : entries.length - 1;
  const turn = entries[at] ?? entries[entries.length - 1];
  const go = (index: number) => {
    const entry = entries[index];
    if (entry) setQuery({ turn: entry.traceId, step: 0 });
  };
  return (
    <>
      <Heading actions={state.value && <Actions path={path} state={state.value} onDone={() => { state.again(); transcript.again(); }} />}>{user} · {session}</Heading>
      <Problem error={transcript.error} />
      <p class="faint">At {endpoint}; stands at <b>{state.value?.node ?? "the start"}</b>, revision {state.value?.revision ?? "–"}.</p>
      <div class="conversation">
        <section aria-label="Transcript">
          <h2>Said</h2>
          <ol class="said" aria-live="polite">
            {entries.map((entry, index) => (
              <li key={entry.traceId + entry.seq}>
                <button type="button" class="bubble user" aria-pressed={entry === turn} onClick={() => go(index)}>
                  {entry.text || <i>{entry.kind}</i>} {entry.status === "failed" && <Badge kind="bad">failed</Badge>}
                </button>
                {entry.outputs.map((said) => (
                  <div key={said.deliveryId} class="bubble bot">
                    {said.output.text || <code>{shown(said.output.data)}</code>}
                    {said.status !== "delivered" && <Badge kind={said.status === "dead" ? "bad" : "warn"}>{said.status}</Badge>}
                  </div>
                ))}
              </li>
            ))}
          </ol>
          {transcript.value && entries.length === 0 && <Empty>Nothing is kept of what was said.</Empty>}
        </section>
        <section aria-label="Why">
          <h2>Why</h2>
          {turn && (
            <TraceView
              turn={turn}
              step={Number(route.value.query.get("step") ?? 0)}
              onStep={(step) => setQuery({ turn: turn.traceId, step })}
              earlier={entries.slice(0, entries.indexOf(turn))}
              onTurn={(by) => go(entries.indexOf(turn) + by)}
            />
          )}
          {state.value && (
            <details>
              <summary>State</summary>
              <pre tabIndex={0} aria-label="State">{JSON.stringify(state.value.state, null, 2)}</pre>
            </details>
          )}
        </section>
      </div>
      <Command words={["sessions", "show", "--endpoint", endpoint, "--user", user, session]} />
    </>
  );
}

function Actions(props: { path: string; state: State; onDone: () => void }): JSX.Element | null {
  const [error, setError] = useState<Refused>();
  const [asks, setAsks] = useState(false);
  if (!may("operator")) return null;
  const act = (work: Promise<unknown>, after = props.onDone) => {
    setError(undefined);
    void work.then(after, setError);
  };
  return (
    <>
      <button type="button" onClick={() => setAsks(true)}>Go to …</button>
      <button type="button" onClick={() => {
        if (confirm("Back to the start? Its context is lost.")) act(call("POST", `${props.path}/reset`));
      }}>Reset</button>
      <button type="button" onClick={() => {
        if (confirm("Erase this session and all that was said in it? It cannot be undone.")) act(call("DELETE", props.path), () => (location.hash = href(["sessions"])));
      }}>Forget</button>
      {asks && (
        <AskDialog
          title="Let it stand elsewhere"
          label="Node, as flow/node"
          value={props.state.node ?? ""}
          verb="Go there"
          onDone={(node) => { setAsks(false); act(call("POST", `${props.path}/goto`, { node })); }}
          onClose={() => setAsks(false)}
        />
      )}
      <Problem error={error} />
    </>
  );
}
