// Somebody saved the file meanwhile: what does not overlap is merged, and for what does one chooses. Left it is as
// saved, right as it will be; the right side can be edited, too.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Conflict as Place, Merging } from "../lib/files";
import { plural } from "../lib/text";
import { colours } from "./colours";
import { lineEndsOf } from "./line_ends";
import { nonce } from "./nonce";

const MARKER = /^(<{7} mine|\|{7} before|>{7} theirs) \d+\r?$/m;

interface Props {
  merging: Merging;
  onDone: (text: string) => void;
  onTheirs: () => void;
}

export function Conflict(props: Props): JSX.Element {
  const { merging } = props;
  const [text, setText] = useState(merging.text);
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<MergeView>();
  useEffect(() => {
    if (!host.current) return;
    const made = sideBySide(host.current, merging, setText);
    view.current = made;
    return () => made.destroy();
  }, [merging]);
  const choose = (place: Place, chosen: string) => {
    const editor = view.current?.b;
    const from = text.indexOf(place.block);
    if (!editor || from < 0) return;
    const next = text.slice(0, from) + chosen + text.slice(from + place.block.length);
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: editor.state.toText(next) } });
  };
  const open = merging.conflicts.filter((place) => text.includes(place.block));
  const isMarked = MARKER.test(text);
  return (
    <section aria-label="Conflict">
      <p class="warning" role="status">
        {merging.path} was changed meanwhile.{" "}
        {merging.conflicts.length === 0
          ? "Nothing overlaps: both changes are in the text at the right."
          : `${plural(merging.conflicts.length, "place was", "places were")} changed by both, ${open.length} to be chosen; all else is merged.`}
      </p>
      <ol class="conflicts" aria-label="Changed by both">
        {open.map((place) => <Choice key={place.number} place={place} onChoose={(chosen) => choose(place, chosen)} />)}
      </ol>
      <div class="merge" ref={host} />
      <p class="actions">
        <button type="button" class="primary" disabled={isMarked} onClick={() => props.onDone(text)}>Go on with the right side</button>
        <button type="button" onClick={props.onTheirs}>Take theirs, drop mine</button>
        {isMarked && <span class="faint">The markers have to go first: choose, or edit the right side.</span>}
      </p>
    </section>
  );
}

function Choice(props: { place: Place; onChoose: (chosen: string) => void }): JSX.Element {
  const { place, onChoose } = props;
  const both = place.mine + (place.mine && !place.mine.endsWith("\n") ? "\n" : "") + place.theirs;
  const name = `Place ${place.number}, line ${place.line}`;
  return (
    <li>
      <b>{name}</b>
      <dl>
        <div><dt>Mine</dt><dd><pre tabIndex={0} aria-label={`Mine at ${name}`}>{place.mine || "(deleted)"}</pre></dd></div>
        <div><dt>Theirs</dt><dd><pre tabIndex={0} aria-label={`Theirs at ${name}`}>{place.theirs || "(deleted)"}</pre></dd></div>
        <div><dt>Before</dt><dd><pre tabIndex={0} aria-label={`Before at ${name}`}>{place.base || "(nothing)"}</pre></dd></div>
      </dl>
      <p class="actions" role="group" aria-label={`What is to stand at ${name}`}>
        <button type="button" onClick={() => onChoose(place.mine)}>Mine</button>
        <button type="button" onClick={() => onChoose(place.theirs)}>Theirs</button>
        <button type="button" onClick={() => onChoose(both)}>Both, mine first</button>
      </p>
    </li>
  );
}

function sideBySide(parent: HTMLElement, merging: Merging, onChange: (text: string) => void): MergeView {
  const shared = (text: string, name: string) => [yaml(), colours, nonce, lineEndsOf(text), EditorView.contentAttributes.of({ "aria-label": name, tabindex: "0" })];
  return new MergeView({
    parent,
    revertControls: "a-to-b",
    a: { doc: merging.theirs, extensions: [...shared(merging.theirs, "As it is saved"), EditorState.readOnly.of(true)] },
    b: {
      doc: merging.text,
      extensions: [
        ...shared(merging.text, "As you have it"),
        history(),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.sliceDoc())),
      ],
    },
  });
}
