// Deliveries as /api shows them.
import type { Payload } from "./rehearsals";

/** One that failed. */
export interface Attempt {
  /** When it was over. */
  at: string;
  ms: number;
  status: number | null;
  error: string | null;
  response: string | null;
}

export interface Delivery {
  deliveryId: string;
  endpoint: string;
  userId: string;
  sessionId: string;
  sequence: number;
  status: "pending" | "delivered" | "dead";
  attempts: number;
  createdAt: string;
  nextAt: string | null;
  resolvedAt: string | null;
  lastStatus: number | null;
  lastError: string | null;
  traceId: string;
  output: { text?: string };
  failures?: Attempt[];
  /** What is sent; null where its words are masked. */
  request?: Payload | null;
}

export const KINDS = { delivered: "good", pending: "warn", dead: "bad" } as const;
