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

const KEPT = 200;
const TYPES = [
  "message.received", "message.sent", "delivery.failed", "delivery.dead", "endpoint.paused", "turn.failed",
  "understanding.failed", "session.started", "session.reset", "session.moved", "session.forgotten",
  "session.stranded", "flow.reloaded", "snapshot.used",
  "handover.requested", "handover.queued", "handover.active", "handover.message", "handover.note", "handover.typing",
  "handover.reminder", "handover.closed", "copilot.changed",
];

/** Whether the stream stands; undefined before the first try. */
export const live = signal<boolean | undefined>(undefined);

const listeners = new Set<Listener>();
let source: EventSource | undefined;
let waiting: LiveEvent[] = [];
let frame = 0;

function handOn(): void {
  frame = 0;
  const events = waiting.slice(-KEPT);
  waiting = [];
  for (const listener of listeners) listener(events);
}

function take(message: MessageEvent<string>): void {
  waiting.push(JSON.parse(message.data) as LiveEvent);
  if (waiting.length > 2 * KEPT) waiting = waiting.slice(-KEPT);
  frame ||= requestAnimationFrame(handOn);
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

/** Hear of events while a component stands; an empty list says that some were lost. */
export function useEvents(listener: Listener): void {
  useEffect(() => {
    listeners.add(listener);
    if (!source) open();
    return () => void listeners.delete(listener);
  }, [listener]);
}
