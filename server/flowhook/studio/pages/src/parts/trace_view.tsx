// A run, step by step: lit on the graph, with what each step saw, changed and called.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { get, inPath, may, post, Refused } from "../lib/api";
import { placesOf, type Flow, type Picture } from "../lib/flows";
import { useLoad } from "../lib/load";
import { href } from "../lib/route";
import { shown } from "../lib/text";
import { download } from "../lib/trace_file";
import { lit, placeOf, stepsOf, UNDERSTANDING, valuesBefore, type Step, type Turn } from "../lib/traces";
import { Empty, Problem } from "./basics";
import { Graph } from "./graph";

interface Props {
  turn: Turn;
  step: number;
  onStep: (step: number) => void;
  /** The turns before this one in its session, as far as they are known. */
  earlier?: Turn[] | undefined;
  /** Shift and an arrow: one turn back or on. */
  onTurn?: ((by: number) => void) | undefined;
  /** False: the server does not keep the turn, as in a rehearsal. */
  kept?: boolean | undefined;
  /** Of a file that was opened: the pictures of then, and nothing is asked of the server. */
  pictures?: Record<string, Picture> | undefined;
}

export function TraceView(props: Props): JSX.Element {
  const steps = stepsOf(props.turn);
  const at = Math.max(0, Math.min(props.step, steps.length - 1));
  const step = steps[at];
  const picture = usePicture(steps, step, props.pictures);
  if (!step) return <Empty>Nothing is kept of what this turn did.</Empty>;
  const selected = step.type === UNDERSTANDING ? undefined : placeOf(step);
  return (
    <div class="trace">
      <div>
        <Steps steps={steps} at={at} onStep={props.onStep} onTurn={props.onTurn} />
        <Moves steps={steps} at={at} onStep={props.onStep} onTurn={props.onTurn} />
        <Uses {...props} step={at} />
      </div>
      <StepFacts step={step} before={valuesBefore(props.earlier ?? [], props.turn, at)} />
      {picture && (
        <Graph
          picture={picture}
          marks={{ lit: lit(steps, at), decided: step.passed ? decidedBy(step) : undefined, selected }}
          onSelect={(place) => {
            const found = steps.findIndex((one) => one.type !== UNDERSTANDING && placeOf(one) === place);
            if (found >= 0) props.onStep(found);
          }}
        />
      )}
    </div>
  );
}

/** The picture in which the step stands: of the flow in which the turn began, with the flows beside it where several ran. */
function usePicture(steps: Step[], step: Step | undefined, given: Record<string, Picture> | undefined): Picture | undefined {
  const flows = [...new Set(steps.map((one) => one.flow).filter(Boolean))];
  const first = flows[0];
  const path = (flow: string | undefined, lanes: boolean): string | null => (given || !flow || !may("reader", "author") ? null : `/flows/${inPath(flow)}${lanes ? "?lanes=1" : ""}`);
  const { value: whole } = useLoad<Flow>(path(first, flows.length > 1));
  const holds = whole && step && [...placesOf(whole.picture).values()].includes(placeOf(step));
  const apart = step && whole && step.flow !== first && !holds ? step.flow : undefined;
  const { value: other } = useLoad<Flow>(path(apart, false));
  if (given) return step && given[step.flow || first || ""];
  return apart ? (other?.name === apart ? other.picture : undefined) : whole?.name === first ? whole?.picture : undefined;
}

function Steps(props: { steps: Step[]; at: number; onStep: (step: number) => void; onTurn: ((by: number) => void) | undefined }): JSX.Element {
  const list = useRef<HTMLOListElement>(null);
  const { at, steps } = props;
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at, steps]);
  function onKeyDown(event: KeyboardEvent): void {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (by === undefined && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    if (by === undefined) props.onStep(event.key === "Home" ? 0 : steps.length - 1);
    else if (event.shiftKey) props.onTurn?.(by);
    else props.onStep(Math.max(0, Math.min(steps.length - 1, at + by)));
  }
  return (
    <ol class="steps" role="listbox" aria-label="Steps" tabIndex={0} aria-activedescendant={`step-${at}`} ref={list} onKeyDown={onKeyDown}>
      {steps.map((step, index) => (
        <li key={index} id={`step-${index}`} role="option" aria-selected={index === at} onClick={() => props.onStep(index)} class={step.error ? "failed" : ""}>
          <span class="faint">{index + 1}</span> <b>{step.node || step.type}</b> <span class="faint">{step.node && step.type !== step.node ? step.type : ""}</span>
          {step.went && <span> → {step.went}</span>}
        </li>
      ))}
    </ol>
  );
}

/** The same as the arrow keys, for those who point. */
function Moves(props: { steps: Step[]; at: number; onStep: (step: number) => void; onTurn: ((by: number) => void) | undefined }): JSX.Element {
  const { at, steps, onStep, onTurn } = props;
  return (
    <p class="actions">
      {onTurn && <button type="button" class="small" onClick={() => onTurn(-1)}>Turn before</button>}
      <button type="button" class="small" disabled={at === 0} onClick={() => onStep(at - 1)}>Step before</button>
      <span class="faint">{at + 1} of {steps.length}</span>
      <button type="button" class="small" disabled={at >= steps.length - 1} onClick={() => onStep(at + 1)}>Next step</button>
      {onTurn && <button type="button" class="small" onClick={() => onTurn(1)}>Next turn</button>}
    </p>
  );
}

interface Before {
  endpoint: string;
  userId: string;
  sessionId: string;
  text: string;
  state: Record<string, unknown>;
  profile: Record<string, unknown>;
  notes: string[];
}

/** What one can do with the step: see the whole state before it, go on from there in a rehearsal, keep it in a file. */
function Uses(props: Props): JSX.Element | null {
  const { turn, step, kept = true } = props;
  const [before, setBefore] = useState<Before>();
  const [error, setError] = useState<Refused>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    setBefore(undefined);
    setError(undefined);
  }, [turn.traceId, step]);
  if (props.pictures) return null;
  const state = (): Promise<Before> => get<Before>(`/traces/${inPath(turn.traceId)}/state`, { step: step + 1 });
  async function work(what: () => Promise<void>): Promise<void> {
    setBusy(true);
    setError(undefined);
    await what().catch((refused: Refused) => setError(refused));
    setBusy(false);
  }
  const fork = async (): Promise<void> => {
    const { endpoint, userId, sessionId, text, ...from } = await state();
    const made = await post<{ id: string }>("/rehearsals", { endpoint, userId, sessionId, state: from.state, profile: from.profile });
    location.hash = href(["chat"], { rehearsal: made.id, text });
  };
  return (
    <>
      <p class="actions">
        {kept && may("author", "operator") && <button type="button" disabled={busy} onClick={() => void work(fork)}>Try from here</button>}
        {kept && <button type="button" disabled={busy} onClick={() => void work(async () => setBefore(await state()))}>State before this step</button>}
        <button type="button" disabled={busy} onClick={() => void work(() => download([...(props.earlier ?? []), turn], `trace-${turn.traceId}.json`))}>Download</button>
      </p>
      <Problem error={error} />
      {before?.notes.map((note) => <p key={note} class="warning">{note}</p>)}
      {before && <pre tabIndex={0} role="region" aria-label="State before this step">{JSON.stringify(before.state, null, 2)}</pre>}
    </>
  );
}

function StepFacts(props: { step: Step; before: Map<string, unknown> }): JSX.Element {
  const { step, before } = props;
  const why = decidedBy(step);
  return (
    <section class="facts" aria-label="This step" aria-live="polite">
      <h2>{step.flow ? `${step.flow}/` : ""}{step.node || step.type}{step.node && step.type === UNDERSTANDING && ` (${UNDERSTANDING})`}</h2>
      {step.error && <p class="problem">{step.error}</p>}
      {step.warnings?.map((text) => <p key={text} class="warning">{text}</p>)}
      {step.went && <p>Went: <b>{step.went}</b></p>}
      {step.passed && step.passed.length > 0 && (
        <p>Not taken: {step.passed.map((name) => <span key={name} class="passed">{name}</span>)}{why.length > 0 && <>because {why.join(", ")}</>}</p>
      )}
      <Values title="Decided by" values={step.saw} />
      <Changes changed={step.changed} before={before} />
      <Values title="Call" values={step.call} />
      {step.ms !== undefined && <p class="faint">{Math.round(step.ms)} ms outside</p>}
    </section>
  );
}

const MOST_REASONS = 3;
const LONGEST_REASON = 48;

/** What a decision looked at, short: "context.size = large". */
function decidedBy(step: Step): string[] {
  return Object.entries(step.saw ?? {}).slice(0, MOST_REASONS).map(([name, value]) => {
    const text = `${name} = ${shown(value)}`;
    return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON - 1)}…` : text;
  });
}

function Values(props: { title: string; values: Record<string, unknown> | undefined }): JSX.Element | null {
  const entries = Object.entries(props.values ?? {});
  if (entries.length === 0) return null;
  return (
    <>
      <h3>{props.title}</h3>
      <dl class="values">
        {entries.map(([name, value]) => (
          <div key={name}><dt><code>{name}</code></dt><dd><code>{shown(value)}</code></dd></div>
        ))}
      </dl>
    </>
  );
}

/** What the step changed, with what stood there before where a step before told it. */
function Changes(props: { changed: Record<string, unknown> | undefined; before: Map<string, unknown> }): JSX.Element | null {
  const entries = Object.entries(props.changed ?? {});
  if (entries.length === 0) return null;
  return (
    <>
      <h3>Changed</h3>
      <dl class="values">
        {entries.map(([path, value]) => (
          <div key={path}>
            <dt><code>{path}</code></dt>
            <dd>{props.before.has(path) && <><del><code>{shown(props.before.get(path))}</code></del> → </>}<ins><code>{shown(value)}</code></ins></dd>
          </div>
        ))}
      </dl>
    </>
  );
}
