// One delivery: its payload, its attempts, and what can be done with it.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { call, inPath, may, post, Refused } from "../lib/api";
import { KINDS, type Delivery } from "../lib/deliveries";
import { useLoad } from "../lib/load";
import { href, setQuery } from "../lib/route";
import { AskDialog } from "./ask_dialog";
import { Attempts } from "./attempts";
import { Badge, Command, Heading, Problem } from "./basics";
import { Request } from "./request";

export function DeliveryDetail(props: { id: string; onDone: () => void }): JSX.Element {
  const { value, error, again } = useLoad<Delivery>(`/deliveries/${inPath(props.id)}`);
  const section = useRef<HTMLElement>(null);
  useEffect(() => section.current?.scrollIntoView({ block: "nearest" }), [value?.deliveryId]);
  const delivered = value?.status === "delivered" && value.resolvedAt ? { at: value.resolvedAt, status: value.lastStatus } : undefined;
  return (
    <section class="detail" aria-label="Delivery" ref={section}>
      <Heading actions={<><button type="button" onClick={again}>Look again</button><button type="button" onClick={() => setQuery({ id: null })}>Close</button></>}>Delivery {value?.sequence ?? ""}</Heading>
      <Problem error={error} />
      {value && (
        <>
          <p>
            <code>{value.deliveryId}</code> <Badge kind={KINDS[value.status]}>{value.status}</Badge>{" "}
            {value.traceId && <a href={href(["trace", value.traceId])}>why it was said</a>}
          </p>
          <h2>Attempts</h2>
          <Attempts createdAt={value.createdAt} failures={value.failures ?? []} delivered={delivered} nextAt={value.nextAt} />
          <h2>Payload</h2>
          {value.request ? <Request request={value.request} /> : <pre tabIndex={0} aria-label="Payload">{JSON.stringify(value.output, null, 2)}</pre>}
          {may("operator") && <Actions delivery={value} onDone={() => { again(); props.onDone(); }} />}
          <Command words={["deliveries", "show", props.id]} />
        </>
      )}
    </section>
  );
}

function Actions(props: { delivery: Delivery; onDone: () => void }): JSX.Element {
  const { deliveryId: id, status } = props.delivery;
  const [asks, setAsks] = useState(false);
  const [error, setError] = useState<Refused>();
  const does = (work: Promise<unknown>, after = props.onDone) => {
    setError(undefined);
    void work.then(after, setError);
  };
  const discard = () => {
    if (confirm("Delete this delivery? It cannot be undone.")) does(call("DELETE", `/deliveries/${inPath(id)}`), () => { setQuery({ id: null }); props.onDone(); });
  };
  return (
    <div class="actions">
      {status === "pending" && <button type="button" onClick={() => setAsks(true)}>Give up …</button>}
      {status !== "pending" && <button type="button" onClick={() => does(post("/deliveries/replay", { ids: [id] }))}>Send again</button>}
      {status === "dead" && <button type="button" onClick={discard}>Discard</button>}
      {asks && (
        <AskDialog
          title="Give this delivery up"
          label="Why"
          verb="Give it up"
          optional
          onDone={(reason) => { setAsks(false); does(post(`/deliveries/${inPath(id)}/skip`, { reason })); }}
          onClose={() => setAsks(false)}
        />
      )}
      <Problem error={error} />
    </div>
  );
}
