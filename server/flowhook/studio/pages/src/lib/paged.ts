// Lists that come in pages: the next one is loaded when the end of the last comes into sight.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Refused, withQuery, type Query } from "./api";

const PAGE = 500;

export interface Paged<Row> {
  rows: Row[];
  error: Refused | undefined;
  complete: boolean;
  more: () => void;
  again: () => void;
}

export function usePages<Row>(path: string, key: string, query: Query): Paged<Row> {
  const [rows, setRows] = useState<Row[]>([]);
  const [error, setError] = useState<Refused>();
  const [next, setNext] = useState<string | number | null | undefined>(undefined);
  const [turn, setTurn] = useState(0);
  const loading = useRef(false);
  const about = withQuery(path, query);
  const asked = useRef(about);
  asked.current = `${about}#${turn}`;

  const load = useCallback(async (after: string | number | null, before: Row[], mark: string) => {
    loading.current = true;
    try {
      const page = await get<Record<string, unknown>>(withQuery(path, { ...query, limit: PAGE, after }));
      if (asked.current !== mark) return;
      setRows([...before, ...(page[key] as Row[])]);
      setNext(page.next as string | number | null);
      setError(undefined);
    } catch (refused) {
      if (asked.current === mark) setError(refused as Refused);
    } finally {
      loading.current = false;
    }
  }, [about]);

  useEffect(() => {
    void load(null, [], `${about}#${turn}`);
  }, [about, turn]);
  const more = useCallback(() => {
    if (next !== null && next !== undefined && !loading.current) void load(next, rows, asked.current);
  }, [load, next, rows]);
  return { rows, error, complete: next === null, more, again: useCallback(() => setTurn((before) => before + 1), []) };
}
