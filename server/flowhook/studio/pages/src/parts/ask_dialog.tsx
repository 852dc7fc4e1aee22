// A dialog that asks for one line of text.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface Props {
  title: string;
  label: string;
  value?: string;
  /** What the button says. */
  verb: string;
  optional?: boolean;
  onDone: (text: string) => void;
  onClose: () => void;
}

export function AskDialog(props: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(props.value ?? "");
  useEffect(() => {
    dialog.current?.showModal();
    field.current?.select();
  }, []);
  return (
    <dialog ref={dialog} aria-label={props.title} onClose={props.onClose}>
      <h2>{props.title}</h2>
      <form
        class="asking"
        onSubmit={(event) => {
          event.preventDefault();
          props.onDone(text.trim());
        }}
      >
        <label>
          {props.label} <input ref={field} value={text} required={!props.optional} autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <p class="actions">
          <button type="submit" class="primary">{props.verb}</button>
          <button type="button" onClick={props.onClose}>Leave it</button>
        </p>
      </form>
    </dialog>
  );
}
