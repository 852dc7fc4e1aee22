// How far replays are that run, with a way to end them.
import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { call, inPath, may, Refused } from "../lib/api";
import { useEvery, useLoad } from "../lib/load";
import { plural } from "../lib/text";
import { Problem } from "./basics";

interface Replay {
  id: string;
  state: "running" | "done" | "cancelled" | "failed";
  total: number;
  done: number;
  replayed: number;
}

const LOOK_MS = 700;

/** `begun` counts those that this page began: the last one is told when it is over. */
export function Replays(props: { begun: number; onEnd: () => void }): JSX.Element | null {
  const { value, again } = useLoad<{ replays: Replay[] }>("/replays");
  const [error, setError] = useState<Refused>();
  const running = (value?.replays ?? []).filter((one) => one.state === "running");
  const last = props.begun > 0 ? value?.replays[0] : undefined;
  const ran = useRef(false);
  useEffect(again, [props.begun]);
  useEvery(LOOK_MS, useCallback(() => {
    if (running.length > 0) again();
  }, [running.length]));
  useEffect(() => {
    if (ran.current && running.length === 0) props.onEnd();
    ran.current = running.length > 0;
  }, [running.length]);
  if (running.length === 0 && !last) return null;
  return (
    <div class="replays">
      {running.map((one) => (
        <p key={one.id}>
          <label>{`Sending again, ${one.done} of ${one.total} `}<progress value={one.done} max={one.total} /></label>{" "}
          {may("operator") && <button type="button" class="small" onClick={() => void call("DELETE", `/replays/${inPath(one.id)}`).then(again, setError)}>End it</button>}
        </p>
      ))}
      {last && last.state !== "running" && <p role="status">{plural(last.replayed, "delivery", "deliveries")} of {last.total} are due again{last.state !== "done" && `: the replay ${last.state === "failed" ? "failed" : "was ended"}`}.</p>}
      <Problem error={error} />
    </div>
  );
}
