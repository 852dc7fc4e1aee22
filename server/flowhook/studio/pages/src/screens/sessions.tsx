// Sessions: found by filters that stand in the address, however many there are; and what can be done to all of them.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { may, post } from "../lib/api";
import { usePages } from "../lib/paged";
import { href } from "../lib/route";
import { ago, plural } from "../lib/text";
import { Badge, Command, Empty, Heading, Problem } from "../parts/basics";
import { Bulk, type Plan } from "../parts/bulk";
import { Filters, filtered, options, type Filter } from "../parts/filters";
import { SavedViews } from "../parts/saved_views";
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

interface Done extends Plan {
  done: number;
  left: number;
}

const FILTERS: Filter[] = [
  { name: "endpoint", label: "Endpoint" },
  { name: "userId", label: "User" },
  { name: "sessionId", label: "Session" },
  { name: "node", label: "Stands at" },
  { name: "waiting", label: "Inbox", choices: [["", "all"], ["1", "something waits"]] },
  { name: "text", label: "Was said" },
  { name: "from", label: "Active since", isTime: true },
  { name: "to", label: "Active before", isTime: true },
];
const OPTIONS = { endpoint: "--endpoint", userId: "--user", sessionId: "--session", node: "--node", text: "--text", from: "--from", to: "--to" };

export function Sessions(): JSX.Element {
  const given = filtered(FILTERS);
  const { rows, error, complete, more, again } = usePages<Row>("/sessions", "sessions", given);
  return (
    <>
      <Heading actions={<button type="button" onClick={again}>Look again</button>}>Sessions</Heading>
      <Filters filters={FILTERS} />
      <SavedViews screen="sessions" filters={FILTERS} />
      <Problem error={error} />
      <p role="status" class="faint">{plural(rows.length, "session")}{complete ? "" : " so far"}</p>
      {may("operator") && <ForAll given={given} some={rows.length > 0} onDone={again} />}
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
      <Command words={["sessions", "list", ...options(given, OPTIONS), ...(given.waiting ? ["--waiting"] : [])]} />
    </>
  );
}

/** What can be done to all that the filters show. What was done stays to be read when none is left. */
function ForAll(props: { given: Record<string, string | null>; some: boolean; onDone: () => void }): JSX.Element {
  const [said, setSaid] = useState("");
  const { text, waiting, ...named } = props.given;
  if (text) return <p class="faint">What is found by a text cannot be changed all at once: use the other filters.</p>;
  const wanted = { ...Object.fromEntries(Object.entries(named).filter(([, value]) => value)), ...(waiting ? { waiting: true } : {}) };
  const done = (word: string) => (told: Done) => {
    setSaid(`${plural(told.done, "session")} ${word}${told.left ? `, ${told.left} left alone: they changed meanwhile` : ""}.`);
    props.onDone();
  };
  return (
    <div class="actions" role="group" aria-label="All of these">
      {props.some && <>
      <Bulk<Done>
        label="Reset all of these"
        sentence={(total) => `${plural(total, "session")} would begin anew, and lose what they know`}
        verb="Reset them"
        ask={(how) => post("/sessions/reset", { ...wanted, ...how })}
        onDone={done("begin anew")}
      />
      <Bulk<Done>
        label="Move all of these"
        question="Node, as flow/node"
        sentence={(total, target) => `${plural(total, "session")} would stand at ${target}, and go on from there with the next input`}
        verb="Move them"
        ask={(how, target) => post("/sessions/goto", { ...wanted, ...how, target })}
        onDone={done("moved")}
      />
      <Bulk<Done>
        label="Forget all of these"
        sentence={(total) => `${plural(total, "session")} would be erased, with all that was said in them; it cannot be undone`}
        verb="Erase them"
        ask={(how) => post("/sessions/forget", { ...wanted, ...how })}
        onDone={done("erased")}
      />
      </>}
      <span role="status">{said}</span>
    </div>
  );
}
