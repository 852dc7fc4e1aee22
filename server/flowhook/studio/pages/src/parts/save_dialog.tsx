// Before something is saved: what differs, what would be wrong, and whom it would strand.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Trial } from "../lib/files";
import { plural } from "../lib/text";

export function SaveDialog(props: { trial: Trial; onSave: () => void; onClose: () => void }): JSX.Element {
  const { trial } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label="Save" class="save" onClose={props.onClose}>
      <h2>What will differ</h2>
      <pre tabIndex={0} aria-label="Difference" class="diff">
        {trial.diff.split("\n").map((line, index) => <span key={index} class={{ "+": "added", "-": "removed" }[line[0] ?? ""] ?? ""}>{`${line}\n`}</span>)}
      </pre>
      {trial.stranded.map((one) => (
        <p key={one.endpoint + one.node} class="warning" role="note">
          {plural(one.count, "session")} of {one.endpoint} {one.count === 1 ? "stands" : "stand"} on {one.node}, which is gone: the next input enters at the first node.
          {one.moved && <> A line <code>moved: {JSON.stringify(one.moved).replaceAll('"', "").replace(":", ": ")}</code> keeps them.</>}
        </p>
      ))}
      {trial.errors.map((one, index) => <p key={index} class="problem">{one.field}: {one.message}</p>)}
      {trial.warnings.map((one, index) => <p key={index} class="warning">{one.field}: {one.message}</p>)}
      <p class="actions">
        <button type="button" class="primary" disabled={trial.errors.length > 0} onClick={props.onSave}>Save and reload</button>
        <button type="button" onClick={props.onClose}>Go on editing</button>
      </p>
    </dialog>
  );
}
