// The live stream: one connection for the page, handed on once a frame however many events come.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface LiveEvent {
  type: string;
  at: string;
  endpoint: string;
  userId: string;
  sessionId: string;
  traceId: string;
  data: Record<string, unknown>;
}

type Listener = (events: LiveEvent[]) => void;

const KEPT = 400; // events between two frames: of more the later half
const HIDDEN_MS = 500;
const TYPES = [
  "message.received", "message.sent", "delivery.failed", "delivery.dead", "delivery.failing", "endpoint.paused",
  "endpoint.recovered", "turn.failed", "backlog.high", "understanding.failed", "translation.failed",
  "session.started", "session.reset", "session.moved", "session.forgotten", "session.stranded",
  "handover.requested", "handover.queued", "handover.active", "handover.message", "handover.note", "handover.typing",
  "handover.reminder", "handover.closed", "user.connected", "user.disconnected", "copilot.changed",
  "flow.reloaded", "flow.rejected", "snapshot.used",
];

/** Whether the stream stands; undefined before the first try. */
export const live = signal<boolean | undefined>(undefined);

const listeners = new Set<Listener>();
let source: EventSource | undefined;
let waiting: LiveEvent[] = [];
let dropped = false;
let frame = 0;
let timer = 0;

function handOn(): void {
  frame = timer = 0;
  const events = waiting;
  const some = dropped;
  waiting = [];
  dropped = false;
  for (const listener of listeners) {
    listener([...events]);
    if (some) listener([]);
  }
}

/** With the next frame; a page that nobody sees has none, and hears of what happens all the same. */
function schedule(): void {
  if (frame || timer) return;
  if (document.hidden) timer = window.setTimeout(handOn, HIDDEN_MS);
  else frame = requestAnimationFrame(handOn);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden || !frame) return;
  cancelAnimationFrame(frame);
  frame = 0;
  schedule();
});

function take(message: MessageEvent<string>): void {
  waiting.push(JSON.parse(message.data) as LiveEvent);
  if (waiting.length > KEPT) {
    waiting = waiting.slice(-KEPT / 2);
    dropped = true;
  }
  schedule();
}

function open(): void {
  source = new EventSource("/api/events");
  source.onopen = () => (live.value = true);
  source.onerror = () => (live.value = false);
  for (const type of TYPES) source.addEventListener(type, take);
  // Some are gone: whoever listens looks again.
  source.addEventListener("lost", () => listeners.forEach((listener) => listener([])));
}

export function closeEvents(): void {
  source?.close();
  source = undefined;
  live.value = undefined;
}

/** Hear of events while a component stands, once a frame; an empty list says that some were lost: look again. */
export function useEvents(listener: Listener): void {
  useEffect(() => {
    listeners.add(listener);
    if (!source) open();
    return () => void listeners.delete(listener);
  }, [listener]);
}
