// Two texts side by side: theirs as it is saved, mine to be changed; a click takes a piece over.
import { yaml } from "@codemirror/lang-yaml";
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { nonce } from "./nonce";

export function Merge(props: { theirs: string; mine: string; onChange: (text: string) => void }): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const view = new MergeView({
      parent: host.current,
      revertControls: "a-to-b",
      a: { doc: props.theirs, extensions: [yaml(), nonce, EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-label": "As it is saved" })] },
      b: {
        doc: props.mine,
        extensions: [
          yaml(),
          nonce,
          EditorView.contentAttributes.of({ "aria-label": "As you have it" }),
          EditorView.updateListener.of((update) => update.docChanged && props.onChange(update.state.sliceDoc())),
        ],
      },
    });
    return () => view.destroy();
  }, [props.theirs]);
  return <div class="merge" ref={host} />;
}
