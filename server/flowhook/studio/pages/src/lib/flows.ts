// Flows as /api shows them.

export interface PictureBox {
  key: string;
  kind: "start" | "end" | "intent" | "flow" | "node";
  type: string;
  style: string;
  title: string;
  text: string;
  lines: string[];
  x: number;
  y: number;
  width: number;
  height: number;
  disabled?: boolean;
}

export interface PictureArrow {
  source: string;
  target: string;
  kind: string;
  path: string;
  /** Of the source, as traces name it. */
  branch?: string;
  label?: { text: string; x: number; y: number };
}

export interface Picture {
  name: string;
  width: number;
  height: number;
  margin: number;
  boxes: PictureBox[];
  arrows: PictureArrow[];
  lanes?: Lane[];
}

export interface Lane {
  flow: string;
  role: "own" | "attached" | "called";
  x: number;
  y: number;
  width: number;
  height: number;
  /** The keys of its boxes in the picture, and in the flow itself. */
  boxes: Record<string, string>;
}

/** Where a box of a picture stands, as "flow/node", by its key. */
export function placesOf(picture: Picture): Map<string, string> {
  if (!picture.lanes) return new Map(picture.boxes.map((box) => [box.key, `${picture.name}/${box.key}`]));
  return new Map(picture.lanes.flatMap((lane) => Object.entries(lane.boxes).map(([key, own]): [string, string] => [key, `${lane.flow}/${own}`])));
}

/** Who may take an input while a question waits, in their order, and which intents never do. */
export interface WaysIn {
  anyText: boolean;
  ofCaller: boolean;
  ways: WayIn[];
  keptOut: { name: string; why: string }[];
}

export interface WayIn {
  kind: "on_intent" | "rule" | "offer" | "correction" | "clear_intent" | "answer" | "intent" | "again";
  name: string;
  leadsTo: string;
  does: "" | "entry" | "reply" | "do";
  when: string;
  heldBackIn: string[];
}

export interface FlowNode {
  key: string;
  type: string;
  line: number;
  waits: boolean;
  waysIn?: WaysIn;
}

export interface Flow {
  name: string;
  revision: string;
  description: string;
  file: string;
  source: string;
  attached: string[];
  called: string[];
  nodes: FlowNode[];
  picture: Picture;
}

export interface Range {
  line: number;
  column: number;
  end_line: number;
  end_column: number;
}

export interface OutlineItem {
  name: string;
  kind: string;
  detail: string;
  range: Range;
  whole: Range;
  children: OutlineItem[];
}

export interface Standing {
  standing: { endpoint: string; node: string; count: number }[];
}

/** The last line of a part: what is laid out as a block ends before the first character of what follows it. */
export function lastLine(range: Range): number {
  return range.end_line > range.line && range.end_column <= range.column ? range.end_line - 1 : range.end_line;
}

/** The key of the node that an item of the outline stands for, by the line on which it begins. */
export function keyOf(item: OutlineItem, nodes: readonly FlowNode[]): string | undefined {
  if (item.kind !== "node") return undefined;
  return nodes.find((node) => node.line >= item.whole.line && node.line <= item.range.line)?.key;
}
