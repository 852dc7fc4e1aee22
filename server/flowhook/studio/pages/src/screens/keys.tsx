// Who may do what: the admin keys with their roles, and the API keys of the endpoints. A key itself is shown once, when it is made.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call, inPath, may, post, Refused } from "../lib/api";
import { useLoad } from "../lib/load";
import { route, setQuery } from "../lib/route";
import { ago } from "../lib/text";
import { Badge, Command, Empty, Heading, Problem } from "../parts/basics";
import { SimpleTable } from "../parts/simple_table";

interface AdminKeys {
  keys: { name: string; role: string; usedAt: string | null }[];
  roles: Record<string, string[]>;
}

interface ApiKey {
  id: string;
  name: string;
  preview: string;
  scopes: string[];
  createdAt: string;
  endsAt: string | null;
  usedAt: string | null;
  ended: boolean;
}

export function Keys(): JSX.Element {
  return (
    <>
      <Heading>Keys and roles</Heading>
      {may("operator") && <Admins />}
      <OfEndpoints />
    </>
  );
}

function Admins(): JSX.Element {
  const { value, error } = useLoad<AdminKeys>("/admin-keys");
  return (
    <section aria-label="Admin keys">
      <h2>Admin keys</h2>
      <Problem error={error} />
      {value && (
        <>
          <SimpleTable
            label="Admin keys"
            columns={["Name", "Role", "Last used since the start"]}
            rows={value.keys.map((key) => [key.name, key.role, key.usedAt ? ago(key.usedAt) : "not yet"])}
          />
          <p class="faint">They stand in <code>config.yaml</code>: <code>admin_key</code> and <code>admin_keys</code>.</p>
          <SimpleTable label="Roles" columns={["Role", "Does what needs"]} rows={Object.entries(value.roles).map(([role, meets]) => [role, meets.join(", ")])} />
        </>
      )}
    </section>
  );
}

function OfEndpoints(): JSX.Element {
  const { value } = useLoad<{ endpoints: { name: string; auth: string }[] }>("/endpoints");
  const wanted = route.value.query.get("endpoint");
  const endpoint = value?.endpoints.find((one) => one.name === wanted) ?? value?.endpoints.find((one) => one.auth === "api_key") ?? value?.endpoints[0];
  return (
    <section aria-label="API keys">
      <h2>API keys</h2>
      <label>
        Endpoint{" "}
        <select value={endpoint?.name} onChange={(event) => setQuery({ endpoint: event.currentTarget.value })}>
          {value?.endpoints.map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
        </select>
      </label>
      {endpoint && endpoint.auth !== "api_key" && <p class="faint">This endpoint does not ask for a key: <code>auth: {endpoint.auth}</code>.</p>}
      {endpoint && <ApiKeys key={endpoint.name} endpoint={endpoint.name} />}
    </section>
  );
}

function ApiKeys(props: { endpoint: string }): JSX.Element {
  const path = `/endpoints/${inPath(props.endpoint)}/keys`;
  const { value, error, again } = useLoad<{ keys: ApiKey[] }>(path);
  const [made, setMade] = useState<{ name: string; key: string }>();
  const [refused, setRefused] = useState<Refused>();
  const [name, setName] = useState("");

  function done(work: Promise<{ name: string; key: string } | undefined>): void {
    setRefused(undefined);
    work.then((key) => {
      setMade(key);
      setName("");
      again();
    }, setRefused);
  }
  const rotate = (key: ApiKey): void => {
    if (confirm(`Make a key in the place of ${key.name}? The old one works for another day.`)) done(post(`${path}/${inPath(key.id)}/rotate`, { overlap: 86400 }));
  };
  const revoke = (key: ApiKey): void => {
    if (confirm(`Revoke ${key.name}? Whoever uses it is refused at once.`)) done(call("DELETE", `${path}/${inPath(key.id)}`));
  };
  return (
    <>
      <Problem error={error ?? refused} />
      {made && <p role="status">The key of {made.name}, shown this once: <code>{made.key}</code></p>}
      {value?.keys.length === 0 && <Empty>It has no keys.</Empty>}
      {value && value.keys.length > 0 && (
        <SimpleTable
          label={`API keys of ${props.endpoint}`}
          columns={["Name", "Key", "For", "Made", "Ends", "Last used", ""]}
          rows={value.keys.map((key) => [
            key.name,
            <code>{key.preview}</code>,
            key.scopes.join(", "),
            ago(key.createdAt),
            key.ended ? <Badge kind="bad">ended</Badge> : (key.endsAt?.slice(0, 16).replace("T", " ") ?? "never"),
            key.usedAt ? ago(key.usedAt) : "never",
            may("operator") && (
              <>
                <button type="button" class="small" aria-label={`Rotate ${key.name}`} disabled={key.ended} onClick={() => rotate(key)}>Rotate</button>{" "}
                <button type="button" class="small" aria-label={`Revoke ${key.name}`} onClick={() => revoke(key)}>Revoke</button>
              </>
            ),
          ])}
        />
      )}
      {may("operator") && (
        <form class="actions" onSubmit={(event) => { event.preventDefault(); done(post(path, { name: name.trim() })); }}>
          <input aria-label="Name of the new key" value={name} onInput={(event) => setName(event.currentTarget.value)} />
          <button type="submit" disabled={!name.trim()}>Make a key</button>
        </form>
      )}
      <Command words={["keys", "list", props.endpoint]} />
    </>
  );
}
