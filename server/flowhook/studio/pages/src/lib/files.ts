// Flow and test files as /api shows them, and what the language service says of them.
import { call, get, inPath, post } from "./api";
import type { Range } from "./flows";

export interface FileText {
  path: string;
  text: string;
  sha256: string | null;
}

/** A text that is being written, with what the file held when it was read. */
export interface Draft extends FileText {
  base: string;
}

/** A place that both changed: `block` stands in the merged text, one of the texts is to stand there. */
export interface Conflict {
  number: number;
  line: number;
  block: string;
  base: string;
  mine: string;
  theirs: string;
}

/** What I made of a file, merged with what somebody saved meanwhile. */
export interface Merging {
  path: string;
  theirs: string;
  sha256: string | null;
  text: string;
  conflicts: Conflict[];
}

export interface FileList {
  editable: boolean;
  /** Where new ones go. */
  folder: string;
  /** Another one when any of them was changed, by whomever. */
  state: string;
  files: { path: string; kind: "flow" | "test" }[];
}

export interface Stranded {
  endpoint: string;
  node: string;
  count: number;
  gone: "flow" | "node";
  moved?: Record<string, string>;
}

interface Told {
  field: string;
  message: string;
}

export interface Trial {
  diff: string;
  errors: Told[];
  warnings: Told[];
  stranded: Stranded[];
}

export interface Problem {
  code: string;
  severity: "error" | "warning" | "info";
  message: string;
  line: number;
  column: number;
  length: number;
}

export interface TextEdit {
  range: Range;
  text: string;
}

export interface Fix {
  title: string;
  safe: boolean;
  problem: Problem;
  edits: TextEdit[];
}

export interface Completion {
  label: string;
  kind: string;
  text: string;
  range: Range;
  detail: string;
  documentation: string;
}

export const readFile = (path: string): Promise<FileText> => get(`/files/${inPath(path)}`);
export const tryFiles = (files: FileText[]): Promise<Trial> => call("PUT", "/files?dryRun=1", { files: files.map(sent) });
export const writeFiles = (files: FileText[]): Promise<{ files: Record<string, string> }> => call("PUT", "/files", { files: files.map(sent) });
export const merged = (draft: Draft): Promise<Merging> => post("/files/merge", { path: draft.path, base: draft.base, mine: draft.text });

function sent({ path, text, sha256 }: FileText): FileText {
  return { path, text, sha256 };
}

/** Ask the language service about a text as it stands in the editor. */
export function ask<T>(verb: string, path: string, text: string, at?: { line: number; column: number }, name = ""): Promise<T> {
  return post<T>(`/language/${verb}`, { path, text, ...(at ?? {}), ...(name ? { name } : {}) });
}
