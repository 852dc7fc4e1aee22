// The editor itself. What is in it goes to the server byte for byte: no line end is changed.
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { colours } from "./colours";
import { languageOf } from "./language";
import { lineEndsOf } from "./line_ends";
import { nonce } from "./nonce";
import { placeOf } from "./places";

interface Props {
  path: string;
  text: string;
  /** Changes when `text` came from elsewhere than the editor, which then takes it. */
  version: number;
  editable: boolean;
  line?: number | undefined;
  onChange: (text: string) => void;
  onSave: () => void;
  onRename: (at: { line: number; column: number }, word: string) => void;
}

export function CodeEditor(props: Props): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>();
  const now = useRef(props);
  now.current = props;
  useEffect(() => {
    if (!host.current) return;
    const made = new EditorView({ parent: host.current, state: stateOf(() => now.current) });
    view.current = made;
    if (props.line && props.line <= made.state.doc.lines) {
      const { from } = made.state.doc.line(props.line);
      made.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    }
    return () => made.destroy();
  }, [props.path]);
  useEffect(() => {
    const shown = view.current;
    if (shown && shown.state.sliceDoc() !== props.text) shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: shown.state.toText(props.text) } });
  }, [props.version]);
  return <div class="editor" ref={host} />;
}

function stateOf(now: () => Props): EditorState {
  const { path, text, editable } = now();
  return EditorState.create({
    doc: text,
    extensions: [
      lineEndsOf(text),
      EditorState.readOnly.of(!editable),
      nonce,
      EditorView.contentAttributes.of({ "aria-label": `Text of ${path}`, tabindex: "0" }),
      lineNumbers(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
      highlightActiveLine(), highlightSelectionMatches(), lintGutter(),
      colours, yaml(), ...languageOf(path),
      keymap.of([
        { key: "Mod-s", preventDefault: true, run: () => { now().onSave(); return true; } },
        { key: "F2", run: (view) => rename(view, now()) },
        ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, indentWithTab,
      ]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) now().onChange(update.state.sliceDoc());
      }),
    ],
  });
}

function rename(view: EditorView, props: Props): boolean {
  const { head } = view.state.selection.main;
  const word = view.state.wordAt(head);
  if (word) props.onRename(placeOf(view.state.doc, head), view.state.sliceDoc(word.from, word.to));
  return word !== null;
}
