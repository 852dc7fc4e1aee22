// Fields that narrow a list; what they say stands in the address.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { route, setQuery } from "../lib/route";

export interface Filter {
  name: string;
  label: string;
  choices?: [value: string, label: string][];
  /** A moment: shown in the time of the browser, RFC 3339 in the address. */
  isTime?: boolean;
}

const TYPING_MS = 300;

export function Filters(props: { filters: Filter[] }): JSX.Element {
  return (
    <form class="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      {props.filters.map((filter) => <Field key={filter.name} filter={filter} />)}
    </form>
  );
}

function Field(props: { filter: Filter }): JSX.Element {
  const { name, label, choices, isTime } = props.filter;
  const given = route.value.query.get(name) ?? "";
  const [text, setText] = useState(given);
  useEffect(() => setText(given), [given]);
  useEffect(() => {
    if (text === given) return;
    const timer = setTimeout(() => setQuery({ [name]: text }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label>
      <span>{label}</span>
      {choices ? (
        <select value={given} onChange={(event) => setQuery({ [name]: event.currentTarget.value })}>
          {choices.map(([value, shown]) => <option key={value} value={value}>{shown}</option>)}
        </select>
      ) : isTime ? (
        <input type="datetime-local" value={local(given)} onChange={(event) => setQuery({ [name]: moment(event.currentTarget.value) })} />
      ) : (
        <input value={text} onInput={(event) => setText(event.currentTarget.value)} />
      )}
    </label>
  );
}

/** A moment as a field of a date and a time has it. */
function local(moment: string): string {
  const at = new Date(moment);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function moment(local: string): string {
  return local ? new Date(local).toISOString() : "";
}

/** The values of the filters, for a query. */
export function filtered(filters: Filter[]): Record<string, string | null> {
  return Object.fromEntries(filters.map(({ name }) => [name, route.value.query.get(name)]));
}

/** The filters as options of a command. */
export function options(given: Record<string, string | null>, names: Record<string, string>): string[] {
  return Object.entries(given).flatMap(([name, value]) => (value && names[name] ? [names[name], value] : []));
}
