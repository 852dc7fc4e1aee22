// Which plugins run, and how long their hooks take.
import type { JSX } from "preact";
import { useLoad } from "../lib/load";
import { plural } from "../lib/text";
import { Badge, Command, Heading, Problem } from "../parts/basics";
import { SimpleTable } from "../parts/simple_table";

interface Plugin {
  name: string;
  source: string;
  idle: string | null;
  hooks: Record<string, { calls: number; seconds: number; failures: number }>;
}

export function Plugins(): JSX.Element {
  const { value, error, again } = useLoad<{ plugins: Plugin[] }>("/plugins");
  return (
    <>
      <Heading actions={<button type="button" onClick={again}>Look again</button>}>Plugins</Heading>
      <Problem error={error} />
      {value?.plugins.map((plugin) => (
        <section key={plugin.name} aria-label={plugin.name}>
          <h2>{plugin.name} {plugin.idle && <Badge kind="plain">{plugin.idle}</Badge>}</h2>
          <p class="faint">{plugin.source}</p>
          {Object.keys(plugin.hooks).length > 0 && (
            <SimpleTable
              label={`Hooks of ${plugin.name}`}
              columns={["Hook", "Calls", "Each", "Failures"]}
              rows={Object.entries(plugin.hooks).map(([hook, timing]) => [
                hook,
                plural(timing.calls, "call"),
                timing.calls ? `${((timing.seconds / timing.calls) * 1000).toFixed(2)} ms` : "–",
                timing.failures ? <Badge kind="bad">{timing.failures}</Badge> : "0",
              ])}
            />
          )}
        </section>
      ))}
      <Command words={["plugins", "list"]} />
    </>
  );
}
