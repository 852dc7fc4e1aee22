// The tiles of one conversation at a signed address, for desks that show them in a frame. No login: the address is the key.
import "./style.css";
import { render } from "preact";
import type { JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { Grid, type Drawn } from "./desk/tiles";
import { useEvery } from "./lib/load";

const PAUSE = 2000; // ms between two looks

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const sent = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`/desk/copilot/${path}${location.search}`, { credentials: "omit", ...sent });
  const value = (await response.json().catch(() => ({}))) as { detail?: string };
  if (!response.ok) throw new Error(value.detail ?? `The server answered ${response.status}.`);
  return value as T;
}

function Page(): JSX.Element {
  const [drawn, setDrawn] = useState<Drawn>();
  const [error, setError] = useState("");
  const load = useCallback(() => {
    ask<Drawn>("tiles").then((found) => { setDrawn(found); setError(""); }, (failed: Error) => setError(failed.message));
  }, []);
  useEffect(load, []);
  useEvery(PAUSE, load);
  const submit = (tile: string, payload: unknown) => {
    ask("postback", { tile, payload }).then(load, (failed: Error) => setError(failed.message));
  };
  return (
    <main>
      {error && <p role="alert">{error}</p>}
      {drawn && <Grid drawn={drawn} onSubmit={submit} />}
    </main>
  );
}

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(<Page />, page);
}
