// What services answer in a rehearsal, and the result of a task that waits.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Mock, Rehearsal } from "../lib/rehearsals";
import { shown } from "../lib/text";

interface Props {
  talk: Rehearsal;
  onMocks: (mocks: Mock[]) => Promise<void>;
  onResult: (result: unknown) => Promise<void>;
}

export function Services(props: Props): JSX.Element {
  const { talk } = props;
  const [call, setCall] = useState("");
  const [answer, setAnswer] = useState("{}");
  const [status, setStatus] = useState("200");
  const [result, setResult] = useState("{}");
  const [wrong, setWrong] = useState("");
  const tasks = talk.timers.filter((one) => one.kind === "task");

  function parsed(text: string): { value: unknown } | undefined {
    setWrong("");
    try {
      return { value: text.trim() ? (JSON.parse(text) as unknown) : null };
    } catch {
      setWrong("This is no JSON.");
      return undefined;
    }
  }

  function add(): void {
    const [method = "*", url = ""] = call.trim().includes(" ") ? call.trim().split(/\s+/, 2) : ["*", call.trim()];
    const body = parsed(answer);
    if (!body || !url) return;
    const mock: Mock = { method: method.toUpperCase(), url, status: Number(status) || 200, json: body.value };
    const others = talk.mocks.filter((one) => one.method !== mock.method || one.url !== mock.url);
    void props.onMocks([mock, ...others]).then(() => setCall(""));
  }

  return (
    <section aria-label="Services" class="panel">
      <h3>Services</h3>
      <p class="faint">{talk.services === "real" ? "What has no answer here is called for real." : "Nothing is called; give the answers yourself."}</p>
      {talk.unanswered.map((one) => (
        <p key={one} class="warning">{one} was not answered. <button type="button" class="small" aria-label={`Answer ${one}`} onClick={() => setCall(one)}>Answer it …</button></p>
      ))}
      <ul>
        {talk.mocks.map((mock) => (
          <li key={`${mock.method} ${mock.url}`}>
            <code>{mock.method} {mock.url} → {mock.status} {shown(mock.json)}</code>{" "}
            <button type="button" class="small" aria-label={`Forget the answer to ${mock.method} ${mock.url}`} onClick={() => void props.onMocks(talk.mocks.filter((one) => one !== mock))}>Forget</button>
          </li>
        ))}
      </ul>
      <form class="stacked" aria-label="Answer of a service" onSubmit={(event) => { event.preventDefault(); add(); }}>
        <label>Call <input value={call} placeholder="POST /price" onInput={(event) => setCall(event.currentTarget.value)} /></label>
        <label>Status <input value={status} size={4} inputMode="numeric" onInput={(event) => setStatus(event.currentTarget.value)} /></label>
        <label>JSON <input value={answer} onInput={(event) => setAnswer(event.currentTarget.value)} /></label>
        <p class="actions"><button type="submit" class="small" disabled={!call.trim()}>Answer so from now on</button></p>
      </form>
      {tasks.length > 0 && (
        <form class="stacked" aria-label="Result of the task" onSubmit={(event) => {
          event.preventDefault();
          const body = parsed(result);
          if (body) void props.onResult(body.value);
        }}>
          <label>Result of the task <input value={result} onInput={(event) => setResult(event.currentTarget.value)} /></label>
          <p class="actions"><button type="submit" class="small">Call back</button></p>
        </form>
      )}
      {wrong && <p role="alert" class="problem">{wrong}</p>}
    </section>
  );
}
