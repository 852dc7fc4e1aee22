// The picture of a flow, as `flowhook graph` draws it. The outline beside it says the same to those who do not see it.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { NodeBadge } from "../lib/badges";
import { placesOf, type Lane, type Picture, type PictureArrow, type PictureBox } from "../lib/flows";
import type { Lit } from "../lib/traces";

/** What is marked; nodes are named "flow/node". */
export interface Marks {
  /** What ran, in a trace; the rest fades. */
  lit?: Lit | undefined;
  /** What the selected node's decision looked at. */
  decided?: string[] | undefined;
  badges?: ReadonlyMap<string, NodeBadge[]> | undefined;
  selected?: string | undefined;
}

export function Graph(props: { picture: Picture; marks: Marks; onSelect: (place: string) => void }): JSX.Element {
  const { picture, marks } = props;
  const frame = useRef<HTMLDivElement>(null);
  const places = useMemo(() => placesOf(picture), [picture]);
  useEffect(() => {
    const box = picture.boxes.find((one) => places.get(one.key) === marks.selected);
    const around = frame.current;
    if (!box || !around) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    around.scrollTo({
      left: box.x + box.width / 2 + picture.margin - around.clientWidth / 2,
      top: box.y + box.height / 2 + picture.margin - around.clientHeight / 2,
      behavior: calm ? "auto" : "smooth",
    });
  }, [marks.selected, picture]);
  const width = picture.width + 2 * picture.margin;
  const height = picture.height + 2 * picture.margin;
  return (
    <div class={`graph${marks.lit ? " tracing" : ""}`} ref={frame} aria-hidden="true">
      <svg width={width} height={height} viewBox={`${-picture.margin} ${-picture.margin} ${width} ${height}`}>
        <defs>
          <marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
            <path class="head" d="M0 1 L9 5 L0 9 z" />
          </marker>
        </defs>
        {picture.lanes?.map((lane) => <LaneFrame key={lane.flow} lane={lane} />)}
        {picture.arrows.map((arrow, index) => (
          <path key={index} class={`arrow ${arrow.kind}${stateOf(arrow, picture.arrows, places, marks.lit)}`} d={arrow.path} marker-end="url(#head)" />
        ))}
        {picture.boxes.map((box) => <NodeBox key={box.key} box={box} place={places.get(box.key) ?? ""} marks={marks} onSelect={props.onSelect} />)}
        {picture.arrows.map((arrow, index) => arrow.label && (
          <text key={index} class={`label${stateOf(arrow, picture.arrows, places, marks.lit)}`} x={arrow.label.x} y={arrow.label.y} text-anchor="middle">{arrow.label.text}</text>
        ))}
        <Decided box={picture.boxes.find((one) => places.get(one.key) === marks.selected)} texts={marks.decided ?? []} />
      </svg>
    </div>
  );
}

/** Whether an arrow was taken, or was a branch that was not. Of two arrows between the same boxes the branch tells which. */
function stateOf(arrow: PictureArrow, all: PictureArrow[], places: Map<string, string>, lit: Lit | undefined): string {
  if (!lit) return "";
  const source = places.get(arrow.source) ?? "";
  if (arrow.branch && lit.leaving?.place === source && lit.leaving.went === arrow.branch) return " taken";
  const went = lit.taken.get(`${source}→${places.get(arrow.target)}`);
  if (went) {
    const beside = all.filter((other) => other.source === arrow.source && other.target === arrow.target);
    if (went.has(arrow.branch ?? "") || !beside.some((other) => other.branch && went.has(other.branch))) return " taken";
  }
  return arrow.branch && lit.passed.get(source)?.has(arrow.branch) ? " passed" : "";
}

function LaneFrame(props: { lane: Lane }): JSX.Element {
  const { lane } = props;
  return (
    <g data-lane={lane.flow}>
      <rect class="lane-frame" x={lane.x} y={lane.y} width={lane.width} height={lane.height} rx="12" />
      <text class="id" x={lane.x + 18} y={lane.y + 30}>{lane.role === "own" ? lane.flow : `${lane.flow} (${lane.role})`}</text>
    </g>
  );
}

const LETTER = 8;

function NodeBox(props: { box: PictureBox; place: string; marks: Marks; onSelect: (place: string) => void }): JSX.Element {
  const { box, place, marks } = props;
  const selected = marks.selected === place;
  const state = `${selected ? " selected" : ""}${marks.lit?.ran.has(place) ? " ran" : ""}`;
  if (box.kind !== "node") {
    const entry = box.kind !== "flow";
    return (
      <g class={`node${state}`}>
        <rect class={entry ? "box entry" : "box"} x={box.x} y={box.y} width={box.width} height={box.height} rx={entry ? 15 : 4} />
        <text class={entry ? "entry-text" : ""} x={box.x + box.width / 2} y={box.y + box.height / 2 + 4.5} text-anchor="middle">{box.title}</text>
      </g>
    );
  }
  return (
    <g class={`node${state}`} onClick={() => props.onSelect(place)} data-node={place.slice(place.indexOf("/") + 1)}>
      <rect class={`box ${box.style}${box.disabled ? " disabled" : ""}`} x={box.x} y={box.y} width={box.width} height={box.height} rx="9" />
      <text x={box.x + 12} y={box.y + 20}>
        {box.title && <tspan class="id">{box.title}</tspan>}
        <tspan class="type" dx={box.title ? 8 : 0}>{box.type}</tspan>
      </text>
      {box.lines.map((line, index) => <text key={index} x={box.x + 12} y={box.y + 20 + (index + 1) * 17}>{line}</text>)}
      <Badges badges={marks.badges?.get(place) ?? []} right={box.x + box.width + 8} y={box.y - 10} />
    </g>
  );
}

/** Beside a box, on top of what stands there: what its decision looked at. */
function Decided(props: { box: PictureBox | undefined; texts: string[] }): JSX.Element | null {
  const { box } = props;
  if (!box) return null;
  return <>{props.texts.map((text, index) => <text key={text} class="decided" x={box.x + box.width + 8} y={box.y + 20 + index * 15}>{text}</text>)}</>;
}

/** In a row along the upper edge, from the right. */
function Badges(props: { badges: NodeBadge[]; right: number; y: number }): JSX.Element {
  let right = props.right;
  return (
    <>
      {props.badges.map((badge) => {
        const width = badge.short.length * LETTER + 10;
        right -= width + 3;
        return (
          <g class={`count ${badge.kind}`} key={badge.kind}>
            <rect x={right} y={props.y} width={width} height={20} rx={10} />
            <text x={right + width / 2} y={props.y + 14} text-anchor="middle">{badge.short}</text>
          </g>
        );
      })}
    </>
  );
}
