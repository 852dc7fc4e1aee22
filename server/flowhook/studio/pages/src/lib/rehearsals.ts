// Rehearsals as /api shows them: conversations in memory.
import { call, get, inPath, post } from "./api";
import type { Turn } from "./traces";

export interface Payload {
  method: string;
  url: string | null;
  headers: Record<string, string>;
  body: string;
}

export interface Output {
  text?: string;
  data?: Record<string, unknown>;
  source?: string;
}

export interface Entry extends Turn {
  seq: number;
  outputs: { deliveryId: string; status: string; output: Output; payload?: Payload | null }[];
}

export interface Mock {
  method: string;
  url: string;
  status: number;
  json: unknown;
}

export interface Rehearsal {
  id: string;
  endpoint: string | null;
  flow: string;
  userId: string;
  sessionId: string;
  services: "mocked" | "real";
  flowRevision: string;
  now: string;
  node: string | null;
  timers: { kind: string; node: string | null; name: string | null; dueAt: string | null }[];
  mocks: Mock[];
  unanswered: string[];
  transcript: Entry[];
}

export interface Beginning {
  endpoint?: string;
  flow?: string;
  locale?: string;
  services: "mocked" | "real";
}

export interface Recorded {
  path: string;
  text: string;
  failures: string[];
}

const one = (id: string): string => `/rehearsals/${inPath(id)}`;

export const beginRehearsal = (beginning: Beginning): Promise<Rehearsal> => post("/rehearsals", beginning);
export const readRehearsal = (id: string): Promise<Rehearsal> => get(one(id));
export const act = (id: string, what: "say" | "advance" | "callback", body: unknown): Promise<Rehearsal> => post(`${one(id)}/${what}`, body);
export const setMocks = (id: string, mocks: Mock[]): Promise<Rehearsal> => call("PUT", `${one(id)}/mocks`, { mocks });
export const rehearsalAsTest = (id: string, name: string): Promise<Recorded> => post(`${one(id)}/test`, { name });
export const endRehearsal = (id: string): Promise<void> => call("DELETE", one(id));
