// The desk: where people answer. Who is logged in sees the queue, and the conversation that the address names.
import "./style.css";
import { render } from "preact";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { get, may, me, type Me } from "./lib/api";
import { Desk } from "./desk/desk";
import { Login } from "./screens/login";

function Page(): JSX.Element | null {
  useEffect(() => {
    get<Me>("/me").then((known) => (me.value = known), () => (me.value = null));
  }, []);
  if (me.value === undefined) return null;
  if (me.value === null) return <Login name="flowhook desk" />;
  if (!may("agent", "operator", "reader")) {
    return <main class="login"><p role="alert">The desk needs the role agent, operator or reader; {me.value.name} has the role {me.value.role}.</p></main>;
  }
  return <Desk />;
}

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(<Page />, page);
}
