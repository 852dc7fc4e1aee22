"""The loop: where flows go, where sessions stand, what failures and needs do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowhook.engine.effects import Failure, HttpCall, HttpResult, NodeResult, Pause, RunNode
from flowhook.engine.flow import Flow, Library, Loop, Stay
from flowhook.engine.node import Node
from flowhook.engine.outcomes import NodeFailed
from flowhook.engine.turn.executor import TurnExecutor
from flowhook.engine.turn.input import INPUT_NAMES
from flowhook.model.inbound import Kind
from flowhook.model.output import Output
from flowhook.model.session import Frame, Session
from flowhook.model.understanding import Understanding
from tests.engine.conversation import TYPES, Builder, Conversation

ASK = {"id": "q", "ask": {"text": "Name?", "store": "context.name"}}


class Lookup(Node):
    """A plugin's node."""

    key = "lookup"
    main = "phone"
    branches = ("found",)
    phone: str

    async def run(self, turn: Any) -> None:
        raise AssertionError("the engine never runs it")


class Broken(Node):
    """A node with a mistake in it."""

    key = "broken"

    def run(self, turn: Any) -> None:
        raise ZeroDivisionError("oops")


class Odd(Node):
    """A node that answers what it must not."""

    key = "odd"
    answer: Any

    def run(self, turn: Any) -> Any:
        return self.answer


MORE = TYPES | {node_type.key: node_type for node_type in (Lookup, Broken, Odd)}


def flow(name: str, *items: Any, **rest: Any) -> Flow:
    return Builder(MORE).flow(name, list(items), **rest)


# --- the road through a flow ------------------------------------------------------------------------


def test_nodes_run_in_order_and_the_end_ends_the_turn() -> None:
    """At the end of the flow the next input enters at the first node again."""
    talk = Conversation({"say": "a"}, {"say": "b"})
    assert talk.says("x") == ["a", "b"]
    assert talk.run.position is None
    assert talk.says("x") == ["a", "b"]


def test_branches_rejoin_below() -> None:
    """After a list the flow goes on below the parent, also out of nested lists."""
    talk = Conversation(
        {
            "if": "input.text == 'yes'",
            "then": [{"if": "true", "then": [{"say": "inner"}]}],
            "else": [{"say": "no"}],
        },
        {"say": "below"},
    )
    assert talk.says("yes") == ["inner", "below"]
    assert talk.says("no") == ["no", "below"]


def test_a_branch_that_is_not_there_goes_on_below() -> None:
    """``if`` without ``else`` simply goes on."""
    assert Conversation({"if": "false", "then": [{"say": "a"}]}, {"say": "b"}).says("x") == ["b"]


def test_an_id_leaves_for_good() -> None:
    """A branch that is an id does not come back."""
    talk = Conversation({"if": "true", "then": "end"}, {"say": "skipped"}, {"id": "end", "say": "end"})
    assert talk.says("x") == ["end"]


def test_next_goes_elsewhere() -> None:
    """``next`` stands for what is below."""
    assert Conversation({"say": "a", "next": "c"}, {"say": "b"}, {"id": "c", "say": "c"}).says("x") == [
        "a",
        "c",
    ]


def test_disabled_nodes_are_passed_through() -> None:
    """A disabled node does nothing; the flow goes on below it."""
    assert Conversation({"say": "a", "disabled": True}, {"say": "b"}).says("x") == ["b"]


def test_an_empty_flow_ends_at_once() -> None:
    """A flow without nodes says nothing and fails nothing."""
    assert Conversation(flows=[flow("main")]).says("x") == []


def test_a_session_waits_and_goes_on_below() -> None:
    """The input after a question enters at the question, and the same turn goes on."""
    talk = Conversation(ASK, {"say": "Hi {{ context.name }}!"})
    assert talk.says("hello") == ["Name?"]
    assert talk.run.position == "main/q"
    assert talk.says("Bob") == ["Hi Bob!"]
    assert talk.run.position is None


def test_the_execution_counts_messages_and_injects_only() -> None:
    """Timers are no turns that anybody caused."""
    talk = Conversation(
        {"id": "w", "wait": {"timeout": 5}, "on_timeout": [{"say": "t"}]}, {"say": "{{ input.execution }}"}
    )
    talk.says("a")
    talk.times_out()
    assert talk.says("b", kind=Kind.INJECT) == ["2"]


# --- goto, call, stop, think -------------------------------------------------------------------------


def test_goto_a_node_a_flow_and_both() -> None:
    """``x`` a node here, ``x/`` a flow, ``x/y`` a node of a flow; the session stays in that flow."""
    other = flow("other", {"say": "start"}, {"id": "y", "say": "y"})
    for target, said in (("end", ["end"]), ("other/", ["start", "y"]), ("other/y", ["y"])):
        main = flow("main", {"goto": target}, {"say": "no"}, {"id": "end", "say": "end"})
        talk = Conversation(flows=[main, other])
        assert talk.says("x") == said
        assert talk.session.frames[0].flow == ("main" if target == "end" else "other")


def test_goto_with_wait_stands_there() -> None:
    """The turn ends; the next input runs the target as an arrival."""
    talk = Conversation({"say": "a"}, {"goto": {"to": "q", "wait": True}}, {"say": "never"}, ASK)
    assert talk.says("x") == ["a"]
    assert (talk.run.position, talk.session.waiting) == ("main/q", False)
    assert talk.says("y") == ["Name?"]


def test_an_unknown_target_fails_the_node() -> None:
    """A computed target that is not there is the failure of the goto."""
    talk = Conversation(
        {"goto": "{{ input.text }}", "on_error": [{"say": "{{ error.reason }}: {{ error.message }}"}]}
    )
    assert talk.says("nowhere") == ['unknown-target: no node "nowhere" in flow "main"']
    assert talk.says("no/where") == ['unknown-target: no flow "no"']


def test_call_comes_back_also_after_a_wait() -> None:
    """The frames survive the wait: the answer resumes inside the called flow, then it comes back."""
    sub = flow("sub", ASK, {"say": "thanks {{ context.name }}"})
    talk = Conversation(flows=[flow("main", {"say": "a"}, {"call": "sub"}, {"say": "b"}), sub])
    assert talk.says("x") == ["a", "Name?"]
    assert [frame.flow for frame in talk.session.frames] == ["main", "sub"]
    assert talk.says("Bob") == ["thanks Bob", "b"]
    assert len(talk.session.frames) == 1


def test_a_called_flow_brings_its_default_context() -> None:
    """What stands in the session's context stays, in mappings, too; without ``defaults`` nothing comes."""
    said = {"say": "{{ context.count }} {{ context.box.size }} {{ context.box.colour }}"}
    sub = Builder().flow("sub", [said], context={"count": 3, "box": {"size": "small", "colour": "red"}})
    talk = Conversation(
        flows=[flow("main", {"call": {"flow": "sub", "defaults": True}}), sub],
        context={"box": {"size": "large"}},
    )
    assert talk.says("x") == ["3 large red"]
    assert talk.context == {"count": 3, "box": {"size": "large", "colour": "red"}}
    talk.context["count"] = 4
    assert talk.says("x") == ["4 large red"]
    assert sub.context == {"count": 3, "box": {"size": "small", "colour": "red"}}
    talk = Conversation(flows=[flow("main", {"call": "sub"}), sub], context={"box": {}})
    talk.says("x")
    assert talk.context == {"box": {}}


def test_calls_nest_and_end_together() -> None:
    """The end of the innermost flow may be the end of all of them."""
    talk = Conversation(flows=[flow("main", {"call": "b"}), flow("b", {"call": "c"}), flow("c", ASK)])
    assert talk.says("x") == ["Name?"]
    assert talk.says("Bob") == []
    assert (talk.run.position, len(talk.session.frames)) == (None, 1)


def test_goto_forgets_who_called() -> None:
    """A goto inside a called flow kills the return."""
    sub = flow("sub", {"goto": "end"}, {"id": "end", "say": "end"})
    talk = Conversation(flows=[flow("main", {"call": "sub"}, {"say": "never"}), sub])
    assert talk.says("x") == ["end"]
    assert [frame.flow for frame in talk.session.frames] == ["sub"]


def test_stop_goes_back_to_the_root_flow() -> None:
    """``stop`` clears the frames; the next input enters at the first node of the root flow."""
    talk = Conversation(
        flows=[flow("main", {"say": "a"}, {"call": "sub"}, {"say": "b"}), flow("sub", {"stop": None})]
    )
    assert talk.says("x") == ["a"]
    assert talk.says("x") == ["a"]


def test_endless_calls_fail() -> None:
    """Flows that call each other without end are stopped."""
    talk = Conversation(flows=[flow("main", {"call": "main"})])
    assert "call each other" in (talk.tries("x").error or "")


def test_think_runs_the_turn_again() -> None:
    """The turn begins anew at the first node of the root flow with the new text."""
    sub = flow("sub", {"think": "again"})
    main = flow(
        "main", {"say": "heard {{ input.text }}"}, {"if": "input.text != 'again'", "then": [{"call": "sub"}]}
    )
    talk = Conversation(flows=[main, sub])
    assert talk.says("first") == ["heard first", "heard again"]
    assert talk.session.execution == 1


def test_think_with_data() -> None:
    """Data alone, with a text, and with an intent, whose text stays."""
    show = {"say": "{{ input.text }} {{ input.data.n | default('-') }} {{ input.mode }}"}
    for thought, expected in (
        ({"data": {"n": "{{ 1 + 1 }}"}}, " 2 data"),
        ({"text": "two", "data": {"n": 2}}, "two 2 text+data"),
        ({"intent": "go", "data": {"n": 2}}, "x 2 text+data"),
        ("two", "two - text"),
    ):
        again = {"if": "input.data.n is not defined and input.text == 'x'", "then": [{"think": thought}]}
        intents = {"go": {"entry": "1"}} if "intent" in thought else {}
        talk = Conversation(flows=[flow("main", again, show, intents=intents)])
        assert talk.says("x") == [expected]


def test_think_with_data_waits_for_the_engine() -> None:
    """Where an engine reads the text the data is there afterwards, also over a crash."""
    again = {"if": "input.text == 'x'", "then": [{"think": {"text": "two", "data": {"n": 2}}}]}
    show = {"say": "{{ input.text }} {{ input.data.n }}"}
    talk = Conversation(flows=[flow("main", again, show, intents={"go": {"entry": "1"}})])
    assert talk.says("x") == []
    talk.crashes()
    assert talk.answers(Understanding()) == ["two 2"]


def test_think_has_a_limit() -> None:
    """A turn that thinks forever fails and says where."""
    assert "think at main/0" in (Conversation({"think": "x"}).tries("x").error or "")


# --- limits ----------------------------------------------------------------------------------------


def test_a_circle_is_named() -> None:
    """The loop limit fails the turn and names the nodes of the loop."""
    main = flow(
        "main", {"id": "a", "set": {"context.n": 1}}, {"id": "b", "goto": "a"}, settings={"loop_limit": 10}
    )
    end = Conversation(flows=[main]).tries("x")
    assert end.status == "failed"
    assert end.error == "the flow runs in a circle: a → b → a (node main/a ran 10 times in one turn)"
    assert end.error_at == "main/a"


def test_no_error_branch_takes_a_circle() -> None:
    """A limit ends the turn whatever ``on_error`` says."""
    main = flow("main", {"id": "a", "goto": "a", "on_error": "a"}, on_error="a", settings={"loop_limit": 3})
    assert Conversation(flows=[main]).tries("x").status == "failed"


def test_the_number_of_nodes_is_bounded() -> None:
    """``node_limit`` bounds one turn over all nodes."""
    talk = Conversation(*[{"say": "x"}] * 30, node_limit=20)
    assert "more than 20 nodes" in (talk.tries("x").error or "")


# --- failures ----------------------------------------------------------------------------------------


def test_a_failure_takes_the_nodes_branch_and_rejoins() -> None:
    """``error`` tells the branch what happened; after it the flow goes on below."""
    bad = {
        "id": "bad",
        "say": "{{ context.n + 'x' }}",
        "on_error": [{"say": "{{ error.reason }} at {{ error.node }}"}],
    }
    talk = Conversation(bad, {"say": "below"}, context={"n": 1})
    assert talk.says("x") == ["expression at main/bad", "below"]
    assert talk.run.steps[0].error


def test_a_failure_takes_the_flows_handler_once() -> None:
    """``settings.on_error`` catches what no node did; a failure inside of it fails the turn."""
    talk = Conversation(flows=[flow("main", {"broken": None}, on_error=[{"say": "sorry"}])], types=MORE)
    assert talk.says("x") == ["sorry"]
    again = flow("main", {"broken": None}, on_error=[{"say": "sorry"}, {"broken": None}])
    assert Conversation(flows=[again]).tries("x").status == "failed"


def test_a_failure_in_a_called_flow_reaches_its_caller() -> None:
    """What the called flow does not take care of is the failure of the call."""
    sub = flow("sub", {"broken": None})
    main = flow("main", {"call": "sub", "on_error": [{"say": "caught {{ error.node }}"}]}, {"say": "below"})
    talk = Conversation(flows=[main, sub])
    assert talk.says("x") == ["caught sub/0", "below"]


def test_many_failures_in_one_turn_are_taken_one_by_one() -> None:
    """A turn of hundreds of failures ends at its limit, with the circle named."""
    main = flow(
        "main",
        {"id": "a", "set": {"context.n": 1}},
        {"id": "bad", "set": {"context.n.x": 1}, "on_error": "a"},
        settings={"loop_limit": 900},
    )
    end = Conversation(flows=[main], node_limit=10_000).tries("x")
    assert end.error == "the flow runs in a circle: a → bad → a (node main/a ran 900 times in one turn)"


def test_a_failure_in_a_called_flow_is_told_with_its_own_place() -> None:
    """Also when the callers were asked whether they take care of it."""
    sub = flow("sub", {"id": "bad", "set": {"context.n.x": 1}})
    end = Conversation(flows=[flow("main", {"id": "c", "call": "sub"}), sub], context={"n": 1}).tries("x")
    assert end.error_at == "sub/bad"


def test_a_failure_without_a_handler_fails_the_turn() -> None:
    """The end names the place and the reason."""
    end = Conversation({"id": "bad", "broken": None}, types=MORE).tries("x")
    assert (end.status, end.error_at) == ("failed", "main/bad")
    assert end.error == "ZeroDivisionError: oops"


@pytest.mark.parametrize("answer", ["nowhere", 5, {"x": 1}])
def test_an_outcome_that_is_none_fails_the_node(answer: Any) -> None:
    """A node may only answer outcomes and its own branches."""
    assert Conversation({"odd": {"answer": answer}}, types=MORE).tries("x").status == "failed"


def test_settings_are_checked_after_rendering() -> None:
    """A template that gives nonsense is the failure of its node."""
    talk = Conversation({"sleep": "{{ input.text }}", "on_error": [{"say": "{{ error.reason }}"}]})
    assert talk.says("soon") == ["settings"]


# --- reloads -----------------------------------------------------------------------------------------


def test_a_moved_node_keeps_its_session() -> None:
    """``moved`` leads from the old id to the new one."""
    talk = Conversation(ASK, {"say": "Hi {{ context.name }}"})
    talk.says("x")
    renamed = flow(
        "main",
        {"id": "q2", "ask": {"text": "Name?", "store": "context.name"}},
        {"say": "Hello {{ context.name }}"},
        moved={"q": "q2"},
    )
    talk.library = Library({"main": renamed})
    assert talk.says("Bob") == ["Hello Bob"]
    assert talk.run.events == []


@pytest.mark.parametrize("per", ["session", "user"])
def test_a_moved_node_keeps_its_memory(per: str) -> None:
    """What was done once stays done under the new id."""
    talk = Conversation({"id": "old", "once": per, "then": [{"say": "first"}], "else": [{"say": "again"}]})
    assert talk.says("x") == ["first"]
    talk.environment.profile = {"once": {"main/old": True}} if per == "user" else {}
    renamed = {"id": "new", "once": per, "then": [{"say": "first"}], "else": [{"say": "again"}]}
    talk.library = Library({"main": flow("main", renamed, moved={"old": "new"})})
    assert talk.says("x") == ["again"]
    assert talk.says("x") == ["again"]


def test_a_session_whose_node_is_gone_enters_at_the_first_node() -> None:
    """It is told as an event."""
    talk = Conversation(ASK)
    talk.says("x")
    talk.library = Library({"main": flow("main", {"say": "new"})})
    assert talk.says("Bob") == ["new"]
    assert talk.run.events == ["session.stranded"]


def test_a_caller_that_is_gone_ends_the_turn() -> None:
    """Coming back to nowhere is the end, and an event."""
    sub = flow("sub", ASK)
    talk = Conversation(flows=[flow("main", {"id": "c", "call": "sub"}, {"say": "b"}), sub])
    talk.says("x")
    talk.library = Library({"main": flow("main", {"say": "new"}), "sub": sub})
    assert talk.says("Bob") == []
    assert (talk.run.events, talk.run.position) == (["session.stranded"], None)


# --- timers ------------------------------------------------------------------------------------------

NUDGE = {"id": "q", "ask": {"text": "Name?", "timeout": "10m"}, "on_timeout": [{"say": "Still there?"}]}


def test_waiting_arms_a_timer() -> None:
    """The timer names its place and when it falls due."""
    talk = Conversation(NUDGE)
    talk.says("x")
    assert talk.run.timer is not None
    assert (talk.run.timer.node, talk.run.timer.due_at) == ("main/q", 1_700_000_600.0)


def test_a_timeout_runs_its_list_and_the_session_stays() -> None:
    """Still waiting, no attempt counted, no new timer; the answer is taken afterwards."""
    talk = Conversation(NUDGE, {"say": "Hi {{ input.result }}"})
    talk.says("x")
    assert talk.times_out() == ["Still there?"]
    assert (talk.run.position, talk.session.waiting, talk.run.timer) == ("main/q", True, None)
    assert talk.says("Bob") == ["Hi Bob"]


def test_a_timeout_that_names_a_node_leaves_for_good() -> None:
    """``on_timeout: id`` ends the waiting."""
    talk = Conversation({**NUDGE, "on_timeout": "bye"}, {"say": "x"}, {"id": "bye", "say": "Bye."})
    talk.says("x")
    assert talk.times_out() == ["Bye."]
    assert not talk.session.waiting


@pytest.mark.parametrize("node", ["main/other", "other", "x/q"])
def test_a_timer_from_elsewhere_is_void(node: str) -> None:
    """A timer counts only where the session stands."""
    talk = Conversation(NUDGE)
    talk.says("x")
    assert talk.times_out(node) == []
    assert (talk.end.status, talk.end.reason) == ("done", "void")
    assert (talk.run.position, talk.session.waiting) == ("main/q", True)


def test_leaving_a_wait_takes_its_timer_away() -> None:
    """When the session no longer waits there is no timer."""
    talk = Conversation(NUDGE)
    talk.says("x")
    talk.says("Bob")
    assert talk.run.timer is not None
    assert talk.run.timer.due_at is None


# --- needs -------------------------------------------------------------------------------------------

CALL = {
    "id": "price",
    "http_request": {"url": "https://x.example/{{ input.text }}", "store": "context.price"},
}


def test_a_need_stops_the_run_and_its_answer_goes_on() -> None:
    """What was said before is there to be sent before the outside is touched."""
    talk = Conversation({"say": "wait a moment"}, CALL, {"say": "{{ context.price.total }}"})
    assert talk.says("a") == ["wait a moment"]
    assert talk.end.status == "effect"
    assert isinstance(talk.run.effect, HttpCall)
    assert (talk.run.effect.url, talk.run.effect_at) == ("https://x.example/a", "main/price")
    assert talk.answers(HttpResult(200, {}, {"total": 22})) == ["22"]
    assert talk.end.status == "done"
    assert talk.context == {"price": {"total": 22}}


def test_a_need_that_cannot_be_met_fails_its_node() -> None:
    """The failure takes the node's ``on_error``."""
    talk = Conversation({**CALL, "on_error": [{"say": "{{ error.reason }}"}]})
    talk.says("a")
    assert talk.answers(Failure("timeout", "no answer")) == ["timeout"]
    assert Conversation(CALL).tries("x").status == "effect"


def test_a_suspended_run_performs_the_very_same_need() -> None:
    """After a crash the call, its key and what the turn knew are the same."""
    talk = Conversation(
        {"set": {"context.n": "{{ context.n + 1 }}"}},
        CALL,
        {"say": "{{ input.text }} {{ context.n }}"},
        context={"n": 0},
    )
    talk.says("a")
    before, key = talk.run.effect, talk.run.effect_key
    talk.context["noise"] = "changes nothing"
    run = talk.crashes()
    assert (run.effect, run.effect_key) == (before, key)
    assert talk.answers(HttpResult(200, {}, 5)) == ["a 1"]
    assert [step.node for step in run.steps] == ["0", "price", "2"]


def test_keys_differ_between_visits_and_turns() -> None:
    """Each visit has a key of its own, so that no two calls are taken for one."""
    talk = Conversation({"id": "a", "http_request": {"url": "https://x"}}, {"goto": "a"})
    keys = []
    for _ in range(2):
        talk.says("x")
        for _ in range(3):
            keys.append(talk.run.effect_key)
            talk.answers(HttpResult(200, {}, None))
    assert len(set(keys)) == 6


def test_a_pause_goes_on_where_it_was_after_a_crash() -> None:
    """Only what is left of a pause is waited for again."""
    talk = Conversation({"sleep": 30}, {"say": "b"})
    talk.says("x")
    assert talk.run.effect == Pause(30.0)
    assert talk.crashes(down=12).effect == Pause(18.0)
    assert talk.answers(None) == ["b"]


def test_a_crash_inside_a_called_flow_comes_back_to_it() -> None:
    """Frames, loop counts and the error in scope are part of what is kept."""
    sub = flow("sub", {"broken": None, "on_error": [CALL, {"say": "{{ error.message }}"}]})
    talk = Conversation(flows=[flow("main", {"call": "sub"}, {"say": "b"}), sub])
    talk.says("x")
    talk.crashes()
    assert talk.answers(HttpResult(200, {}, None)) == ["ZeroDivisionError: oops", "b"]


def test_a_need_whose_node_is_gone_fails_the_turn() -> None:
    """A deployment between crash and restart may take the node away."""
    talk = Conversation(CALL)
    talk.says("x")
    state = talk.run.suspend()
    run = TurnExecutor.restore(
        Library({"main": flow("main", ASK)}), talk.session, talk.run.inbound, talk.environment, state
    )
    assert run.resume(None).status == "failed"


def test_a_plugins_node_is_a_need() -> None:
    """Its result is applied at once; its branch leads on."""
    talk = Conversation(
        {"id": "l", "lookup": "{{ input.text }}", "found": [{"say": "{{ context.who }}"}]}, types=MORE
    )
    talk.says("030")
    assert talk.run.effect == RunNode()
    assert isinstance(talk.run.effect_node, Lookup)
    assert talk.run.effect_node.phone == "030"
    talk.crashes()
    assert talk.run.effect_node.phone == "030"  # type: ignore[attr-defined]
    result = NodeResult(
        "found", [Output("Hello!")], [("set", "context.who", "Ann"), ("append", "context.l", 1)], {"n": 1}
    )
    assert talk.answers(result) == ["Hello!", "Ann"]
    assert talk.context == {"who": "Ann", "l": [1]}
    assert talk.session.memory == {"main/l": {"n": 1}}
    assert talk.run.outputs[0].trace_id == talk.run.inbound.trace_id


LONG = [
    {"say": "hello {{ input.text }}"},
    {"set": {"context.round": 0}},
    {"id": "again", "set": {"context.round": "{{ context.round + 1 }}"}},
    {"call": "sub"},
    {"if": "context.round < 3", "then": "again"},
    {"say": ["a", "b", "c"]},
    {"broken": None, "on_error": [{"sleep": 2}, {"say": "{{ error.message }} {{ input.result }}"}]},
    {"once": "session", "then": [{"think": "{{ input.text }} again"}]},
    {"id": "end", "ask": {"text": "{{ context.price }}?", "timeout": 5}},
]


def test_crashes_change_nothing() -> None:
    """A turn that crashes at each of its needs ends like one that never does."""
    ends = []
    for crashing in (False, True):
        talk = Conversation(flows=[flow("main", *LONG), flow("sub", CALL, {"say": "{{ context.price }}"})])
        said = talk.says("x")
        while talk.end.status == "effect":
            if crashing:
                talk.crashes()
            prices = HttpResult(200, {}, talk.context["round"])
            said += talk.answers(prices if isinstance(talk.run.effect, HttpCall) else None)
        steps = [step.to_json() for step in talk.run.steps]
        ends.append((said, talk.session.to_json(), steps, talk.run.timer, talk.run.position))
    assert ends[0] == ends[1]
    assert ends[0][0][:4] == ["hello x", "1", "2", "3"]
    assert ends[0][4] == "main/end"


def test_what_is_suspended_is_json() -> None:
    """And small, when little happened."""
    talk = Conversation(CALL)
    talk.says("x")
    assert len(json.dumps(talk.run.suspend())) < 1500


# --- what a turn knows and leaves ----------------------------------------------------------------------


def test_the_input_object() -> None:
    """``input`` holds the message, who sent it, and what was understood."""
    talk = Conversation(
        {"set": {"context.seen": "{{ input }}"}},
        endpoint="pizza",
        url_token="demo",
        locale="de",
        understanding=Understanding("order", 0.9, {"size": ["big"]}),
    )
    talk.says("hi", data={"a": 1}, attachments=[{"url": "u"}])
    seen = talk.context["seen"]
    assert set(seen) == set(INPUT_NAMES)
    assert seen["text"] == "hi"
    assert {
        "data": {"a": 1},
        "mode": "text+data",
        "kind": "message",
        "intent": "order",
        "intentScore": 0.9,
        "slots": {"size": ["big"]},
        "userId": "u1",
        "sessionId": "s1",
        "URLToken": "demo",
        "endpoint": "pizza",
        "channel": "webhook",
        "locale": "de",
        "execution": 1,
        "result": None,
        "flow": "main",
        "node": None,
        "attachments": [{"url": "u"}],
        "traceId": f"{1:032x}",
    }.items() <= seen.items()


def test_vars_history_profile_session_and_now() -> None:
    """The other roots of expressions."""
    talk = Conversation(
        {"say": "{{ vars.shop }} {{ profile.name }} {{ history[0].text }} {{ session.x }} {{ now.year }}"},
        vars={"shop": "Mario's"},
        profile={"name": "Ann"},
        history=[{"text": "hi"}],
    )
    talk.session.values["x"] = "s"
    assert talk.says("x") == ["Mario's Ann hi s 2023"]


def test_the_trace_tells_what_happened_and_why() -> None:
    """Ways taken, values seen by decisions, paths changed, warnings."""
    talk = Conversation(
        {"set": {"context.n": 5}},
        {"id": "big", "if": "context.n > 3 and context.nope", "else": [{"say": "no"}]},
    )
    talk.says("x")
    set_step, if_step, say_step = talk.run.steps
    assert set_step.changed == {"context.n": 5}
    assert if_step.saw == {"context.n": 5, "context.nope": None}
    assert if_step.warnings == ["context.nope is undefined"]
    assert (if_step.went, say_step.said) == ("else", 1)


def test_profile_changes_are_told_in_order() -> None:
    """The driver stores what a turn did to the profile; the turn sees it at once."""
    talk = Conversation(
        {"set": {"profile.address.city": "Bonn"}},
        {"append": {"profile.tags": "x"}},
        {"unset": "profile.old"},
        {"say": "{{ profile.address.city }}"},
        profile={"old": 1},
    )
    assert talk.says("x") == ["Bonn"]
    assert talk.run.take_profile_changes() == [
        ("set", ("address", "city"), "Bonn"),
        ("append", ("tags",), "x"),
        ("unset", ("old",), None),
    ]
    assert talk.run.take_profile_changes() == []
    assert talk.environment.profile == {"old": 1}


def test_the_same_turn_runs_the_same_way() -> None:
    """Chance hangs on the seed alone, and differs from place to place and seed to seed."""
    texts = [str(n) for n in range(50)]
    nodes = [{"say": {"text": texts}}] * 3
    said = {seed: Conversation(*nodes, seed=seed).says("x") for seed in range(5)}
    assert said == {seed: Conversation(*nodes, seed=seed).says("x") for seed in range(5)}
    assert len({tuple(texts) for texts in said.values()}) == 5


def test_constant_settings_are_not_shared_between_sessions() -> None:
    """A list from the flow file belongs to the session that keeps it."""
    main = flow("main", {"set": {"context.cart": []}}, {"append": {"context.cart": "{{ input.text }}"}})
    talks = [Conversation(flows=[main]) for _ in range(2)]
    for talk in talks:
        talk.says("x")
        assert talk.context == {"cart": ["x"]}


def test_node_failures_carry_details() -> None:
    """What a node knows of its failure is in ``error.details``."""
    failure = NodeFailed("status", "no", {"status": 500})
    assert (failure.reason, failure.details) == ("status", {"status": 500})


def test_an_unknown_root_flow_is_a_stranded_session() -> None:
    """Nothing runs where there is no flow, and nothing breaks."""
    talk = Conversation({"say": "a"})
    talk.session = Session([Frame("gone", "x")], waiting=True)
    assert talk.says("x") == []
    assert talk.run.events == ["session.stranded"]


def test_ways_that_name_the_same_node_are_told_apart() -> None:
    """Back to waiting at a node is another way than its next round."""
    assert Stay("a") != Loop("a")
