"""Which intent wins, and where it takes an input while no question waits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowhook.engine.effects import Failure, HttpCall, HttpResult, Understand
from flowhook.engine.flow import Flow, Library, SlotRule, State
from flowhook.engine.turn.intent_scope import in_force, intent_scope, slots_in_force
from flowhook.model.inbound import Kind
from flowhook.model.session import Frame, Session
from flowhook.model.understanding import Ranked, Slot, Understanding
from tests.engine.conversation import Builder, Conversation

NAME = {"say": "{{ input.intent or 'none' }}"}
TELL = {"say": "{{ input.intent }} {{ input.intentScore }} {{ input.text }}"}


def flow(name: str, *items: Any, **rest: Any) -> Flow:
    return Builder().flow(name, list(items), **rest)


def talk(*flows: Flow, **rest: Any) -> Conversation:
    return Conversation(flows=list(flows), **rest)


def ranking(*pairs: tuple[str, float], flow: str = "", **rest: Any) -> Understanding:
    return Understanding(ranking=[Ranked(name, score, flow) for name, score in pairs], **rest)


# --- which intents are in force ----------------------------------------------------------------------


def test_the_flow_on_top_is_in_force() -> None:
    """A called flow with neither intents nor attached flows keeps those of the nearest caller."""
    main = flow("main", intents={"order": {}})
    plain, other = flow("plain"), flow("other", intents={"pay": {}})
    library = Library({item.name: item for item in (main, plain, other)})

    def names(*frames: str) -> str | None:
        found = in_force(library, Session([Frame(name) for name in frames]))
        return found.name if found is not None else None

    assert names("main") == "main"
    assert names("main", "plain") == "main"
    assert names("main", "other") == "other"
    assert names("main", "other", "plain") == "other"
    assert names("plain") == "plain"  # nothing understands anything there: the flow on top
    assert names("plain", "gone") is None


def test_an_attached_flow_is_reason_enough_to_be_in_force() -> None:
    """So a called flow that only attaches one has intents of its own."""
    library = Library({
        "main": flow("main", intents={"order": {}}),
        "sub": flow("sub", attach=("chat",)),
        "chat": flow("chat", intents={"joke": {}}),
    })  # fmt: skip
    found = in_force(library, Session([Frame("main"), Frame("sub")]))
    assert found is not None
    assert found.name == "sub"


def test_own_intents_come_before_attached_ones_and_disabled_ones_nowhere() -> None:
    """In order of the file, then of ``attach``."""
    main = flow("main", intents={"b": {}, "a": {}, "off": {"disabled": True}}, attach=("y", "x", "gone"))
    others = {name: flow(name, intents={f"{name}1": {}}) for name in ("x", "y")}
    library = Library({"main": main, **others})
    assert [name for _, name in intent_scope(library, main).intents] == ["b", "a", "y1", "x1"]


def test_slots_of_called_flows_are_looked_for_too() -> None:
    """A called flow keeps the caller's intents, and adds its own slots."""
    main = flow("main", intents={"order": {}}, slots={"size": SlotRule("size")})
    sub = flow("sub", slots={"street": SlotRule("street")})
    library = Library({"main": main, "sub": sub})
    assert set(slots_in_force(library, Session([Frame("main"), Frame("sub")]))) == {"size", "street"}
    assert set(slots_in_force(library, Session([Frame("main")]))) == {"size"}


# --- rules -------------------------------------------------------------------------------------------


def test_a_rule_wins_outright() -> None:
    """Score 1, whatever the examples say; its intent's condition does not count (4.2)."""
    main = flow(
        "main", TELL, intents={"order": {}, "stop": {"rules": "input.text == 'halt'", "condition": "false"}}
    )
    heard = talk(main)
    assert heard.hears("halt", "order 0.99") == ["stop 1.0 halt"]
    assert heard.hears("hello", "order 0.99") == ["order 0.99 hello"]


def test_rules_need_no_understanding() -> None:
    """Neither an engine nor a text: data alone may mean something."""
    intents = {"paid": {"rules": "input.data.event == 'paid'", "entry": "thanks"}}
    heard = talk(flow("main", {"say": "no"}, {"id": "thanks", "say": "Thanks"}, intents=intents))
    assert heard.says(data={"event": "paid"}) == ["Thanks"]
    assert heard.says(data={"event": "paid"}, kind=Kind.INJECT) == ["Thanks"]
    assert heard.says(data={"event": "else"}) == ["no", "Thanks"]


def test_rules_cannot_read_intents_but_slots() -> None:
    """What the examples say is not known while rules are tried (4.2)."""
    intents = {
        "a": {"rules": "input.intent == 'order' or input.intentScore > 0"},
        "b": {"rules": "input.slots.size and input.type == 'Greeting'"},
        "order": {},
    }
    heard = talk(flow("main", NAME, intents=intents))
    assert heard.hears("x", Understanding("order", 0.9)) == ["order"]
    assert heard.hears("x", Understanding("order", 0.9, slots={"size": ["s"]}, type="Greeting")) == ["b"]


def test_of_several_rules_the_priority_then_own_then_the_order_counts() -> None:
    """All that hold are named in the trace."""
    main = {"low": {"rules": "true"}, "next": {"rules": ["false", "true"]}, "not": {"rules": "false"}}
    chat = flow("chat", intents={"urgent": {"rules": "true", "priority": 2}, "joke": {"rules": "true"}})
    heard = talk(flow("main", TELL, intents=main, attach=("chat",)), chat)
    heard.says("x")
    assert heard.run.turn.input["intent"] == "urgent"
    assert heard.run.turn.input["intentFlow"] == "chat"
    saw = heard.run.steps[0].saw
    assert saw["rules"] == {"tried": 5, "held": ["chat/urgent", "low", "next", "chat/joke"]}
    heard = talk(flow("main", TELL, intents=main))
    assert heard.says("x") == ["low 1.0 x"]


def test_a_broken_rule_does_not_hold() -> None:
    """It warns in the trace instead."""
    heard = talk(flow("main", TELL, intents={"bad": {"rules": "1 / 0 > 1"}, "good": {"rules": "true"}}))
    assert heard.says("x") == ["good 1.0 x"]
    assert any("1 / 0" in warning for warning in heard.warnings)


def test_only_rules_of_flows_in_force_are_tried() -> None:
    """A flow that merely was loaded costs nothing."""
    other = flow("other", intents={"x": {"rules": "true"}})
    heard = talk(flow("main", TELL, intents={"y": {"rules": "false"}}), other)
    assert heard.says("t") == [" 0.0 t"]
    assert heard.run.steps[0].saw["rules"] == {"tried": 1, "held": []}


# --- thresholds, conditions, hierarchy, rejection ----------------------------------------------------


def test_a_score_of_at_least_the_confidence_counts() -> None:
    """0.4 by default; of the intent, else of the flow (4.5: ≥ everywhere)."""
    intents: dict[str, Any] = {"order": {}, "sure": {"confidence": 0.8}}
    heard = talk(flow("main", NAME, intents=intents))
    assert heard.hears("x", "order 0.4") == ["order"]
    assert heard.hears("x", "order 0.39") == ["none"]
    assert heard.hears("x", "sure 0.79") == ["none"]
    assert heard.hears("x", "sure 0.8") == ["sure"]
    strict = talk(flow("main", NAME, intents=intents, settings={"confidence": 0.7}))
    assert strict.hears("x", "order 0.69") == ["none"]
    assert strict.hears("x", "order 0.7") == ["order"]


def test_what_does_not_reach_its_own_threshold_makes_room() -> None:
    """The next one may count."""
    heard = talk(flow("main", TELL, intents={"sure": {"confidence": 0.9}, "order": {}}))
    assert heard.hears("x", ranking(("sure", 0.7), ("order", 0.6))) == ["order 0.6 x"]
    reasons = {intent["name"]: intent["reason"] for intent in heard.run.turn.input["nlu"]["intents"]}
    assert reasons == {"sure": "confidence", "order": "examples"}


def test_an_attached_flow_brings_its_own_thresholds() -> None:
    """1.6: the thresholds are those of the flow that has the intent."""
    chat = flow("chat", intents={"joke": {}}, settings={"confidence": 0.9})
    heard = talk(flow("main", NAME, intents={"order": {}}, attach=("chat",)), chat)
    assert heard.hears("x", ranking(("joke", 0.85), flow="chat")) == ["none"]
    assert heard.hears("x", ranking(("joke", 0.95), flow="chat")) == ["joke"]


def test_a_condition_switches_an_intent_off() -> None:
    """For this input; the next best may win (4.3)."""
    intents: dict[str, Any] = {"refund": {"condition": "context.paid"}, "help": {}}
    heard = talk(flow("main", TELL, intents=intents), context={"paid": False})
    understood = ranking(("refund", 0.9), ("help", 0.5))
    assert heard.hears("x", understood) == ["help 0.5 x"]
    heard.context["paid"] = True
    assert heard.hears("x", understood) == ["refund 0.9 x"]


def test_the_path_leads_from_the_parent_to_the_winner() -> None:
    """``input.intent`` is the most specific one (4.4)."""
    intents = {"order": {}, "food": {"parent": "order"}, "pizza": {"parent": "food"}}
    heard = talk(flow("main", {"say": "{{ input.intentPath | join('/') }}"}, intents=intents))
    assert heard.hears("x", "pizza 0.9") == ["order/food/pizza"]
    assert heard.hears("x", "order 0.9") == ["order"]
    assert heard.hears("x", ranking(("order", 0.8), ("pizza", 0.8))) == ["order/food/pizza"]


def test_a_rejected_text_means_nothing_but_what_rules_say() -> None:
    """The reject examples won (4.5)."""
    heard = talk(flow("main", NAME, intents={"a": {}, "b": {"rules": "input.text == 'b'"}}))
    assert heard.hears("x", ranking(("a", 0.9), rejected=True)) == ["none"]
    assert heard.run.turn.input["nlu"]["rejected"] is True
    assert heard.hears("b", ranking(("a", 0.9), rejected=True)) == ["b"]


def test_a_disabled_intent_never_wins() -> None:
    """Neither by rule nor by what an engine says."""
    intents: dict[str, Any] = {"off": {"disabled": True, "rules": "true", "entry": "x"}, "on": {}}
    heard = talk(flow("main", {"id": "x", **NAME}, intents=intents))
    assert heard.hears("x", "off 0.99") == ["none"]
    assert heard.hears("x", ranking(("off", 0.99), ("on", 0.5))) == ["on"]


@pytest.mark.parametrize(
    ("mapping", "winner"), [("joint", "joke"), ("main_first", "order"), ("attached_first", "joke")]
)
def test_how_attached_flows_compete(mapping: str, winner: str) -> None:
    """joint: the best of all; else one group only where the other found nothing (1.6)."""
    chat = flow("chat", intents={"joke": {}})
    settings = {"mapping": mapping}
    main = flow("main", NAME, intents={"order": {}}, attach=("chat",), settings=settings)
    heard = talk(main, chat)

    def both(order: float, joke: float) -> Understanding:
        return Understanding(ranking=[Ranked("order", order), Ranked("joke", joke, "chat")])

    assert heard.hears("x", both(0.5, 0.9)) == [winner]
    assert heard.hears("x", both(0.5, 0.1)) == ["order"]
    assert heard.hears("x", both(0.1, 0.5)) == ["joke"]


# --- what engines and hooks answer -------------------------------------------------------------------


def test_an_engine_of_a_plugin_names_intent_and_score() -> None:
    """The name is looked for among own intents, then among attached ones."""
    chat = flow("chat", {"id": "j", "say": "Ha!"}, intents={"joke": {"entry": "j"}})
    heard = talk(flow("main", {"say": "main"}, intents={"order": {}}, attach=("chat",)), chat)
    assert heard.hears("x", "joke 0.8") == ["Ha!"]
    assert heard.run.turn.input["intentFlow"] == "chat"


def test_an_intent_that_only_the_engine_knows_counts_by_its_name() -> None:
    """In a flow without intents, whatever its score."""
    heard = talk(flow("main", {"say": "{{ input.intent }} {{ input.intentFlow }}"}))
    assert heard.hears("x", "book_flight 0.1") == ["book_flight main"]
    strict = talk(flow("main", NAME, settings={"confidence": 0.5}))
    assert strict.hears("x", "book_flight 0.1") == ["none"]


def test_an_intent_that_a_hook_puts_beside_the_ranking_comes_first() -> None:
    """``after_nlu`` may replace the winner."""
    understood = ranking(("order", 0.9))
    understood.intent, understood.score = "help", 0.95
    heard = talk(flow("main", TELL, intents={"order": {}, "help": {}}))
    assert heard.hears("x", understood) == ["help 0.95 x"]


def test_input_tells_what_was_understood() -> None:
    """Slots with their places, yes or no, and why each intent counts or not."""
    found = {
        "topping": [
            Slot("mushroom", "champignons", 3, 14, {"vegan": True}),
            Slot("ham", "ham", 20, 23, None, True),
        ]
    }
    understood = ranking(("order", 0.9), ("help", 0.1), found=found, answer=True, type="pAnswer")
    heard = talk(flow("main", {"say": "x"}, intents={"order": {}, "help": {}}))
    heard.hears("no champignons", understood)
    seen = heard.run.turn.input
    assert seen["slots"] == {"topping": ["mushroom"]}
    assert seen["understood"] is True
    assert seen["nlu"]["yesNo"] is True
    assert seen["nlu"]["slots"]["topping"][1] == {
        "value": "ham", "text": "ham", "start": 20, "end": 23, "data": None, "negated": True,
    }  # fmt: skip
    assert seen["nlu"]["intents"][0] == {"name": "order", "score": 0.9, "flow": "main", "reason": "examples"}
    json.dumps(seen)
    heard.says("x")
    assert heard.run.turn.input["understood"] is False


def test_slots_fill_what_they_store() -> None:
    """The first value found that is wanted, whenever a text is read; nothing found changes nothing."""
    slots = {
        "size": SlotRule("size", store=("context", "size")),
        "n": SlotRule("n", store=("context", "a", "n")),
    }
    heard = talk(flow("main", {"say": "{{ context.size }}"}, intents={"order": {}}, slots=slots))
    found = {"size": [Slot("small", "small", negated=True), Slot("large", "big"), Slot("huge", "huge")]}
    assert heard.hears("not small but big", Understanding(found=found)) == ["large"]
    assert heard.hears("hello", Understanding()) == ["large"]
    heard.hears("two", Understanding(slots={"n": 2, "unknown": [1]}))
    assert heard.context["a"] == {"n": 2}


def test_a_slot_that_cannot_be_stored_warns() -> None:
    """The turn goes on."""
    slots = {"n": SlotRule("n", store=("context", "a", "n"))}
    heard = talk(flow("main", {"say": "ok"}, slots=slots), context={"a": "text"})
    assert heard.hears("two", Understanding(slots={"n": [2]})) == ["ok"]
    assert any("no mapping" in warning for warning in heard.warnings)


# --- states ------------------------------------------------------------------------------------------

STATES = {
    "paying": State("paying", allow=frozenset({"confirm"})),
    "closed": State("closed", block=frozenset({"order"})),
}
ORDER = {"order": {"rules": "input.text == 'o'", "entry": "e"}, "confirm": {}, "big": {"parent": "order"}}


def in_states(state: str | None = None, **rest: Any) -> Conversation:
    items = [
        {"if": "input.text == 'set'", "then": [{"state": "{{ input.data.to }}"}]},
        {"say": "{{ input.intent }}|{{ input.intentOutOfState }}|{{ input.state }}"},
        {"stop": None},
        {"id": "e", "say": "entered"},
    ]
    return talk(flow("main", *items, intents=ORDER, states=STATES, state=state, **rest))


def test_a_state_holds_intents_back() -> None:
    """The blocked winner is no intent, and its name is told; no other one wins in its place (1.8)."""
    heard = in_states()
    assert heard.hears("x", "order 0.9") == ["entered"]
    heard.says("set", data={"to": "paying"})
    assert heard.run.turn.input["state"] == "paying"
    assert heard.hears("x", ranking(("order", 0.9), ("confirm", 0.8))) == ["|order|paying"]
    assert heard.hears("x", "confirm 0.9") == ["confirm||paying"]
    heard.says("set", data={"to": "closed"})
    assert heard.hears("x", "order 0.9") == ["|order|closed"]
    assert heard.hears("x", "confirm 0.9") == ["confirm||closed"]


def test_a_state_holds_rules_back_too() -> None:
    """Of the rules that hold, the first that it lets through wins; examples do not come instead."""
    heard = in_states()
    heard.says("set", data={"to": "closed"})
    assert heard.hears("o", "confirm 0.9") == ["|order|closed"]


def test_a_state_that_names_a_parent_means_its_children() -> None:
    """Of ``order`` blocked, ``big`` (an order) is blocked as well."""
    heard = in_states()
    heard.says("set", data={"to": "closed"})
    assert heard.hears("x", "big 0.9") == ["|big|closed"]


def test_the_default_state_of_a_flow() -> None:
    """A session that was set to none is in it; ``state`` without a value leads back to it."""
    heard = in_states("closed")
    assert heard.hears("x", "order 0.9") == ["|order|closed"]
    heard.says("set", data={"to": "paying"})
    assert heard.hears("x", "order 0.9") == ["|order|paying"]
    heard.says("set", data={"to": "default"})
    assert heard.session.state is None
    assert heard.hears("x", "order 0.9") == ["|order|closed"]


def test_an_unknown_state_restricts_nothing_and_warns() -> None:
    """Also one that another flow has."""
    heard = in_states()
    heard.says("set", data={"to": "nowhere"})
    assert any('no state "nowhere"' in warning for warning in heard.warnings)
    assert heard.hears("x", "confirm 0.9") == ["confirm||nowhere"]
    assert any('no state "nowhere"' in warning for warning in heard.run.steps[0].warnings)


# --- where an intent leads while no question waits ---------------------------------------------------


def test_an_intent_with_entry_goes_there() -> None:
    """By rule or by examples; the flow goes on below the entry."""
    items = [{"say": "start"}, {"id": "e", "say": "entry"}, {"say": "below"}]
    intents = {"a": {"entry": "e"}, "b": {"entry": "e", "rules": "input.text == 'b'"}}
    heard = talk(flow("main", *items, intents=intents))
    assert heard.hears("x", "a 0.9") == ["entry", "below"]
    assert heard.says("b") == ["entry", "below"]
    assert heard.says("x") == ["start", "entry", "below"]


def test_an_entry_that_moved_is_found() -> None:
    """``moved`` tells its new id."""
    main = flow(
        "main",
        {"say": "start"},
        {"id": "new", "say": "new"},
        intents={"a": {"entry": "old"}},
        moved={"old": "new"},
    )
    assert talk(main).hears("x", "a 0.9") == ["new"]


def test_an_intent_with_reply_is_answered_and_the_position_stays() -> None:
    """The turn ends there (1.7)."""
    items = [{"say": "1"}, {"goto": {"to": "two", "wait": True}}, {"id": "two", "say": "2"}]
    heard = talk(flow("main", *items, intents={"open": {"reply": "At noon."}}))
    heard.says("x")
    assert heard.hears("when?", "open 0.9") == ["At noon."]
    assert heard.run.position == "main/two"
    assert len(heard.session.frames) == 1
    assert heard.says("x") == ["2"]


def test_with_continue_after_reply_the_flow_goes_on() -> None:
    """Where it stood."""
    settings = {"continue_after_reply": True}
    heard = talk(flow("main", {"say": "1"}, intents={"open": {"reply": "At noon."}}, settings=settings))
    assert heard.hears("when?", "open 0.9") == ["At noon.", "1"]


def test_a_reply_may_have_alternatives_in_turn() -> None:
    """It is a ``say`` like any other, with a memory of its own."""
    reply = {"text": ["a", "b"], "order": "loop"}
    heard = talk(flow("main", {"say": "1"}, intents={"open": {"reply": reply}}))
    assert [heard.hears("x", "open 0.9")[0] for _ in range(3)] == ["a", "b", "a"]


def test_with_entry_and_reply_both_happen() -> None:
    """First the reply, then the entry; in an attached flow it comes back afterwards."""
    chat = flow(
        "chat", {"say": "no"}, {"id": "j", "say": "joke"}, intents={"joke": {"entry": "j", "reply": "Sure!"}}
    )
    main = flow(
        "main",
        {"say": "1"},
        {"id": "e", "say": "e"},
        intents={"go": {"entry": "e", "reply": "Gladly."}},
        attach=("chat",),
    )
    heard = talk(main, chat)
    assert heard.hears("x", "go 0.9") == ["Gladly.", "e"]
    assert heard.hears("x", "joke 0.9") == ["Sure!", "joke"]
    assert [frame.to_json() for frame in heard.session.frames] == [["main", None]]


def test_an_intent_without_either_is_left_to_the_flow() -> None:
    """``input.intent`` says it."""
    assert talk(flow("main", TELL, intents={"a": {}})).hears("x", "a 0.9") == ["a 0.9 x"]


def test_an_attached_entry_runs_like_a_call_and_the_position_stays() -> None:
    """The attached flow runs and ends; the main flow stands where it stood (1.3, 1.6)."""
    chat = flow("chat", {"say": "no"}, {"id": "j", "say": "joke"}, intents={"joke": {"entry": "j"}})
    main = flow(
        "main",
        {"say": "1"},
        {"goto": {"to": "two", "wait": True}},
        {"id": "two", "say": "2"},
        attach=("chat",),
    )
    heard = talk(main, chat)
    heard.says("x")
    assert heard.hears("x", "joke 0.9") == ["joke"]
    assert heard.run.position == "main/two"
    assert heard.says("x") == ["2"]


def test_with_continue_after_attached_the_main_flow_goes_on() -> None:
    """Where it stood, in the same turn, also when the attached flow took several; a question is asked again
    as always."""
    settings = {"continue_after_attached": True}
    joke = [{"say": "no"}, {"id": "j", "say": "joke"}, {"id": "w", "wait": None}, {"say": "ha"}]
    chat = flow("chat", *joke, intents={"joke": {"entry": "j"}})
    main = flow("main", {"say": "1"}, {"id": "q", "ask": {"text": "?"}}, attach=("chat",), settings=settings)
    heard = talk(main, chat)
    assert heard.hears("x", "joke 0.9") == ["joke"]
    assert heard.says("go on") == ["ha", "1", "?"]
    assert heard.run.position == "main/q"
    heard = talk(main, flow("chat", {"id": "j", "say": "joke"}, intents={"joke": {"entry": "j"}}))
    assert heard.hears("x", "joke 0.9") == ["joke", "1", "?"]


def test_an_own_entry_cuts_the_flows_that_were_called() -> None:
    """A called flow without intents keeps the caller's; its entry leaves the called flow for good."""
    sub = flow("sub", {"id": "w", "wait": None}, {"say": "never"})
    main = flow(
        "main", {"call": "sub"}, {"say": "after"}, {"id": "e", "say": "entry"}, intents={"a": {"entry": "e"}}
    )
    heard = talk(main, sub)
    heard.says("x")
    assert heard.hears("x", "a 0.9") == ["entry"]
    assert [frame.to_json() for frame in heard.session.frames] == [["main", None]]


def test_after_a_goto_the_intents_of_the_other_flow_are_in_force() -> None:
    """From the next input on."""
    other = flow("other", {"say": "in other"}, {"id": "e", "say": "e2"}, intents={"b": {"entry": "e"}})
    main = flow("main", {"goto": "other/"}, {"id": "e", "say": "e1"}, intents={"a": {"entry": "e"}})
    heard = talk(main, other)
    assert heard.says("x") == ["in other", "e2"]
    assert heard.hears("x", "b 0.9") == ["e2"]
    assert heard.hears("x", "a 0.9") == ["in other", "e2"]


def test_an_intent_of_a_failing_reply_fails_the_turn_and_moves_nothing() -> None:
    """Or the flow's ``on_error`` takes it, and the session stands where it stood."""
    broken = {"open": {"reply": "{{ 1 / 0 }}"}}
    heard = talk(flow("main", {"say": "1"}, intents=broken))
    heard.environment.understanding = Understanding("open", 0.9)
    assert heard.tries("x").status == "failed"
    heard = talk(flow("main", {"say": "1"}, intents=broken, on_error=[{"say": "sorry"}]))
    assert heard.hears("x", "open 0.9") == ["sorry"]
    assert [frame.to_json() for frame in heard.session.frames] == [["main", None]]


def test_timers_and_their_turns_are_not_understood() -> None:
    """A rule cannot take a timer's turn."""
    item = {"id": "w", "wait": 5, "on_timeout": [{"say": "late"}]}
    heard = talk(
        flow(
            "main",
            item,
            {"id": "e", "say": "rule"},
            intents={"a": {"rules": "input.text == ''", "entry": "e"}},
        )
    )
    heard.says("x")
    assert heard.times_out() == ["late"]


# --- confirmation ------------------------------------------------------------------------------------


def confirming(*items: Any, **rest: Any) -> Conversation:
    intents = {
        "order": {"confirm": "An order?", "entry": "e"},
        "note": {"confirm": "A note?"},
        "plain": {"entry": "e"},
    }
    nodes = [
        *items,
        {"say": "no idea: {{ input.text }}"},
        {"stop": None},
        {"id": "e", "say": "{{ input.text }} {{ input.slots.size | first }} {{ input.intentScore }}"},
    ]
    return talk(flow("main", *nodes, intents=intents, **rest))


YES, NO = Understanding(answer=True, type="pAnswer"), Understanding(answer=False, type="nAnswer")


def test_a_middling_score_is_confirmed_first() -> None:
    """Between ``confidence`` and ``confirm_below``; yes fires the intent with the original text and slots."""
    heard = confirming()
    assert heard.hears("a big one", Understanding("order", 0.5, slots={"size": ["big"]})) == ["An order?"]
    assert heard.session.pending is not None
    assert heard.hears("yes", YES) == ["a big one big 0.5"]
    assert heard.session.pending is None
    assert heard.run.turn.input["nlu"]["confirmed"] is True


def test_only_in_the_band_and_only_with_a_text() -> None:
    """≥ ``confirm_below`` needs no question; nor does an intent without ``confirm``, nor a rule."""
    heard = confirming()
    assert heard.hears("x", "order 0.6") == ["x  0.6"]
    assert heard.hears("x", "plain 0.45") == ["x  0.45"]
    assert heard.hears("x", "order 0.39") == ["no idea: x"]
    assert confirming(settings={"confirm_below": 0.3}).hears("x", "order 0.5") == ["x  0.5"]


def test_after_no_the_flow_goes_on_as_if_nothing_was_understood() -> None:
    """With the original text."""
    heard = confirming()
    heard.hears("a big one", "order 0.5")
    assert heard.hears("no", NO) == ["no idea: a big one"]
    assert heard.session.pending is None


def test_anything_else_drops_it_and_is_a_new_input() -> None:
    """Also a text that nothing understood."""
    heard = confirming()
    heard.hears("x", "order 0.5")
    assert heard.hears("y", "plain 0.9") == ["y  0.9"]
    assert heard.session.pending is None
    assert heard.hears("yes", YES) == ["no idea: yes"]
    heard.hears("x", "order 0.5")
    assert heard.says("hmm") == ["no idea: hmm"]


def test_an_engine_of_a_plugin_may_say_yes_by_the_kind_of_sentence() -> None:
    """``pAnswer`` and ``nAnswer``."""
    heard = confirming()
    heard.hears("x", "order 0.5")
    assert heard.hears("yes", Understanding(type="pAnswer")) == ["x  0.5"]


def test_an_intent_that_only_the_flow_reads_is_confirmed_too() -> None:
    """After yes the flow goes on with the original text and the intent."""
    heard = confirming(
        {"if": "input.intent == 'note'", "then": [{"say": "noted {{ input.text }}"}, {"stop": None}]}
    )
    assert heard.hears("write", "note 0.5") == ["A note?"]
    assert heard.hears("yes", YES) == ["noted write"]


# --- think and nlu -----------------------------------------------------------------------------------


def test_think_with_a_text_is_understood_anew() -> None:
    """The turn restarts like a new input: an intent may take it elsewhere."""
    items = [
        {"if": "input.text == 'go'", "then": [{"say": "hm"}, {"think": "a pizza"}]},
        {"say": "start {{ input.text }}"},
        {"stop": None},
        {"id": "e", "say": "entry {{ input.text }} {{ input.intent }}"},
    ]
    heard = talk(flow("main", *items, intents={"order": {"entry": "e"}}))
    assert heard.says("go") == ["hm"]
    assert heard.run.effect == Understand("a pizza")
    assert heard.crashes().effect == Understand("a pizza")
    assert heard.answers(Understanding("order", 0.9)) == ["entry a pizza order"]
    heard.says("go")
    assert heard.answers(None) == ["start a pizza"]
    assert [step.type for step in heard.run.steps][-3:] == ["if", "say", "stop"]


def test_think_with_a_text_and_an_intent_reads_the_text_for_slots() -> None:
    """The intent is forced; what the text holds is found in it all the same."""
    items = [
        {"if": "input.text == 'go'", "then": [{"think": {"intent": "order", "text": "two large ones"}}]},
        {"stop": None},
        {"id": "e", "say": "{{ input.text }} {{ input.intent }} {{ input.slots.size | first }}"},
    ]
    heard = talk(flow("main", *items, intents={"order": {"entry": "e"}}))
    heard.says("go")
    assert heard.run.effect == Understand("two large ones")
    assert heard.crashes().effect == Understand("two large ones")
    assert heard.answers(Understanding("other", 0.9, {"size": ["large"]})) == ["two large ones order large"]


def test_think_with_a_text_that_fails_to_be_read_takes_on_error() -> None:
    """It is the failure of the think."""
    items = [
        {"if": "input.text == 'go'", "then": [{"think": "x", "on_error": [{"say": "{{ error.reason }}"}]}]}
    ]
    heard = talk(flow("main", *items, intents={"order": {}}))
    heard.says("go")
    assert heard.answers(Failure("timeout", "too slow")) == ["timeout"]


def test_think_with_an_intent_forces_it() -> None:
    """Past rules, thresholds, conditions and states; the text stays."""
    intents = {"order": {"entry": "e", "condition": "false"}, "open": {"reply": "Noon."}, "mood": {}}
    items = [
        {
            "if": "input.intent == null",
            "then": [
                {
                    "think": {"intent": "{{ input.text }}"},
                    "on_error": [{"say": "{{ error.reason }}"}, {"stop": None}],
                }
            ],
        },
        {"say": "{{ input.intent }} {{ input.intentScore }}"},
        {"stop": None},
        {"id": "e", "say": "entry {{ input.text }}"},
    ]
    heard = talk(flow("main", *items, intents=intents))
    assert heard.says("order") == ["entry order"]
    assert heard.says("open") == ["Noon."]
    assert heard.says("mood") == ["mood 1.0"]
    assert heard.says("nothing") == ["unknown-intent"]


def test_think_forces_an_intent_of_an_attached_flow() -> None:
    """By its name, or as flow/name."""
    chat = flow("chat", {"id": "j", "say": "joke"}, intents={"joke": {"entry": "j"}})
    heard = talk(flow("main", {"think": {"intent": "{{ input.text }}"}}, attach=("chat",)), chat)
    assert heard.says("joke") == ["joke"]
    assert heard.says("chat/joke") == ["joke"]
    assert heard.tries("main/joke").status == "failed"


def test_think_in_a_circle_fails() -> None:
    """Four times at most, also by intents."""
    heard = talk(flow("main", {"think": {"intent": "a"}}, intents={"a": {}}))
    assert heard.tries("x").status == "failed"
    assert "anew more than 4 times" in (heard.end.error or "")


def test_free_text_never_forces_an_intent() -> None:
    """4.6: there is no magic prefix."""
    heard = talk(
        flow("main", {"say": "start"}, {"stop": None}, {"id": "e", "say": "e"}, intents={"a": {"entry": "e"}})
    )
    assert heard.says("cIntent:a") == ["start"]


def test_nlu_reads_any_text_in_place_of_the_inputs() -> None:
    """The flow goes on below: no intent takes the turn."""
    items = [
        {"id": "n", "nlu": "{{ input.data.note }}"},
        {"say": "{{ input.intent }} {{ input.text }} {{ context.size }}"},
        {"id": "e", "say": "e"},
    ]
    slots = {"size": SlotRule("size", store=("context", "size"))}
    intents = {"order": {"entry": "e"}, "rule": {"rules": "input.text == 'never'"}}
    heard = talk(flow("main", *items, intents=intents, slots=slots))
    heard.says("hello", data={"note": "one pizza"})
    assert heard.run.effect == Understand("one pizza")
    heard.crashes()
    understood = Understanding("order", 0.9, slots={"size": ["xl"]})
    assert heard.answers(understood) == ["order hello xl", "e"]


def test_nlu_keeps_its_result_elsewhere() -> None:
    """Then ``input`` stays as it is."""
    items = [{"nlu": {"text": "x", "engine": "rasa", "store": "context.n"}}, NAME]
    heard = talk(flow("main", *items, intents={"order": {}, "help": {}}))
    heard.hears("hello", "help 0.9")
    assert heard.run.effect == Understand("x", engine="rasa")
    assert heard.answers(ranking(("order", 0.5))) == ["help"]
    assert (heard.context["n"]["intent"], heard.context["n"]["intentScore"]) == ("order", 0.5)
    heard.says("x")
    heard.answers(None)
    assert heard.context["n"]["intent"] is None


# --- suspending, and the trace -----------------------------------------------------------------------


def test_what_was_understood_survives_a_crash() -> None:
    """Also what the digression is to come back to."""
    items = [{"id": "j", "http_request": "http://x/"}, {"say": "{{ input.intent }}"}]
    chat = flow("chat", *items, intents={"joke": {"entry": "j"}})
    ask = {"id": "q", "ask": {"text": "N?", "type": "number"}}
    heard = talk(flow("main", ask, {"say": "end"}, attach=("chat",)), chat)
    heard.says("x")
    heard.hears("tell a joke", "joke 0.9")
    assert isinstance(heard.run.effect, HttpCall)
    heard.crashes()
    assert heard.answers(HttpResult(200, {}, {})) == ["joke", "N?"]
    assert heard.run.position == "main/q"


def test_the_trace_begins_with_what_was_understood() -> None:
    """The ranking, what was tried, and who won and why."""
    heard = talk(
        flow(
            "main",
            {"say": "1"},
            {"id": "e", "say": "e"},
            intents={"a": {"entry": "e"}, "r": {"rules": "input.text == 'r'", "entry": "e"}},
        )
    )
    many = ranking(("a", 0.9), *((f"n{n}", 0.1) for n in range(8)))
    heard.hears("x", many)
    first = heard.run.steps[0]
    assert (first.type, first.went) == ("understanding", "entry e (examples)")
    assert len(first.saw["ranking"]) == 5
    assert first.saw["ranking"][0] == {"name": "a", "score": 0.9, "flow": "main", "reason": "examples"}
    assert first.saw["confidence"] == 0.4
    heard.says("r")
    assert heard.run.steps[0].went == "entry e (rule)"
    heard.hears("x", "a 0.3")
    assert heard.run.steps[0].went == "nothing ≥ 0.4"
    json.dumps([step.to_json() for step in heard.run.steps])


def test_a_flow_that_understands_nothing_has_no_such_step() -> None:
    """And pays nothing."""
    heard = talk(flow("main", {"say": "1"}))
    heard.says("x")
    assert [step.type for step in heard.run.steps] == ["say"]


def test_a_goto_out_of_a_called_flow_is_told() -> None:
    """The flows that are not come back to stand in the trace."""
    heard = talk(
        flow("main", {"call": "sub"}, {"say": "never"}),
        flow("sub", {"goto": "end"}, {"id": "end", "say": "end"}),
    )
    heard.says("x")
    assert next(step for step in heard.run.steps if step.type == "goto").saw["left"] == ["main/0"]


def test_goto_with_a_leading_slash_gets_a_hint() -> None:
    """``/x`` is no way to write a node of this flow."""
    heard = talk(flow("main", {"goto": "{{ input.text }}", "on_error": [{"say": "{{ error.message }}"}]}))
    assert heard.says("/x") == ['no flow ""; a node of this flow is named without a slash: "x"']
