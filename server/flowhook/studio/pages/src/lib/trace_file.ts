// Traces in a file: for a report of a fault, and to look at them where the server is another one.
import { signal } from "@preact/signals";
import { get, inPath } from "./api";
import type { Flow, Picture } from "./flows";
import { stepsOf, type Turn } from "./traces";

const FORMAT = "flowhook-trace";
const DOWNLOAD_MS = 10_000;

export interface TraceFile {
  format: typeof FORMAT;
  version: 1;
  turns: Turn[];
  /** Of the flows that ran, as they were drawn then. */
  pictures: Record<string, Picture>;
}

/** The file that was opened. It stays in this page: nothing is sent anywhere. */
export const opened = signal<TraceFile | undefined>(undefined);

/** Offer turns as a file, with the pictures of the flows that ran in them. */
export async function download(turns: Turn[], name: string): Promise<void> {
  const flows = [...new Set(turns.flatMap(stepsOf).map((step) => step.flow).filter(Boolean))];
  const pictures: Record<string, Picture> = {};
  for (const flow of flows) {
    const found = await get<Flow>(`/flows/${inPath(flow)}`).catch(() => undefined);
    if (found) pictures[flow] = found.picture;
  }
  const file: TraceFile = { format: FORMAT, version: 1, turns, pictures };
  const url = URL.createObjectURL(new Blob([JSON.stringify(file, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD_MS);
}

/** Read such a file. Throws an Error that says what is wrong with it. */
export async function read(file: File): Promise<TraceFile> {
  let value: unknown;
  try {
    value = JSON.parse(await file.text());
  } catch {
    throw new Error(`${file.name} is no JSON.`);
  }
  if (!isTraceFile(value)) throw new Error(`${file.name} is no trace of flowhook: the studio downloads them from a trace or a session.`);
  return value;
}

function isTraceFile(value: unknown): value is TraceFile {
  if (typeof value !== "object" || value === null) return false;
  const { format, version, turns, pictures } = value as Record<string, unknown>;
  if (format !== FORMAT || version !== 1 || typeof pictures !== "object" || pictures === null || !Array.isArray(turns)) return false;
  const isTurn = (turn: unknown): boolean =>
    typeof turn === "object" && turn !== null && typeof (turn as Turn).traceId === "string" && stepsOf(turn as Turn).every(isStep);
  return turns.length > 0 && turns.every(isTurn) && Object.values(pictures).every(isPicture);
}

const isStep = (step: unknown): boolean => typeof step === "object" && step !== null && typeof (step as { node: unknown }).node === "string" && typeof (step as { flow: unknown }).flow === "string";

function isPicture(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { boxes, arrows } = value as Record<string, unknown>;
  const lists = Array.isArray(boxes) && Array.isArray(arrows) && boxes.every((box) => Array.isArray((box as { lines?: unknown } | null)?.lines));
  return lists && typeof (value as Picture).width === "number";
}
