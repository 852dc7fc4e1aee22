// Deliveries: what left, what waits, what was given up; and what can be done to all of them.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { may, post } from "../lib/api";
import { KINDS, type Delivery } from "../lib/deliveries";
import { usePages } from "../lib/paged";
import { href, route, setQuery } from "../lib/route";
import { ago, plural } from "../lib/text";
import { Badge, Command, Empty, Heading, Problem } from "../parts/basics";
import { Bulk, type Plan } from "../parts/bulk";
import { DeliveryDetail } from "../parts/delivery_detail";
import { Filters, filtered, options, type Filter } from "../parts/filters";
import { Pausing } from "../parts/pausing";
import { Replays } from "../parts/replays";
import { SavedViews } from "../parts/saved_views";
import { VirtualList } from "../parts/virtual_list";

const FILTERS: Filter[] = [
  { name: "status", label: "Status", choices: [["", "all"], ["pending", "pending"], ["delivered", "delivered"], ["dead", "dead"]] },
  { name: "endpoint", label: "Endpoint" },
  { name: "userId", label: "User" },
  { name: "sessionId", label: "Session" },
  { name: "from", label: "Made since", isTime: true },
  { name: "to", label: "Made before", isTime: true },
];
const OPTIONS = { status: "--status", endpoint: "--endpoint", userId: "--user", sessionId: "--session", from: "--from", to: "--to" };

export function Deliveries(): JSX.Element {
  const given = filtered(FILTERS);
  const { rows, error, complete, more, again } = usePages<Delivery>("/deliveries", "deliveries", given);
  const [replays, setReplays] = useState(0);
  const chosen = route.value.query.get("id");
  const isResolved = given.status === "dead" || given.status === "delivered";
  return (
    <>
      <Heading actions={<button type="button" onClick={again}>Look again</button>}>Deliveries</Heading>
      <Filters filters={FILTERS} />
      <SavedViews screen="deliveries" filters={FILTERS} />
      <Problem error={error} />
      <Pausing endpoint={given.endpoint ?? null} />
      {isResolved && rows.length > 0 && may("operator") && (
        <ForAll given={given} onReplay={() => { setReplays((before) => before + 1); again(); }} onDone={again} />
      )}
      <Replays begun={replays} onEnd={again} />
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
      {chosen && <DeliveryDetail key={chosen} id={chosen} onDone={again} />}
      <Command words={["deliveries", "list", ...options(given, OPTIONS)]} />
    </>
  );
}

/** What can be done to all that the filters show. */
function ForAll(props: { given: Record<string, string | null>; onReplay: () => void; onDone: () => void }): JSX.Element {
  const [said, setSaid] = useState("");
  const { status, ...named } = props.given;
  const wanted = Object.fromEntries(Object.entries(named).filter(([, value]) => value));
  return (
    <div class="actions" role="group" aria-label="All of these">
      <Bulk<Plan>
        label="Send all of these again"
        sentence={(total) => `${plural(total, "delivery", "deliveries")} would be sent again, oldest first, with the same id and bytes`}
        verb="Send them"
        ask={(how) => post("/replays", { ...wanted, status, ...how })}
        onDone={props.onReplay}
      />
      {status === "dead" && (
        <Bulk<Plan & { purged: number }>
          label="Discard all of these"
          sentence={(total) => `${plural(total, "dead delivery", "dead deliveries")} would be deleted; it cannot be undone`}
          verb="Delete them"
          ask={(how) => post("/deliveries/purge", { ...wanted, ...how })}
          onDone={(done) => {
            setSaid(`${plural(done.purged, "delivery", "deliveries")} deleted.`);
            props.onDone();
          }}
        />
      )}
      <span role="status">{said}</span>
    </div>
  );
}
