// A flow three ways, side by side and together: outline, graph, source. What is known of its nodes stands at them.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { inPath, may, post } from "../lib/api";
import { badgesOf, type Failures, type NodeBadge, type TestCoverage } from "../lib/badges";
import { keyOf, lastLine, type Flow, type OutlineItem, type Standing, type WayIn, type WaysIn } from "../lib/flows";
import { useEvery, useLoad } from "../lib/load";
import { usePosted } from "../lib/posted";
import { href, route, setQuery } from "../lib/route";
import { ago, plural } from "../lib/text";
import { Command, Heading, Problem } from "../parts/basics";
import { Graph } from "../parts/graph";
import { Source } from "../parts/source";
import { Tree, type TreeItem } from "../parts/tree";

interface Diagnosis {
  problems: Record<string, { severity: string; code: string; message: string; line: number }[]>;
}

export function FlowScreen(): JSX.Element {
  const name = route.value.parts[1] ?? "";
  const lanes = route.value.query.get("lanes") !== "0";
  const { value: flow, error } = useLoad<Flow>(`/flows/${inPath(name)}${lanes ? "?lanes=1" : ""}`);
  return (
    <>
      <Heading actions={flow && flow.name === name && <Doing flow={flow} />}>{name}</Heading>
      <Problem error={error} />
      {flow && flow.name === name && <FlowView flow={flow} lanes={lanes} />}
    </>
  );
}

/** What an author does with a flow that he looks at. */
function Doing(props: { flow: Flow }): JSX.Element {
  const { name, file } = props.flow;
  return (
    <>
      {may("author") && <a class="button" href={href(["edit", file])}>Edit</a>}
      {may("author", "operator") && <a class="button" href={href(["chat"], { with: `flow:${name}` })}>Try it</a>}
    </>
  );
}

function FlowView(props: { flow: Flow; lanes: boolean }): JSX.Element {
  const { flow } = props;
  const standing = useLoad<Standing>(may("reader") ? "/sessions/standing" : null);
  useEvery(10000, standing.again);
  const failures = useLoad<Failures>("/failures").value;
  const coverage = useLoad<TestCoverage>("/tests/coverage").value;
  const outline = usePosted(() => post<{ outline: OutlineItem[] }>("/language/outline", { path: flow.file }), flow.revision);
  const diagnosis = usePosted(() => post<Diagnosis>("/language/diagnose", { path: flow.file }), flow.revision);
  const parts = outline?.outline ?? [];
  const problems = diagnosis?.problems[flow.file] ?? [];
  const badges = useMemo(
    () => badgesOf(flow.name, flow.nodes, { standing: standing.value, failures, coverage }),
    [standing.value, failures, coverage, flow],
  );
  const items = useMemo(() => treeOf(parts, flow, badges, problems), [outline, flow, badges, problems]);
  const chosenNode = route.value.query.get("node");
  const at = chosenNode ? itemOf(parts, chosenNode, flow) : find(parts, route.value.query.get("at") ?? "");
  const selected = at ? keyOf(at, flow.nodes) : undefined;
  const choose = (item: OutlineItem): void => {
    const key = keyOf(item, flow.nodes);
    setQuery({ node: key ?? null, at: key ? null : idOf(item) });
  };
  return (
    <>
      {flow.description && <p>{flow.description}</p>}
      <p class="faint">
        {flow.file}, revision {flow.revision}
        {flow.attached.length > 0 && <>; attached: <Links names={flow.attached} /></>}
        {flow.called.length > 0 && <>; calls: <Links names={flow.called} /></>}
      </p>
      <Tested coverage={coverage} flow={flow} />
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
          {!outline && <p class="faint">It is read …</p>}
          <Tree
            label={`Outline of ${flow.name}`}
            items={items}
            selected={at && idOf(at)}
            onSelect={(id) => {
              const item = find(parts, id);
              if (item) choose(item);
            }}
          />
        </section>
        <section aria-label="Graph">
          <div class="heading">
            <h2>Graph</h2>
            {flow.attached.length + flow.called.length > 0 && (
              <label><input type="checkbox" checked={props.lanes} onChange={() => setQuery({ lanes: props.lanes ? 0 : null })} /> other flows as lanes</label>
            )}
          </div>
          <Graph
            picture={flow.picture}
            marks={{ badges, selected: selected && `${flow.name}/${selected}` }}
            onSelect={(place) => {
              const [name = "", key = ""] = [place.slice(0, place.indexOf("/")), place.slice(place.indexOf("/") + 1)];
              if (name !== flow.name) location.hash = href(["flow", name], { node: key });
              else {
                const item = itemOf(parts, key, flow);
                if (item) choose(item);
              }
            }}
          />
        </section>
        <section aria-label="Source">
          <h2>Source</h2>
          <Source text={flow.source} first={at?.whole.line} last={at && lastLine(at.whole)} label={`Source of ${flow.name}`} />
        </section>
      </div>
      {selected && <ThisNode flow={flow} node={selected} badges={badges.get(`${flow.name}/${selected}`) ?? []} />}
      <p><a href={href(["edit", flow.file], { line: at?.whole.line })}>Edit {flow.file}</a></p>
      <Command words={["graph", flow.name, ...(props.lanes ? ["--lanes"] : []), "-o", `${flow.name}.svg`]} />
    </>
  );
}

/** What the tests went through when all of them ran last. */
function Tested(props: { coverage: TestCoverage | undefined; flow: Flow }): JSX.Element | null {
  const { coverage, flow } = props;
  if (!coverage) return null;
  if (!coverage.at) return <p class="faint">No run of all <a href={href(["tests"])}>tests</a> is known here, so no coverage is shown.</p>;
  const gaps = coverage.flows[flow.name]?.missing.length;
  return (
    <p class="faint">
      <a href={href(["tests"])}>Tests</a> ran {ago(coverage.at)}: {gaps === undefined ? "not in this flow" : gaps === 0 ? "all of this flow is covered" : `${plural(gaps, "gap")} in this flow`}.
      {!coverage.current && " Flows have changed since."}
    </p>
  );
}

/** What is known of the chosen node, each number with a link to what it counts; and what else may take an input there. */
function ThisNode(props: { flow: Flow; node: string; badges: NodeBadge[] }): JSX.Element {
  const { flow, node } = props;
  const place = `${flow.name}/${node}`;
  const waysIn = flow.nodes.find((one) => one.key === node)?.waysIn;
  const links: Partial<Record<NodeBadge["kind"], string>> = {
    here: href(["sessions"], { node: place }),
    failed: href(["traces"], { failed: 1, node: place }),
    untested: href(["tests"]),
    partly: href(["tests"]),
    tested: href(["tests"]),
  };
  return (
    <section class="detail" aria-label="This node">
      <h2>{node}</h2>
      <ul class="plain-list">
        {props.badges.map((badge) => links[badge.kind] && <li key={badge.kind}><a href={links[badge.kind]}>{badge.says}</a></li>)}
        <li><a href={href(["traces"], { node: place })}>turns that ran here</a></li>
      </ul>
      {waysIn && <Through waysIn={waysIn} />}
    </section>
  );
}

const WORDS: Record<WayIn["kind"], string> = {
  on_intent: "its own branch for",
  rule: "by rule",
  offer: "the offer",
  correction: "a correction of",
  clear_intent: "the intent",
  answer: "the answer:",
  intent: "the intent",
  again: "the question again",
};

/** Who may take what is said while the question waits: the first whom it fits. */
function Through(props: { waysIn: WaysIn }): JSX.Element {
  const { ways, keptOut, ofCaller } = props.waysIn;
  return (
    <>
      <h3>What can get through here</h3>
      <ol class="plain-list" aria-label="What can get through here">
        {ways.map((way, index) => (
          <li key={index}>
            {WORDS[way.kind]}{way.kind !== "again" && <> <b>{way.name}</b></>}
            {way.does && ` (${way.does})`}
            {way.when && `: ${way.when}`}
            {way.heldBackIn.length > 0 && `; not in state ${way.heldBackIn.join(", ")}`}
          </li>
        ))}
        {ofCaller && <li>and the intents of the flow that called this one</li>}
      </ol>
      {keptOut.length > 0 && (
        <>
          <h3>What never does</h3>
          <ul class="plain-list" aria-label="What never does">{keptOut.map((one) => <li key={one.name}><b>{one.name}</b>: {one.why}</li>)}</ul>
        </>
      )}
    </>
  );
}

function Links(props: { names: string[] }): JSX.Element {
  return <>{props.names.map((name, index) => <span key={name}>{index > 0 && ", "}<a href={href(["flow", name])}>{name}</a></span>)}</>;
}

const idOf = (item: OutlineItem): string => `${item.whole.line}.${item.range.line}.${item.range.column}`;

function treeOf(outline: OutlineItem[], flow: Flow, badges: Map<string, NodeBadge[]>, problems: { line: number }[]): TreeItem[] {
  return outline.map((item) => {
    const key = keyOf(item, flow.nodes);
    const node = flow.nodes.find((one) => one.key === key);
    const wrong = key && item.children.length === 0 ? problems.filter((one) => one.line >= item.whole.line && one.line <= lastLine(item.whole)).length : 0;
    const known = (key && badges.get(`${flow.name}/${key}`)) || [];
    const badge = [...known.map((one) => one.says), wrong && plural(wrong, "problem")].filter(Boolean).join(", ");
    return {
      id: idOf(item),
      label: item.name,
      detail: [item.detail !== item.name && item.detail, node?.waits && "waits"].filter(Boolean).join(", "),
      ...(badge ? { badge } : {}),
      children: treeOf(item.children, flow, badges, problems),
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
