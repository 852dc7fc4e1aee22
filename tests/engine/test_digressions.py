"""What becomes of an input while a question waits: the order of who takes it, and the way back."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.engine.effects import Failure
from flowhook.engine.flow import Flow, State
from flowhook.model.inbound import Kind
from flowhook.model.understanding import Understanding
from tests.engine.conversation import Builder, Conversation

SIZE = {"text": "Which size?", "type": "choice", "choices": ["small", "large"], "store": "context.size"}
YES, NO = Understanding(answer=True), Understanding(answer=False)


def flow(name: str, *items: Any, **rest: Any) -> Flow:
    return Builder().flow(name, list(items), **rest)


CHAT_INTENTS = {
    "joke": {"entry": "j"},
    "weather": {"reply": "Sunny."},
    "stop_it": {"rules": "input.text == 'haha'", "entry": "j"},
}
CHAT = [{"say": "no"}, {"id": "j", "say": "A joke."}]
INTENTS = {
    "cancel": {"entry": "cancelled"},
    "halt": {"rules": "input.text == 'halt'", "entry": "cancelled"},
    "opening": {"reply": "At noon."},
    "hours": {"rules": "input.text == 'hours'", "reply": "All day."},
    "mood": {},
    "doubt": {"entry": "cancelled", "confirm": "Cancel?"},
}


def asking(
    settings: dict[str, Any] | None = None,
    *,
    chat: list[Any] = CHAT,
    flow_settings: Any = None,
    **beside: Any,
) -> Conversation:
    """A question that waits, with all kinds of intents around it."""
    ask = {"id": "q", "ask": {**SIZE, **(settings or {})}, **beside}
    items = [ask, {"say": "{{ context.size }}."}, {"stop": None}, {"id": "cancelled", "say": "Cancelled."}]
    main = flow("main", *items, intents=INTENTS, attach=("chat",), settings=flow_settings or {})
    heard = Conversation(flows=[main, flow("chat", *chat, intents=CHAT_INTENTS)])
    assert heard.says("hi") == ["Which size?"]
    return heard


def stands_waiting(heard: Conversation) -> bool:
    return heard.run.position == "main/q" and heard.session.waiting and len(heard.session.frames) == 1


def test_who_answers_a_text_question_is_not_led_to_it_again() -> None:
    """By an intent whose entry it is, however clearly that is meant."""
    items = [
        {"say": "Hello."},
        {"stop": None},
        {"id": "wrong", "ask": {"text": "What?", "store": "context.a"}},
    ]
    intents = {"dispute": {"entry": "wrong"}, "leave": {"entry": "bye"}}
    main = flow(
        "main", *items, {"say": "Noted."}, {"stop": None}, {"id": "bye", "say": "Bye."}, intents=intents
    )
    heard = Conversation(flows=[main])
    assert heard.hears("I did not buy it", "dispute 0.9") == ["What?"]
    assert heard.hears("I did not buy it", "dispute 0.97") == ["Noted."]
    assert heard.context == {"a": "I did not buy it"}
    heard.hears("again", "dispute 0.9")
    assert heard.hears("leave it", "leave 0.9") == ["Bye."]


# --- the order ---------------------------------------------------------------------------------------


def test_1_on_intent_comes_first() -> None:
    """Before rules and answers; a list runs and the session stays waiting, no attempt counted."""
    heard = asking(
        {"attempts": 2},
        on_intent={"Cancel": [{"say": "Really?"}], "halt": "cancelled"},
        on_fail=[{"say": "failed"}],
    )
    for _ in range(3):
        assert heard.hears("large", "cancel 0.5") == ["Really?"]
        assert stands_waiting(heard)
    assert heard.says("nonsense") == ["Which size?"]
    assert heard.says("halt") == ["Cancelled."]  # an id leaves for good
    assert heard.run.position is None


def test_1_beats_even_a_question_of_type_text() -> None:
    """Q4: the escalation intent wins."""
    heard = asking({"type": "text", "choices": []}, on_intent={"mood": [{"say": "Cheer up."}]})
    assert heard.hears("so sad", "mood 0.7") == ["Cheer up."]
    assert heard.says("so sad") == ["so sad."]


def test_1_a_list_does_not_arm_the_timer_again() -> None:
    """The timer fires once for each asking."""
    heard = asking(
        {"timeout": 60}, on_intent={"mood": [{"say": "Cheer up."}]}, on_timeout=[{"say": "Still there?"}]
    )
    heard.hears("x", "mood 0.7")
    assert heard.run.timer is None
    assert heard.times_out() == ["Still there?"]


def test_1_names_a_parent_for_its_children() -> None:
    """The most specific name first."""
    intents = {"order": {}, "pizza": {"parent": "order"}}
    ask = {"id": "q", "ask": "?", "on_intent": {"order": [{"say": "order"}], "mood": [{"say": "no"}]}}
    heard = Conversation(flows=[flow("main", ask, intents=intents)])
    heard.says("x")
    assert heard.hears("x", "pizza 0.9") == ["order"]


def test_2_a_rule_with_entry_drops_the_question() -> None:
    """Also where any text is an answer, and where only answers count."""
    for settings in ({}, {"type": "text", "choices": []}, {"digression": "none"}):
        heard = asking(settings)
        assert heard.says("halt") == ["Cancelled."]
        assert heard.run.position is None


def test_3_a_valid_answer_comes_before_what_examples_say() -> None:
    """And before a rule that only replies."""
    heard = asking()
    assert heard.hears("large", "cancel 0.9") == ["large."]
    heard = asking({"type": "text", "choices": []})
    assert heard.hears("I never mind the size", "cancel 0.79") == ["I never mind the size."]


def test_3_at_a_text_question_an_intent_that_is_clearly_meant_goes_first() -> None:
    """By rule, as an example (or one but for slots), or in a short text with a high score."""
    text = {"type": "text", "choices": []}
    assert asking(text).says("hours") == ["All day.", "Which size?"]
    assert asking(text).hears("never mind", "cancel 0.99") == ["Cancelled."]
    assert asking(text).hears("please forget all of it", "cancel 0.8") == ["Cancelled."]
    assert asking(text).hears("please forget all of it", "cancel 0.79") == ["please forget all of it."]
    long = "one that I will not forget as long as I live"
    assert asking(text).hears(long, "cancel 0.94") == [long + "."]
    assert asking(text).hears(long, "cancel 0.95") == ["Cancelled."]
    assert asking({**text, "digression": "none"}).hears("never mind", "cancel 0.99") == ["never mind."]
    assert asking({**text, "valid_if": "answer != 'x'"}).hears("never mind", "cancel 0.99") == ["never mind."]


def test_3_who_says_the_question_back_means_no_intent() -> None:
    """Unless it is an example of one."""
    assert asking().hears("the size", "cancel 0.9") == ["Which size?"]
    assert asking().hears("size?", "opening 0.94") == ["Which size?"]
    assert asking().hears("the size", "cancel 0.95") == ["Cancelled."]
    assert asking().hears("what?", "cancel 0.9") == ["Cancelled."]


def test_3_valid_if_decides_what_is_an_answer() -> None:
    """A value that is not valid leaves the input to an intent."""
    heard = asking({"valid_if": "answer != 'large'"})
    assert heard.hears("large", "cancel 0.9") == ["Cancelled."]


def test_4_an_intent_won_by_examples_drops_the_question() -> None:
    """What is no answer may go elsewhere."""
    heard = asking()
    assert heard.hears("forget it", "cancel 0.9") == ["Cancelled."]
    assert heard.run.position is None


def test_5_a_reply_is_said_and_the_question_asked_again() -> None:
    """No attempt counted, by rule or by examples."""
    heard = asking({"attempts": 2}, on_fail=[{"say": "failed"}])
    for _ in range(3):
        assert heard.hears("when?", "opening 0.9") == ["At noon.", "Which size?"]
        assert heard.says("hours") == ["All day.", "Which size?"]
        assert stands_waiting(heard)
    assert heard.says("nonsense") == ["Which size?"]
    assert heard.says("nonsense") == ["failed", "."]


def test_6_all_else_is_a_wrong_answer() -> None:
    """An intent that leads nowhere, and one that nothing was understood of."""
    heard = asking({"reprompt": "Small or large?"})
    assert heard.hears("meh", "mood 0.9") == ["Small or large?"]
    assert heard.says("meh") == ["Small or large?"]
    assert heard.says("small") == ["small."]


# --- digressions -------------------------------------------------------------------------------------


def test_silent_goes_on_waiting_without_a_word() -> None:
    """By the ask or by the flow."""
    for heard in (asking({"digression": "silent"}), asking(flow_settings={"digressions": "silent"})):
        assert heard.hears("when?", "opening 0.9") == ["At noon."]
        assert stands_waiting(heard)
        assert heard.hears("a joke", "joke 0.9") == ["A joke."]
        assert stands_waiting(heard)
        assert heard.says("small") == ["small."]


def test_none_lets_only_answers_count() -> None:
    """But ``on_intent`` and rules with entry."""
    heard = asking({"digression": "none"})
    for understood in ("cancel 0.9", "opening 0.9", "joke 0.9", "weather 0.9"):
        assert heard.hears("x", understood) == ["Which size?"]
    assert heard.says("hours") == ["Which size?"]


def test_an_attached_flow_runs_and_the_question_is_asked_again() -> None:
    """Q5: neither answered nor counted wrong."""
    heard = asking({"attempts": 2}, on_fail=[{"say": "failed"}])
    for _ in range(3):
        assert heard.hears("a joke", "joke 0.9") == ["A joke.", "Which size?"]
        assert heard.hears("rain?", "weather 0.9") == ["Sunny.", "Which size?"]
        assert stands_waiting(heard)
    assert heard.says("small") == ["small."]


def test_an_attached_rule_is_a_digression_too() -> None:
    """Brief: an attached flow's entry always comes back."""
    heard = asking({"type": "text", "choices": []})
    assert heard.says("haha") == ["A joke.", "Which size?"]
    assert stands_waiting(heard)


def test_an_attached_flow_may_wait_itself() -> None:
    """The question below rests; the attached flow's own intents are in force meanwhile."""
    chat = [
        {"say": "no"},
        {"id": "j", "ask": {"text": "Knock?", "store": "context.knock"}},
        {"say": "Ha {{ context.knock }}!"},
    ]
    heard = asking(chat=chat)
    assert heard.hears("a joke", "joke 0.9") == ["Knock?"]
    assert [frame.to_json() for frame in heard.session.frames] == [["main", "q", "waiting"], ["chat", "j"]]
    assert heard.hears("who", "cancel 0.9") == ["Ha who!", "Which size?"]  # main's intents rest, too
    assert stands_waiting(heard)


def test_stop_and_goto_in_a_digression_forget_the_question() -> None:
    """As they forget who called."""
    assert asking(chat=[{"say": "no"}, {"id": "j", "stop": None}]).hears("a joke", "joke 0.9") == []
    heard = asking(chat=[{"say": "no"}, {"id": "j", "goto": "main/cancelled"}])
    assert heard.hears("a joke", "joke 0.9") == ["Cancelled."]
    assert heard.run.position is None
    assert heard.run.steps[1].saw["left"] == ["main/q"]


def test_an_answer_in_a_called_flow_resumes_inside_it() -> None:
    """Q8; and an intent of the caller that only replies comes back into it."""
    sub = flow("sub", {"id": "q", "ask": SIZE}, {"say": "{{ context.size }}."})
    main = flow(
        "main", {"call": "sub"}, {"say": "after"}, {"stop": None}, intents={"opening": {"reply": "At noon."}}
    )
    heard = Conversation(flows=[main, sub])
    heard.says("x")
    assert heard.hears("when?", "opening 0.9") == ["At noon.", "Which size?"]
    assert [frame.flow for frame in heard.session.frames] == ["main", "sub"]
    assert heard.says("small") == ["small.", "after"]


def test_a_state_keeps_digressions_away() -> None:
    """3.6: what the state holds back cannot fire at all."""
    ask = {"id": "q", "ask": SIZE}
    states = {"busy": State("busy", allow=frozenset())}
    items = [{"state": "busy"}, ask, {"say": "ok"}, {"stop": None}, {"id": "c", "say": "cancelled"}]
    heard = Conversation(flows=[flow("main", *items, intents={"cancel": {"entry": "c"}}, states=states)])
    heard.says("x")
    assert heard.hears("stop", "cancel 0.9") == ["Which size?"]
    assert heard.run.turn.input["intentOutOfState"] == "cancel"


def test_an_entry_that_is_the_question_itself_asks_it_anew() -> None:
    """A message that enters an ask by entry is not its answer (Q9: its counters begin anew)."""
    ask = {"id": "q", "ask": {**SIZE, "type": "text", "choices": [], "attempts": 2}}
    heard = Conversation(
        flows=[
            flow(
                "main",
                {"say": "start"},
                {"stop": None},
                ask,
                {"say": "{{ context.size }}"},
                intents={"order": {"entry": "q"}},
            )
        ]
    )
    assert heard.hears("I want a large pizza", "order 0.9") == ["Which size?"]
    assert heard.says("large") == ["large"]


def test_but_slots_in_it_may_be() -> None:
    """``skip_if`` sees what was said."""
    ask = {"id": "q", "ask": {**SIZE, "slot": "size"}}
    heard = Conversation(
        flows=[
            flow(
                "main", {"stop": None}, ask, {"say": "{{ context.size }}"}, intents={"order": {"entry": "q"}}
            )
        ]
    )
    assert heard.hears("a large pizza", Understanding("order", 0.9, slots={"size": ["large"]})) == ["large"]


def test_injects_are_routed_like_messages() -> None:
    """A backend may answer the question or leave it, too."""
    heard = asking()
    assert heard.hears("when?", "opening 0.9", kind=Kind.INJECT) == ["At noon.", "Which size?"]
    assert heard.says("small", kind=Kind.INJECT) == ["small."]


def test_a_wait_is_no_question() -> None:
    """An intent takes the input; what means nothing goes on below."""
    items = [{"id": "w", "wait": None}, {"say": "below"}, {"stop": None}, {"id": "e", "say": "entry"}]
    main = flow("main", *items, intents={"a": {"entry": "e"}, "b": {"reply": "reply"}})
    heard = Conversation(flows=[main])
    heard.says("x")
    assert heard.hears("x", "b 0.9") == ["reply"]
    assert heard.run.position == "main/w"
    assert heard.hears("x", "a 0.9") == ["entry"]
    heard.says("x")
    assert heard.says("x") == ["below"]


def test_the_question_that_waits_is_told() -> None:
    """``input.activeQuestion``: where, of what type, and how often it was put."""
    item = {"id": "q", "ask": {"text": "N?", "type": "number"}}
    heard = Conversation(flows=[flow("main", item, {"say": "x"}, intents={"a": {"rules": "false"}})])
    heard.says("x")
    assert heard.run.turn.input["activeQuestion"] is None
    heard.says("x")
    assert heard.run.turn.input["activeQuestion"] == {"nodeId": "q", "type": "number", "asked": 1}
    heard.says("x")
    assert heard.run.turn.input["activeQuestion"]["asked"] == 2
    heard.says("3")
    assert heard.session.memory == {}


def test_a_question_may_be_read_by_a_rule() -> None:
    """So that a word means something only while this question waits."""
    intents = {"skip": {"rules": "input.text == 'skip' and input.activeQuestion.nodeId == 'q'", "entry": "e"}}
    items = [{"id": "q", "ask": "?"}, {"stop": None}, {"id": "e", "say": "skipped"}]
    heard = Conversation(flows=[flow("main", *items, intents=intents)])
    assert heard.says("skip") == ["?"]
    assert heard.says("skip") == ["skipped"]


# --- confirmation while a question waits -------------------------------------------------------------


def test_a_doubtful_intent_asks_and_the_question_goes_on_waiting() -> None:
    """Yes goes there; no asks the question again, no attempt counted."""
    heard = asking({"attempts": 2}, on_fail=[{"say": "failed"}])
    assert heard.hears("hm", "doubt 0.5") == ["Cancel?"]
    assert stands_waiting(heard)
    assert heard.hears("no", NO) == ["Which size?"]
    assert stands_waiting(heard)
    assert heard.hears("hm", "doubt 0.5") == ["Cancel?"]
    assert heard.hears("yes", YES) == ["Cancelled."]


def test_an_answer_drops_the_doubt() -> None:
    """Anything but yes and no is a new input."""
    heard = asking()
    heard.hears("hm", "doubt 0.5")
    assert heard.says("small") == ["small."]
    assert heard.session.pending is None


def test_a_doubtful_intent_is_no_match_for_an_answer() -> None:
    """And is asked about where ``on_intent`` names it."""
    assert asking().hears("small", "doubt 0.5") == ["small."]
    heard = asking(on_intent={"doubt": [{"say": "on intent"}]})
    assert heard.hears("small", "doubt 0.5") == ["Cancel?"]
    assert heard.hears("yes", YES) == ["on intent"]
    assert stands_waiting(heard)


# --- failures and reloads ----------------------------------------------------------------------------


def test_a_digression_that_fails_leaves_the_question_where_it_was() -> None:
    """The turn fails; the ask's own ``on_error`` has nothing to do with it."""
    chat = [{"say": "no"}, {"id": "j", "goto": "nowhere"}]
    heard = asking(chat=chat, on_error=[{"say": "of the ask"}])
    heard.environment.understanding = Understanding("joke", 0.9)
    assert heard.tries("a joke").status == "failed"


def test_the_flow_below_may_take_the_failure() -> None:
    """Its ``settings.on_error``."""
    main = flow("main", {"id": "q", "ask": SIZE}, attach=("chat",), on_error=[{"say": "sorry"}])
    chat = flow("chat", {"id": "j", "http_request": "http://x/"}, intents={"joke": {"entry": "j"}})
    heard = Conversation(flows=[main, chat])
    heard.says("x")
    heard.hears("a joke", "joke 0.9")
    assert heard.answers(Failure("timeout", "slow")) == ["sorry"]


def test_a_question_that_is_gone_when_it_is_come_back_to() -> None:
    """The session is stranded and enters at the first node next time."""
    chat = [{"say": "no"}, {"id": "j", "ask": "Knock?"}, {"say": "Ha!"}]
    heard = asking(chat=chat)
    heard.hears("a joke", "joke 0.9")
    del heard.library.flows["main"].nodes["q"]
    heard.library.flows["main"].first = "1"
    assert heard.says("who") == ["Ha!"]
    assert heard.run.events == ["session.stranded"]
    assert heard.run.position is None


def test_a_hearing_that_breaks_is_left_to_the_question() -> None:
    """Its failure is the node's, in the usual place."""
    heard = (
        asking({"pattern": "{{ context.nothing.at.all / 0 }}", "type": "pattern", "choices": []})
        if False
        else asking()
    )
    heard.library.flows["main"].nodes["q"].settings = (
        Builder().flow("m", [{"id": "q", "ask": {"text": "{{ 1 / 0 }}"}}]).nodes["q"].settings
    )
    heard.environment.understanding = Understanding("cancel", 0.9)
    end = heard.tries("x")
    assert end.status == "failed"
    assert end.error_at == "main/q"


@pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.INJECT])
def test_an_endless_stack_of_digressions_is_bounded(kind: Kind) -> None:
    """Flows that attach each other are an error of the files; a session that meets them fails its turn."""
    parts = {
        name: flow(name, {"id": "j", "ask": "?"}, intents={name: {"entry": "j"}}, attach=(other,))
        for name, other in (("a", "b"), ("b", "a"))
    }
    heard = Conversation(flows=[parts["a"], parts["b"]])
    heard.says("x")
    for turn in range(40):
        name = "ba"[turn % 2]
        heard.environment.understanding = Understanding(name, 1.0)
        end = heard.tries("", kind=kind)
        if end.status == "failed":
            assert "deep" in (end.error or "")
            return
    raise AssertionError("never bounded")
