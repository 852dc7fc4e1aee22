"""What every database knows of an arrival before it writes: whether it may enter, and as what."""

from __future__ import annotations

from typing import NamedTuple

from flowhook.model.inbound import Kind
from flowhook.storage.records import Arrival
from flowhook.storage.rows import inbound_body

_ALWAYS = -1e12  #: sessions never expire
SPEAKS = frozenset({Kind.MESSAGE, Kind.INJECT})  #: kinds that void a running timer


class PreparedArrival(NamedTuple):
    """An arrival with what can be computed before the writer has it."""

    arrival: Arrival
    key: bytes  #: of the session
    body: bytes

    @property
    def trace_id(self) -> str:
        """Of the inbound."""
        return self.arrival.inbound.trace_id

    @property
    def is_plain(self) -> bool:
        """Whether it enters now, wherever its session stands, and makes the session where there is none."""
        inbound = self.arrival.inbound
        return not self.arrival.must_exist and inbound.not_before is None and inbound.precondition is None

    @classmethod
    def of(cls, arrival: Arrival) -> PreparedArrival:
        """Hash and serialise."""
        return cls(arrival, arrival.inbound.ref.key, inbound_body(arrival.inbound))


class Standing(NamedTuple):
    """A session as it is before the inbound, as far as acceptance cares."""

    exists: bool
    backlog: int = 0
    revision: int = 0
    node: str | None = None


def standing_from(
    row: tuple[float | None, float, int, int, str | None] | None, arrival: Arrival, now: float
) -> Standing:
    """What a row of ``created_at, updated_at, backlog, revision, node`` says: a session that has expired is
    gone."""
    if row is None or row[0] is None:
        return Standing(False)
    _, updated_at, backlog, revision, node = row
    if not backlog and updated_at <= gone_before(arrival.expires_after, now):
        return Standing(False, revision=revision)
    return Standing(True, backlog, revision, node)


def backlog_limit(arrival: Arrival) -> int:
    """How many may wait in the session, the arrival among them."""
    return 1 if arrival.reject_when_busy else arrival.max_backlog


def gone_before(expires_after: float | None, now: float) -> float:
    """Sessions without an inbound since then are gone."""
    return _ALWAYS if expires_after is None else now - expires_after


def precondition_holds(arrival: Arrival, standing: Standing) -> bool:
    """Whether the session stands where the arrival wants it."""
    condition = arrival.inbound.precondition
    if condition is None:
        return True
    if condition.if_revision is not None and condition.if_revision != standing.revision:
        return False
    wanted = condition.if_node
    if wanted is None:
        return True
    if standing.node is None:
        return False
    return wanted in (standing.node, standing.node.rpartition("/")[2]) or standing.node in arrival.nodes
