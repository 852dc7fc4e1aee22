// How long somebody has waited, with a colour when it is long.
import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { useEvery } from "../lib/load";
import { Badge } from "../parts/basics";

const LONG_MINUTES = 2;
const TOO_LONG_MINUTES = 5;

export function Waiting(props: { since: string }): JSX.Element {
  const [, tick] = useState(0);
  useEvery(1000, useCallback(() => tick((before) => before + 1), []));
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(props.since)) / 1000));
  const minutes = Math.floor(seconds / 60);
  const kind = minutes >= TOO_LONG_MINUTES ? "bad" : minutes >= LONG_MINUTES ? "warn" : "plain";
  return <Badge kind={kind}>waits {minutes ? `${minutes} min` : `${seconds} s`}</Badge>;
}
