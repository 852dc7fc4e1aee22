// What was said becomes a test: tried, shown, saved.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Refused } from "../lib/api";
import { readFile } from "../lib/files";
import type { Recorded } from "../lib/rehearsals";
import { href } from "../lib/route";
import { Problem } from "../parts/basics";
import { useFileTrial } from "../parts/file_trial";

export function SaveAsTest(props: { record: (name: string) => Promise<Recorded> }): JSX.Element {
  const [recorded, setRecorded] = useState<Recorded>();
  const [error, setError] = useState<Refused>();
  const [saved, setSaved] = useState<string>();
  const trial = useFileTrial(setSaved);

  async function record(): Promise<void> {
    setError(undefined);
    setSaved(undefined);
    const name = prompt("What shall the test be called?", "as said in the studio");
    if (name === null) return;
    try {
      const found = await props.record(name);
      const before = await readFile(found.path).catch(() => undefined);
      setRecorded(found);
      await trial.look({ path: found.path, text: found.text, sha256: before?.sha256 ?? null });
    } catch (refused) {
      setError(refused as Refused);
    }
  }

  return (
    <div>
      <button type="button" onClick={() => void record()}>Save as test …</button>{" "}
      <span role="status">{saved && <>Saved in <a href={href(["edit", saved])}>{saved}</a>; <a href={href(["tests"])}>run it</a>.</>}</span>
      {recorded?.failures.map((failure) => <p key={failure} class="warning">{failure}</p>)}
      <Problem error={error ?? trial.error} />
      {trial.dialog}
    </div>
  );
}
