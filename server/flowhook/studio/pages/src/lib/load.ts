// Loads JSON for a component, again when what is asked for changes or somebody says so.
import { useCallback, useEffect, useState } from "preact/hooks";
import { get, Refused } from "./api";

export interface Loaded<T> {
  value: T | undefined;
  error: Refused | undefined;
  again: () => void;
}

/** Load what `path` names (null: nothing). The last value stays while the next one is on its way. */
export function useLoad<T>(path: string | null): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: Refused }>({});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    if (path === null) return;
    get<T>(path).then(
      (value) => wanted && setState({ value }),
      (error: Refused) => wanted && setState({ error }),
    );
    return () => {
      wanted = false;
    };
  }, [path, turn]);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  return { value: state.value, error: state.error, again };
}

/** Do something every so many milliseconds while the page can be seen. */
export function useEvery(ms: number, work: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => document.hidden || work(), ms);
    return () => clearInterval(timer);
  }, [ms, work]);
}
