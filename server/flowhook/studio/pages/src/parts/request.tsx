// What is sent of an output, byte for byte.
import type { JSX } from "preact";
import type { Payload } from "../lib/rehearsals";

export function Request(props: { request: Payload }): JSX.Element {
  const { method, url, headers, body } = props.request;
  return (
    <>
      <p class="faint">{method} {url ?? "the webhook"}{Object.entries(headers).map(([name, value]) => <span key={name}> · {name}: {value}</span>)}</p>
      <pre tabIndex={0} aria-label="Payload" class="wrapped">{body}</pre>
    </>
  );
}
