// What turns did, the latest first.
import type { JSX } from "preact";
import { usePages } from "../lib/paged";
import { href } from "../lib/route";
import { ago } from "../lib/text";
import { Badge, Command, Empty, Heading, Problem } from "../parts/basics";
import { Filters, filtered, options, type Filter } from "../parts/filters";
import { VirtualList } from "../parts/virtual_list";
import type { Turn } from "../lib/traces";

const FILTERS: Filter[] = [
  { name: "endpoint", label: "Endpoint" },
  { name: "node", label: "Ran at" },
  { name: "failed", label: "Show", choices: [["", "all"], ["1", "failed only"]] },
];

export function Traces(): JSX.Element {
  const given = filtered(FILTERS);
  const { rows, error, complete, more, again } = usePages<Turn>("/traces", "traces", given);
  return (
    <>
      <Heading actions={<><a href={href(["trace-file"])}>Open a file …</a><button type="button" onClick={again}>Look again</button></>}>Traces</Heading>
      <Filters filters={FILTERS} />
      <Problem error={error} />
      {rows.length === 0 && complete ? (
        <Empty>No turn is like this.</Empty>
      ) : (
        <VirtualList
          label="Traces"
          columns={["When", "Said", "Endpoint", "User", "Came to"]}
          rows={rows}
          rowKey={(row) => row.traceId}
          onEnd={complete ? undefined : more}
          row={(row) => [
            <time dateTime={row.at}>{ago(row.at)}</time>,
            <a href={href(["trace", row.traceId])}>{row.text || row.kind}</a>,
            row.endpoint,
            row.userId,
            <Badge kind={row.failed ? "bad" : "good"}>{row.failed ? "failed" : row.status}</Badge>,
          ]}
        />
      )}
      <Command words={["traces", "list", ...options(given, { endpoint: "--endpoint", node: "--node" }), ...(given.failed ? ["--failed"] : [])]} />
    </>
  );
}
