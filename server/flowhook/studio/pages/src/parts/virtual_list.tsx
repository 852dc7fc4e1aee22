// A table of any length: only the rows in sight exist. Rows have one height.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export const ROW_HEIGHT = 36;
const AROUND = 8;

interface Props<Row> {
  label: string;
  columns: string[];
  rows: Row[];
  row: (row: Row) => ComponentChildren[];
  rowKey: (row: Row) => string;
  /** More can be had: called when the end comes into sight. */
  onEnd?: (() => void) | undefined;
}

export function VirtualList<Row>(props: Props<Row>): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0); // the first row in sight
  const [height, setHeight] = useState(600);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => setHeight(Math.max(600, element.clientHeight));
    measure();
    const watching = new ResizeObserver(measure);
    watching.observe(element);
    return () => watching.disconnect();
  }, []);
  const first = Math.max(0, Math.min(at, props.rows.length - 1) - AROUND);
  const last = Math.min(props.rows.length, at + Math.ceil(height / ROW_HEIGHT) + 1 + AROUND);
  const { onEnd } = props;
  useEffect(() => {
    if (last >= props.rows.length && onEnd) onEnd();
  }, [last, props.rows.length, onEnd]);
  return (
    <div class="scroller" ref={box} onScroll={(event) => setAt(Math.floor(event.currentTarget.scrollTop / ROW_HEIGHT))} tabIndex={0} role="region" aria-label={props.label}>
      <table aria-rowcount={props.rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {props.columns.map((name) => <th scope="col" key={name}>{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr class="gap" aria-hidden="true"><td colSpan={props.columns.length} ref={tall(first)} /></tr>}
          {props.rows.slice(first, last).map((row, index) => (
            <tr key={props.rowKey(row)} aria-rowindex={first + index + 2}>
              {props.row(row).map((cell, column) => <td key={column}>{cell}</td>)}
            </tr>
          ))}
          {last < props.rows.length && (
            <tr class="gap" aria-hidden="true"><td colSpan={props.columns.length} ref={tall(props.rows.length - last)} /></tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

/** Sets a height by script: the policy of the page allows no style in the markup. */
function tall(rows: number): (element: HTMLElement | null) => void {
  return (element) => {
    if (element) element.style.height = `${rows * ROW_HEIGHT}px`;
  };
}
