// A text that somebody types: who wins, what each intent scores and needs, what was found in it.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Refused } from "../lib/api";
import { shown } from "../lib/text";
import { outcome, readText, type Reading } from "../lib/understanding";
import { AddExample } from "../parts/add_example";
import { Problem } from "../parts/basics";
import { SimpleTable } from "../parts/simple_table";

export function Read(props: { flow: string }): JSX.Element {
  const [text, setText] = useState("");
  const [locale, setLocale] = useState("");
  const [reading, setReading] = useState<Reading>();
  const [error, setError] = useState<Refused>();
  const where = { flow: props.flow, ...(locale.trim() ? { locale: locale.trim() } : {}) };
  const read = (words: string): void => {
    setError(undefined);
    if (words.trim()) void readText(words, where, true).then(setReading, setError);
  };
  return (
    <section aria-label="Read a text">
      <h2>Read a text</h2>
      <form class="actions" onSubmit={(event) => { event.preventDefault(); read(text); }}>
        <input aria-label="Text" value={text} class="long" onInput={(event) => setText(event.currentTarget.value)} />
        <input aria-label="Locale" value={locale} size={6} placeholder="en" onInput={(event) => setLocale(event.currentTarget.value)} />
        <button type="submit" class="primary">Read</button>
      </form>
      <Problem error={error} />
      <div aria-live="polite">{reading && <Result reading={reading} onLearned={() => read(reading.text)} />}</div>
    </section>
  );
}

function Result(props: { reading: Reading; onLearned: () => void }): JSX.Element {
  const { reading } = props;
  return (
    <>
      <p>{sentence(reading)}</p>
      {reading.slots.length > 0 && <Marked reading={reading} />}
      <SimpleTable
        label="Ranking"
        columns={["Intent", "Score", "Needs", "Outcome"]}
        rows={reading.ranking.map((one) => [
          one.flow === reading.flow ? one.name : `${one.flow}/${one.name}`,
          <><meter min={0} max={1} value={one.score} aria-hidden="true" /> {one.score.toFixed(3)}</>,
          one.needs === null ? "–" : String(one.needs),
          outcome(one.reason),
        ])}
      />
      {reading.words.length > 0 && (
        <SimpleTable label="Words" columns={["Word", `What ${reading.ranking[0]?.name ?? ""} would lose without it`]} rows={reading.words.map((word) => [word.text, word.counts.toFixed(3)])} />
      )}
      {reading.hooks.length > 0 && (
        <SimpleTable
          label="Hooks of plugins"
          columns={["Plugin", "Hook", "Did", "Before", "After"]}
          rows={reading.hooks.flatMap((one) => {
            const changes = Object.entries(one.changed ?? {});
            const what = one.error ? `${one.did}: ${one.error}` : one.did;
            if (changes.length === 0) return [[one.plugin, one.hook, what, "", ""]];
            return changes.map(([name, [before, after]]) => [one.plugin, one.hook, `${what} ${name}`, <code>{shown(before)}</code>, <code>{shown(after)}</code>]);
          })}
        />
      )}
      {reading.warnings.map((warning) => <p key={warning} class="warning">{warning}</p>)}
      <AddExample key={reading.text} text={reading.text} flow={reading.flow} locale={reading.locale} onSaved={props.onLearned} />
    </>
  );
}

/** What became of the text, in a sentence. */
function sentence(reading: Reading): string {
  const [first, second] = reading.ranking;
  const next = second && second.score > 0 ? ` Next comes ${second.name} with ${second.score.toFixed(3)}.` : "";
  if (reading.intent !== null) {
    const asks = reading.doubtful ? ", and would ask first" : "";
    return `${reading.intent} wins with ${reading.score.toFixed(3)}${asks}.${next}`;
  }
  if (reading.outOfState !== null) return `${reading.outOfState} would win, but not in this state.${next}`;
  if (reading.rejected) return "No intent wins: the text is like nothing known, or like reject.";
  if (!first || first.score === 0) return "No intent wins: nothing is like it.";
  return `No intent wins: ${first.name} has ${first.score.toFixed(3)}${reading.confidence === null ? "" : ` and needs ${reading.confidence}`}.${next}`;
}

/** The text with what was found in it. */
function Marked(props: { reading: Reading }): JSX.Element {
  const { text, slots } = props.reading;
  const pieces: JSX.Element[] = [];
  let at = 0;
  for (const slot of [...slots].sort((a, b) => a.start - b.start)) {
    if (slot.start < at) continue;
    pieces.push(<span key={`${slot.start} before`}>{text.slice(at, slot.start)}</span>);
    pieces.push(<mark key={slot.start}>{text.slice(slot.start, slot.end)} <small>{slot.negated ? "not " : ""}{slot.name}: {shown(slot.value)}</small></mark>);
    at = slot.end;
  }
  pieces.push(<span key="rest">{text.slice(at)}</span>);
  return <p aria-label="Slots in the text" role="group">{pieces}</p>;
}
