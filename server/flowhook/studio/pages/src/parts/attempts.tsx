// The attempts of a delivery on an axis of time, and the same as a list: when, how long, what the receiver answered.
import type { JSX } from "preact";
import type { Attempt } from "../lib/deliveries";
import { duration } from "../lib/text";
import { Empty } from "./basics";

interface Props {
  createdAt: string;
  failures: Attempt[];
  /** When and with which status it was delivered. */
  delivered?: { at: string; status: number | null } | undefined;
  /** When it is tried next. */
  nextAt: string | null;
}

const WIDTH = 720;
const LEFT = 12;

export function Attempts(props: Props): JSX.Element {
  const { failures, delivered, nextAt } = props;
  return (
    <>
      {failures.length + (delivered ? 1 : 0) === 0 && <Empty>No attempt has ended yet.</Empty>}
      <Axis {...props} />
      <ol class="attempts">
        {failures.map((one) => (
          <li key={one.at}>
            <time dateTime={one.at}>{one.at}</time>: {one.status ?? "no answer"} after {one.ms} ms{one.error && `, ${one.error}`}
            {one.response && <pre tabIndex={0} aria-label="Answer of the receiver">{one.response}</pre>}
          </li>
        ))}
        {delivered && <li><time dateTime={delivered.at}>{delivered.at}</time>: {delivered.status ?? ""} delivered</li>}
        {nextAt && <li><time dateTime={nextAt}>{nextAt}</time>: next attempt</li>}
      </ol>
    </>
  );
}

function Axis(props: Props): JSX.Element | null {
  const begin = Date.parse(props.createdAt);
  const marks = [
    ...props.failures.map((one) => ({ at: Date.parse(one.at) - one.ms, ms: one.ms, kind: "bad", text: String(one.status ?? "–") })),
    ...(props.delivered ? [{ at: Date.parse(props.delivered.at), ms: 0, kind: "good", text: String(props.delivered.status ?? "✓") }] : []),
    ...(props.nextAt ? [{ at: Date.parse(props.nextAt), ms: 0, kind: "next", text: "next" }] : []),
  ];
  if (marks.length === 0) return null;
  const end = Math.max(begin + 1, ...marks.map((mark) => mark.at + mark.ms));
  const x = (at: number) => LEFT + ((Math.max(begin, at) - begin) / (end - begin)) * (WIDTH - 2 * LEFT - 30);
  const tried = marks.filter((mark) => mark.kind !== "next").length;
  return (
    <svg class="axis" role="img" aria-label={`${tried} attempts in ${duration(end - begin)}`} viewBox={`0 0 ${WIDTH} 64`}>
      <line x1={LEFT} y1={40} x2={WIDTH - LEFT} y2={40} />
      <line x1={LEFT} y1={34} x2={LEFT} y2={46} />
      {marks.map((mark, index) => (
        <g key={index} class={mark.kind}>
          <rect x={x(mark.at)} y={30} width={Math.max(6, x(mark.at + mark.ms) - x(mark.at))} height={20} rx={3} />
          <text x={x(mark.at)} y={24}>{mark.text}</text>
        </g>
      ))}
      <text x={LEFT} y={62}>made</text>
      <text x={WIDTH - LEFT} y={62} text-anchor="end">+{duration(end - begin)}</text>
    </svg>
  );
}
