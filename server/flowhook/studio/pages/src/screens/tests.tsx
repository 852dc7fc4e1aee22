// Run the tests beside the flows, and see what was not as expected.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { may, post, Refused } from "../lib/api";
import { href } from "../lib/route";
import { plural } from "../lib/text";
import { Badge, Command, Empty, Heading, Problem } from "../parts/basics";

interface Result {
  file: string;
  line: number;
  flow: string;
  name: string;
  status: "passed" | "failed" | "error" | "skipped";
  seconds: number;
  failures: { line: number; message: string; expected: string | null; actual: string | null }[];
  conversation: { who: string; text: string }[];
}

interface Report {
  tests: Result[];
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
}

export function Tests(): JSX.Element {
  const [report, setReport] = useState<Report>();
  const [error, setError] = useState<Refused>();
  const [busy, setBusy] = useState(false);

  async function run(path?: string): Promise<void> {
    setBusy(true);
    setError(undefined);
    await post<Report>("/tests/run", path ? { path } : {}).then(setReport, setError);
    setBusy(false);
  }

  return (
    <>
      <Heading actions={may("author") && <button type="button" class="primary" disabled={busy} onClick={() => void run()}>Run all</button>}>Tests</Heading>
      <Problem error={error} />
      <p role="status">{busy ? "They run …" : report ? `${plural(report.passed, "test")} passed, ${report.failed} failed, ${report.skipped} skipped, in ${report.seconds} s.` : ""}</p>
      {report?.tests.length === 0 && <Empty>There are no tests yet: say something in the chat, and save it as one.</Empty>}
      <ul class="cards">
        {report?.tests.map((test) => (
          <li key={`${test.file}:${test.line}`}>
            <Badge kind={test.status === "passed" ? "good" : test.status === "skipped" ? "plain" : "bad"}>{test.status}</Badge> <b>{test.name}</b>
            <p><a href={href(["edit", test.file], { line: test.line })}>{test.file}:{test.line}</a></p>
            {test.failures.map((failure, index) => (
              <div key={index}>
                <p class="problem">line {failure.line}: {failure.message}</p>
                {failure.expected !== null && <pre tabIndex={0} aria-label="Difference" class="diff"><span class="removed">{`- ${failure.expected}\n`}</span><span class="added">{`+ ${failure.actual}`}</span></pre>}
              </div>
            ))}
            {test.failures.length > 0 && <button type="button" onClick={() => void run(test.file)}>Run this file</button>}
          </li>
        ))}
      </ul>
      <Command words={["test"]} />
    </>
  );
}
