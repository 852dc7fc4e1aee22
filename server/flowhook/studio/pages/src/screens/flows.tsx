// The flows in force.
import type { JSX } from "preact";
import { useLoad } from "../lib/load";
import { href } from "../lib/route";
import { plural } from "../lib/text";
import { Command, Heading, Problem } from "../parts/basics";

interface Flows {
  revision: string;
  flows: { name: string; description: string; nodes: number }[];
}

export function Flows(): JSX.Element {
  const { value, error } = useLoad<Flows>("/flows");
  return (
    <>
      <Heading>Flows</Heading>
      <Problem error={error} />
      <ul class="cards">
        {value?.flows.map((flow) => (
          <li key={flow.name}>
            <a href={href(["flow", flow.name])}><b>{flow.name}</b></a> <span class="faint">{plural(flow.nodes, "node")}</span>
            {flow.description && <p>{flow.description}</p>}
          </li>
        ))}
      </ul>
      <Command words={["check"]} />
    </>
  );
}
