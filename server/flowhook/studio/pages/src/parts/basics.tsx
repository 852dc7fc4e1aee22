// Small pieces that all screens use.
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { Refused } from "../lib/api";
import { quoted } from "../lib/text";

export function Heading(props: { children: ComponentChildren; actions?: ComponentChildren }): JSX.Element {
  return (
    <div class="heading">
      <h1>{props.children}</h1>
      {props.actions && <div class="actions">{props.actions}</div>}
    </div>
  );
}

export function Problem(props: { error: Refused | undefined }): JSX.Element | null {
  return props.error ? <p role="alert" class="problem">{props.error.message}</p> : null;
}

export function Badge(props: { kind: "good" | "bad" | "warn" | "plain"; children: ComponentChildren }): JSX.Element {
  return <span class={`badge ${props.kind}`}>{props.children}</span>;
}

/** The command that shows the same in a terminal. */
export function Command(props: { words: string[] }): JSX.Element {
  const [copied, setCopied] = useState(false);
  const text = ["flowhook", ...props.words].map(quoted).join(" ");
  return (
    <p class="command">
      <span class="faint">On the command line: </span>
      <code>{text}</code>{" "}
      <button
        type="button"
        class="small"
        onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
      >
        {copied ? "copied" : "copy"}
      </button>
    </p>
  );
}

export function Empty(props: { children: ComponentChildren }): JSX.Element {
  return <p class="empty">{props.children}</p>;
}
