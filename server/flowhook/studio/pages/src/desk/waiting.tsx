// How long somebody has waited, with a colour and a word when it is long.
import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { useEvery } from "../lib/load";
import { Badge } from "../parts/basics";

const ALERT_SECONDS = 300; // where handovers: says nothing

export function Waiting(props: { since: string; alert: number | null | undefined }): JSX.Element {
  const [, tick] = useState(0);
  useEvery(1000, useCallback(() => tick((before) => before + 1), []));
  const alert = props.alert ?? ALERT_SECONDS;
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(props.since)) / 1000));
  const minutes = Math.floor(seconds / 60);
  const kind = seconds >= alert ? "bad" : seconds >= alert / 2 ? "warn" : "plain";
  const word = { bad: ", too long", warn: ", long", plain: "" }[kind];
  return <Badge kind={kind}>waits {minutes ? `${minutes} min` : `${seconds} s`}{word}</Badge>;
}
