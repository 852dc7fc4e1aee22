// Places: the language service counts lines and characters from 1, CodeMirror UTF-16 units from 0.
import { Text } from "@codemirror/state";
import type { Range } from "../lib/flows";
import type { TextEdit } from "../lib/files";

export function offsetOf(doc: Text, line: number, column: number): number {
  if (line > doc.lines) return doc.length;
  const { from, text } = doc.line(Math.max(1, line));
  let units = 0;
  let characters = column - 1;
  for (const character of text) {
    if (characters-- <= 0) break;
    units += character.length;
  }
  return from + units;
}

export function placeOf(doc: Text, offset: number): { line: number; column: number } {
  const line = doc.lineAt(offset);
  return { line: line.number, column: [...line.text.slice(0, offset - line.from)].length + 1 };
}

export function span(doc: Text, range: Range): { from: number; to: number } {
  const from = offsetOf(doc, range.line, range.column);
  return { from, to: Math.max(from, offsetOf(doc, range.end_line, range.end_column)) };
}

export function changesOf(doc: Text, edits: TextEdit[]): { from: number; to: number; insert: string }[] {
  return edits.map((edit) => ({ ...span(doc, edit.range), insert: edit.text }));
}

/** A text after the edits, which all mean places in it as it was. */
export function edited(before: string, edits: TextEdit[]): string {
  const doc = Text.of(before.split("\n"));
  const changes = changesOf(doc, edits).sort((a, b) => b.from - a.from);
  return changes.reduce((now, { from, to, insert }) => now.slice(0, from) + insert + now.slice(to), before);
}
