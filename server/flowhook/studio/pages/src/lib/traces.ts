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

/** The nodes of a flow that ran up to a step, and the arrows between those that followed each other. */
export function lit(steps: Step[], upTo: number, flow: string): { ran: Set<string>; taken: Set<string> } {
  const ran = new Set<string>();
  const taken = new Set<string>();
  let before: string | undefined;
  for (const step of steps.slice(0, upTo + 1)) {
    if (step.type === UNDERSTANDING || step.flow !== flow) continue;
    ran.add(step.node);
    if (before !== undefined) taken.add(`${before}→${step.node}`);
    before = step.node;
  }
  return { ran, taken };
}
