// What is known of a node beside the flow file: who stands there, what failed there, which tests went through.
import type { FlowNode, Standing, WaysIn } from "./flows";

export interface NodeBadge {
  kind: "here" | "failed" | "untested" | "partly" | "tested" | "through";
  /** As the graph shows it. */
  short: string;
  /** As the outline says it. */
  says: string;
  /** How many sessions or turns it counts; 0 where it counts none. */
  count: number;
}

export interface Failures {
  since: string;
  complete: boolean;
  failures: { node: string; turns: number; lastAt: string; lastTraceId: string }[];
}

export interface TestCoverage {
  at: string | null;
  /** Whether it is of the flows in force. */
  current: boolean;
  percent: number;
  flows: Record<string, { nodes: { percent: number }; missing: { node: string; way: string | null; line: number }[] }>;
}

export interface Known {
  standing: Standing | undefined;
  failures: Failures | undefined;
  coverage: TestCoverage | undefined;
}

/** The badges of nodes, by "flow/node". */
export function badgesOf(flow: string, nodes: readonly FlowNode[], known: Known): Map<string, NodeBadge[]> {
  const found = new Map<string, NodeBadge[]>();
  const add = (place: string, badge: NodeBadge): void => {
    found.set(place, [...(found.get(place) ?? []), badge]);
  };
  const here = new Map<string, number>();
  for (const { node, count } of known.standing?.standing ?? []) here.set(node, (here.get(node) ?? 0) + count);
  for (const [place, count] of here) {
    add(place, { kind: "here", short: `● ${count > 9999 ? "9999+" : count}`, says: `${times(count, "session")} here`, count });
  }
  for (const { node, turns } of known.failures?.failures ?? []) {
    add(node, { kind: "failed", short: `✕ ${turns}`, says: `${times(turns, "turn")} failed`, count: turns });
  }
  const covered = known.coverage?.at ? known.coverage.flows[flow] : undefined;
  for (const node of nodes) {
    const place = `${flow}/${node.key}`;
    if (covered) add(place, coverageOf(covered.missing.filter((gap) => gap.node === node.key)));
    const through = node.waysIn && throughOf(node.waysIn);
    if (through) add(place, through);
  }
  return found;
}

function coverageOf(gaps: { way: string | null }[]): NodeBadge {
  if (gaps.some((gap) => gap.way === null)) return { kind: "untested", short: "–", says: "no test goes here", count: 0 };
  if (gaps.length > 0) return { kind: "partly", short: "½", says: `no test takes ${gaps.map((gap) => gap.way).join(", ")}`, count: 0 };
  return { kind: "tested", short: "✓", says: "tested", count: 0 };
}

/** How many may take an input that is not the answer; what the question itself does with it is none of them. */
function throughOf(waysIn: WaysIn): NodeBadge | undefined {
  const others = waysIn.ways.filter((way) => way.kind !== "answer" && way.kind !== "again").length;
  return others > 0 ? { kind: "through", short: `⤳ ${others}`, says: `${others} can get through`, count: 0 } : undefined;
}

const times = (count: number, one: string): string => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
