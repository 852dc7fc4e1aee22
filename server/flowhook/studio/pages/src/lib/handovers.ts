// Conversations that people take over, as /api shows them.
import { get, inPath, post, Refused } from "./api";

export interface Handover {
  id: string;
  endpoint: string;
  userId: string;
  sessionId: string;
  status: "queue" | "active" | "closed";
  outcome: string | null;
  owner: string | null;
  createdAt: string;
  takenAt: string | null;
  closedAt: string | null;
  waitingSince: string | null;
  alertSeconds?: number | null; // waiting so long is too long
  position?: number;
  hasCopilot?: boolean; // a flow of the endpoint draws tiles beside it
  test?: boolean;
}

export interface Said {
  sequence: number;
  source: "user" | "agent" | "bot" | "note" | "system";
  agent?: string;
  text: string;
  data: Record<string, unknown> | null;
  attachments: { url?: string; name?: string }[];
  at: string;
  status: string;
}

export interface Before {
  role: string;
  text: string;
  data: Record<string, unknown> | null;
  at: string;
}

export interface Transcript extends Handover {
  before: Before[];
  messages: Said[];
}

export interface ReadyText {
  name: string;
  text: string;
  problem?: string; // why it cannot be said to this user
}

const path = (id: string): string => `/handovers/${inPath(id)}`;

/** One of the actions of the desk: what the server refuses is thrown with its sentence, such as "Ada has it." */
export function act<T>(id: string, verb: string, body: unknown = {}): Promise<T> {
  return post<T>(`${path(id)}/${verb}`, body);
}

/** Say something to the user. Tried again under the same number while the server cannot be reached, so it is said once. */
export async function reply(id: string, text: string): Promise<void> {
  const messageId = `desk-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  for (let tries = 0; ; tries += 1) {
    try {
      await act(id, "reply", { text, messageId });
      return;
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 0 || tries === 4) throw error;
      await new Promise((done) => setTimeout(done, 500 * 2 ** tries));
    }
  }
}

export const readyTexts = (id: string): Promise<{ texts: ReadyText[] }> => get(`${path(id)}/texts`);
