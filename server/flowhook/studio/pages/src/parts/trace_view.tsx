// A run, step by step: lit on the graph, with what each step saw, changed and called.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { inPath } from "../lib/api";
import type { Flow } from "../lib/flows";
import { useLoad } from "../lib/load";
import { shown } from "../lib/text";
import { lit, stepsOf, type Step, type Turn } from "../lib/traces";
import { Empty } from "./basics";
import { Graph } from "./graph";

interface Props {
  turn: Turn;
  step: number;
  onStep: (step: number) => void;
  /** Shift and an arrow: one turn back or on. */
  onTurn?: ((by: number) => void) | undefined;
}

export function TraceView(props: Props): JSX.Element {
  const steps = stepsOf(props.turn);
  const at = Math.max(0, Math.min(props.step, steps.length - 1));
  const step = steps[at];
  const flowName = step?.flow || steps.find((one) => one.flow)?.flow;
  const { value: flow } = useLoad<Flow>(flowName ? `/flows/${inPath(flowName)}` : null);
  if (!step) return <Empty>Nothing is kept of what this turn did.</Empty>;
  const marks = lit(steps, at, flowName ?? "");
  return (
    <div class="trace">
      <Steps steps={steps} at={at} onStep={props.onStep} onTurn={props.onTurn} />
      <StepFacts step={step} />
      {flow && flow.name === flowName && <Graph picture={flow.picture} marks={{ ...marks, selected: step.node }} onSelect={(key) => {
        const found = steps.findIndex((one) => one.flow === flowName && one.node === key);
        if (found >= 0) props.onStep(found);
      }} />}
    </div>
  );
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

function StepFacts(props: { step: Step }): JSX.Element {
  const { step } = props;
  return (
    <section class="facts" aria-label="This step" aria-live="polite">
      <h2>{step.flow ? `${step.flow}/` : ""}{step.node || step.type}</h2>
      {step.error && <p class="problem">{step.error}</p>}
      {step.warnings?.map((text) => <p key={text} class="warning">{text}</p>)}
      {step.went && <p>Went: <b>{step.went}</b></p>}
      {step.passed && step.passed.length > 0 && <p>Not taken: {step.passed.map((name) => <s key={name} class="passed">{name}</s>)}</p>}
      <Values title="Decided by" values={step.saw} />
      <Values title="Changed" values={step.changed} />
      <Values title="Call" values={step.call} />
      {step.ms !== undefined && <p class="faint">{Math.round(step.ms)} ms outside</p>}
    </section>
  );
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
