// Who changed what.
import type { JSX } from "preact";
import { usePages } from "../lib/paged";
import { shown } from "../lib/text";
import { Command, Empty, Heading, Problem } from "../parts/basics";
import { Filters, filtered, options, type Filter } from "../parts/filters";
import { VirtualList } from "../parts/virtual_list";

interface Row {
  at: string;
  who: string;
  role: string;
  action: string;
  subject: string;
  before: unknown;
  after: unknown;
}

const FILTERS: Filter[] = [
  { name: "who", label: "Who" },
  { name: "action", label: "Action" },
  { name: "endpoint", label: "Endpoint" },
  { name: "userId", label: "User" },
];

export function Audit(): JSX.Element {
  const given = filtered(FILTERS);
  const { rows, error, complete, more } = usePages<Row>("/audit", "audit", given);
  return (
    <>
      <Heading>Audit</Heading>
      <Filters filters={FILTERS} />
      <Problem error={error} />
      {rows.length === 0 && complete ? (
        <Empty>Nothing was changed.</Empty>
      ) : (
        <VirtualList
          label="Audit"
          columns={["When", "Who", "Action", "What", "Before", "After"]}
          rows={rows}
          rowKey={(row) => row.at + row.action + row.subject}
          onEnd={complete ? undefined : more}
          row={(row) => [row.at, `${row.who} (${row.role})`, row.action, row.subject, <code>{shown(row.before)}</code>, <code>{shown(row.after)}</code>]}
        />
      )}
      <Command words={["audit", ...options(given, { who: "--who", action: "--action", endpoint: "--endpoint" })]} />
    </>
  );
}
