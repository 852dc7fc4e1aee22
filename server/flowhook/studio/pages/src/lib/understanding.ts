// How texts are understood, as /api/nlu tells it.
import { post } from "./api";
import type { FileText } from "./files";

export interface Ranked {
  name: string;
  flow: string;
  score: number;
  needs: number | null;
  reason: string;
}

export interface FoundSlot {
  name: string;
  value: unknown;
  text: string;
  start: number;
  end: number;
  negated: boolean;
}

export interface Reading {
  text: string;
  endpoint: string;
  locale: string;
  flow: string;
  intent: string | null;
  intentFlow: string | null;
  score: number;
  confidence: number | null;
  doubtful: boolean;
  outOfState: string | null;
  rejected: boolean;
  type: string | null;
  denied: string[];
  ranking: Ranked[];
  slots: FoundSlot[];
  words: { text: string; start: number; counts: number }[];
  hooks: { plugin: string; hook: string; did: "nothing" | "changed" | "discarded" | "failed"; changed?: Record<string, [unknown, unknown]>; error?: string }[];
  warnings: string[];
}

export interface Where {
  flow?: string;
  endpoint?: string;
  locale?: string;
}

export const readText = (text: string, where: Where, words = false): Promise<Reading> => post("/nlu/read", { text, ...where, words });

/** The text of the flow's file with one more example; `intent` null: of `reject`. */
export const withExample = (flow: string, intent: string | null, text: string, locale?: string): Promise<FileText> =>
  post("/nlu/examples", { flow, intent, text, ...(locale ? { locale } : {}) });

const WHY: Record<string, string> = {
  examples: "wins",
  rule: "wins by a rule",
  confidence: "too low",
  condition: "its condition does not hold",
  state: "not in this state",
  rejected: "the text is like nothing known, or like reject",
  disabled: "switched off",
};

/** What became of an intent of a ranking. */
export const outcome = (reason: string): string => WHY[reason] ?? reason;
