// The flows in force, each with what is known of its nodes together.
import type { JSX } from "preact";
import { may } from "../lib/api";
import type { Failures, TestCoverage } from "../lib/badges";
import type { Standing } from "../lib/flows";
import { useLoad } from "../lib/load";
import { href } from "../lib/route";
import { plural } from "../lib/text";
import { Badge, Command, Heading, Problem } from "../parts/basics";

interface Flows {
  revision: string;
  flows: { name: string; description: string; nodes: number }[];
}

export function Flows(): JSX.Element {
  const { value, error } = useLoad<Flows>("/flows");
  const standing = useLoad<Standing>(may("reader") ? "/sessions/standing" : null).value;
  const failures = useLoad<Failures>("/failures").value;
  const coverage = useLoad<TestCoverage>("/tests/coverage").value;
  return (
    <>
      <Heading>Flows</Heading>
      <Problem error={error} />
      <ul class="cards">
        {value?.flows.map((flow) => {
          const here = sum(standing?.standing.filter((one) => isOf(one.node, flow.name)).map((one) => one.count));
          const failed = sum(failures?.failures.filter((one) => isOf(one.node, flow.name)).map((one) => one.turns));
          const covered = coverage?.flows[flow.name]?.nodes.percent;
          return (
            <li key={flow.name}>
              <a href={href(["flow", flow.name])}><b>{flow.name}</b></a> <span class="faint">{plural(flow.nodes, "node")}</span>
              {here > 0 && <Badge kind="plain">{plural(here, "session")}</Badge>}
              {failed > 0 && <Badge kind="bad">{plural(failed, "failure")}</Badge>}
              {covered !== undefined && <Badge kind={covered === 100 ? "good" : "warn"}>{Math.floor(covered)} % tested</Badge>}
              {flow.description && <p>{flow.description}</p>}
            </li>
          );
        })}
      </ul>
      <Command words={["check"]} />
    </>
  );
}

const isOf = (place: string, flow: string): boolean => place.startsWith(`${flow}/`);
const sum = (counts: number[] | undefined): number => (counts ?? []).reduce((total, count) => total + count, 0);
