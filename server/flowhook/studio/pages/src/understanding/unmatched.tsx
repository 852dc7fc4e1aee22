// What people said and nobody won: each becomes an example, or one of reject.
import type { JSX } from "preact";
import { useLoad } from "../lib/load";
import { href } from "../lib/route";
import { withQuery } from "../lib/api";
import { ago, plural } from "../lib/text";
import { AddExample } from "../parts/add_example";
import { Empty, Problem } from "../parts/basics";
import { SimpleTable } from "../parts/simple_table";

interface Text {
  text: string;
  flow: string;
  endpoint: string;
  locale: string | null;
  count: number;
  at: string;
  traceId: string;
  now: { intent: string | null; flow: string | null; score: number } | null;
}

interface Found {
  texts: Text[];
  records: number;
  complete: boolean;
}

export function Unmatched(props: { flow: string }): JSX.Element {
  const { value, error, again } = useLoad<Found>(withQuery("/nlu/unmatched", { flow: props.flow, limit: 50 }));
  return (
    <section aria-label="Nobody won">
      <h2>Nobody won</h2>
      <p class="actions">
        <span class="faint" role="status">{value ? `Of ${plural(value.records, "input")} of the last seven days${value.complete ? "" : ", the first of them"}.` : ""}</span>
        <button type="button" class="small" onClick={again}>Look again</button>
      </p>
      <Problem error={error} />
      {value?.texts.length === 0 && <Empty>Everything that was said in this flow is understood now.</Empty>}
      {value && value.texts.length > 0 && (
        <SimpleTable
          label="Texts that nobody won"
          columns={["Text", "Times", "Last", "Nearest", ""]}
          rows={value.texts.map((one) => [
            one.text,
            String(one.count),
            <a href={href(["trace", one.traceId])}>{ago(one.at)}</a>,
            one.now?.intent ? `${one.now.intent} ${one.now.score.toFixed(3)}` : "none",
            <AddExample text={one.text} flow={one.flow} locale={one.locale ?? undefined} onSaved={again} />,
          ])}
        />
      )}
    </section>
  );
}
