// What a copilot flow draws beside a conversation: a grid of tiles, whose clicks go back to the flow.
import type { JSX } from "preact";
import { useCallback, useEffect, useRef } from "preact/hooks";
import { inPath, may, post } from "../lib/api";
import { useEvents } from "../lib/events";
import { useLoad } from "../lib/load";
import { shown } from "../lib/text";
import { Card } from "./card";
import { takenUp } from "./taken_up";

interface Place {
  x: number;
  y: number;
  columns: number;
  rows: number;
}

interface Tile {
  type: "html" | "frame" | "card" | "identity" | "transcript" | "next_action";
  content: unknown;
  data?: Record<string, unknown>;
}

export interface Drawn {
  grid: { columns: number; rows: number; gap: number; tiles: Record<string, Place> } | null;
  tiles: Record<string, Tile>;
}

export function Tiles(props: { id: string }): JSX.Element | null {
  const path = `/copilot/${inPath(props.id)}`;
  const { value, again } = useLoad<Drawn>(path); // without a copilot the server answers 404: nothing is shown
  useEvents(useCallback((events) => {
    if (events.length === 0 || events.some((one) => one.type === "copilot.changed" && one.data.handover === props.id)) again();
  }, [props.id]));
  const submit = (tile: string, payload: unknown) => {
    if (may("agent", "operator")) post(`${path}/postback`, { tile, payload }).catch(() => undefined);
  };
  return value ? <Grid drawn={value} onSubmit={submit} /> : null;
}

/** The tiles at their places; nothing while there are none. */
export function Grid(props: { drawn: Drawn; onSubmit: (tile: string, payload: unknown) => void }): JSX.Element | null {
  const { grid, tiles } = props.drawn;
  const names = Object.keys(tiles);
  if (names.length === 0) return null;
  return (
    <section class="tiles" aria-label="Copilot" style={grid ? { gridTemplateColumns: `repeat(${grid.columns}, minmax(0, 1fr))`, gap: `${grid.gap}px` } : {}}>
      {names.map((name) => {
        const place = grid?.tiles[name];
        return (
          <article key={name} aria-label={name} style={place ? { gridColumn: `${place.x} / span ${place.columns}`, gridRow: `${place.y} / span ${place.rows}` } : {}}>
            <Content name={name} tile={tiles[name]!} onSubmit={(payload) => props.onSubmit(name, payload)} />
          </article>
        );
      })}
    </section>
  );
}

function Content(props: { name: string; tile: Tile; onSubmit: (payload: unknown) => void }): JSX.Element {
  const { type, content, data } = props.tile;
  switch (type) {
    case "html": // the server took away what could run, and the page's policy lets nothing run or load
      return <div dangerouslySetInnerHTML={{ __html: String(content) }} />;
    case "frame":
      return <Frame url={String(content)} name={props.name} data={data} onSubmit={props.onSubmit} />;
    case "identity":
      return (
        <dl class="values">
          {Object.entries(content as Record<string, unknown>).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{shown(value)}</dd></div>)}
        </dl>
      );
    case "next_action":
      return (
        <ul class="cards" aria-label="Suggestions">
          {(content as string[]).map((text) => (
            <li key={text}>
              <button type="button" onClick={() => { takenUp.value = text; props.onSubmit(text); }}>{text}</button>
            </li>
          ))}
        </ul>
      );
    case "card":
      return <Card card={content as Record<string, unknown>} onSubmit={props.onSubmit} />;
    case "transcript":
      return <p class="faint">The conversation stands beside.</p>;
  }
}

/** A page of another host, one that the configuration lists. It is told its data, and may submit. */
function Frame(props: { url: string; name: string; data: Record<string, unknown> | undefined; onSubmit: (payload: unknown) => void }): JSX.Element {
  const frame = useRef<HTMLIFrameElement>(null);
  const origin = new URL(props.url).origin;
  const tell = () => frame.current?.contentWindow?.postMessage({ type: "flowhook.data", data: props.data ?? {} }, origin);
  useEffect(tell, [JSON.stringify(props.data)]);
  useEffect(() => {
    const hear = (event: MessageEvent<{ type?: string; payload?: unknown }>) => {
      if (event.origin === origin && event.source === frame.current?.contentWindow && event.data?.type === "flowhook.submit") props.onSubmit(event.data.payload);
    };
    addEventListener("message", hear);
    return () => removeEventListener("message", hear);
  });
  return <iframe ref={frame} src={props.url} title={props.name} onLoad={tell} sandbox="allow-scripts allow-forms allow-same-origin allow-popups" referrerpolicy="no-referrer" />;
}
