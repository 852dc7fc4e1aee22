// Calls of /api. Whatever goes wrong is thrown as Refused, with the sentence of the server.
import { signal } from "@preact/signals";

export type Role = "admin" | "operator" | "author" | "agent" | "reader";

export interface Me {
  name: string;
  role: Role;
  csrf?: string;
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** Who is logged in; null: nobody; undefined: not known yet. */
export const me = signal<Me | null | undefined>(undefined);

export type Query = Record<string, string | number | null | undefined>;

export function withQuery(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (me.value?.csrf) headers["x-flowhook-csrf"] = me.value.csrf;
  let response: Response;
  try {
    response = await fetch(`/api${path}`, {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refused(0, "unreachable", "The server cannot be reached.");
  }
  if (response.status === 204) return undefined as T;
  const value: unknown = await response.json().catch(() => ({}));
  if (response.ok) return value as T;
  const problem = value as { code?: string; detail?: string };
  if (response.status === 401 && me.value) me.value = null;
  throw new Refused(response.status, problem.code ?? "error", problem.detail ?? `The server answered ${response.status}.`, value as Record<string, unknown>);
}

export const get = <T>(path: string, query?: Query): Promise<T> => call<T>("GET", withQuery(path, query));
export const post = <T>(path: string, body: unknown = {}): Promise<T> => call<T>("POST", path, body);

/** A name as one segment of a path, whatever it holds. */
export function inPath(name: string): string {
  return encodeURIComponent(name).replaceAll(".", "%2E");
}

const MEETS: Record<Role, readonly Role[]> = {
  admin: ["admin", "operator", "author", "agent", "reader"],
  operator: ["operator", "reader"],
  author: ["author"],
  agent: ["agent"],
  reader: ["reader"],
};

/** Whether who is logged in may do what needs one of these roles. */
export function may(...needed: Role[]): boolean {
  const role = me.value?.role;
  return role !== undefined && needed.some((one) => MEETS[role].includes(one));
}
