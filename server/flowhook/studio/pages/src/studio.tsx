// The studio: who is logged in sees the screen that the address names.
import "./style.css";
import { render } from "preact";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { get, me, type Me } from "./lib/api";
import { route } from "./lib/route";
import { Shell } from "./parts/shell";
import { Login } from "./screens/login";
import { screens } from "./screens";

function Studio(): JSX.Element | null {
  useEffect(() => {
    get<Me>("/me").then((known) => (me.value = known), () => (me.value = null));
  }, []);
  if (me.value === undefined) return null;
  if (me.value === null) return <Login />;
  const Screen = screens[route.value.parts[0] ?? ""] ?? screens[""]!;
  return (
    <Shell>
      <Screen />
    </Shell>
  );
}

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(<Studio />, page);
}
