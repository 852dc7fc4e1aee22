// Where an agent writes: to the user, with ready texts, or a note that agents alone read.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Refused } from "../lib/api";
import { act, readyTexts, reply, type ReadyText } from "../lib/handovers";
import { Problem } from "../parts/basics";
import { takenUp } from "./taken_up";

const TYPING_MS = 3000;

export function Composer(props: { id: string; speaks: boolean; owner: string | null; onDone: () => void }): JSX.Element {
  const [text, setText] = useState("");
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refused>();
  const [ready, setReady] = useState<ReadyText[]>([]);
  const told = useRef(0);
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => takenUp.subscribe((suggestion) => {
    if (!suggestion) return;
    takenUp.value = "";
    setText((before) => (before ? `${before}\n${suggestion}` : suggestion));
    field.current?.focus();
  }), []);
  const send = async (work: Promise<unknown>, clear: () => void) => {
    setBusy(true);
    setError(undefined);
    try {
      await work;
      clear();
      props.onDone();
    } catch (refused) {
      setError(refused as Refused); // what was written stays in the field
    }
    setBusy(false);
  };
  const say = () => {
    if (text.trim() && !busy) void send(reply(props.id, text), () => setText(""));
  };
  const onInput = (value: string) => {
    setText(value);
    if (Date.now() - told.current > TYPING_MS) {
      told.current = Date.now();
      act(props.id, "typing").catch(() => undefined);
    }
  };
  return (
    <div class="composer">
      {props.speaks ? (
        <form onSubmit={(event) => { event.preventDefault(); say(); }}>
          <label for="reply">Reply</label>
          <textarea
            id="reply" data-key="r" ref={field} rows={3} value={text} maxLength={10_000}
            onInput={(event) => onInput(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
                event.preventDefault();
                say();
              }
            }}
          />
          <div class="actions">
            <button type="submit" class="primary" disabled={busy || !text.trim()}>Send</button>
            <label>
              Ready text{" "}
              <select
                data-key="/" value=""
                onFocus={() => ready.length === 0 && readyTexts(props.id).then((found) => setReady(found.texts), setError)}
                onChange={(event) => {
                  const chosen = ready.find((one) => one.name === event.currentTarget.value);
                  if (chosen) setText((before) => (before ? `${before}\n${chosen.text}` : chosen.text));
                  field.current?.focus();
                }}
              >
                <option value="">choose …</option>
                {ready.map((one) => (
                  <option key={one.name} value={one.name} disabled={Boolean(one.problem)}>{one.problem ? `${one.name}: ${one.problem}` : one.name}</option>
                ))}
              </select>
            </label>
          </div>
        </form>
      ) : <p class="faint">{props.owner} has it: only its owner replies.</p>}
      <Problem error={error} />
      <form class="noting" onSubmit={(event) => { event.preventDefault(); if (note.trim()) void send(act(props.id, "note", { text: note }), () => setNote("")); }}>
        <label for="note">Note for agents</label>
        <input id="note" data-key="n" value={note} maxLength={10_000} onInput={(event) => setNote(event.currentTarget.value)} />
        <button type="submit" disabled={busy || !note.trim()}>Note it</button>
      </form>
    </div>
  );
}
