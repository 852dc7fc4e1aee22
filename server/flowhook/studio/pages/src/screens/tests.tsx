// Run the tests beside the flows, and see what was not as expected.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { may, post, Refused } from "../lib/api";
import type { FileList } from "../lib/files";
import { useEvery, useLoad } from "../lib/load";
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

const LOOK_MS = 2000; // between two looks whether a file was changed
const ORDER = { failed: 0, error: 0, skipped: 1, passed: 2 };

export function Tests(): JSX.Element {
  const { value: list, again } = useLoad<FileList>("/files");
  const [watching, setWatching] = useState(false);
  const ran = useRef<string>(); // the state of the files that the last run began with
  const [report, setReport] = useState<Report>();
  const [error, setError] = useState<Refused>();
  const [busy, setBusy] = useState(false);

  async function run(path?: string): Promise<void> {
    setBusy(true);
    setError(undefined);
    await post<Report>("/tests/run", path ? { path } : {}).then(setReport, setError);
    setBusy(false);
  }

  useEvery(LOOK_MS, () => watching && again());
  useEffect(() => {
    if (!watching || busy || !list || ran.current === list.state) return;
    ran.current = list.state;
    void run();
  }, [watching, busy, list?.state]);
  const files = list?.files.filter((file) => file.kind === "test") ?? [];
  const results = [...(report?.tests ?? [])].sort((a, b) => ORDER[a.status] - ORDER[b.status]);

  return (
    <>
      <Heading
        actions={may("author") && (
          <>
            <label><input type="checkbox" checked={watching} onChange={(event) => setWatching(event.currentTarget.checked)} /> Run when a file changes</label>
            <button type="button" class="primary" disabled={busy} onClick={() => void run()}>Run all</button>
          </>
        )}
      >
        Tests
      </Heading>
      <Problem error={error} />
      <p role="status">{busy ? "They run …" : report ? `${plural(report.passed, "test")} passed, ${report.failed} failed, ${report.skipped} skipped, in ${report.seconds} s.` : ""}</p>
      {!report && files.length > 0 && (
        <>
          <p class="faint">They run beside the flows, in memory: nothing leaves the machine.</p>
          <ul aria-label="Files of tests">{files.map((file) => <li key={file.path}><a href={href(["edit", file.path])}>{file.path}</a></li>)}</ul>
        </>
      )}
      {(report ? report.tests.length === 0 : list && files.length === 0) && <Empty>There are no tests yet: say something in the <a href={href(["chat"])}>chat</a>, and save it as one.</Empty>}
      <ul class="cards">
        {results.map((test) => (
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
