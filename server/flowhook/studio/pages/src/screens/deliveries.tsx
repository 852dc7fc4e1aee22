// Deliveries: what left, what waits, what was given up; and sending again.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { inPath, may, post, Refused } from "../lib/api";
import { useLoad } from "../lib/load";
import { usePages } from "../lib/paged";
import { href, route, setQuery } from "../lib/route";
import { ago, plural, shown } from "../lib/text";
import { Badge, Command, Empty, Heading, Problem } from "../parts/basics";
import { Filters, filtered, options, type Filter } from "../parts/filters";
import { VirtualList } from "../parts/virtual_list";

interface Delivery {
  deliveryId: string;
  endpoint: string;
  userId: string;
  sessionId: string;
  sequence: number;
  status: "pending" | "delivered" | "dead";
  attempts: number;
  createdAt: string;
  nextAt: string | null;
  lastError: string | null;
  output: { text?: string };
  failures?: { at: string; ms: number; status: number | null; error: string | null; response: string | null }[];
}

interface Plan {
  total: number;
  endpoints: Record<string, number>;
}

const FILTERS: Filter[] = [
  { name: "status", label: "Status", choices: [["", "all"], ["pending", "pending"], ["delivered", "delivered"], ["dead", "dead"]] },
  { name: "endpoint", label: "Endpoint" },
  { name: "userId", label: "User" },
  { name: "sessionId", label: "Session" },
];
const KINDS = { delivered: "good", pending: "warn", dead: "bad" } as const;

export function Deliveries(): JSX.Element {
  const given = filtered(FILTERS);
  const { rows, error, complete, more, again } = usePages<Delivery>("/deliveries", "deliveries", given);
  const chosen = route.value.query.get("id");
  return (
    <>
      <Heading actions={<button type="button" onClick={again}>Look again</button>}>Deliveries</Heading>
      <Filters filters={FILTERS} />
      <Problem error={error} />
      {given.status === "dead" && rows.length > 0 && may("operator") && <ReplayAll filter={given} onDone={again} />}
      {rows.length === 0 && complete ? (
        <Empty>No delivery is like this.</Empty>
      ) : (
        <VirtualList
          label="Deliveries"
          columns={["Said", "Status", "Endpoint", "User", "Made", "Attempts", "Last error"]}
          rows={rows}
          rowKey={(row) => row.deliveryId}
          onEnd={complete ? undefined : more}
          row={(row) => [
            <button type="button" class="link" onClick={() => setQuery({ id: row.deliveryId })}>{row.output.text || "(data)"}</button>,
            <Badge kind={KINDS[row.status]}>{row.status}</Badge>,
            row.endpoint,
            <a href={href(["session", row.endpoint, row.userId, row.sessionId])}>{row.userId}</a>,
            <time dateTime={row.createdAt}>{ago(row.createdAt)}</time>,
            row.attempts,
            row.lastError ?? "",
          ]}
        />
      )}
      {chosen && <Detail id={chosen} onDone={again} />}
      <Command words={["deliveries", "list", ...options(given, { status: "--status", endpoint: "--endpoint", userId: "--user", sessionId: "--session" })]} />
    </>
  );
}

function Detail(props: { id: string; onDone: () => void }): JSX.Element {
  const { value, error, again } = useLoad<Delivery>(`/deliveries/${inPath(props.id)}`);
  const [refused, setRefused] = useState<Refused>();
  const replay = () =>
    void post("/deliveries/replay", { ids: [props.id] }).then(() => { again(); props.onDone(); }, setRefused);
  return (
    <section class="detail" aria-label="Delivery">
      <Heading actions={<button type="button" onClick={() => setQuery({ id: null })}>Close</button>}>Delivery {value?.sequence ?? ""}</Heading>
      <Problem error={error ?? refused} />
      {value && (
        <>
          <p><code>{value.deliveryId}</code> <Badge kind={KINDS[value.status]}>{value.status}</Badge> {value.nextAt && `next attempt ${value.nextAt}`}</p>
          <h2>Payload</h2>
          <pre tabIndex={0} aria-label="Payload">{JSON.stringify(value.output, null, 2)}</pre>
          <h2>Attempts that failed</h2>
          {(value.failures ?? []).length === 0 && <Empty>None.</Empty>}
          <ol>
            {value.failures?.map((one) => (
              <li key={one.at}>
                <time dateTime={one.at}>{one.at}</time>: {one.status ?? "no answer"} after {one.ms} ms, {one.error}
                {one.response && <pre tabIndex={0} aria-label="Answer of the receiver">{shown(one.response)}</pre>}
              </li>
            ))}
          </ol>
          {value.status !== "pending" && may("operator") && <button type="button" onClick={replay}>Send again</button>}
          <Command words={["deliveries", "replay", props.id]} />
        </>
      )}
    </section>
  );
}

/** Send all that the filters show again: first the plan, then the deed. */
function ReplayAll(props: { filter: Record<string, string | null>; onDone: () => void }): JSX.Element {
  const [plan, setPlan] = useState<Plan>();
  const [error, setError] = useState<Refused>();
  const { status, endpoint, userId, sessionId } = props.filter;
  const wanted = Object.fromEntries(Object.entries({ status, endpoint, userId, sessionId }).filter(([, value]) => value));
  const ask = (dryRun: boolean) => post<Plan>("/replays", { ...wanted, dryRun });
  return (
    <p class="plan">
      {plan ? (
        <>
          {plural(plan.total, "delivery", "deliveries")} would be sent again ({Object.entries(plan.endpoints).map(([name, count]) => `${name}: ${count}`).join(", ")}), oldest first.{" "}
          <button type="button" class="primary" onClick={() => void ask(false).then(() => { setPlan(undefined); props.onDone(); }, setError)}>Send them</button>{" "}
          <button type="button" onClick={() => setPlan(undefined)}>Leave it</button>
        </>
      ) : (
        <button type="button" onClick={() => void ask(true).then(setPlan, setError)}>Send all of these again …</button>
      )}
      <Problem error={error} />
    </p>
  );
}
