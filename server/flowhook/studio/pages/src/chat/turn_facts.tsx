// Of one sentence: who won, who came second, what it took; and the run.
import type { JSX } from "preact";
import { route, setQuery } from "../lib/route";
import type { Entry } from "../lib/rehearsals";
import { UNDERSTANDING, stepsOf } from "../lib/traces";
import { outcome } from "../lib/understanding";
import { AddExample } from "../parts/add_example";
import { SimpleTable } from "../parts/simple_table";
import { TraceView } from "../parts/trace_view";

interface Rank {
  name: string;
  flow?: string;
  score: number;
  reason?: string;
}

interface Props {
  turn: Entry;
  /** All turns of the conversation. */
  entries: Entry[];
  /** Whether the server keeps it, so that it can be asked more. */
  kept: boolean;
  onLearned?: () => void;
}

export function TurnFacts(props: Props): JSX.Element {
  const { turn, entries } = props;
  return (
    <>
      <Understood turn={turn} />
      {turn.kind === "message" && turn.text && <AddExample key={turn.traceId} text={turn.text} flow={flowOf(turn)} onSaved={props.onLearned} />}
      <TraceView turn={turn} earlier={entries.slice(0, entries.indexOf(turn))} kept={props.kept} step={Number(route.value.query.get("step") ?? 0)} onStep={(step) => setQuery({ turn: turn.traceId, step })} />
    </>
  );
}

/** The flow whose intents competed. */
function flowOf(turn: Entry): string {
  return stepsOf(turn).find((step) => step.flow)?.flow ?? "";
}

function Understood(props: { turn: Entry }): JSX.Element | null {
  const saw = stepsOf(props.turn).find((step) => step.type === UNDERSTANDING)?.saw;
  if (!saw) return null;
  const ranking = (saw.ranking ?? []) as Rank[];
  const rest = Object.entries(saw).filter(([name]) => name !== "ranking" && name !== "confidence");
  return (
    <>
      {saw.confidence !== undefined && <p>A score of <b>{String(saw.confidence)}</b> counts.</p>}
      {ranking.length > 0 && (
        <SimpleTable
          label="Ranking"
          columns={["Intent", "Score", ""]}
          rows={ranking.map((one) => [one.flow && one.flow !== flowOf(props.turn) ? `${one.flow}/${one.name}` : one.name, one.score.toFixed(3), outcome(one.reason ?? "")])}
        />
      )}
      {rest.length > 0 && (
        <p class="faint">{rest.map(([name, value]) => <span key={name}>{name}: <b>{typeof value === "object" ? JSON.stringify(value) : String(value)}</b>{" "}</span>)}</p>
      )}
    </>
  );
}
