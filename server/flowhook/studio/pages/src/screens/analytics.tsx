// What was counted: who came, what they wanted, what was not understood, where they left.
import type { JSX } from "preact";
import { withQuery } from "../lib/api";
import { useLoad } from "../lib/load";
import { href } from "../lib/route";
import { plural } from "../lib/text";
import { Command, Empty, Heading, Problem } from "../parts/basics";
import { Bars } from "../parts/bars";
import { Filters, filtered, options, type Filter } from "../parts/filters";
import { SimpleTable } from "../parts/simple_table";

interface Report {
  messages: number;
  sessions: number;
  users: number;
  understood: number;
  notUnderstood: number;
  understoodShare: number | null;
  containment: number | null;
  handovers: number;
  failed: number;
  medianTurns: number | null;
  medianMs: number | null;
  intents: { intent: string; messages: number }[];
  textsNotUnderstood: { text: string; messages: number }[];
  dropOff: { node: string; sessions: number }[];
  steps: { step: string; sessions: number }[];
  goals: { goal: string; sessions: number }[];
  days: { day: string; messages: number }[];
}

const FILTERS: Filter[] = [
  { name: "from", label: "From (2026-11-30)" },
  { name: "to", label: "To" },
  { name: "endpoint", label: "Endpoint" },
  { name: "tests", label: "Test messages", choices: [["", "left out"], ["1", "counted"]] },
];

export function Analytics(): JSX.Element {
  const given = filtered(FILTERS);
  const { value, error } = useLoad<Report>(withQuery("/analytics/report", given));
  return (
    <>
      <Heading>Analytics</Heading>
      <Filters filters={FILTERS} />
      <Problem error={error} />
      {value?.messages === 0 && <Empty>There are no records of that time.</Empty>}
      {value && value.messages > 0 && <Shown report={value} />}
      <Command words={["analytics", "report", ...options(given, { from: "--from", to: "--to", endpoint: "--endpoint" }), ...(given.tests ? ["--tests"] : [])]} />
    </>
  );
}

const share = (value: number | null): string => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);

function Shown(props: { report: Report }): JSX.Element {
  const { report } = props;
  const figures: [name: string, value: string][] = [
    ["Messages", report.messages.toLocaleString("en")],
    ["Sessions", report.sessions.toLocaleString("en")],
    ["Users", report.users.toLocaleString("en")],
    ["Understood", share(report.understoodShare)],
    ["Without a person", share(report.containment)],
    ["Failed turns", report.failed.toLocaleString("en")],
    ["Turns of a session, median", String(report.medianTurns ?? "–")],
    ["A turn, median", report.medianMs === null ? "–" : `${report.medianMs} ms`],
  ];
  const lists: [title: string, name: string, unit: string, rows: [string, number][]][] = [
    ["Intents", "Intent", "Messages", report.intents.map((one) => [one.intent, one.messages])],
    ["Not understood", "Text", "Messages", report.textsNotUnderstood.map((one) => [one.text, one.messages])],
    ["Where sessions stand", "Node", "Sessions", report.dropOff.map((one) => [one.node, one.sessions])],
    ["Steps", "Step", "Sessions", report.steps.map((one) => [one.step, one.sessions])],
    ["Goals", "Goal", "Sessions", report.goals.map((one) => [one.goal, one.sessions])],
  ];
  return (
    <>
      <dl class="figures">{figures.map(([name, text]) => <div key={name} class="figure"><dt>{name}</dt><dd>{text}</dd></div>)}</dl>
      <section aria-label="Messages by day">
        <h2>Messages by day</h2>
        <Bars values={report.days.map((one) => one.messages)} labels={report.days.map((one) => one.day)} />
        <details>
          <summary>{plural(report.days.length, "day")} as a table</summary>
          <SimpleTable label="Messages by day" columns={["Day", "Messages"]} rows={report.days.map((one) => [one.day, String(one.messages)])} />
        </details>
      </section>
      {lists.filter(([, , , rows]) => rows.length > 0).map(([title, name, unit, rows]) => (
        <section key={title} aria-label={title}>
          <h2>{title}</h2>
          {title === "Not understood" && <p><a href={href(["understanding"])}>Teach them</a></p>}
          <SimpleTable label={title} columns={[name, unit]} rows={rows.map(([text, count]) => [text, <Counted count={count} most={rows[0]?.[1] ?? 1} />])} />
        </section>
      ))}
    </>
  );
}

/** A number with its bar; the bar says nothing that the number does not. */
function Counted(props: { count: number; most: number }): JSX.Element {
  return <><meter min={0} max={props.most} value={props.count} aria-hidden="true" /> {props.count.toLocaleString("en")}</>;
}
