// How texts are understood: one that you type, those that nobody won, and how well the intents are told apart.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useLoad } from "../lib/load";
import { route, setQuery } from "../lib/route";
import { Empty, Heading, Problem } from "../parts/basics";
import { Measured } from "../understanding/measured";
import { Read } from "../understanding/read";
import { Unmatched } from "../understanding/unmatched";

export function Understanding(): JSX.Element {
  const { value, error } = useLoad<{ flows: { name: string }[] }>("/flows");
  const wanted = route.value.query.get("flow");
  const flow = value?.flows.find((one) => one.name === wanted)?.name ?? value?.flows[0]?.name;
  useEffect(() => {
    if (flow && flow !== wanted) setQuery({ flow });
  }, [flow, wanted]);
  return (
    <>
      <Heading>Understanding</Heading>
      <Problem error={error} />
      <label>
        While this flow is in force{" "}
        <select value={flow} onChange={(event) => setQuery({ flow: event.currentTarget.value })}>
          {value?.flows.map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
        </select>
      </label>
      {value?.flows.length === 0 && <Empty>There are no flows.</Empty>}
      {flow && (
        <>
          <Read key={`read ${flow}`} flow={flow} />
          <Unmatched key={`unmatched ${flow}`} flow={flow} />
          <Measured key={`measured ${flow}`} flow={flow} />
        </>
      )}
    </>
  );
}
