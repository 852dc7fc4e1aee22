// Log in with an admin key.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { me, post, Refused, type Me } from "../lib/api";
import { Problem } from "../parts/basics";

export function Login(props: { name?: string }): JSX.Element {
  const name = props.name ?? "flowhook studio";
  const [key, setKey] = useState("");
  const [error, setError] = useState<Refused>();
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = `Log in – ${name}`;
    field.current?.focus();
  }, []);

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    setBusy(true);
    try {
      me.value = await post<Me>("/login", { key });
    } catch (refused) {
      const wrong = refused instanceof Refused && refused.status === 401;
      setError(wrong ? new Refused(401, "unauthorized", "No admin key is like this one.") : (refused as Refused));
      setBusy(false);
      field.current?.select();
    }
  }

  return (
    <main class="login">
      <form onSubmit={(event) => void onSubmit(event)}>
        <h1>{name}</h1>
        <label for="key">Admin key</label>
        <input id="key" ref={field} type="password" autocomplete="current-password" required value={key} onInput={(event) => setKey(event.currentTarget.value)} />
        <button type="submit" class="primary" disabled={busy}>Log in</button>
        <Problem error={error} />
        <p class="faint">
          The key is <code>admin_key</code> of config.yaml, one of <code>admin_keys</code>, or what stands in <code>.flowhook/admin_key</code>.
        </p>
      </form>
    </main>
  );
}
