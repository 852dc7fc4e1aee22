// How well the intents of a flow are told apart: measured in the background, as `flowhook nlu evaluate` does.
import type { JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { call, get, inPath, may, post, Refused } from "../lib/api";
import { useLoad } from "../lib/load";
import { AddExample } from "../parts/add_example";
import { Command, Empty, Problem } from "../parts/basics";
import { SimpleTable } from "../parts/simple_table";

interface Report {
  intents: number;
  sentences: { learned: number };
  accuracy: number;
  macroF1: number;
  atConfidence: { confidence: number; right: number; wrong: number; refused: number };
  everyday: { refused: number; asked: number };
  confusions: { wanted: string; got: string; count: number; texts: string[] }[];
  missed: { text: string; wanted: string; likeliest: string; score: number }[];
  overlaps: { intent: string; text: string; other: string; other_text: string; similarity: number }[];
}

interface Evaluation {
  id: string;
  flow: string;
  locale: string;
  status: "running" | "done" | "failed" | "ended";
  step: number;
  steps: number;
  about: string;
  error: string | null;
  report?: Report | null;
}

const LOOK_MS = 700;

export function Measured(props: { flow: string }): JSX.Element {
  const { value: known } = useLoad<{ evaluations: Evaluation[] }>("/nlu/evaluations");
  const [now, setNow] = useState<Evaluation>();
  const [error, setError] = useState<Refused>();
  const look = useCallback((id: string) => get<Evaluation>(`/nlu/evaluations/${inPath(id)}`).then(setNow, setError), []);
  const last = known?.evaluations.find((one) => one.flow === props.flow);
  useEffect(() => {
    if (last && !now) void look(last.id);
  }, [last?.id]);
  useEffect(() => {
    if (now?.status !== "running") return;
    const timer = setTimeout(() => void look(now.id), LOOK_MS);
    return () => clearTimeout(timer);
  }, [now]);
  const begin = (): void => {
    setError(undefined);
    post<Evaluation>("/nlu/evaluations", { flow: props.flow }).then(setNow, setError);
  };
  const end = (id: string): void => void call("DELETE", `/nlu/evaluations/${inPath(id)}`).then(() => setNow(undefined), setError);
  const running = now?.status === "running";
  return (
    <section aria-label="Told apart">
      <h2>How well they are told apart</h2>
      <p class="actions">
        {may("author", "operator") && <button type="button" disabled={running} onClick={begin}>Measure</button>}
        {running && now && <button type="button" onClick={() => end(now.id)}>End it</button>}
        {running && now && <progress max={now.steps} value={now.step} aria-label="Measured so far" />}
        <span role="status">{running && now ? now.about || "it begins" : now?.status === "done" ? `Measured in ${now.locale}.` : ""}</span>
      </p>
      <Problem error={error} />
      {now?.error && <p class="problem">{now.error}</p>}
      {now?.report && <Shown report={now.report} flow={props.flow} locale={now.locale} />}
      <Command words={["nlu", "evaluate", "--flow", props.flow]} />
    </section>
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function Shown(props: { report: Report; flow: string; locale: string }): JSX.Element {
  const { report, flow, locale } = props;
  const more = (text: string, intent: string): JSX.Element => <AddExample text={text} flow={flow} locale={locale} intent={intent} known />;
  const { right, wrong, refused, confidence } = report.atConfidence;
  return (
    <>
      <p>
        {report.intents} intents, {report.sentences.learned} examples, each asked of a model that had not learned it: {percent(report.accuracy)} come first where they should;
        at {confidence}, {percent(right)} win rightly, {percent(wrong)} wrongly, {percent(refused)} not at all. Of {report.everyday.asked} everyday sentences {report.everyday.refused} are refused.
      </p>
      {report.confusions.length === 0 && <Empty>No intent was taken for another.</Empty>}
      {report.confusions.length > 0 && (
        <>
          <h3>Taken for another: examples that tell the two apart are missing</h3>
          <SimpleTable
            label="Confusions"
            columns={["Meant", "Taken for", "Times", "Such as"]}
            rows={report.confusions.map((one) => [one.wanted, one.got, String(one.count), one.texts.map((text) => <div key={text}>{text} {more(text, one.wanted)}</div>)])}
          />
        </>
      )}
      {report.missed.length > 0 && (
        <>
          <h3>Won by none: examples like these are missing</h3>
          <SimpleTable
            label="Won by none"
            columns={["Text", "Meant", "Nearest", ""]}
            rows={report.missed.map((one) => [one.text, one.wanted, `${one.likeliest} ${one.score.toFixed(3)}`, more(one.text, one.wanted)])}
          />
        </>
      )}
      {report.overlaps.length > 0 && (
        <>
          <h3>Nearly the same sentence in two intents</h3>
          <SimpleTable label="Overlaps" columns={["Intent", "Text", "Other intent", "Its text"]} rows={report.overlaps.map((one) => [one.intent, one.text, one.other, one.other_text])} />
        </>
      )}
    </>
  );
}
