// Loads JSON for a component, again when what is asked for changes or somebody says so.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Refused } from "./api";

export interface Loaded<T> {
  value: T | undefined;
  error: Refused | undefined;
  again: () => void;
}

const REST_MS = 250; // between two loads of the same, however often somebody says so

/** Load what `path` names (null: nothing). The last value stays while the next one is on its way. `again` asks for
 * what is true after it: while a load runs, and a moment after, it is remembered and done once. */
export function useLoad<T>(path: string | null): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: Refused }>({});
  const [turn, setTurn] = useState(0);
  const busy = useRef(false);
  const missed = useRef(false);
  useEffect(() => {
    let wanted = true;
    let rest: ReturnType<typeof setTimeout> | undefined;
    busy.current = path !== null;
    missed.current = false;
    if (path === null) return;
    get<T>(path)
      .then((value) => wanted && setState({ value }), (error: Refused) => wanted && setState({ error }))
      .finally(() => {
        if (wanted) rest = setTimeout(rested, REST_MS);
      });
    function rested(): void {
      busy.current = missed.current; // from now on, not from the effect: that comes a frame later
      if (missed.current) setTurn((before) => before + 1);
    }
    return () => {
      wanted = false;
      clearTimeout(rest);
    };
  }, [path, turn]);
  const again = useCallback(() => {
    if (busy.current) missed.current = true;
    else {
      busy.current = true;
      setTurn((before) => before + 1);
    }
  }, []);
  return { value: state.value, error: state.error, again };
}

/** Do something every so many milliseconds while the page can be seen, or `always`. */
export function useEvery(ms: number, work: () => void, always = false): void {
  useEffect(() => {
    const timer = setInterval(() => (always || !document.hidden) && work(), ms);
    return () => clearInterval(timer);
  }, [ms, work, always]);
}

/** A function that does the work at once, and again after a rest of so many milliseconds when it was called meanwhile. */
export function useRested(ms: number, work: () => void): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const missed = useRef(false);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    if (timer.current !== undefined) {
      missed.current = true;
      return;
    }
    const rest = (): void => {
      timer.current = undefined;
      if (!missed.current) return;
      missed.current = false;
      begin();
    };
    const begin = (): void => {
      work();
      timer.current = setTimeout(rest, ms);
    };
    begin();
  }, [ms, work]);
}
