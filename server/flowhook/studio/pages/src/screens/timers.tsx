// What waits for its time: timers of questions, scheduled inputs, tasks.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call, inPath, may, Refused } from "../lib/api";
import { useLoad } from "../lib/load";
import { href } from "../lib/route";
import { Command, Empty, Heading, Problem } from "../parts/basics";
import { SimpleTable } from "../parts/simple_table";

interface Timer {
  id: string;
  kind: string;
  endpoint: string;
  userId: string;
  sessionId: string;
  node: string | null;
  dueAt: string | null;
}

export function Timers(): JSX.Element {
  const { value, error, again } = useLoad<{ timers: Timer[] }>("/timers?limit=500");
  const [refused, setRefused] = useState<Refused>();
  const drop = (timer: Timer) => {
    if (confirm("Drop this timer?")) void call("DELETE", `/timers/${inPath(timer.id)}`).then(again, setRefused);
  };
  return (
    <>
      <Heading actions={<button type="button" onClick={again}>Look again</button>}>Timers</Heading>
      <Problem error={error ?? refused} />
      {value?.timers.length === 0 && <Empty>Nothing waits for its time.</Empty>}
      {value && value.timers.length > 0 && (
        <SimpleTable
          label="Timers"
          columns={["Due", "Kind", "Node", "User", "Endpoint", ""]}
          rows={value.timers.map((timer) => [
            timer.dueAt ?? "when it is called back",
            timer.kind,
            timer.node ?? "",
            <a href={href(["session", timer.endpoint, timer.userId, timer.sessionId])}>{timer.userId}</a>,
            timer.endpoint,
            may("operator") && <button type="button" class="small" aria-label={`Drop the timer of ${timer.userId}`} onClick={() => drop(timer)}>Drop</button>,
          ])}
        />
      )}
      <Command words={["timers", "list"]} />
    </>
  );
}
