// Talk to the bot: a rehearsal in memory, or a test message to a live endpoint; and be told why.
import type { JSX } from "preact";
import { may } from "../lib/api";
import { useLoad } from "../lib/load";
import { route, setQuery } from "../lib/route";
import { Heading, Problem } from "../parts/basics";
import { Live, type Endpoint } from "../chat/live";
import { Rehearse } from "../chat/rehearsal";

export function Chat(): JSX.Element {
  const { value, error } = useLoad<{ endpoints: Endpoint[] }>("/endpoints");
  const query = route.value.query;
  const live = may("operator") && (query.has("endpoint") || query.get("mode") === "live");
  const choose = (mode: string | null): void => setQuery({ mode, endpoint: null, session: null, rehearsal: null, turn: null, step: null });
  return (
    <>
      <Heading>Chat</Heading>
      <Problem error={error} />
      {may("operator") && (
        <fieldset class="actions">
          <legend>Where</legend>
          <label><input type="radio" name="mode" checked={!live} onChange={() => choose(null)} /> Rehearsal, in memory</label>
          <label><input type="radio" name="mode" checked={live} onChange={() => choose("live")} /> A live endpoint, marked as tests</label>
        </fieldset>
      )}
      {value && (live ? <Live endpoints={value.endpoints} /> : <Rehearse endpoints={value.endpoints} />)}
    </>
  );
}
