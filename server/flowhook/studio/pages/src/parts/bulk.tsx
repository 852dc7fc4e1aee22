// Something for all that the filters show: first the plan, which says how many, then the deed to exactly those.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Refused } from "../lib/api";
import { AskDialog } from "./ask_dialog";
import { Problem } from "./basics";

export interface Plan {
  total: number;
  endpoints: Record<string, number>;
  /** Those that it cannot be done to. */
  left?: number;
}

interface Props<Done extends Plan> {
  /** What the button says. */
  label: string;
  /** What has to be said before the plan: its name. */
  question?: string;
  /** What would be done: "12 sessions would be erased". */
  sentence: (total: number, said: string) => string;
  verb: string;
  ask: (how: { dryRun: true } | { expected: number }, said: string) => Promise<Done>;
  onDone: (done: Done) => void;
}

export function Bulk<Done extends Plan>(props: Props<Done>): JSX.Element {
  const [plan, setPlan] = useState<Plan>();
  const [asks, setAsks] = useState(false);
  const [said, setSaid] = useState("");
  const [error, setError] = useState<Refused>();
  const look = (words: string) => {
    setError(undefined);
    setAsks(false);
    setSaid(words);
    props.ask({ dryRun: true }, words).then(setPlan, setError);
  };
  const act = (expected: number) => {
    setPlan(undefined);
    props.ask({ expected }, said).then(props.onDone, setError);
  };
  return (
    <>
      <button type="button" onClick={() => (props.question === undefined ? look("") : setAsks(true))}>{props.label} …</button>
      <Problem error={error} />
      {asks && <AskDialog title={props.label} label={props.question ?? ""} value={said} verb="Look" onDone={look} onClose={() => setAsks(false)} />}
      {plan && <PlanDialog plan={plan} title={props.label} sentence={props.sentence(plan.total, said)} verb={props.verb} onDo={() => act(plan.total)} onClose={() => setPlan(undefined)} />}
    </>
  );
}

function PlanDialog(props: { plan: Plan; title: string; sentence: string; verb: string; onDo: () => void; onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const { total, endpoints, left = 0 } = props.plan;
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label={props.title} onClose={props.onClose}>
      <h2>{props.title}</h2>
      <p role="status">{props.sentence}{total > 0 && ` (${Object.entries(endpoints).map(([name, count]) => `${name}: ${count}`).join(", ")})`}.{left > 0 && ` ${left} of them cannot, and would be left alone.`}</p>
      <p class="actions">
        <button type="button" class="primary" disabled={total === 0} onClick={props.onDo}>{props.verb}</button>
        <button type="button" onClick={props.onClose}>Leave it</button>
      </p>
    </dialog>
  );
}
