// Who waits, oldest first; what is the caller's; what others have; what is over.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { may, Refused } from "../lib/api";
import { act, type Handover } from "../lib/handovers";
import { href } from "../lib/route";
import { ago, plural } from "../lib/text";
import { Badge, Problem } from "../parts/basics";
import { Waiting } from "./waiting";

interface Props {
  waiting: Handover[];
  mine: Handover[];
  others: Handover[];
  closed: Handover[];
  open: string | undefined;
  error: Refused | undefined;
  onDone: () => void;
}

export function Queue(props: Props): JSX.Element {
  return (
    <section class="queue" aria-label="Conversations">
      <h1>Queue <span class="faint" role="status">{plural(props.waiting.length, "user waits", "users wait")}</span></h1>
      <Problem error={props.error} />
      <Rows name="Queue" rows={props.waiting} open={props.open} onDone={props.onDone} />
      <h2>Mine</h2>
      <Rows name="Mine" rows={props.mine} open={props.open} onDone={props.onDone} />
      {props.others.length > 0 && <h2>With others</h2>}
      <Rows name="With others" rows={props.others} open={props.open} onDone={props.onDone} />
      <details>
        <summary>Over</summary>
        <Rows name="Over" rows={props.closed} open={props.open} onDone={props.onDone} />
      </details>
    </section>
  );
}

function Rows(props: { name: string; rows: Handover[]; open: string | undefined; onDone: () => void }): JSX.Element | null {
  if (props.rows.length === 0) return null;
  return (
    <ul class="cards" aria-label={props.name}>
      {props.rows.map((row) => <Row key={row.id} row={row} isOpen={row.id === props.open} onDone={props.onDone} />)}
    </ul>
  );
}

function Row(props: { row: Handover; isOpen: boolean; onDone: () => void }): JSX.Element {
  const { row } = props;
  const [error, setError] = useState<Refused>();
  const take = () => act(row.id, "take").then(() => {
    location.hash = href([row.id]);
    props.onDone();
  }, (refused: Refused) => {
    setError(refused);
    props.onDone();
  });
  return (
    <li class={props.isOpen ? "chosen" : ""}>
      <a href={href([row.id])} {...(props.isOpen ? { "aria-current": "true" as const } : {})}>{row.userId}</a>{" "}
      <span class="faint">at {row.endpoint}</span>{" "}
      {row.test && <Badge kind="plain">test</Badge>}{" "}
      {row.status !== "closed" && row.waitingSince && <Waiting since={row.waitingSince} alert={row.alertSeconds} />}
      {row.status === "active" && row.owner && <span class="faint"> {row.owner} has it</span>}
      {row.status === "closed" && <span class="faint"> {row.outcome}, {ago(row.closedAt)}</span>}
      {row.status === "queue" && may("agent", "operator") && <button type="button" onClick={() => void take()} aria-label={`Take ${row.userId}`}>Take</button>}
      <Problem error={error} />
    </li>
  );
}
