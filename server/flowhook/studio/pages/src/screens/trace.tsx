// One trace by its id.
import type { JSX } from "preact";
import { inPath } from "../lib/api";
import { useLoad } from "../lib/load";
import { href, route, setQuery } from "../lib/route";
import type { Turn } from "../lib/traces";
import { Command, Heading, Problem } from "../parts/basics";
import { TraceView } from "../parts/trace_view";

export function Trace(): JSX.Element {
  const id = route.value.parts[1] ?? "";
  const { value, error } = useLoad<{ traces: Turn[] }>(`/traces/${inPath(id)}`);
  const turn = value?.traces[0];
  return (
    <>
      <Heading>{turn?.text ? `“${turn.text}”` : "Trace"}</Heading>
      <Problem error={error} />
      {turn && (
        <>
          <p class="faint">
            {turn.kind} to {turn.endpoint}, <time dateTime={turn.at}>{turn.at}</time>:{" "}
            <a href={href(["session", turn.endpoint, turn.userId, turn.sessionId], { turn: turn.traceId })}>{turn.userId} · {turn.sessionId}</a>
          </p>
          {turn.reason && <p class="problem">{turn.reason}</p>}
          <TraceView turn={turn} step={Number(route.value.query.get("step") ?? 0)} onStep={(step) => setQuery({ step })} />
          <Command words={["traces", "show", id]} />
        </>
      )}
    </>
  );
}
