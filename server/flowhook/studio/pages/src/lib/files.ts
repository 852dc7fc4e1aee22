// Flow and test files as /api shows them, and what the language service says of them.
import { call, get, inPath, post } from "./api";
import type { Range } from "./flows";

export interface FileText {
  path: string;
  text: string;
  sha256: string | null;
}

export interface FileList {
  editable: boolean;
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
export const tryFiles = (files: FileText[]): Promise<Trial> => call("PUT", "/files?dryRun=1", { files });
export const writeFiles = (files: FileText[]): Promise<{ files: Record<string, string> }> => call("PUT", "/files", { files });

/** Ask the language service about a text as it stands in the editor. */
export function ask<T>(verb: string, path: string, text: string, at?: { line: number; column: number }, name = ""): Promise<T> {
  return post<T>(`/language/${verb}`, { path, text, ...(at ?? {}), ...(name ? { name } : {}) });
}
