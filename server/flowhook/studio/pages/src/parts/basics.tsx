// Small pieces that all screens use.
import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
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
  const shown = useRef<HTMLElement>(null);
  const text = ["flowhook", ...props.words].map(quoted).join(" ");
  return (
    <p class="command">
      <span class="faint">On the command line: </span>
      <code ref={shown}>{text}</code>{" "}
      <button type="button" class="small" aria-label={copied ? "copied" : "copy the command"} onClick={() => void copy(text, shown.current).then(setCopied)}>
        {copied ? "copied" : "copy"}
      </button>
    </p>
  );
}

/** Copy; where the browser allows it to no page without TLS, select it instead. */
async function copy(text: string, element: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (element) getSelection()?.selectAllChildren(element);
    return false;
  }
}

export function Empty(props: { children: ComponentChildren }): JSX.Element {
  return <p class="empty">{props.children}</p>;
}
