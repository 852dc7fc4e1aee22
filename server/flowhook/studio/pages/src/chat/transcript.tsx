// What was said in a chat, with the payload of each output, and what can be clicked.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { inPath } from "../lib/api";
import { useLoad } from "../lib/load";
import type { Entry, Payload } from "../lib/rehearsals";
import { setQuery } from "../lib/route";
import { Problem } from "../parts/basics";
import { Request } from "../parts/request";

export interface Clickable {
  title: string;
  payload?: string;
}

export function Transcript(props: { entries: Entry[]; chosen: Entry | undefined }): JSX.Element {
  return (
    <ol class="said" aria-live="polite" aria-label="What was said">
      {props.entries.map((entry) => (
        <li key={entry.traceId + entry.seq}>
          <button type="button" class="bubble user" aria-pressed={entry === props.chosen} onClick={() => setQuery({ turn: entry.traceId, step: 0 })}>
            {entry.text || <i>{entry.kind}</i>}
          </button>
          {entry.outputs.map((said) => <Said key={said.deliveryId} said={said} />)}
        </li>
      ))}
    </ol>
  );
}

function Said(props: { said: Entry["outputs"][number] }): JSX.Element {
  const { deliveryId, output, payload } = props.said;
  const [open, setOpen] = useState(false);
  const isLive = payload === undefined; // what a live endpoint sends is asked for when somebody wants to see it
  const { value, error } = useLoad<{ request: Payload | null }>(isLive && open ? `/deliveries/${inPath(deliveryId)}` : null);
  const request = isLive ? value?.request : payload;
  return (
    <div class="bubble bot">
      <span>{output.text}</span>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Payload</summary>
        <Problem error={error} />
        {request && <Request request={request} />}
        {request === null && <p class="faint">{isLive ? "Its words are masked." : "It was not sent yet."}</p>}
      </details>
    </div>
  );
}

/** The buttons of the last output that has any. */
export function clickable(entries: Entry[]): Clickable[] {
  for (const entry of [...entries].reverse()) {
    for (const said of [...entry.outputs].reverse()) {
      const found = buttonsIn(said.output.data?.rich);
      if (found.length > 0) return found;
    }
    if (entry.outputs.length > 0) return [];
  }
  return [];
}

function buttonsIn(value: unknown): Clickable[] {
  if (Array.isArray(value)) return value.flatMap(buttonsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => {
    const isClickable = (name === "quickReplies" || name === "buttons") && Array.isArray(part);
    return isClickable ? (part as Clickable[]).filter((one) => typeof one.title === "string" && !("url" in one) && !("phone" in one)) : buttonsIn(part);
  });
}

export function Buttons(props: { entries: Entry[]; onClick: (text: string) => void }): JSX.Element | false {
  const found = clickable(props.entries);
  return found.length > 0 && (
    <p class="actions">{found.map((one) => <button key={one.title} type="button" onClick={() => props.onClick(one.payload ?? one.title)}>{one.title}</button>)}</p>
  );
}
