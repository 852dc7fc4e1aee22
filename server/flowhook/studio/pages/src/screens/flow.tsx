// A flow three ways, side by side and together: outline, graph, source.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { inPath, post } from "../lib/api";
import { keyOf, lastLine, type Flow, type OutlineItem, type Standing } from "../lib/flows";
import { useEvery, useLoad } from "../lib/load";
import { usePosted } from "../lib/posted";
import { href, route, setQuery } from "../lib/route";
import { plural } from "../lib/text";
import { Command, Heading, Problem } from "../parts/basics";
import { Graph } from "../parts/graph";
import { Source } from "../parts/source";
import { Tree, type TreeItem } from "../parts/tree";

interface Diagnosis {
  problems: Record<string, { severity: string; code: string; message: string; line: number }[]>;
}

export function FlowScreen(): JSX.Element {
  const name = route.value.parts[1] ?? "";
  const { value: flow, error } = useLoad<Flow>(`/flows/${inPath(name)}`);
  return (
    <>
      <Heading>{name}</Heading>
      <Problem error={error} />
      {flow && flow.name === name && <FlowView flow={flow} />}
    </>
  );
}

function FlowView(props: { flow: Flow }): JSX.Element {
  const { flow } = props;
  const standing = useLoad<Standing>("/sessions/standing");
  useEvery(10000, standing.again);
  const outline = usePosted(() => post<{ outline: OutlineItem[] }>("/language/outline", { path: flow.file }), flow.revision);
  const diagnosis = usePosted(() => post<Diagnosis>("/language/diagnose", { path: flow.file }), flow.revision);
  const problems = diagnosis?.problems[flow.file] ?? [];
  const counts = useMemo(() => countsOf(standing.value, flow.name), [standing.value, flow.name]);
  const items = useMemo(() => treeOf(outline?.outline ?? [], flow, counts, problems), [outline, flow, counts, problems]);
  const chosen = route.value.query.get("at") ?? undefined;
  const at = chosen ? find(outline?.outline ?? [], chosen) : undefined;
  const selected = at ? keyOf(at, flow.nodes) : undefined;
  return (
    <>
      {flow.description && <p>{flow.description}</p>}
      <p class="faint">
        {flow.file}, revision {flow.revision}
        {flow.attached.length > 0 && <>; attached: <Links names={flow.attached} /></>}
        {flow.called.length > 0 && <>; calls: <Links names={flow.called} /></>}
      </p>
      {problems.length > 0 && (
        <ul class="problems" aria-label="Problems">
          {problems.map((problem, index) => (
            <li key={index} class={problem.severity}>{problem.severity}, line {problem.line}: {problem.message}</li>
          ))}
        </ul>
      )}
      <div class="views">
        <section aria-label="Outline">
          <h2>Outline</h2>
          <Tree label={`Outline of ${flow.name}`} items={items} selected={chosen} onSelect={(id) => setQuery({ at: id })} />
        </section>
        <section aria-label="Graph">
          <h2>Graph</h2>
          <Graph
            picture={flow.picture}
            marks={{ badges: counts, selected }}
            onSelect={(key) => {
              const item = itemOf(outline?.outline ?? [], key, flow);
              if (item) setQuery({ at: idOf(item) });
            }}
          />
        </section>
        <section aria-label="Source">
          <h2>Source</h2>
          <Source text={flow.source} first={at?.whole.line} last={at && lastLine(at.whole)} label={`Source of ${flow.name}`} />
        </section>
      </div>
      <p><a href={href(["edit", flow.file], { line: at?.whole.line })}>Edit {flow.file}</a></p>
      {selected && counts.has(selected) && (
        <p><a href={href(["sessions"], { node: `${flow.name}/${selected}` })}>{plural(counts.get(selected) ?? 0, "session")} at {selected}</a></p>
      )}
      <Command words={["graph", flow.name, "-o", `${flow.name}.svg`]} />
    </>
  );
}

function Links(props: { names: string[] }): JSX.Element {
  return <>{props.names.map((name, index) => <span key={name}>{index > 0 && ", "}<a href={href(["flow", name])}>{name}</a></span>)}</>;
}

function countsOf(standing: Standing | undefined, flow: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { node, count } of standing?.standing ?? []) {
    if (!node.startsWith(`${flow}/`)) continue;
    const key = node.slice(flow.length + 1);
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return counts;
}

const idOf = (item: OutlineItem): string => `${item.whole.line}.${item.range.line}.${item.range.column}`;

function treeOf(outline: OutlineItem[], flow: Flow, counts: Map<string, number>, problems: { line: number }[]): TreeItem[] {
  return outline.map((item) => {
    const key = keyOf(item, flow.nodes);
    const node = flow.nodes.find((one) => one.key === key);
    const sessions = key ? counts.get(key) ?? 0 : 0;
    const wrong = key && item.children.length === 0 ? problems.filter((one) => one.line >= item.whole.line && one.line <= lastLine(item.whole)).length : 0;
    const badge = [sessions && `${plural(sessions, "session")} here`, wrong && plural(wrong, "problem")].filter(Boolean).join(", ");
    return {
      id: idOf(item),
      label: item.name,
      detail: [item.detail !== item.name && item.detail, node?.waits && "waits"].filter(Boolean).join(", "),
      ...(badge ? { badge } : {}),
      children: treeOf(item.children, flow, counts, problems),
    };
  });
}

function find(outline: OutlineItem[], id: string): OutlineItem | undefined {
  for (const item of outline) {
    const found = idOf(item) === id ? item : find(item.children, id);
    if (found) return found;
  }
  return undefined;
}

function itemOf(outline: OutlineItem[], key: string, flow: Flow): OutlineItem | undefined {
  for (const item of outline) {
    const found = itemOf(item.children, key, flow) ?? (keyOf(item, flow.nodes) === key ? item : undefined);
    if (found) return found;
  }
  return undefined;
}
