// A conversation in memory: nothing is kept, nobody is told; its clock moves when you move it.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Refused } from "../lib/api";
import { useLoad } from "../lib/load";
import { act, beginRehearsal, endRehearsal, readRehearsal, rehearsalAsTest, setMocks, type Beginning, type Rehearsal } from "../lib/rehearsals";
import { route, setQuery } from "../lib/route";
import { plural } from "../lib/text";
import { Command, Problem } from "../parts/basics";
import type { Endpoint } from "./live";
import { SaveAsTest } from "./save_as_test";
import { Services } from "./services";
import { Buttons, Transcript } from "./transcript";
import { TurnFacts } from "./turn_facts";

const LEAPS: [by: string, name: string][] = [["1m", "+1 min"], ["10m", "+10 min"], ["1h", "+1 hour"], ["1d", "+1 day"]];

/** Begin one, or go on with the one that the address names. */
export function Rehearse(props: { endpoints: Endpoint[] }): JSX.Element {
  const id = route.value.query.get("rehearsal");
  return id ? <Talk key={id} id={id} /> : <Begin endpoints={props.endpoints} />;
}

const go = (rehearsal: Rehearsal): void => setQuery({ rehearsal: rehearsal.id, turn: null, step: null, text: null });

function Begin(props: { endpoints: Endpoint[] }): JSX.Element {
  const { value } = useLoad<{ flows: { name: string }[] }>("/flows");
  const [real, setReal] = useState(false);
  const [locale, setLocale] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refused>();
  const wanted = route.value.query.get("with") ?? "";
  const choices: [value: string, name: string, beginning: Partial<Beginning>][] = [
    ...props.endpoints.map((one): [string, string, Partial<Beginning>] => [`endpoint:${one.name}`, `endpoint ${one.name} → ${one.flow}`, { endpoint: one.name }]),
    ...(value?.flows ?? []).map((one): [string, string, Partial<Beginning>] => [`flow:${one.name}`, `flow ${one.name}`, { flow: one.name }]),
  ];
  // What the address names may be a flow, and they come after the endpoints: until then nothing else is begun.
  const choice = choices.find(([name]) => name === wanted) ?? (wanted && !value ? undefined : choices[0]);

  async function begin(): Promise<void> {
    if (!choice) return;
    setBusy(true);
    setError(undefined);
    const asked: Beginning = { ...choice[2], services: real ? "real" : "mocked", ...(locale.trim() ? { locale: locale.trim() } : {}) };
    await beginRehearsal(asked).then(go, setError);
    setBusy(false);
  }

  return (
    <form class="stacked" aria-label="Rehearsal" onSubmit={(event) => { event.preventDefault(); void begin(); }}>
      <p class="faint">On the flows as they are on disk. Nothing is kept and nothing is delivered.</p>
      <label>
        Talk to{" "}
        <select value={choice?.[0]} onChange={(event) => setQuery({ with: event.currentTarget.value })}>
          {choices.map(([name, shown]) => <option key={name} value={name}>{shown}</option>)}
        </select>
      </label>
      <label>Locale <input value={locale} size={8} placeholder="en" onInput={(event) => setLocale(event.currentTarget.value)} /></label>
      <label><input type="checkbox" checked={real} onChange={(event) => setReal(event.currentTarget.checked)} /> Call services for real, where you give no answer yourself</label>
      <p class="actions"><button type="submit" class="primary" disabled={busy || !choice}>{busy ? "It begins …" : "Begin"}</button></p>
      <Problem error={error} />
      {choice && <Command words={["chat", choice[2].flow ?? props.endpoints.find((one) => one.name === choice[2].endpoint)?.flow ?? "", ...(choice[2].endpoint ? ["--endpoint", choice[2].endpoint] : [])]} />}
    </form>
  );
}

function Talk(props: { id: string }): JSX.Element {
  const [talk, setTalk] = useState<Rehearsal>();
  const [text, setText] = useState(route.value.query.get("text") ?? "");
  const [kind, setKind] = useState("message");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refused>();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => void readRehearsal(props.id).then(setTalk, setError), [props.id]);
  useEffect(() => field.current?.focus(), [talk === undefined]);

  async function done(work: Promise<Rehearsal>): Promise<void> {
    setBusy(true);
    setError(undefined);
    await work.then((next) => {
      setTalk(next);
      setQuery({ turn: null, step: null, text: null });
    }, setError);
    setBusy(false);
  }
  const say = (words: string): void => {
    if (!words.trim() || busy) return;
    setText("");
    void done(act(props.id, "say", { kind, text: words }));
  };
  const again = (): void => {
    if (!talk) return;
    const same: Beginning = { services: talk.services, flow: talk.flow, ...(talk.endpoint ? { endpoint: talk.endpoint } : {}) };
    void endRehearsal(talk.id).catch(() => undefined).then(() => beginRehearsal(same)).then(go, setError);
  };
  if (!talk) {
    return (
      <>
        <Problem error={error} />
        {error && <button type="button" onClick={() => setQuery({ rehearsal: null })}>Begin another one</button>}
      </>
    );
  }
  const chosen = route.value.query.get("turn");
  const turn = talk.transcript.find((one) => one.traceId === chosen) ?? talk.transcript[talk.transcript.length - 1];
  return (
    <>
      <p class="actions">
        <span><b>{talk.endpoint ?? talk.flow}</b> → {talk.flow}, stands at <b>{talk.node ?? "the first node"}</b></span>
        <button type="button" onClick={again}>Begin again</button>
        <button type="button" onClick={() => void endRehearsal(talk.id).catch(() => undefined).then(() => setQuery({ rehearsal: null, turn: null, step: null }))}>End</button>
      </p>
      <div class="conversation">
        <section aria-label="Conversation">
          <Transcript entries={talk.transcript} chosen={turn} />
          <Buttons entries={talk.transcript} onClick={say} />
          <form class="actions" onSubmit={(event) => { event.preventDefault(); say(text); }}>
            <select aria-label="As" value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
              <option value="message">as the user</option>
              <option value="inject">inject</option>
              <option value="notify">notify</option>
            </select>
            <input ref={field} aria-label="Message" value={text} onInput={(event) => setText(event.currentTarget.value)} autocomplete="off" />
            <button type="submit" class="primary" disabled={busy}>Say</button>
          </form>
          <Problem error={error} />
          <p role="status" class="faint">{busy ? "The flow works …" : ""}</p>
          <Clock talk={talk} busy={busy} onMove={(by) => void done(act(props.id, "advance", by ? { by } : {}))} />
          <Services talk={talk} onMocks={(mocks) => done(setMocks(props.id, mocks))} onResult={(result) => done(act(props.id, "callback", { result }))} />
          {talk.transcript.length > 0 && <SaveAsTest record={(name) => rehearsalAsTest(props.id, name)} />}
        </section>
        <section aria-label="Why">
          <h2>Why</h2>
          {turn && <TurnFacts turn={turn} entries={talk.transcript} kept={false} />}
        </section>
      </div>
    </>
  );
}

function Clock(props: { talk: Rehearsal; busy: boolean; onMove: (by: string | undefined) => void }): JSX.Element {
  const { talk } = props;
  const [by, setBy] = useState("");
  const waiting = talk.timers.filter((one) => one.dueAt !== null);
  return (
    <Panel title="Clock">
      <p>It is <time dateTime={talk.now}>{moment(talk.now)}</time>; it stands still until you move it.</p>
      <p class="actions">
        {LEAPS.map(([leap, name]) => <button key={leap} type="button" class="small" disabled={props.busy} onClick={() => props.onMove(leap)}>{name}</button>)}
        <button type="button" class="small" disabled={props.busy || waiting.length === 0} onClick={() => props.onMove(undefined)}>To the next timer</button>
      </p>
      <form class="actions" onSubmit={(event) => { event.preventDefault(); props.onMove(by.trim()); }}>
        <input aria-label="Move by" value={by} size={6} placeholder="2h30m" onInput={(event) => setBy(event.currentTarget.value)} />
        <button type="submit" class="small" disabled={props.busy || !by.trim()}>Move</button>
      </form>
      <p>{plural(talk.timers.length, "timer")}{talk.timers.length > 0 ? ":" : "."}</p>
      <ul>{talk.timers.map((one, index) => <li key={index}>{one.kind} {one.name ?? one.node ?? ""} {one.dueAt ? `at ${moment(one.dueAt)}` : "until it is called back"}</li>)}</ul>
    </Panel>
  );
}

export function Panel(props: { title: string; children: ComponentChildren }): JSX.Element {
  return <section aria-label={props.title} class="panel"><h3>{props.title}</h3>{props.children}</section>;
}

const moment = (at: string): string => at.slice(0, 19).replace("T", " ");
