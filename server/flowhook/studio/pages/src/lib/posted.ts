// What a POST that changes nothing returns, for a component.
import { useEffect, useState } from "preact/hooks";

/** Ask again whenever `about` changes; undefined until there is a response, or where there is none. */
export function usePosted<T>(ask: () => Promise<T>, about: string): T | undefined {
  const [value, setValue] = useState<T>();
  useEffect(() => {
    let wanted = true;
    ask().then((found) => wanted && setValue(() => found), () => wanted && setValue(undefined));
    return () => {
      wanted = false;
    };
  }, [about]);
  return value;
}
