// Where the page stands: the part of the address behind "#", so that every view and filter can be linked.
import { signal } from "@preact/signals";

export interface Route {
  parts: string[];
  query: URLSearchParams;
}

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { parts: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

export const route = signal<Route>(read());
addEventListener("hashchange", () => (route.value = read()));

/** The address of a view, for links. */
export function href(parts: string[], query: Record<string, string | number | null | undefined> = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

/** Change what is asked for in the address, without a step in the history. */
export function setQuery(changes: Record<string, string | number | null>): void {
  const query = new URLSearchParams(route.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, String(value));
  }
  history.replaceState(null, "", href(route.value.parts, Object.fromEntries(query)));
  route.value = read();
}
