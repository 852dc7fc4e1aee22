"""The configuration, changed while the server runs: all or nothing, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
from typing import Any

from .conftest import Start
from .kit import ADMIN, Live, Outside, Project, eventually, held, status, until

HELLO = 'nodes: [{say: "{{ vars.hello }} {{ input.text }}"}]'
ASK = """
nodes:
  - id: ask
    ask: {text: "what?", store: context.what, timeout: 1h}
  - id: done
    say: "{{ context.what }}"
"""


async def reload(live: Live) -> dict[str, Any]:
    """Write the project's configuration anew, and let it take effect."""
    live.project.write()
    done: dict[str, Any] = await live.api("POST", "/reload")
    return done


async def refused(live: Live) -> list[dict[str, str]]:
    """The same where it is refused; what is wrong."""
    live.project.write()
    response = await live.http.post("/api/reload", headers=ADMIN)
    assert (response.status_code, response.json()["code"]) == (422, "reload_failed")
    errors: list[dict[str, str]] = response.json()["errors"]
    return errors


async def accepts(live: Live, token: str) -> int:
    """The status of a message."""
    body = {"userId": "u1", "sessionId": "s1", "text": "hi"}
    return (await live.post(f"/tok-{token}", body)).status_code


async def test_endpoints_come_change_and_go(project: Project, start: Start) -> None:
    """A new one takes messages, a changed one runs another flow, a removed one is unknown: no restart."""
    project.flow("bot", HELLO)
    project.flow("other", "nodes: [{say: other}]")
    project.settings["vars"] = {"hello": "hello"}
    for name in ("stays", "changes", "goes"):
        project.endpoint(name, "bot")
    live = await start()
    assert await live.say("changes", "ada") == ["hello ada"]
    del project.endpoints["goes"]
    project.endpoint("changes", "other")
    project.endpoint("comes", "bot")
    project.settings["vars"] = {"hello": "welcome"}
    done = await reload(live)
    assert done["config"] == {
        "sections": ["vars"],
        "endpoints": {"added": ["comes"], "changed": ["changes"], "removed": ["goes"]},
        "restart": [],
    }
    assert await live.say("comes", "ada") == ["welcome ada"]
    assert await live.say("stays", "ada") == ["welcome ada"]
    assert await live.say("changes", "ada", session="new") == ["other"]
    assert await accepts(live, "goes") == 404
    names = [endpoint["name"] for endpoint in (await live.api("GET", "/endpoints"))["endpoints"]]
    assert names == ["stays", "changes", "comes"]
    (row,) = (await live.api("GET", "/audit?action=project"))["audit"]
    assert row["after"]["endpoints"]["changes"] == {"flow": "other"}
    assert "comes" in row["after"]["endpoints"]
    assert "tok-comes" not in str(row)


async def test_one_mistake_changes_nothing(project: Project, start: Start, outside: Outside) -> None:
    """A key that is none, a flow or a plugin that is not there: each is told with its line, as by check."""
    project.flow("bot", HELLO)
    project.settings["vars"] = {"hello": "hello"}
    project.endpoint("bot")
    live = await start()
    project.settings["vars"] = {"hello": "welcome"}
    project.endpoint("new", "bot")
    for wrong, says in (
        ({"locale": "no locale!"}, "config.yaml"),
        ({"flow": "nowhere"}, 'no flow "nowhere" for endpoint "wrong"'),
        ({"transformers": {"use": ["nobody"]}}, "nobody"),
        ({"snapshot": "never"}, 'no snapshot "never"'),
    ):
        project.endpoint("wrong", **{"flow": "bot", **wrong})
        (error,) = await refused(live)
        assert says in f"{error['field']} {error['message']}"
        assert "config.yaml:" in error["field"]
    (project.root / "config.yaml").write_text("endpoints: [")
    assert (await live.http.post("/api/reload", headers=ADMIN)).status_code == 422
    (project.root / "config.yaml").unlink()
    assert (await live.http.post("/api/reload", headers=ADMIN)).status_code == 422
    assert await live.say("bot", "ada") == ["hello ada"]
    assert await accepts(live, "new") == 404


async def test_a_plugin_that_does_not_start_changes_nothing(project: Project, start: Start) -> None:
    """Its new settings came with a new endpoint: neither is in force, and the old plugin runs on."""
    project.flow("bot", HELLO)
    project.settings["vars"] = {"hello": "hello"}
    project.plugin(
        "picky",
        """
        from flowhook import Settings as Base, hookimpl

        class Settings(Base):
            mood: str = "good"

        @hookimpl
        def startup(app, settings):
            if settings.mood == "bad":
                raise RuntimeError("not today")

        @hookimpl
        def transform_input(message, settings):
            return {**message, "text": settings.mood}
        """,
    )
    project.endpoint("bot", transformers={"use": ["picky"]})
    live = await start()
    assert await live.say("bot", "hi") == ["hello good"]
    project.endpoint("new", "bot")
    project.settings["plugins"] = {"settings": {"picky": {"mood": "bad"}}}
    (error,) = await refused(live)
    assert "not today" in error["message"]
    assert await live.say("bot", "hi") == ["hello good"]
    assert await accepts(live, "new") == 404
    project.settings["plugins"] = {"settings": {"picky": {"mood": "fine"}}}
    await reload(live)
    assert await live.say("bot", "hi") == ["hello fine"]


async def test_what_waits_leaves_to_the_new_webhook(project: Project, start: Start, outside: Outside) -> None:
    """In order, each under its id, at once, also where a 410 had paused the endpoint."""
    project.flow("bot", HELLO)
    project.settings["vars"] = {"hello": "hello"}
    project.endpoint("bot", webhook={"retries": ["1h"]})
    outside.answers["/hook"] = status(410)
    live = await start()
    for text in ("1", "2", "3"):
        await live.ends(await live.send("bot", text))
    await until(lambda: live.services.dispatcher.paused)
    project.endpoint("bot", webhook={"url": f"{outside.url}/new", "retries": ["1h"]})
    await reload(live)
    arrived = await outside.until(3, "/new")
    assert [delivery.text for delivery in arrived] == ["hello 1", "hello 2", "hello 3"]
    assert arrived[0].id == outside.at("/hook")[0].id
    assert not live.services.dispatcher.paused


async def test_a_disabled_endpoint_ends_what_it_accepted(
    project: Project, start: Start, outside: Outside
) -> None:
    """It takes nothing more; turns, deliveries and timers go on."""
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    project.flow("bot", f'nodes: [{{http_request: "{outside.url}/slow"}}, {{say: done}}]')
    project.endpoint("bot")
    live = await start()
    trace = await live.send("bot", "go")
    await until(lambda: outside.at("/slow"))
    project.endpoint("bot", enabled=False)
    await reload(live)
    assert await accepts(live, "bot") == 404
    gate.set()
    assert [delivery.text for delivery in await outside.until(1)] == ["done"]
    project.endpoint("bot", enabled=True)
    await reload(live)
    assert (await live.ends(trace))["status"] == "done"


async def test_an_endpoint_that_goes_keeps_what_it_has_until_it_comes_back(
    project: Project, start: Start, outside: Outside
) -> None:
    """Inbounds that wait, a delivery that nobody took, the session and its timer: as if it had slept."""
    project.flow("bot", ASK)
    project.flow("other", "nodes: [{say: other}]")
    project.endpoint("other")
    project.endpoint("bot", webhook={"retries": ["1h"]})
    outside.answers["/hook"] = status(500)
    live = await start()
    await live.ends(await live.send("bot", "hi"))
    await until(lambda: outside.at("/hook"))
    endpoint = project.endpoints.pop("bot")
    assert (await reload(live))["config"]["endpoints"]["removed"] == ["bot"]
    assert await accepts(live, "bot") == 404
    deliveries = (await live.api("GET", "/deliveries?endpoint=bot"))["deliveries"]
    assert [delivery["status"] for delivery in deliveries] == ["pending"]
    assert [timer["endpoint"] for timer in (await live.api("GET", "/timers"))["timers"]] == ["bot"]
    outside.answers.clear()
    project.endpoints["bot"] = endpoint
    await reload(live)
    await live.services.dispatcher.enable("bot")
    assert [delivery.text for delivery in await outside.until(1)] == ["what?"]
    assert await live.say("bot", "tea") == ["tea"]


async def test_messages_of_an_endpoint_that_goes_meanwhile_wait(
    project: Project, start: Start, outside: Outside
) -> None:
    """The turn that runs ends; those behind it have theirs when the endpoint is back, in their order."""
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    flow = f'nodes: [{{http_request: "{outside.url}/slow"}}, {{say: "{{{{ input.text }}}}"}}]'
    project.flow("bot", flow)
    project.endpoint("bot")
    live = await start()
    traces = [await live.send("bot", text) for text in ("1", "2", "3")]
    await until(lambda: outside.at("/slow"))
    endpoint = project.endpoints.pop("bot")
    await reload(live)
    gate.set()
    row = SessionRow(live)
    await eventually(row.is_left_alone)
    project.endpoints["bot"] = endpoint
    await reload(live)
    for trace in traces:
        assert (await live.ends(trace))["status"] == "done"
    assert [delivery.text for delivery in await outside.until(3)] == ["1", "2", "3"]


class SessionRow:
    """The session of the test, looked at from outside."""

    def __init__(self, live: Live) -> None:
        self._live = live

    async def is_left_alone(self) -> bool:
        """Two of three wait, and nothing runs."""
        return self._live.services.turns.resting and (await self._live.session("bot"))["backlog"] == 2


async def test_what_needs_a_restart_is_told(project: Project, start: Start) -> None:
    """The rest of the same edit takes effect."""
    project.flow("bot", HELLO)
    project.settings["vars"] = {"hello": "hello"}
    project.endpoint("bot")
    live = await start()
    project.settings |= {
        "vars": {"hello": "welcome"},
        "server": {"port": 8000, "max_body": "1KiB"},
        "admin_key": "another-admin-key",
        "retention": {"traces": "1h"},
    }
    done = await reload(live)
    assert done["config"]["restart"] == ["server", "admin_key"]
    assert done["config"]["sections"] == ["vars", "retention"]
    assert await live.say("bot", "ada") == ["welcome ada"]
    assert live.services.config.retention.traces == 3600.0


async def test_connections_and_allowed_addresses_change(
    project: Project, start: Start, outside: Outside
) -> None:
    """The next call goes where the new configuration says, if it may."""
    project.flow(
        "bot",
        """
        nodes:
          - http_request: {connection: crm, url: /x, store: context.r}
            on_error: [{say: "{{ error.reason }}"}]
          - say: called
        """,
    )
    project.endpoint("bot")
    project.settings["connections"] = {"crm": {"base_url": f"{outside.url}/one", "bearer": "old"}}
    live = await start()
    assert await live.say("bot", "hi") == ["called"]
    project.settings["connections"] = {"crm": {"base_url": f"{outside.url}/two", "bearer": "new"}}
    await reload(live)
    assert await live.say("bot", "hi") == ["called"]
    calls = [call for call in outside.received if "x" in call.path]
    told = [(call.path, call.headers["authorization"]) for call in calls]
    assert told == [("/one/x", "Bearer old"), ("/two/x", "Bearer new")]
    project.settings["outgoing"] = {"allow": []}
    done = await reload(live)
    assert "refused" in str(done["warnings"])
    assert await live.say("bot", "hi", session="s2") == ["blocked", "called"]


async def test_keys_and_limits_of_an_endpoint_change(project: Project, start: Start) -> None:
    """From open to keyed, and to a limit: from the next request on."""
    project.flow("bot", HELLO)
    project.settings["vars"] = {"hello": "hello"}
    project.endpoint("bot")
    live = await start()
    assert await accepts(live, "bot") == 202
    project.endpoint("bot", auth="api_key")
    await reload(live)
    assert await accepts(live, "bot") == 401
    project.endpoint("bot", rate_limit={"user": "1/m"})
    await reload(live)
    assert [await accepts(live, "bot") for _ in range(2)] == [202, 429]


async def test_nothing_is_lost_or_doubled_while_it_is_reloaded(
    project: Project, start: Start, outside: Outside
) -> None:
    """Messages come in while the webhook moves to and fro: each is answered once, in its session's order."""
    project.flow("bot", HELLO)
    project.settings["vars"] = {"hello": "hello"}
    project.endpoint("bot")
    live = await start()
    stopped, sent = asyncio.Event(), dict.fromkeys(("s1", "s2", "s3"), 0)

    async def talk(session: str) -> None:
        while not stopped.is_set():
            await live.send("bot", str(sent[session]), session=session)
            sent[session] += 1

    talkers = [asyncio.create_task(talk(session)) for session in sent]
    for path in ("a", "b", "a", "b"):
        project.endpoint(
            "bot", webhook={"url": f"{outside.url}/{path}"}, locale="de" if path == "a" else "en"
        )
        assert (await reload(live))["config"]["endpoints"]["changed"] == ["bot"]
    stopped.set()
    await asyncio.gather(*talkers)
    await until(lambda: len({delivery.id for delivery in outside.received}) == sum(sent.values()))
    for session, count in sent.items():
        arrived = [delivery for delivery in outside.received if delivery.json["sessionId"] == session]
        sequences = [delivery.sequence for delivery in arrived]
        assert sequences == sorted(sequences)
        assert [delivery.text for delivery in arrived] == [f"hello {number}" for number in range(count)]
