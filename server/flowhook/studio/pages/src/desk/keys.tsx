// The list of keys of the desk.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

const ROWS: [string, string][] = [
  ["j, k", "the next conversation, the one before"],
  ["t", "take it"],
  ["r", "reply; Enter sends, Shift Enter is a new line"],
  ["/", "choose a ready text"],
  ["n", "write a note"],
  ["h", "hand it to another agent"],
  ["e", "end it"],
  ["w", "what the bot did, and why"],
  ["q", "back to the queue"],
  ["Esc", "leave a field"],
  ["?", "this list"],
];

export function KeyList(props: { onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label="Keys" onClose={props.onClose}>
      <h2>Keys</h2>
      <dl class="keys">
        {ROWS.map(([keys, text]) => (
          <div key={keys}><dt><kbd>{keys}</kbd></dt><dd>{text}</dd></div>
        ))}
      </dl>
      <button type="button" onClick={props.onClose}>Close</button>
    </dialog>
  );
}
