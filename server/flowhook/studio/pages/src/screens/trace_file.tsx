// A trace from a file, on the graph that came with it. Nothing of it reaches the server.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { route, setQuery } from "../lib/route";
import { opened, read } from "../lib/trace_file";
import { Heading } from "../parts/basics";
import { TraceView } from "../parts/trace_view";

export function OpenedTrace(): JSX.Element {
  const [error, setError] = useState("");
  const file = opened.value;
  const at = Math.min(Number(route.value.query.get("turn") ?? 0), (file?.turns.length ?? 1) - 1);
  const turn = file?.turns[at];
  const go = (index: number): void => {
    if (file && index >= 0 && index < file.turns.length) setQuery({ turn: index, step: 0 });
  };
  async function open(chosen: File | undefined): Promise<void> {
    if (!chosen) return;
    try {
      const found = await read(chosen);
      opened.value = found;
      setError("");
      setQuery({ turn: found.turns.length - 1, step: 0 });
    } catch (refused) {
      setError((refused as Error).message);
    }
  }
  return (
    <>
      <Heading>Trace from a file</Heading>
      <p>
        <label>
          File: <input type="file" accept=".json,application/json" onChange={(event) => void open(event.currentTarget.files?.[0])} />
        </label>{" "}
        <span class="faint">It stays in this page: nothing is sent to the server.</span>
      </p>
      {error && <p role="alert" class="problem">{error}</p>}
      {file && turn && (
        <>
          <p>
            <label>
              Turn{" "}
              <select value={at} onChange={(event) => go(Number(event.currentTarget.value))}>
                {file.turns.map((one, index) => <option key={index} value={index}>{index + 1}: {one.text || one.kind}</option>)}
              </select>
            </label>
          </p>
          {turn.reason && <p class="problem">{turn.reason}</p>}
          <TraceView
            turn={turn}
            step={Number(route.value.query.get("step") ?? 0)}
            onStep={(step) => setQuery({ step })}
            earlier={file.turns.slice(0, at)}
            onTurn={(by) => go(at + by)}
            pictures={file.pictures}
          />
        </>
      )}
    </>
  );
}
