// The text of a flow, with the lines of the chosen part marked.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function Source(props: { text: string; first: number | undefined; last: number | undefined; label: string }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const line = box.current?.querySelector<HTMLElement>(".marked");
    if (line && box.current) box.current.scrollTop = line.offsetTop - box.current.clientHeight / 3;
  }, [props.first, props.text]);
  const lines = props.text.replace(/\n$/, "").split("\n");
  return (
    <div class="source" ref={box} tabIndex={0} role="region" aria-label={props.label}>
      <ol>
        {lines.map((line, index) => {
          const number = index + 1;
          const marked = props.first !== undefined && number >= props.first && number <= (props.last ?? props.first);
          return <li key={number} class={marked ? "marked" : ""}><code>{line || " "}</code></li>;
        })}
      </ol>
    </div>
  );
}
