// A sentence that somebody said becomes an example of an intent, or of what is meant by none: an edit of the flow's text.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Refused } from "../lib/api";
import { href } from "../lib/route";
import { readText, withExample, type Ranked } from "../lib/understanding";
import { Problem } from "./basics";
import { useEditable, useFileTrial } from "./file_trial";

interface Props {
  text: string;
  flow: string;
  locale?: string | undefined;
  /** The intent that is meant, where that is known. */
  intent?: string | undefined;
  /** It is an example already: one writes another that is like it. */
  known?: boolean;
  onSaved?: (() => void) | undefined;
}

export function AddExample(props: Props): JSX.Element | null {
  const { text, flow, locale } = props;
  const [choices, setChoices] = useState<Ranked[]>();
  const [chosen, setChosen] = useState("");
  const [words, setWords] = useState(text);
  const [rejects, setRejects] = useState(false);
  const [error, setError] = useState<Refused>();
  const [saved, setSaved] = useState<string>();
  const trial = useFileTrial((path) => {
    setSaved(path);
    close();
    props.onSaved?.();
  });
  if (!useEditable() || !text.trim()) return null;

  function close(): void {
    setChoices(undefined);
    setRejects(false);
  }

  async function open(): Promise<void> {
    setError(undefined);
    setSaved(undefined);
    setWords(text);
    await readText(text, { flow, ...(locale ? { locale } : {}) }).then((reading) => {
      const meant = reading.ranking.find((one) => one.name === props.intent || key(one) === props.intent) ?? reading.ranking[0];
      setChoices(reading.ranking);
      setChosen(meant ? key(meant) : "");
    }, setError);
  }

  async function add(intent: Ranked | null): Promise<void> {
    setError(undefined);
    await withExample(intent?.flow ?? flow, intent?.name ?? null, words, locale).then(trial.look, setError);
  }

  function addRejected(): void {
    setSaved(undefined);
    setWords(text);
    if (props.known) setRejects(true);
    else void add(null);
  }

  const another = props.known && (
    <label>
      another like it <input value={words} class="long" required onInput={(event) => setWords(event.currentTarget.value)} />
    </label>
  );

  if (rejects) {
    return (
      <div class="add-example">
        <form class="actions" aria-label={`Reject: ${text}`} onSubmit={(event) => { event.preventDefault(); void add(null); }}>
          {another}
          <button type="submit" class="small primary">Look …</button>
          <button type="button" class="small" onClick={close}>Cancel</button>
        </form>
        <Problem error={error ?? trial.error} />
        {trial.dialog}
      </div>
    );
  }
  return (
    <div class="add-example">
      {choices === undefined ? (
        <button type="button" class="small" onClick={() => void open()} aria-label={`Add as example: ${text}`}>Add as example …</button>
      ) : (
        <form class="actions" aria-label={`Example: ${text}`} onSubmit={(event) => { event.preventDefault(); void add(choices.find((one) => key(one) === chosen) ?? null); }}>
          {another}{" "}
          <label>
            of{" "}
            <select value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
              {choices.map((one) => <option key={key(one)} value={key(one)}>{one.flow === flow ? one.name : key(one)}</option>)}
            </select>
          </label>
          <button type="submit" class="small primary" disabled={choices.length === 0}>Look …</button>
          <button type="button" class="small" onClick={close}>Cancel</button>
        </form>
      )}{" "}
      <button type="button" class="small" onClick={addRejected} aria-label={`Add as reject: ${text}`}>Add as reject …</button>
      <span role="status">{saved && <> Added to <a href={href(["edit", saved])}>{saved}</a>.</>}</span>
      <Problem error={error ?? trial.error} />
      {trial.dialog}
    </div>
  );
}

const key = (one: Ranked): string => `${one.flow}/${one.name}`;
