// The common parts of an Adaptive Card: texts, facts, images of this server, fields and buttons. Of the rest its fallback text.
import type { JSX } from "preact";
import { shown } from "../lib/text";

interface Part {
  type?: string;
  text?: string;
  weight?: string;
  items?: Part[];
  columns?: Part[];
  facts?: { title: string; value: string }[];
  actions?: Part[];
  body?: Part[];
  id?: string;
  label?: string;
  title?: string;
  url?: string;
  data?: unknown;
  fallbackText?: string;
}

export function Card(props: { card: Record<string, unknown>; onSubmit: (payload: unknown) => void }): JSX.Element {
  const card = props.card as Part;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const fields = Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]));
        const chosen = (event.submitter as HTMLButtonElement | null)?.dataset.submit;
        const own: unknown = chosen ? JSON.parse(chosen) : undefined;
        props.onSubmit(own !== null && typeof own === "object" ? { ...own, ...fields } : own ?? fields);
      }}
    >
      {(card.body ?? []).map((part, index) => <Piece key={index} part={part} />)}
      <Actions actions={card.actions ?? []} />
    </form>
  );
}

function Piece(props: { part: Part }): JSX.Element | null {
  const { part } = props;
  switch (part.type) {
    case "TextBlock":
      return part.weight?.toLowerCase() === "bolder" ? <p><b>{part.text}</b></p> : <p>{part.text}</p>;
    case "FactSet":
      return <dl class="values">{(part.facts ?? []).map((fact) => <div key={fact.title}><dt>{fact.title}</dt><dd>{fact.value}</dd></div>)}</dl>;
    case "Container":
    case "Column":
      return <div>{(part.items ?? []).map((one, index) => <Piece key={index} part={one} />)}</div>;
    case "ColumnSet":
      return <div>{(part.columns ?? []).map((one, index) => <Piece key={index} part={{ ...one, type: "Column" }} />)}</div>;
    case "Input.Text":
      return <label>{part.label ?? part.id} <input name={part.id} /></label>;
    case "ActionSet":
      return <Actions actions={part.actions ?? []} />;
    default:
      return part.fallbackText ? <p>{part.fallbackText}</p> : <code>{shown(part)}</code>;
  }
}

function Actions(props: { actions: Part[] }): JSX.Element {
  return (
    <p class="actions">
      {props.actions.map((action, index) =>
        action.type === "Action.OpenUrl" && action.url?.startsWith("https://") ? (
          <a key={index} href={action.url} target="_blank" rel="noopener noreferrer">{action.title}</a>
        ) : (
          <button key={index} type="submit" {...(action.data === undefined ? {} : { "data-submit": JSON.stringify(action.data) })}>{action.title ?? "Submit"}</button>
        ),
      )}
    </p>
  );
}
