// Which line ends a text has: what is edited keeps them.
import { EditorState } from "@codemirror/state";
import type { Extension } from "@codemirror/state";

export function lineEndsOf(text: string): Extension {
  return EditorState.lineSeparator.of(/\r\n/.test(text) && !/[^\r]\n/.test(text) ? "\r\n" : "\n");
}
