// Something for all that the filters show: first the plan, which says how many, then the deed to exactly those.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Refused } from "../lib/api";
import { Problem } from "./basics";

export interface Plan {
  total: number;
  endpoints: Record<string, number>;
}

interface Props<Done extends Plan> {
  /** What the button says. */
  label: string;
  /** What would be done: "12 sessions would be erased". */
  sentence: (total: number) => string;
  verb: string;
  ask: (how: { dryRun: true } | { expected: number }) => Promise<Done>;
  onDone: (done: Done) => void;
}

export function Bulk<Done extends Plan>(props: Props<Done>): JSX.Element {
  const [plan, setPlan] = useState<Plan>();
  const [error, setError] = useState<Refused>();
  const look = () => {
    setError(undefined);
    props.ask({ dryRun: true }).then(setPlan, setError);
  };
  const act = (expected: number) => {
    setPlan(undefined);
    props.ask({ expected }).then(props.onDone, setError);
  };
  return (
    <>
      <button type="button" onClick={look}>{props.label} …</button>
      <Problem error={error} />
      {plan && <PlanDialog plan={plan} title={props.label} sentence={props.sentence(plan.total)} verb={props.verb} onDo={() => act(plan.total)} onClose={() => setPlan(undefined)} />}
    </>
  );
}

function PlanDialog(props: { plan: Plan; title: string; sentence: string; verb: string; onDo: () => void; onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const { total, endpoints } = props.plan;
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label={props.title} onClose={props.onClose}>
      <h2>{props.title}</h2>
      <p role="status">{props.sentence}{total > 0 && ` (${Object.entries(endpoints).map(([name, count]) => `${name}: ${count}`).join(", ")})`}.</p>
      <p class="actions">
        <button type="button" class="primary" disabled={total === 0} onClick={props.onDo}>{props.verb}</button>
        <button type="button" onClick={props.onClose}>Leave it</button>
      </p>
    </dialog>
  );
}
