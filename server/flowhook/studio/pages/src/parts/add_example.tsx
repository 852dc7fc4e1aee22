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
  onSaved?: (() => void) | undefined;
}

export function AddExample(props: Props): JSX.Element | null {
  const { text, flow, locale } = props;
  const [choices, setChoices] = useState<Ranked[]>();
  const [chosen, setChosen] = useState("");
  const [error, setError] = useState<Refused>();
  const [saved, setSaved] = useState<string>();
  const trial = useFileTrial((path) => {
    setSaved(path);
    setChoices(undefined);
    props.onSaved?.();
  });
  if (!useEditable() || !text.trim()) return null;

  async function open(): Promise<void> {
    setError(undefined);
    setSaved(undefined);
    await readText(text, { flow, ...(locale ? { locale } : {}) }).then((reading) => {
      setChoices(reading.ranking);
      setChosen(reading.ranking[0] ? key(reading.ranking[0]) : "");
    }, setError);
  }

  async function add(intent: Ranked | null): Promise<void> {
    setError(undefined);
    await withExample(intent?.flow ?? flow, intent?.name ?? null, text, locale).then(trial.look, setError);
  }

  return (
    <div class="add-example">
      {choices === undefined ? (
        <button type="button" class="small" onClick={() => void open()} aria-label={`Add as example: ${text}`}>Add as example …</button>
      ) : (
        <form class="actions" aria-label={`Example: ${text}`} onSubmit={(event) => { event.preventDefault(); void add(choices.find((one) => key(one) === chosen) ?? null); }}>
          <label>
            of{" "}
            <select value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
              {choices.map((one) => <option key={key(one)} value={key(one)}>{one.flow === flow ? one.name : key(one)}</option>)}
            </select>
          </label>
          <button type="submit" class="small primary" disabled={choices.length === 0}>Look …</button>
          <button type="button" class="small" onClick={() => setChoices(undefined)}>Cancel</button>
        </form>
      )}{" "}
      <button type="button" class="small" onClick={() => void add(null)} aria-label={`Add as reject: ${text}`}>Add as reject …</button>
      <span role="status">{saved && <> Added to <a href={href(["edit", saved])}>{saved}</a>.</>}</span>
      <Problem error={error ?? trial.error} />
      {trial.dialog}
    </div>
  );
}

const key = (one: Ranked): string => `${one.flow}/${one.name}`;
