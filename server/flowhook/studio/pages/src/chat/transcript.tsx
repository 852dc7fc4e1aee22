// What was said in a chat, with the payload of each output, and what can be clicked.
import type { JSX } from "preact";
import { setQuery } from "../lib/route";
import type { Entry, Output, Payload } from "../lib/rehearsals";

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
          {entry.outputs.map((said) => <Said key={said.deliveryId} output={said.output} payload={said.payload ?? undefined} />)}
        </li>
      ))}
    </ol>
  );
}

function Said(props: { output: Output; payload: Payload | undefined }): JSX.Element {
  const { payload } = props;
  return (
    <div class="bubble bot">
      <span>{props.output.text}</span>
      <details>
        <summary>Payload</summary>
        {payload && <p class="faint">{payload.method} {payload.url ?? "the webhook"}{Object.entries(payload.headers).map(([name, value]) => <span key={name}> · {name}: {value}</span>)}</p>}
        <pre tabIndex={0} aria-label="Payload" class="wrapped">{payload ? payload.body : JSON.stringify(props.output, null, 2)}</pre>
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
