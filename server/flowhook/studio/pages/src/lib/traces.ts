// Traces as /api shows them, and what of a flow a step lights.
export interface Step {
  flow: string;
  node: string;
  type: string;
  went?: string;
  passed?: string[];
  saw?: Record<string, unknown>;
  changed?: Record<string, unknown>;
  said?: number;
  error?: string;
  warnings?: string[];
  call?: Record<string, unknown>;
  ms?: number;
}

export interface Turn {
  traceId: string;
  endpoint: string;
  userId: string;
  sessionId: string;
  kind: string;
  status: string;
  at: string;
  failed?: boolean;
  reason?: string;
  text: string;
  trace?: { steps?: Step[] } & Record<string, unknown>;
}

export const UNDERSTANDING = "understanding";

export function stepsOf(turn: Turn | undefined): Step[] {
  return turn?.trace?.steps ?? [];
}

export interface Lit {
  /** Nodes that ran: "flow/node". */
  ran: Set<string>;
  /** Ways that were taken: "flow/node→flow/node", with how the first of them went out. */
  taken: Map<string, Set<string>>;
  /** Branches that were not taken, by node. */
  passed: Map<string, Set<string>>;
  /** The node of the last step, and the way that it took out. */
  leaving?: { place: string; went: string };
}

export const placeOf = (step: Step): string => `${step.flow}/${step.node}`;

/** What ran up to a step. */
export function lit(steps: Step[], upTo: number): Lit {
  const found: Lit = { ran: new Set(), taken: new Map(), passed: new Map() };
  const take = (from: string, to: string, went: string): void => {
    const way = `${from}→${to}`;
    found.taken.set(way, (found.taken.get(way) ?? new Set()).add(went));
  };
  let before: Step | undefined;
  for (const step of steps.slice(0, upTo + 1)) {
    if (step.type === UNDERSTANDING) continue;
    found.ran.add(placeOf(step));
    if (step.passed) found.passed.set(placeOf(step), new Set(step.passed));
    if (before && before.flow === step.flow) take(placeOf(before), placeOf(step), before.went ?? "");
    else if (before) {
      take(placeOf(before), `${before.flow}/flow ${step.flow}`, before.went ?? "");
      take(`${before.flow}/flow ${step.flow}`, `${step.flow}/(start)`, "");
      take(`${step.flow}/(start)`, placeOf(step), "");
    }
    before = step;
  }
  if (before?.went) found.leaving = { place: placeOf(before), went: before.went };
  return found;
}

/** What the turns before, and the steps before in this one, left at paths such as "context.size". Only what a trace tells is known. */
export function valuesBefore(earlier: Turn[], turn: Turn, step: number): Map<string, unknown> {
  const known = new Map<string, unknown>();
  const steps = [...earlier.flatMap(stepsOf), ...stepsOf(turn).slice(0, step)];
  for (const each of steps) for (const [path, value] of Object.entries(each.changed ?? {})) known.set(path, value);
  return known;
}
