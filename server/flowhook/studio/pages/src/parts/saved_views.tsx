// Filters under a name. They are kept by the browser, not by the server: the page says so.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { href } from "../lib/route";
import { filtered, type Filter } from "./filters";

type Views = Record<string, Record<string, string>>;

export function SavedViews(props: { screen: string; filters: Filter[] }): JSX.Element {
  const key = `flowhook-views-${props.screen}`;
  const [views, setViews] = useState(() => read(key));
  const [name, setName] = useState("");
  const given = filtered(props.filters);
  const shown = Object.fromEntries(Object.entries(given).filter((pair): pair is [string, string] => Boolean(pair[1])));
  const keep = (next: Views) => {
    setViews(next);
    localStorage.setItem(key, JSON.stringify(next));
  };
  const here = href([props.screen], shown);
  return (
    <form
      class="saved"
      aria-label="Saved views"
      onSubmit={(event) => {
        event.preventDefault();
        keep({ ...views, [name.trim()]: shown });
        setName("");
      }}
    >
      <ul>
        {Object.entries(views).map(([view, query]) => {
          const to = href([props.screen], query);
          return (
            <li key={view}>
              <a href={to} {...(to === here ? { "aria-current": "true" as const } : {})}>{view}</a>
              <button type="button" class="small" aria-label={`Forget the view ${view}`} onClick={() => keep(Object.fromEntries(Object.entries(views).filter(([other]) => other !== view)))}>×</button>
            </li>
          );
        })}
      </ul>
      {Object.keys(shown).length > 0 && (
        <>
          <input aria-label="Name of the view" placeholder="a name" required maxLength={60} value={name} onInput={(event) => setName(event.currentTarget.value)} />
          <button type="submit">Save this view</button>
        </>
      )}
      {(Object.keys(views).length > 0 || Object.keys(shown).length > 0) && <span class="faint">Views are kept in this browser alone.</span>}
    </form>
  );
}

/** What this browser has kept; nothing where it is no such thing. */
function read(key: string): Views {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return kept && typeof kept === "object" ? (kept as Views) : {};
  } catch {
    return {};
  }
}
