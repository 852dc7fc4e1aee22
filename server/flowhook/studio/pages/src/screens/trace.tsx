// One trace by its id, and from there turn by turn through its session.
import type { JSX } from "preact";
import { inPath, may } from "../lib/api";
import { useLoad } from "../lib/load";
import { href, route, setQuery } from "../lib/route";
import type { Turn } from "../lib/traces";
import { Command, Heading, Problem } from "../parts/basics";
import { TraceView } from "../parts/trace_view";

export function Trace(): JSX.Element {
  const id = route.value.parts[1] ?? "";
  const { value, error } = useLoad<{ traces: Turn[] }>(`/traces/${inPath(id)}`);
  const turn = value?.traces[0];
  const of = turn && may("reader") ? `/sessions/${inPath(turn.endpoint)}/${inPath(turn.userId)}/${inPath(turn.sessionId)}/transcript?limit=100` : null;
  const turns = useLoad<{ transcript: Turn[] }>(of).value?.transcript ?? [];
  const at = turns.findIndex((one) => one.traceId === id);
  const go = (by: number): void => {
    const next = turns[at + by];
    if (at >= 0 && next) location.hash = href(["trace", next.traceId]);
  };
  return (
    <>
      <Heading>{turn?.text ? `“${turn.text}”` : "Trace"}</Heading>
      <Problem error={error} />
      {turn && (
        <>
          <p class="faint">
            {turn.kind} to {turn.endpoint}, <time dateTime={turn.at}>{turn.at}</time>:{" "}
            <a href={href(["session", turn.endpoint, turn.userId, turn.sessionId], { turn: turn.traceId })}>{turn.userId} · {turn.sessionId}</a>
            {at >= 0 && <>, turn {at + 1} of {turns.length}</>}
          </p>
          {turn.reason && <p class="problem">{turn.reason}</p>}
          <TraceView
            turn={turn}
            step={Number(route.value.query.get("step") ?? 0)}
            onStep={(step) => setQuery({ step })}
            earlier={turns.slice(0, Math.max(0, at))}
            onTurn={at >= 0 ? go : undefined}
          />
          <Command words={["traces", "show", id]} />
        </>
      )}
    </>
  );
}
