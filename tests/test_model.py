"""The words of flowhook as plugins of the first version read them."""

from __future__ import annotations

from pydantic_core import from_json, to_json

from flowhook.ids import new_id
from flowhook.model.delivery import Delivery
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.model.trace import TraceStep, rows_of, trace_of

REF = SessionRef("bot", "u", "s")


def test_nodes_and_output_engines_of_plugins_read_the_session_under_its_first_name() -> None:
    """What is ``ref`` today was ``session`` in the first version, and plugins read it there."""
    inbound = Inbound(REF, Kind.MESSAGE, "t", 0.0)
    delivery = Delivery(REF.endpoint, REF.key, 1, "d", b"{}", "t", REF.user_id, REF.session_id)
    assert inbound.session is inbound.ref is REF
    assert delivery.session == delivery.session_key == REF.key


def test_a_stored_step_is_told_as_the_step_itself() -> None:
    """Stored without names; what is empty is left out when it is told, and nothing else."""
    step = TraceStep("pizza", "ask", "ask", "next", saw={"answer": 3}, said=1, call={"status": 200}, ms=1.5)
    told = {
        "flow": "pizza", "node": "ask", "type": "ask", "went": "next", "saw": {"answer": 3}, "said": 1,
        "call": {"status": 200}, "ms": 1.5,
    }  # fmt: skip
    assert step.to_json() == told
    assert trace_of(from_json(to_json({"steps": rows_of([step]), "ms": 2}))) == {"steps": [told], "ms": 2}


def test_stored_steps_of_other_versions_are_told() -> None:
    """Those of older versions have names; shorter ones lack the fields that came later."""
    told = {"flow": "pizza", "node": "say", "type": "say", "went": "next", "said": 1}
    assert trace_of({"steps": [told, ["pizza", "say", "say", "next"]]})["steps"] == [
        told,
        {"flow": "pizza", "node": "say", "type": "say", "went": "next"},
    ]
    assert trace_of({"error": "x"}) == {"error": "x"}


def test_each_trace_id_is_greater_than_the_one_before() -> None:
    """Also within a millisecond: what falls due at one moment is said in the order in which it came."""
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(set(ids))
    assert {(id[12], id[16] in "89ab", len(id)) for id in ids} == {("7", True, 32)}
