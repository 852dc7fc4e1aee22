// A component that is loaded when it is first needed.
import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): (props: Props) => JSX.Element {
  return function Lazy(props: Props): JSX.Element {
    const [Loaded, setLoaded] = useState<ComponentType<Props>>();
    useEffect(() => void load().then((found) => setLoaded(() => found)), []);
    return Loaded ? <Loaded {...props} /> : <p class="faint" role="status">Loading …</p>;
  };
}
