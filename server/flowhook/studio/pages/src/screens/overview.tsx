// How every endpoint does; each number leads to what it counts.
import type { JSX } from "preact";
import { useCallback, useRef, useState } from "preact/hooks";
import { useEvents, type LiveEvent } from "../lib/events";
import { useEvery, useLoad, useRested } from "../lib/load";
import { href } from "../lib/route";
import { age } from "../lib/text";
import { Badge, Command, Empty, Heading, Problem } from "../parts/basics";

interface Endpoint {
  name: string;
  flow: string;
  enabled: boolean;
  paused: boolean;
  pauseReason: string | null;
  restingUntil: string | null;
  messagesPerMinute: number | null;
  inputs: number;
  inputSince: string | null;
  deliverySince: string | null;
  accepted: number;
  failedTurns: number;
  delivered: number;
  dead: number;
}

interface State {
  version: string;
  state: string;
  stored: Record<string, number>;
  endpoints: Endpoint[];
}

const LAST = 30; // events that are shown
const REST_MS = 250; // between two changes of them: nobody reads faster

export function Overview(): JSX.Element {
  const { value, error, again } = useLoad<State>("/overview");
  useEvery(5000, again);
  return (
    <>
      <Heading>Overview</Heading>
      <Problem error={error} />
      {value && (
        <>
          <dl class="figures">
            <Figure name="Sessions" count={value.stored.sessions} to={href(["sessions"])} />
            <Figure name="Inputs that wait" count={value.stored.queued} since={oldest(value.endpoints, "inputSince")} to={href(["sessions"], { waiting: 1 })} />
            <Figure name="Pending deliveries" count={value.stored.pending} since={oldest(value.endpoints, "deliverySince")} to={href(["deliveries"], { status: "pending" })} />
            <Figure name="Dead deliveries" count={value.stored.dead} to={href(["deliveries"], { status: "dead" })} bad />
            <Figure name="Timers" count={value.stored.timers} to={href(["timers"])} />
          </dl>
          <h2>Endpoints</h2>
          {value.endpoints.length === 0 ? <Empty>config.yaml has no endpoints yet.</Empty> : <Endpoints endpoints={value.endpoints} />}
          <Happening />
          <p class="faint">flowhook {value.version}, {value.state}. Turns and deliveries are counted since its start.</p>
          <Command words={["endpoints", "list"]} />
        </>
      )}
    </>
  );
}

type Since = "inputSince" | "deliverySince";

/** Since when the oldest of all endpoints waits. */
function oldest(endpoints: Endpoint[], since: Since): string | null {
  return endpoints.map((one) => one[since]).filter((at) => at !== null).sort()[0] ?? null;
}

function Figure(props: { name: string; count: number | undefined; to: string; bad?: boolean; since?: string | null }): JSX.Element {
  const count = props.count ?? 0;
  return (
    <div class={props.bad && count > 0 ? "figure bad" : "figure"}>
      <dt>{props.name}</dt>
      <dd><a href={props.to} aria-label={`${props.name}: ${count}`}>{count.toLocaleString("en")}</a></dd>
      {props.since && <dd class="since">the oldest for <time dateTime={props.since}>{age(props.since)}</time></dd>}
    </div>
  );
}

function Endpoints(props: { endpoints: Endpoint[] }): JSX.Element {
  return (
    <div class="wide" tabIndex={0} role="region" aria-label="Endpoints">
      <table>
        <thead>
          <tr>
            {["Endpoint", "Health", "Flow", "Messages a minute", "Messages", "Failed turns", "Oldest input", "Oldest delivery", "Delivered", "Dead"].map((name) => (
              <th scope="col" key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.endpoints.map((one) => (
            <tr key={one.name}>
              <th scope="row"><a href={href(["sessions"], { endpoint: one.name })}>{one.name}</a></th>
              <td><Health endpoint={one} /></td>
              <td><a href={href(["flow", one.flow])}>{one.flow}</a></td>
              <td class="number"><a href={href(["traces"], { endpoint: one.name })} aria-label={`Messages a minute: ${one.messagesPerMinute ?? "not known yet"}`}>{one.messagesPerMinute ?? "–"}</a></td>
              <td class="number"><a href={href(["traces"], { endpoint: one.name })}>{one.accepted}</a></td>
              <td class="number"><a href={href(["traces"], { endpoint: one.name, failed: 1 })}>{one.failedTurns}</a></td>
              <td class="number"><Oldest what="input" since={one.inputSince} to={href(["sessions"], { endpoint: one.name, waiting: 1 })} /></td>
              <td class="number"><Oldest what="delivery" since={one.deliverySince} to={href(["deliveries"], { endpoint: one.name, status: "pending" })} /></td>
              <td class="number"><a href={href(["deliveries"], { endpoint: one.name, status: "delivered" })}>{one.delivered}</a></td>
              <td class="number"><a href={href(["deliveries"], { endpoint: one.name, status: "dead" })}>{one.dead}</a></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How long the oldest that waits has waited; a link to all that wait. */
function Oldest(props: { what: string; since: string | null; to: string }): JSX.Element {
  if (!props.since) return <span class="faint">none</span>;
  return <a href={props.to} aria-label={`Oldest ${props.what}: ${age(props.since)}`}><time dateTime={props.since}>{age(props.since)}</time></a>;
}

function Health(props: { endpoint: Endpoint }): JSX.Element {
  const one = props.endpoint;
  if (!one.enabled) return <Badge kind="plain">closed</Badge>;
  if (one.paused) return <Badge kind="warn">paused{one.pauseReason ? `: ${one.pauseReason}` : ""}</Badge>;
  if (one.restingUntil) return <Badge kind="bad">receiver fails</Badge>;
  return <Badge kind="good">well</Badge>;
}

/** What happens now, the latest first. */
function Happening(): JSX.Element {
  const [events, setEvents] = useState<LiveEvent[]>([]);
  const latest = useRef<LiveEvent[]>([]);
  const show = useRested(REST_MS, useCallback(() => setEvents(latest.current), []));
  useEvents(useCallback((more) => {
    if (more.length === 0) return;
    latest.current = [...more.slice(-LAST).reverse(), ...latest.current].slice(0, LAST);
    show();
  }, [show]));
  return (
    <section aria-label="Happening now">
      <h2>Happening now</h2>
      {events.length === 0 && <Empty>Nothing yet: send a message, and it appears here.</Empty>}
      <ol class="events" aria-live="polite" aria-relevant="additions">
        {events.map((event) => (
          <li key={`${event.at}${event.type}${event.traceId}`}>
            <time dateTime={event.at}>{event.at.slice(11, 19)}</time> <b>{event.type}</b>{" "}
            {event.userId ? (
              <a href={href(["session", event.endpoint, event.userId, event.sessionId], { turn: event.traceId })}>
                {event.endpoint} · {event.userId} · {event.sessionId}
              </a>
            ) : (
              event.endpoint
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
