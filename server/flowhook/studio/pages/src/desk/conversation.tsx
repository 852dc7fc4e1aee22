// One conversation: what was said before and in it, and what an agent can do with it.
import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { inPath, may, me, Refused } from "../lib/api";
import { useEvents } from "../lib/events";
import { act, type Before, type Handover, type Said, type Transcript } from "../lib/handovers";
import { useLoad } from "../lib/load";
import { href } from "../lib/route";
import { ago, shown } from "../lib/text";
import { Badge, Empty, Problem } from "../parts/basics";
import { Composer } from "./composer";
import { Ending, Handing } from "./ending";
import { Tiles } from "./tiles";
import { Waiting } from "./waiting";
import { Why } from "./why";

const TYPING_MS = 6000;

export function Conversation(props: { id: string; changes: number; onDone: () => void }): JSX.Element {
  const path = `/handovers/${inPath(props.id)}`;
  const { value, error, again: lookAgain } = useLoad<Handover>(path);
  const mayRead = value && (!value.owner || value.owner === me.value?.name || may("reader"));
  const talk = useLoad<Transcript>(mayRead ? `${path}/transcript` : null);
  const again = useCallback(() => {
    lookAgain();
    talk.again();
  }, []);
  const [refused, setRefused] = useState<Refused>();
  const typing = useTyping(props.id);
  useEffect(again, [props.changes]);
  const done = () => {
    setRefused(undefined);
    again();
    props.onDone();
  };
  const does = (work: Promise<unknown>) => void work.then(done, (wrong: Refused) => {
    setRefused(wrong);
    again();
  });
  if (!value) return <section class="talk" aria-label="Conversation"><Problem error={error} /></section>;
  const isMine = value.status === "active" && value.owner === me.value?.name;
  const forces = may("operator");
  return (
    <section class="talk" aria-label="Conversation">
      <div class="heading">
        <h1><a class="back" href={href([])} aria-label="Back to the queue">←</a> {value.userId}</h1>
        <div class="actions">
          {value.status === "queue" && may("agent", "operator") && (
            <button type="button" class="primary" data-key="t" onClick={() => does(act(value.id, "take"))}>Take</button>
          )}
          {value.status === "active" && (isMine || forces) && (
            <>
              <button type="button" onClick={() => does(act(value.id, "release"))}>Release</button>
              <Handing onHand={(to) => does(act(value.id, "transfer", { to }))} />
              <Ending onEnd={(note) => does(act(value.id, "resolve", { note }))} />
            </>
          )}
        </div>
      </div>
      <p class="faint">
        At {value.endpoint}, session {value.sessionId}; <Standing value={value} />{" "}
        {value.status !== "closed" && value.waitingSince && <Waiting since={value.waitingSince} alert={value.alertSeconds} />}
        {may("reader") && <> · <a href={`/studio${href(["session", value.endpoint, value.userId, value.sessionId])}`}>session and traces</a></>}
      </p>
      <Problem error={refused ?? error ?? talk.error} />
      {mayRead ? talk.value && <Talk before={talk.value.before} messages={talk.value.messages} /> : <Empty>What is said there is theirs.</Empty>}
      <p class="typing faint" role="status">{typing && typing !== me.value?.name ? `${typing} is writing …` : ""}</p>
      {value.status !== "closed" && may("agent", "operator") && (
        <Composer id={value.id} speaks={isMine || value.status === "queue"} owner={value.owner} onDone={done} />
      )}
      {mayRead && <Why id={value.id} changes={props.changes} />}
      {mayRead && value.hasCopilot && <Tiles id={value.id} />}
    </section>
  );
}

function Standing(props: { value: Handover }): JSX.Element {
  const { value } = props;
  if (value.status === "queue") return <>in the queue since {ago(value.createdAt)}</>;
  if (value.status === "active") return <>{value.owner === me.value?.name ? "yours" : `${value.owner} has it`}</>;
  return <>over: {value.outcome}, {ago(value.closedAt)}</>;
}

function Talk(props: { before: Before[]; messages: Said[] }): JSX.Element {
  const list = useRef<HTMLOListElement>(null);
  const count = props.before.length + props.messages.length;
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [count]);
  return (
    <ol class="said" ref={list} tabIndex={0} aria-label="What was said" aria-live="polite">
      {props.before.map((entry, index) => (
        <li key={`before-${index}`} class={`bubble ${entry.role === "user" ? "user" : "bot"} past`}>
          <Words text={entry.text} data={entry.data} />
        </li>
      ))}
      {props.before.length > 0 && <li class="divider">handed over</li>}
      {props.messages.map((said) => (
        <li key={said.sequence} class={`bubble ${said.source === "user" ? "user" : said.source === "note" ? "note" : "bot"}`}>
          {said.source !== "user" && <b class="by">{said.source === "bot" ? "Bot" : said.source === "note" ? `Note of ${said.agent ?? "?"}` : said.agent ?? said.source}</b>}
          <Words text={said.text} data={said.data} />
          {said.attachments.map((file, index) => (
            <div key={index}>{file.url?.startsWith("https://") ? <a href={file.url} rel="noreferrer noopener" target="_blank">{file.name ?? file.url}</a> : <code>{shown(file)}</code>}</div>
          ))}{" "}
          {said.status === "dead" && <Badge kind="bad">not delivered</Badge>}
          <time class="faint" dateTime={said.at}>{said.at.slice(11, 16)}</time>
        </li>
      ))}
      {count === 0 && <Empty>Nothing was said yet.</Empty>}
    </ol>
  );
}

function Words(props: { text: string; data: Record<string, unknown> | null }): JSX.Element {
  const hasData = props.data && Object.keys(props.data).length > 0;
  return <>{props.text}{hasData && <details><summary>data</summary><code>{shown(props.data)}</code></details>}</>;
}

/** Who else writes in this conversation just now. */
function useTyping(id: string): string | undefined {
  const [name, setName] = useState<string>();
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEvents(useCallback((events) => {
    const told = events.filter((one) => one.type === "handover.typing" && one.data.handover === id).pop();
    if (!told) return;
    setName(String(told.data.agent));
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setName(undefined), TYPING_MS);
  }, [id]));
  return name;
}
