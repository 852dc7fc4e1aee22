// Handing a conversation to another agent, and ending it.
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { get, me } from "../lib/api";

export function Handing(props: { onHand: (to: string) => void }): JSX.Element {
  const box = useRef<HTMLDetailsElement>(null);
  const [to, setTo] = useState("");
  const [names, setNames] = useState<string[]>([]);
  const look = () => get<{ available: string[] }>("/handovers/presence").then((told) => setNames(told.available.filter((name) => name !== me.value?.name)), () => undefined);
  return (
    <details ref={box} class="menu" onToggle={() => void look()}>
      <summary data-key="h">Hand to …</summary>
      <form onSubmit={(event) => { event.preventDefault(); if (box.current) box.current.open = false; props.onHand(to); }}>
        <label>
          Agent <input required list="agents" value={to} onInput={(event) => setTo(event.currentTarget.value)} />
        </label>
        <datalist id="agents">{names.map((name) => <option key={name} value={name} />)}</datalist>
        <button type="submit">Hand over</button>
      </form>
    </details>
  );
}

export function Ending(props: { onEnd: (note: string) => void }): JSX.Element {
  const [note, setNote] = useState("");
  return (
    <details class="menu">
      <summary data-key="e">End …</summary>
      <form onSubmit={(event) => { event.preventDefault(); props.onEnd(note); }}>
        <label>
          Note for the flow <input value={note} maxLength={10_000} onInput={(event) => setNote(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary">End the conversation</button>
      </form>
    </details>
  );
}
