// Whose deliveries are held, and by whom; hold those of the endpoint that is looked at, and let them go.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { inPath, may, post, Refused } from "../lib/api";
import { useLoad } from "../lib/load";
import { AskDialog } from "./ask_dialog";
import { Badge, Problem } from "./basics";

interface Endpoint {
  name: string;
  paused: boolean;
  pauseReason: string | null;
}

export function Pausing(props: { endpoint: string | null }): JSX.Element | null {
  const { value, again } = useLoad<{ endpoints: Endpoint[] }>("/endpoints");
  const [error, setError] = useState<Refused>();
  const [asks, setAsks] = useState(false);
  const shown = (value?.endpoints ?? []).filter((one) => one.paused || one.name === props.endpoint);
  if (shown.length === 0) return null;
  const does = (work: Promise<unknown>) => {
    setError(undefined);
    void work.then(again, setError);
  };
  return (
    <div class="pausing">
      <ul aria-label="Endpoints">
        {shown.map(({ name, paused, pauseReason }) => (
          <li key={name}>
            Deliveries of <b>{name}</b>: {paused ? <Badge kind="warn">held{pauseReason && ` ${pauseReason}`}</Badge> : <Badge kind="good">sent</Badge>}{" "}
            {may("operator") && (paused
              ? <button type="button" aria-label={`Resume ${name}`} onClick={() => does(post(`/endpoints/${inPath(name)}/resume`))}>Resume</button>
              : <button type="button" aria-label={`Pause ${name} …`} onClick={() => setAsks(true)}>Pause …</button>)}
          </li>
        ))}
      </ul>
      {asks && props.endpoint && (
        <AskDialog
          title={`Hold the deliveries of ${props.endpoint}`}
          label="Why"
          verb="Hold them"
          optional
          onDone={(reason) => { setAsks(false); does(post(`/endpoints/${inPath(props.endpoint ?? "")}/pause`, { reason })); }}
          onClose={() => setAsks(false)}
        />
      )}
      <Problem error={error} />
    </div>
  );
}
