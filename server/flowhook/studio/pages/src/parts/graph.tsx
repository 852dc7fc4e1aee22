// The picture of a flow, as `flowhook graph` draws it. The outline beside it says the same to those who do not see it.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Picture, PictureBox } from "../lib/flows";

export interface Marks {
  /** Nodes that ran, in a trace; the others fade. */
  ran?: ReadonlySet<string> | undefined;
  /** Arrows that were taken: "source→target". */
  taken?: ReadonlySet<string> | undefined;
  /** Numbers at nodes, such as the sessions that stand there. */
  badges?: ReadonlyMap<string, number> | undefined;
  selected?: string | undefined;
}

export function Graph(props: { picture: Picture; marks: Marks; onSelect: (key: string) => void }): JSX.Element {
  const { picture, marks } = props;
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = picture.boxes.find((one) => one.key === marks.selected);
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
    <div class={`graph${marks.ran ? " tracing" : ""}`} ref={frame} aria-hidden="true">
      <svg width={width} height={height} viewBox={`${-picture.margin} ${-picture.margin} ${width} ${height}`}>
        <defs>
          <marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
            <path class="head" d="M0 1 L9 5 L0 9 z" />
          </marker>
        </defs>
        {picture.arrows.map((arrow, index) => (
          <path
            key={index}
            class={`arrow ${arrow.kind}${marks.taken?.has(`${arrow.source}→${arrow.target}`) ? " taken" : ""}`}
            d={arrow.path}
            marker-end="url(#head)"
          />
        ))}
        {picture.boxes.map((box) => <NodeBox key={box.key} box={box} marks={marks} onSelect={props.onSelect} />)}
        {picture.arrows.map((arrow, index) => arrow.label && (
          <text key={index} class="label" x={arrow.label.x} y={arrow.label.y} text-anchor="middle">{arrow.label.text}</text>
        ))}
      </svg>
    </div>
  );
}

function NodeBox(props: { box: PictureBox; marks: Marks; onSelect: (key: string) => void }): JSX.Element {
  const { box, marks } = props;
  const state = `${marks.selected === box.key ? " selected" : ""}${marks.ran?.has(box.key) ? " ran" : ""}`;
  const count = marks.badges?.get(box.key);
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
    <g class={`node${state}`} onClick={() => props.onSelect(box.key)} data-node={box.key}>
      <rect class={`box ${box.style}${box.disabled ? " disabled" : ""}`} x={box.x} y={box.y} width={box.width} height={box.height} rx="9" />
      <text x={box.x + 12} y={box.y + 20}>
        {box.title && <tspan class="id">{box.title}</tspan>}
        <tspan class="type" dx={box.title ? 8 : 0}>{box.type}</tspan>
      </text>
      {box.lines.map((line, index) => <text key={index} x={box.x + 12} y={box.y + 20 + (index + 1) * 17}>{line}</text>)}
      {count !== undefined && (
        <g class="count">
          <rect x={box.x + box.width - 26} y={box.y - 10} width={38} height={20} rx={10} />
          <text x={box.x + box.width - 7} y={box.y + 4} text-anchor="middle">{count > 9999 ? "9999+" : count}</text>
        </g>
      )}
    </g>
  );
}
