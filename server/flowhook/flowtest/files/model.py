"""A test file as data: what to do, what to expect, and where it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from flowhook.flowtest.files.matchers import Matcher
from flowhook.yamldoc.document import Document, Path

#: Steps that do something, and then those that look at what came of it or prepare what comes next.
#: What an agent says or does: the fields of a HandoverEvent.
AGENT_KEYS = ("event", "text", "data", "attachments", "agent", "result", "note", "reason")
ACTS = ("user", "inject", "notify", "callback", "agent", "advance", "webhook", "restart")
LOOKS = ("bot", "expect")
PREPARES = ("set", "mock", "comment")
STEPS = (*ACTS, *LOOKS, *PREPARES)


@dataclass(frozen=True, slots=True)
class Message:
    """What a user or a backend says. ``fields``: further keys of the body, such as ``ifNode``."""

    text: str = ""
    data: dict[str, Any] | None = None
    attachments: tuple[dict[str, Any], ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What is expected of one output. None: not looked at."""

    path: Path
    text: Matcher | None = None
    text_at: Path | None = None  #: where the text is written
    data: Matcher | None = None
    rich: Matcher | None = None
    buttons: Matcher | None = None
    source: Matcher | None = None
    body: Matcher | None = None  #: of the whole POST, where a plugin made another of it


@dataclass(frozen=True, slots=True)
class Expected:
    """One key of ``expect``."""

    key: str
    path: Path
    matcher: Matcher | None = None
    outputs: Sequence[Said] | None = None  #: key ``outputs``


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``value`` by kind: Message, seconds, list of Said or Expected, mocks …"""

    kind: str
    path: Path
    line: int
    value: Any = None


@dataclass(frozen=True, slots=True)
class HttpReply:
    """One answer of a mocked service. ``fail`` instead: timeout, refused …"""

    status: int = 200
    json: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    fail: str | None = None


@dataclass(frozen=True, slots=True)
class HttpMock:
    """Answers calls of a method and URL; ``*`` and ``{name}`` stand for any part of it."""

    method: str
    url: str
    replies: Sequence[HttpReply]
    path: Path
    line: int
    times: int | None = None  #: calls that it answers, and that there have to be
    optional: bool = False  #: no failure when it is never called
    body: Matcher | None = None  #: of the JSON body, or of the body's text
    headers: Matcher | None = None
    query: Matcher | None = None

    @property
    def name(self) -> str:
        """As it was written."""
        return f"{self.method} {self.url}"


@dataclass(frozen=True, slots=True)
class NodeMock:
    """Stands in for a node that needs the outside: a plugin's, an HTTP call, a task."""

    node: str  #: id, flow/id, or the type's key
    path: Path
    line: int
    branch: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    say: Sequence[str] = ()
    error: str | None = None
    times: int | None = None
    optional: bool = False

    @property
    def name(self) -> str:
        return f"node {self.node}"


@dataclass(frozen=True, slots=True)
class NluMock:
    """What an engine would understand of a text."""

    text: str
    intent: str | None
    score: float
    slots: Mapping[str, Any]
    path: Path
    line: int
    optional: bool = True
    times: int | None = None

    @property
    def name(self) -> str:
        return f"nlu {self.text!r}"


Mock = HttpMock | NodeMock | NluMock


@dataclass(frozen=True, slots=True)
class Start:
    """Where a session stands before the first step."""

    context: Mapping[str, Any] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    session: Mapping[str, Any] = field(default_factory=dict)
    state: str | None = None
    node: str | None = None
    waiting: bool = False
    locale: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """One conversation."""

    __test__ = False  # of pytest

    name: str
    path: Path
    line: int
    steps: Sequence[Step] = ()
    mocks: Sequence[Mock] = ()
    seed: int | Sequence[int] = 0  #: of the choice among alternatives; a list: of each inbound
    locale: str | None = None
    endpoint: str | None = None
    start: Start = field(default_factory=Start)
    vars: Mapping[str, Any] = field(default_factory=dict)
    skip: str | Literal[False] = False  #: the reason
    only: bool = False

    @property
    def restarts(self) -> bool:
        """Whether its storage has to outlive the application."""
        return any(step.kind == "restart" for step in self.steps)


@dataclass(slots=True)
class TestFile:
    """One ``*.test.yaml``."""

    __test__ = False  # of pytest

    file: str
    document: Document
    flow: str
    tests: list[Test] = field(default_factory=list)
    mocks: Sequence[Mock] = ()  #: of all its tests; asked last
