"""The record of each input: what it tells, what nodes overwrite in it, and when there is none."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.machine import PATIENCE

from flowhook.harness.clocks import FakeClock
from flowhook.model.inbound import JsonObject
from flowhook.runtime.observe.analytics_view import may_be_learned, shown_record
from flowhook.testing import Bot

from .conftest import Open

SHOP = """
intents:
  order: {examples: ["I want a pizza", "one pizza please", "can I order a pizza"], entry: size}
nodes:
  - say: "Hello."
  - stop:
  - id: size
    ask: {text: "Which size?", type: choice, choices: [small, large], store: context.size}
  - track: {step: size chosen}
  - track: ordered
  - analytics: {custom1: "{{ context.size }}", custom2: counter}
  - say: "A {{ context.size }} one."
"""


async def records(bot: Bot, **query: Any) -> list[JsonObject]:
    """What is kept, oldest first."""
    found = await bot.services.store.analytics.find(**query)
    return [shown_record(record) for record in found]


async def test_each_input_has_a_record(open_turns: Open) -> None:
    """Who and when, what was said and understood, where the flow went, how long it took."""
    async with open_turns(SHOP) as bot:
        await bot.says("I want a pizza")
        await bot.clock.advance("1m")
        await bot.says("a purple one")
        await bot.says("large")
        asked, wrong, ordered = await records(bot)
    assert asked["inputText"] == "I want a pizza"
    assert (asked["intent"], asked["understood"]) == ("order", True)
    assert asked["intentScore"] > 0.5
    assert (asked["flow"], asked["node"], asked["path"]) == ("main", "main/size", ["main/size"])
    assert (asked["endpointName"], asked["sessionId"], asked["kind"]) == ("test", "session", "message")
    assert (asked["channel"], asked["locale"], asked["mode"]) == ("webhook", "en", "text")
    assert (asked["execution"], asked["status"], asked["test"], asked["handover"]) == (1, "done", False, 0)
    assert len(asked["inputId"]) == 32
    assert len(asked["contactId"]) == 32
    assert "user" not in asked.values()
    assert asked["ms"] >= 0
    assert asked["timestamp"] < wrong["timestamp"]
    assert asked["timestamp"].endswith("Z")
    assert wrong["understood"] is False
    assert (ordered["understood"], ordered["intent"], ordered["node"]) == (True, None, None)
    assert (ordered["steps"], ordered["goals"]) == (["size chosen"], ["ordered"])
    assert (ordered["custom1"], ordered["custom2"], ordered["custom3"]) == ("large", "counter", None)


@pytest.mark.parametrize(
    ("flow", "said", "understood"),
    [
        ("nodes: [{say: hi}]", {"text": "anything"}, None),
        ("nodes: [{say: hi}]", {"data": {"a": 1}}, None),
        (SHOP, {"text": "completely different things"}, False),
        (SHOP, {"data": {"a": 1}}, None),
        (SHOP, {"text": "I want a pizza"}, True),
    ],
    ids=["nobody listens", "data, nobody listens", "not understood", "data", "understood"],
)
async def test_understood(open_turns: Open, flow: str, said: dict[str, Any], understood: bool | None) -> None:
    """Null where nothing was to be understood: such inputs count in no share."""
    async with open_turns(flow) as bot:
        await bot.says(said.get("text"), data=said.get("data"))
        (record,) = await records(bot)
    assert record["understood"] is understood


@pytest.mark.parametrize(
    ("question", "answer", "understood"),
    [
        ("type: number, store: context.x", "seven", True),
        ("type: number, store: context.x", "no idea", False),
        ("type: number, store: context.x, attempts: 1", "no idea", False),
        ("type: number", "seven", True),
        ('type: number, store: context.x, confirm: "{{ answer }}, right?"', "seven", True),
        ("type: any, store: context.x", "no idea", True),
    ],
    ids=["answer", "wrong", "last wrong", "not stored", "to be confirmed", "anything"],
)
async def test_an_answer_is_understood(
    open_turns: Open, question: str, answer: str, understood: bool
) -> None:
    """With a question waiting, its answer is what was to be understood, also where no engine reads."""
    flow = (
        f'nodes: [{{id: q, ask: {{text: "How many?", {question}}}, on_fail: [{{say: Well.}}]}}, {{say: So.}}]'
    )
    async with open_turns(flow) as bot:
        await bot.says("hi")
        await bot.says(answer)
        _, record = await records(bot)
    assert record["understood"] is understood


async def test_nodes_overwrite(open_turns: Open) -> None:
    """Every field; the last node counts, and what is empty overwrites nothing."""
    flow = """
    nodes:
      - analytics: {custom1: first, custom2: kept, custom10: "{{ context.nothing }}", understood: false}
      - analytics: {custom1: last, custom2: "", intent: order, intent_score: 0.5, intent_flow: other,
                    input_text: "(hidden)", input_data: {a: 1}, state: done, slots: {size: [large]},
                    completed_goals: [paid], understood: true, handover: 2, rating: 4.5}
      - say: "{{ input.text }}"
    """
    async with open_turns(flow) as bot:
        assert await bot.says("hi", data={"b": 2}) == ["hi"]
        (record,) = await records(bot)
        trace = (await bot.services.store.traces.find())[0].trace
    assert {name: record[name] for name in ("custom1", "custom2", "custom10", "intent", "intentScore")} == {
        "custom1": "last", "custom2": "kept", "custom10": None, "intent": "order", "intentScore": 0.5,
    }  # fmt: skip
    assert {name: record[name] for name in ("intentFlow", "inputText", "inputData", "state", "slots")} == {
        "intentFlow": "other", "inputText": "(hidden)", "inputData": {"a": 1}, "state": "done",
        "slots": {"size": ["large"]},
    }  # fmt: skip
    assert (record["goals"], record["understood"], record["handover"]) == (["paid"], True, 2)
    assert record["rating"] == 4.5
    assert trace["steps"][1]["changed"]["analytics.custom1"] == "last"


async def test_an_input_may_not_count(open_turns: Open) -> None:
    """understood: not_counted is null in the record."""
    async with open_turns(SHOP.replace('say: "Hello."', "analytics: {understood: not_counted}")) as bot:
        await bot.says("completely different things")
        (record,) = await records(bot)
    assert record["understood"] is None


async def test_names_are_made_usable(open_turns: Open) -> None:
    """A custom field is cut at 1024 characters, a tracked name loses what it may not hold; both warn."""
    flow = 'nodes: [{analytics: {custom3: "{{ input.text }}"}}, {track: {step: "a/{{ input.text }}"}}]'
    async with open_turns(flow) as bot:
        await bot.says("b" * 2000)
        (record,) = await records(bot)
        steps = (await bot.services.store.traces.find())[0].trace["steps"]
    assert record["custom3"] == "b" * 1024
    assert record["steps"] == ["a" + "b" * 127]
    assert all(step["warnings"] for step in steps)


async def test_what_was_said_of_an_input_outlives_its_segments(open_turns: Open) -> None:
    """What nodes said before a pause is still in the record that is written at the end."""
    flow = "nodes: [{analytics: {custom1: before}}, {track: started}, {sleep: 1s}, {track: {step: slept}}]"
    async with open_turns(flow) as bot:
        await bot.says("hi")
        await bot.clock.advance("2s")
        (record,) = await records(bot)
    assert (record["custom1"], record["goals"], record["steps"]) == ("before", ["started"], ["slept"])
    assert record["path"] == ["main/#0", "main/#1", "main/#2", "main/#3"]


async def test_what_fails_has_a_record_and_what_is_no_input_has_none(open_turns: Open) -> None:
    """A failed turn counts as failed; timers, notifies and inbounds that are discarded are no inputs."""
    flow = """
    nodes:
      - if: input.text == 'fail'
        then: [{http_request: {url: "http://a.test/", retries: 0}}]
      - id: q
        ask: {text: "Well?", timeout: 1m}
        on_timeout: [{say: "Still there?"}]
    """
    async with open_turns(flow) as bot:
        await bot.says("hello")
        await bot.clock.advance("2m")
        await bot.notify("news")
        await bot.inject("order 7 is ready")
        bot.http.reply("GET", "http://a.test/", status=500)
        await bot.services.sessions.reset(bot.session_id)
        await bot.says("fail")
        found = await records(bot)
    assert [(record["inputText"], record["kind"], record["status"]) for record in found] == [
        ("hello", "message", "done"), ("order 7 is ready", "inject", "done"), ("fail", "message", "failed"),
    ]  # fmt: skip


async def test_switched_off(open_turns: Open) -> None:
    """Without privacy.analytics nothing is kept, and the nodes do no harm."""
    async with open_turns(SHOP, endpoint={"privacy": {"analytics": False}}) as bot:
        await bot.says("I want a pizza")
        assert await bot.says("large") == ["A large one."]
        assert await records(bot) == []


PLUGIN = """
from flowhook import Node, hookimpl

class Count(Node):
    '''Counts in the analytics.'''

    key = "count"
    field: str = "custom1"

    async def run(self, turn):
        turn.analytics(**{self.field: turn.input["text"], "understood": True})
        turn.track(goal="counted", step="seen")

@hookimpl
def register_nodes():
    return [Count]
"""


async def test_a_plugin_edits_the_record(open_turns: Open) -> None:
    """A node of a plugin overwrites fields and tracks; a field that is none is its failure, in words."""
    flow = "nodes: [{count: {}}, {count: {field: custom11}, on_error: [{say: '{{ error.message }}'}]}]"
    async with open_turns(flow, plugins={"counting": PLUGIN}) as bot:
        (said,) = await bot.says("hi")
        (record,) = await records(bot)
    assert (record["custom1"], record["understood"]) == ("hi", True)
    assert (record["goals"], record["steps"]) == (["counted"], ["seen"])
    assert "custom11" not in record
    assert "count" in said


async def test_who_is_forgotten_leaves_no_record(open_turns: Open) -> None:
    """Neither of a session nor of a user; those of others stay."""
    async with open_turns(SHOP) as bot:
        await bot.says("hi")
        first = bot.session_id
        bot._harness.ref = type(first)("test", "user", "second")
        await bot.says("hi")
        bot._harness.ref = type(first)("test", "another", "session")
        await bot.says("hi")
        store = bot.services.store

        async def kept() -> list[str]:
            return [shown_record(record)["sessionId"] for record in await store.analytics.of_user("user")]

        assert await kept() == ["session", "second"]
        await bot.services.sessions.forget(ref=first)
        assert await kept() == ["second"]
        await bot.services.sessions.forget(user_id="user")
        assert await store.analytics.of_user("user") == []
        assert len(await records(bot)) == 1


async def test_who_gives_up_waiting_has_forgotten_all_the_same(open_turns: Open) -> None:
    """Else a caller whose connection broke would leave a part behind that no list shows."""
    async with open_turns("nodes: [{say: one}]") as bot:
        await bot.says("hi")
        store = bot.services.store
        forgetting = asyncio.create_task(bot.services.sessions.forget(user_id="user"))
        await asyncio.sleep(0)
        forgetting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await forgetting
        async with asyncio.timeout(PATIENCE):
            while await store.analytics.of_user("user") or await store.sessions.of_user("user"):
                pass


async def test_records_have_a_retention(open_turns: Open, clock: FakeClock) -> None:
    """They outlive the session and what was said in it, and go when their own time is over."""
    async with open_turns(SHOP, retention={"sessions": "1h", "transcripts": "1h", "analytics": "10h"}) as bot:
        await bot.says("hi")
        ages = bot.services.config.retention.model_dump()
        sweep = bot.services.store.retention.sweep
        while any((await sweep(clock.now() + 2 * 3600.0, ages)).values()):
            pass
        assert len(await records(bot)) == 1
        assert (await sweep(clock.now() + 11 * 3600.0, ages))["analytics"] == 1
        assert await records(bot) == []


async def test_records_are_found_by_time_endpoint_and_page(open_turns: Open, clock: FakeClock) -> None:
    """Oldest first; those of tests only where they are asked for."""
    async with open_turns(SHOP) as bot:
        began = clock.now()
        for text in ("a", "b", "c"):
            await bot.says(text)
            await bot.says(text)
            await bot.clock.advance("1m")
        endpoint = bot.services.endpoints.by_name("test")
        assert endpoint is not None
        await bot.services.intake.submit(
            endpoint, "test", {"userId": "user", "sessionId": "trial", "text": "d"}
        )
        await bot.settle()
        find = bot.services.store.analytics.find
        middle = await records(bot, since=began + 1, until=began + 61)
        assert [record["inputText"] for record in middle] == ["b"] * 2
        assert await find(endpoint="other") == []
        texts: list[str] = []
        after = None
        while page := await find(tests=True, limit=2, after=after):
            texts += [shown_record(record)["inputText"] for record in page]
            after = (page[-1].at, page[-1].row)
        assert "".join(texts) == "aabbccd"
        assert len(await records(bot)) == 6


@pytest.mark.parametrize("privacy", [{"mask_analytics": True}, {}], ids=["endpoint", "blind"])
async def test_masked_analytics_hold_nothing_that_was_said(
    open_turns: Open, privacy: dict[str, bool]
) -> None:
    """Text, data, slots and what templates made of them are ****; what the flow itself names stays. A blind
    mode does the same, also with the input that switches it on."""
    flow = """
    slots: {dish: {values: {soup: [broth]}}}
    intents: {order: {examples: ["I want soup", "soup please"]}}
    nodes:
      - analytics: {custom1: "said {{ input.text }}", custom2: counter, custom3: "{{ 1 + 1 }}", handover: 1}
      - track: {goal: "got {{ input.text }}", step: asked}
      - if: vars.blind
        then: [{blind: {mask_analytics: true}}]
      - say: "{{ input.slots.dish }}"
    """
    said = {"text": "I want soup, Ada", "data": {"card": 4711}}
    async with open_turns(flow, endpoint={"privacy": privacy}, vars={"blind": not privacy}) as bot:
        await bot.says(said["text"], data=said["data"])
        (record,) = await records(bot)
    assert {name: record[name] for name in ("inputText", "inputData", "custom1", "custom2")} == {
        "inputText": "****", "inputData": {"card": "****"}, "custom1": "****", "custom2": "counter",
    }  # fmt: skip
    assert (record["slots"], record["goals"], record["steps"]) == ({"dish": ["****"]}, ["****"], ["asked"])
    assert (record["intent"], record["handover"], record["understood"]) == ("order", 1, True)
    for word in ("Ada", "4711", "soup"):
        assert word not in json.dumps(record)


@pytest.mark.parametrize("blind", [True, False])
async def test_a_blind_text_is_not_learned_from(open_turns: Open, blind: bool) -> None:
    """It is kept as a record, which says so to nobody but those who collect texts."""
    flow = """
    intents: {order: {examples: ["I want soup", "soup please"]}}
    nodes:
      - if: vars.blind
        then: [{blind: {disable_intent_trainer: true}}]
      - say: "What?"
    """
    async with open_turns(flow, vars={"blind": blind}) as bot:
        await bot.says("zeppelins over berlin")
        (row,) = await bot.services.store.analytics.find()
    assert may_be_learned(row) is not blind
    assert shown_record(row)["inputText"] == "zeppelins over berlin"
    assert not {"notLearned"} & set(shown_record(row))
