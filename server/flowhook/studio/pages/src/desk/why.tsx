// What the flow did in this conversation, and why: a turn, step by step.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { inPath } from "../lib/api";
import { useLoad } from "../lib/load";
import type { Turn } from "../lib/traces";
import { Problem } from "../parts/basics";
import { TraceView } from "../parts/trace_view";

export function Why(props: { id: string; changes: number }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <details class="why" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary data-key="w">What the bot did, and why</summary>
      {open && <Turns id={props.id} changes={props.changes} />}
    </details>
  );
}

function Turns(props: { id: string; changes: number }): JSX.Element {
  const { value, error, again } = useLoad<{ transcript: Turn[] }>(`/handovers/${inPath(props.id)}/trace?limit=50`);
  const [chosen, setChosen] = useState<string>();
  const [step, setStep] = useState(0);
  useEffect(again, [props.changes]);
  const turns = value?.transcript ?? [];
  const found = turns.findIndex((turn) => turn.traceId === chosen);
  const at = found < 0 ? turns.length - 1 : found;
  const turn = turns[at];
  const go = (index: number) => {
    const to = turns[Math.max(0, Math.min(turns.length - 1, index))];
    setChosen(to?.traceId);
    setStep(0);
  };
  return (
    <>
      <Problem error={error} />
      {turn && (
        <>
          <label>
            Turn{" "}
            <select value={String(at)} onChange={(event) => go(Number(event.currentTarget.value))}>
              {turns.map((one, index) => <option key={one.traceId} value={String(index)}>{one.text || one.kind}</option>)}
            </select>
          </label>
          <TraceView turn={turn} step={step} onStep={setStep} onTurn={(by) => go(at + by)} kept={false} earlier={turns.slice(0, at)} />
        </>
      )}
    </>
  );
}
