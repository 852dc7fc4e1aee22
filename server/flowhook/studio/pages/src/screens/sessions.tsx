// Sessions: found by filters that stand in the address, however many there are.
import type { JSX } from "preact";
import { usePages } from "../lib/paged";
import { href } from "../lib/route";
import { ago, plural } from "../lib/text";
import { Badge, Command, Empty, Heading, Problem } from "../parts/basics";
import { Filters, filtered, options, type Filter } from "../parts/filters";
import { VirtualList } from "../parts/virtual_list";

interface Row {
  endpoint: string;
  userId: string;
  sessionId: string;
  node: string | null;
  backlog: number;
  updatedAt: string;
  test?: boolean;
}

const FILTERS: Filter[] = [
  { name: "endpoint", label: "Endpoint" },
  { name: "userId", label: "User" },
  { name: "sessionId", label: "Session" },
  { name: "node", label: "Stands at" },
  { name: "text", label: "Was said" },
];
const OPTIONS = { endpoint: "--endpoint", userId: "--user", sessionId: "--session", node: "--node", text: "--text" };

export function Sessions(): JSX.Element {
  const given = filtered(FILTERS);
  const { rows, error, complete, more, again } = usePages<Row>("/sessions", "sessions", given);
  return (
    <>
      <Heading actions={<button type="button" onClick={again}>Look again</button>}>Sessions</Heading>
      <Filters filters={FILTERS} />
      <Problem error={error} />
      <p role="status" class="faint">{plural(rows.length, "session")}{complete ? "" : " so far"}</p>
      {rows.length === 0 && complete ? (
        <Empty>No session is like this.</Empty>
      ) : (
        <VirtualList
          label="Sessions"
          columns={["User", "Session", "Endpoint", "Stands at", "Active", "Waiting"]}
          rows={rows}
          rowKey={(row) => `${row.endpoint}/${row.userId}/${row.sessionId}`}
          onEnd={complete ? undefined : more}
          row={(row) => [
            <a href={href(["session", row.endpoint, row.userId, row.sessionId])}>{row.userId}</a>,
            row.sessionId,
            row.endpoint,
            row.node ?? <span class="faint">the start</span>,
            <time dateTime={row.updatedAt}>{ago(row.updatedAt)}</time>,
            <>{row.backlog > 0 && <Badge kind="warn">{plural(row.backlog, "input")}</Badge>}{row.test && <Badge kind="plain">test</Badge>}</>,
          ]}
        />
      )}
      <Command words={["sessions", "list", ...options(given, OPTIONS)]} />
    </>
  );
}
