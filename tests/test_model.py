"""The words of flowhook as plugins of the first version read them."""

from __future__ import annotations

from flowhook.model.delivery import Delivery
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef

REF = SessionRef("bot", "u", "s")


def test_nodes_and_output_engines_of_plugins_read_the_session_under_its_first_name() -> None:
    """What is ``ref`` today was ``session`` in the first version, and plugins read it there."""
    inbound = Inbound(REF, Kind.MESSAGE, "t", 0.0)
    delivery = Delivery(REF.endpoint, REF.key, 1, "d", b"{}", "t", REF.user_id, REF.session_id)
    assert inbound.session is inbound.ref is REF
    assert delivery.session == delivery.session_key == REF.key
