// What the server has logged lately.
import type { JSX } from "preact";
import { usePages } from "../lib/paged";
import { shown } from "../lib/text";
import { Badge, Empty, Heading, Problem } from "../parts/basics";
import { Filters, filtered, type Filter } from "../parts/filters";
import { VirtualList } from "../parts/virtual_list";

interface Line {
  number: number;
  time: string;
  level: string;
  logger: string;
  message: string;
  exception?: string;
  [more: string]: unknown;
}

const FILTERS: Filter[] = [
  { name: "level", label: "Level", choices: [["", "all"], ["info", "info and above"], ["warning", "warnings and errors"], ["error", "errors"]] },
  { name: "endpoint", label: "Endpoint" },
  { name: "text", label: "Holds" },
];
const KINDS: Record<string, "plain" | "warn" | "bad"> = { warning: "warn", error: "bad", critical: "bad" };

export function Log(): JSX.Element {
  const given = filtered(FILTERS);
  const { rows, error, complete, more, again } = usePages<Line>("/log", "lines", given);
  return (
    <>
      <Heading actions={<button type="button" onClick={again}>Look again</button>}>Log</Heading>
      <p class="faint">The last 2,000 lines of this process, which are gone when it ends. What is to be kept goes to standard error.</p>
      <Filters filters={FILTERS} />
      <Problem error={error} />
      {rows.length === 0 && complete ? (
        <Empty>No line is like this.</Empty>
      ) : (
        <VirtualList
          label="Log"
          columns={["When", "Level", "Message", "About"]}
          rows={rows}
          rowKey={(row) => String(row.number)}
          onEnd={complete ? undefined : more}
          row={(row) => [
            <time dateTime={row.time}>{row.time}</time>,
            <Badge kind={KINDS[row.level] ?? "plain"}>{row.level}</Badge>,
            <span title={row.exception ?? row.message}>{row.message}</span>,
            <code>{about(row)}</code>,
          ]}
        />
      )}
    </>
  );
}

/** What the line gives beside its message. */
function about({ number, time, level, message, exception, ...rest }: Line): string {
  const last = exception?.trim().split("\n").pop();
  return [...Object.entries(rest).map(([name, value]) => `${name}=${shown(value)}`), ...(last ? [last] : [])].join("  ");
}
