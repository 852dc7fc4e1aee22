"""People take conversations over, over real HTTP: at the desk."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from flowhook.model.event import EventType

from .conftest import Start
from .kit import Caller, Live, Outside, Project, eventually, until

FLOW = """
nodes:
  - id: name
    ask: {text: "Your name?", type: text, store: profile.firstname}
  - id: agent
    handover: {text: "One moment, please.", cancel: {title: never mind}}
    on_active: {say: "A colleague is here."}
    on_completed:
      - say: "Back again. {{ input.result.note }} ({{ input.result.result.refund }})"
    on_cancelled: {say: "As you like."}
    on_error: {say: "Nobody is there: {{ error.reason }}."}
  - say: "What else?"
"""

KEYS = [
    {"name": name, "key": f"the-key-of-{name}", "role": role}
    for name, role in [
        ("ada", "agent"), ("bob", "agent"), ("olga", "operator"), ("rita", "reader"), ("anton", "author"),
    ]
]  # fmt: skip


async def asks(caller: Caller, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
    """What somebody does through the API."""
    headers = {"authorization": f"Bearer the-key-of-{who}"}
    return await caller.http.request(method, f"/api/handovers{path}", json=body, headers=headers)


async def does(caller: Caller, who: str, what: str, id: str, body: Any = None) -> Any:
    """What an agent does, which succeeds."""
    answer = await asks(caller, who, "POST", f"/{id}/{what}", body)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def queue(caller: Caller, status: str = "queue") -> list[dict[str, Any]]:
    answer = await asks(caller, "ada", "GET", f"?status={status}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["handovers"]
    return found


@pytest.fixture
def desk(project: Project) -> Project:
    """A flow that asks for a person, and people with keys."""
    project.flow("shop", FLOW)
    project.endpoint("shop")
    project.settings["admin_keys"] = KEYS
    return project


async def hands_over(caller: Caller, session: str = "s1") -> str:
    """Let a session ask for a person; returns its handover's id."""
    await caller.say("shop", "hi", session)
    said = await caller.say("shop", "Tim", session)
    assert said == ["One moment, please."]
    found = [row for row in await queue(caller) if row["sessionId"] == session]
    return str(found[0]["id"])


async def test_the_whole_life(desk: Project, outside: Outside, start: Start) -> None:
    """Asked for, taken, both speak in order, resolved: the flow goes on with what the agent left."""
    live = await start()
    id = await hands_over(live)
    (row,) = await queue(live)
    assert (row["provider"], row["position"], row["node"], row["owner"]) == ("desk", 1, "shop/agent", None)
    await live.send("shop", "my pizza is cold")
    taken = await does(live, "ada", "take", id)
    assert (taken["status"], taken["owner"]) == ("active", "ada")
    await does(live, "ada", "reply", id, {"text": "I am sorry, Tim."})
    await live.send("shop", "and late")
    await does(live, "ada", "note", id, {"text": "refund him"})
    await does(
        live, "ada", "reply", id, {"data": {"form": 1}, "attachments": [{"url": "https://x.example/a.png"}]}
    )
    accepted = await does(live, "ada", "resolve", id, {"result": {"refund": 9}, "note": "Done."})
    await live.ends(accepted["traceId"])
    await outside.until(7)
    assert [(delivery.json["AIOutput"]["source"], delivery.text) for delivery in outside.taken()] == [
        ("bot", "Your name?"),
        ("bot", "One moment, please."),
        ("bot", "A colleague is here."),
        ("agent", "I am sorry, Tim."),
        ("agent", ""),
        ("bot", "Back again. Done. (9)"),
        ("bot", "What else?"),
    ]
    assert outside.taken()[4].json["AIOutput"]["data"] == {
        "form": 1, "attachments": [{"url": "https://x.example/a.png"}],
    }  # fmt: skip
    transcript = (await asks(live, "ada", "GET", f"/{id}/transcript")).json()
    assert [(entry["role"], entry["text"]) for entry in transcript["before"]] == [
        ("user", "hi"), ("bot", "Your name?"), ("user", "Tim"), ("bot", "One moment, please."),
    ]  # fmt: skip
    assert [(entry["source"], entry["text"]) for entry in transcript["messages"]] == [
        ("user", "my pizza is cold"),
        ("bot", "A colleague is here."),
        ("agent", "I am sorry, Tim."),
        ("user", "and late"),
        ("note", "refund him"),
        ("agent", ""),
    ]
    (closed,) = await queue(live, "closed")
    assert (closed["outcome"], closed["ending"]) == (
        "completed", {"result": {"refund": 9}, "note": "Done."},
    )  # fmt: skip
    assert await live.say("shop", "hello") == ["Your name?"]  # the bot speaks again


async def test_two_take_at_once(desk: Project, outside: Outside, start: Start) -> None:
    """One wins, and the others are told who; nobody else may speak."""
    live = await start()
    id = await hands_over(live)
    answers = await asyncio.gather(*(asks(live, who, "POST", f"/{id}/take") for who in ("ada", "bob") * 3))
    won = {answer.json()["owner"] for answer in answers if answer.status_code == 200}
    lost = [answer.json() for answer in answers if answer.status_code != 200]
    (owner,) = won
    assert lost
    assert {(problem["code"], problem["detail"]) for problem in lost} == {
        ("handover_taken", f"{owner} has it.")
    }
    other = "bob" if owner == "ada" else "ada"
    for what, body in [
        ("reply", {"text": "x"}),
        ("release", None),
        ("resolve", {}),
        ("transfer", {"to": "olga"}),
    ]:
        refused = await asks(live, other, "POST", f"/{id}/{what}", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_owner"), what
    assert (await asks(live, other, "GET", f"/{id}/transcript")).status_code == 403
    assert (await asks(live, "rita", "GET", f"/{id}/transcript")).status_code == 200


async def test_who_may_what(desk: Project, start: Start) -> None:
    """Agents and operators act, readers look, authors have no business here."""
    live = await start()
    id = await hands_over(live)
    assert (await asks(live, "rita", "POST", f"/{id}/take")).status_code == 403
    assert (await asks(live, "anton", "GET", "")).status_code == 403
    assert (await asks(live, "ada", "POST", "/nothing/take")).json()["code"] == "unknown_handover"
    assert (await asks(live, "ada", "POST", f"/{id}/reply", {})).json()["code"] == "invalid_field"
    unknown = await asks(live, "olga", "POST", f"/{id}/transfer", {"to": "rita"})
    assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_agent")
    rows = (await live.api("GET", "/audit"))["audit"]
    assert [row for row in rows if row["action"].startswith("handover.")] == []
    await does(live, "ada", "take", id)
    row = (await live.api("GET", "/audit"))["audit"][0]
    assert (row["who"], row["action"], row["subject"]) == ("ada", "handover.take", f"handovers/{id}")
    assert (row["before"], row["after"]) == (
        {"status": "queue", "owner": None}, {"status": "active", "owner": "ada"},
    )  # fmt: skip


async def test_handing_on(desk: Project, outside: Outside, start: Start) -> None:
    """To another agent, back to the queue; an operator may do so with everybody's."""
    live = await start()
    id = await hands_over(live)
    await does(live, "ada", "take", id)
    assert (await does(live, "ada", "transfer", id, {"to": "bob"}))["owner"] == "bob"
    assert (await does(live, "olga", "release", id))["status"] == "queue"
    await does(live, "ada", "take", id)
    assert (await asks(live, "olga", "POST", f"/{id}/reply", {"text": "x"})).status_code == 409
    await does(live, "olga", "resolve", id, {})
    await outside.until(6)
    assert outside.texts()[-2:] == ["Back again.  ()", "What else?"]


async def test_a_reply_is_said_once(desk: Project, outside: Outside, start: Start) -> None:
    """By its messageId; another text under the same one is refused."""
    live = await start()
    id = await hands_over(live)
    await does(live, "ada", "take", id)
    first = await does(live, "ada", "reply", id, {"text": "hello", "messageId": "m1"})
    again = await does(live, "ada", "reply", id, {"text": "hello", "messageId": "m1"})
    assert again == {"traceId": first["traceId"], "replayed": True}
    other = await asks(live, "ada", "POST", f"/{id}/reply", {"text": "other", "messageId": "m1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    await live.ends(first["traceId"])
    await does(live, "ada", "reply", id, {"text": "end"})
    await until(lambda: "end" in outside.texts())
    assert outside.texts().count("hello") == 1


async def test_late_words_change_nothing(desk: Project, outside: Outside, start: Start) -> None:
    """The user has gone back to the bot: the agent is told, and nothing reaches the user."""
    live = await start()
    id = await hands_over(live)
    await does(live, "ada", "take", id)
    assert await live.say("shop", "never mind") == ["As you like.", "What else?"]
    for what, body in [("reply", {"text": "late"}), ("resolve", {}), ("note", {"text": "n"})]:
        refused = await asks(live, "ada", "POST", f"/{id}/{what}", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "handover_closed"), what
    (row,) = await queue(live, "closed")
    assert row["outcome"] == "cancelled"
    assert "late" not in outside.texts()


async def test_again_in_the_same_session(desk: Project, outside: Outside, start: Start) -> None:
    """The second one has what was said since the first, and nothing of the first comes again."""
    live = await start()
    first = await hands_over(live)
    await does(live, "ada", "take", first)
    await does(live, "ada", "reply", first, {"text": "first agent"})
    await live.ends((await does(live, "ada", "resolve", first, {}))["traceId"])
    second = await hands_over(live)
    assert second != first
    transcript = (await asks(live, "ada", "GET", f"/{second}/transcript")).json()
    texts = [entry["text"] for entry in transcript["before"]]
    assert "first agent" not in texts
    assert texts[-4:] == ["hi", "Your name?", "Tim", "One moment, please."]


async def test_over_a_restart(desk: Project, outside: Outside, start: Start) -> None:
    """All of it lies in the store."""
    live = await start()
    id = await hands_over(live)
    await does(live, "ada", "take", id)
    await live.restart()
    await live.send("shop", "are you there?")
    await does(live, "ada", "reply", id, {"text": "yes"})
    await until(lambda: "yes" in outside.texts())
    transcript = (await asks(live, "ada", "GET", f"/{id}/transcript")).json()
    assert [entry["text"] for entry in transcript["messages"]] == [
        "A colleague is here.", "are you there?", "yes",
    ]  # fmt: skip


async def test_who_is_there(desk: Project, outside: Outside, start: Start) -> None:
    """A flow may ask first; agents say that they are there."""
    desk.flow("ask", 'nodes: [{check_availability: {store: context.n}}, {say: "{{ context.n }} there"}]')
    desk.endpoint("ask")
    live = await start()
    assert await live.say("ask", "hi") == ["0 there"]
    for who in ("ada", "bob"):
        await asks(live, who, "POST", "/presence", {"available": True})
    assert (await asks(live, "rita", "GET", "/presence")).json() == {"available": ["ada", "bob"]}
    assert await live.say("ask", "hi") == ["2 there"]
    await asks(live, "ada", "POST", "/presence", {"available": False})
    assert await live.say("ask", "hi") == ["1 there"]


async def test_texts_that_are_ready(desk: Project, start: Start) -> None:
    """With the user's profile in them."""
    desk.settings["handovers"] = {
        "desk": {
            "provider": "desk",
            "texts": {
                "hello": "Hello {{ profile.firstname }}!",
                "nobody": "{{ profile.nothing }}",
                "age": "You are {{ profile.firstname / 2 }}.",
            },
        }
    }
    live = await start()
    id = await hands_over(live)
    hello, nobody, age = (await asks(live, "ada", "GET", f"/{id}/texts")).json()["texts"]
    assert hello == {"name": "hello", "text": "Hello Tim!"}
    assert nobody == {"name": "nobody", "text": ""}
    assert (age["name"], age["text"]) == ("age", "")
    assert age["problem"]


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("Hello {{ profile.firstname( }}!", 20, "bad-expression"),
        ("Hello {{ context.name }}!", 10, 'texts for agents know no name "context"'),
        ("Hello {{ profil.name }}!", 10, 'did you mean "profile"'),
        ("{{ vars.shop_nam }}", 4, 'no "shop_nam" under "vars"'),
    ],
)
async def test_a_ready_text_that_cannot_be_rendered_is_a_problem_of_the_configuration(
    desk: Project, start: Start, text: str, where: int, message: str
) -> None:
    """At its place, before an agent could choose it."""
    desk.settings["vars"] = {"shop_name": "Mario's"}
    desk.settings["handovers"] = {"desk": {"provider": "desk", "texts": {"hello": text}}}
    with pytest.raises(AssertionError) as refused:
        await start()
    [problem] = refused.value.args
    line = next(
        n for n, line in enumerate((desk.root / "config.yaml").read_text().splitlines(), 1) if text in line
    )
    assert (problem.line, problem.file.rpartition("/")[2]) == (line, "config.yaml")
    written = (desk.root / "config.yaml").read_text().splitlines()[line - 1]
    assert problem.column > written.index('"', written.index(":")) + where - 3
    assert message in f"{problem} {problem.hint} {problem.code}"


async def test_nobody_to_hand_over_to(desk: Project, start: Start) -> None:
    """``handover: null``: the flow takes ``on_error`` at once."""
    desk.endpoint("shop", handover=None)
    live = await start()
    await live.say("shop", "hi")
    assert await live.say("shop", "Tim") == ["Nobody is there: unsupported.", "What else?"]


async def test_a_session_that_is_reset(desk: Project, start: Start) -> None:
    """Its handover is over, whatever the agent still does."""
    live = await start()
    id = await hands_over(live)
    await does(live, "ada", "take", id)
    await live.api("POST", "/sessions/shop/u1/s1/reset")
    assert await live.say("shop", "hi") == ["Your name?"]
    assert (await asks(live, "ada", "POST", f"/{id}/reply", {"text": "x"})).json()[
        "code"
    ] == "handover_closed"


async def test_erasing_the_user(desk: Project, start: Start) -> None:
    """The export has what was said in it, and after the erasure there is none."""
    live = await start()
    id = await hands_over(live)
    await live.send("shop", "my secret")
    await does(live, "ada", "take", id)
    await does(live, "ada", "note", id, {"text": "a note on him"})
    exported = await live.api("GET", "/users/u1/export")
    assert "my secret" in repr(exported["handovers"])
    assert "a note on him" in repr(exported["handovers"])
    await live.api("DELETE", "/users/u1")
    assert (await asks(live, "ada", "GET", f"/{id}")).status_code == 404


async def test_live_events(desk: Project, start: Start) -> None:
    """An agent hears what happens at the desk, and of nothing else."""
    live = await start()
    heard: list[str] = []

    async def listen() -> None:
        headers = {"authorization": "Bearer the-key-of-ada"}
        async with live.http.stream("GET", "/api/events", headers=headers) as stream:
            assert stream.status_code == 200
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    heard.append(line.removeprefix("event: "))

    listening = asyncio.create_task(listen())
    try:
        await asyncio.sleep(0)
        await eventually(lambda: _listened(live))
        id = await hands_over(live)
        await live.send("shop", "hello?")
        await does(live, "ada", "take", id)
        await does(live, "ada", "typing", id)
        await live.ends((await does(live, "ada", "resolve", id, {}))["traceId"])
        await until(lambda: "handover.closed" in heard)
    finally:
        listening.cancel()
    wanted = {
        "handover.requested", "handover.message", "handover.active", "handover.typing", "handover.closed",
    }  # fmt: skip
    assert wanted == set(heard)


async def _listened(live: Live) -> bool:
    return live.services.events.hears(EventType.HANDOVER_TYPING)


async def test_places_in_the_queue(project: Project, outside: Outside, start: Start) -> None:
    """Each user hears his place, once, whenever it changes; and how long those before him waited."""
    project.flow("shop", """
nodes:
  - id: agent
    handover: {text: "One moment.", queue_updates: true}
    on_queue: {say: "{{ input.handover.data.position }}"}
    on_active: {set: {context.waited: "{{ input.handover.data.estimatedWaitTime }}"}}
""")  # fmt: skip
    project.endpoint("shop")
    project.settings["admin_keys"] = KEYS
    live = await start()
    for number in (1, 2, 3):
        assert await live.say("shop", "help", f"s{number}") == ["One moment."]
        await until(lambda session=f"s{number}", at=number: str(at) in outside.texts(session))
    first, second, _ = await queue(live)
    await does(live, "ada", "take", first["id"])
    await until(lambda: outside.texts("s3")[-1] == "2")
    await does(live, "ada", "release", first["id"])  # back at its old place, which it has heard
    await does(live, "ada", "take", second["id"])
    await until(lambda: outside.texts("s2") == ["One moment.", "2", "1"])
    assert outside.texts("s3") == ["One moment.", "3", "2"]
