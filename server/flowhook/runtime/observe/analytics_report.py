"""The report on a time: records of inputs, folded one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from statistics import median
from typing import Any

MASK = "****"
TEXT_LENGTH = 200  #: characters of a text that was not understood
TEXTS = 10_000  #: different texts that are counted
DURATIONS = 100_000  #: of turns, for their median


@dataclass(slots=True)
class _Session:
    """What the report keeps of one conversation."""

    turns: int = 0
    node: str | None = None  #: where it waits
    handed_over: bool = False
    reached: set[tuple[str, str]] = field(default_factory=set)


class AnalyticsReport:
    """``add`` each record, oldest first; then ``result``. Days are those of ``zone``."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._sessions: dict[tuple[str, str, str], _Session] = {}
        self._users: set[str] = set()
        self._understood: Counter[bool | None] = Counter()
        self._intents: Counter[str] = Counter()
        self._texts: Counter[str] = Counter()
        self._days: Counter[str] = Counter()
        self._reached: dict[str, Counter[str]] = {"steps": Counter(), "goals": Counter()}
        self._durations: list[float] = []
        self._messages = self._failed = self._handovers = 0

    def add(self, record: Mapping[str, Any]) -> None:
        """Take in the next record."""
        self._messages += 1
        self._failed += record["status"] == "failed"
        self._understood[record["understood"]] += 1
        if record["intent"]:
            self._intents[record["intent"]] += 1
        self._note_text(record)
        self._days[self._day_of(record["timestamp"])] += 1
        if len(self._durations) < DURATIONS:
            self._durations.append(record["ms"])
        self._users.add(record["contactId"])
        self._note_session(record)

    def result(self, top: int = 10) -> dict[str, Any]:
        """The report as JSON; lists hold the ``top`` entries, the most frequent first."""
        sessions = self._sessions.values()
        waiting = Counter(session.node for session in sessions if session.node is not None)
        handed_over = sum(session.handed_over for session in sessions)
        counted = self._understood[True] + self._understood[False]
        return {
            "messages": self._messages,
            "sessions": len(sessions),
            "users": len(self._users),
            "understood": self._understood[True],
            "notUnderstood": self._understood[False],
            "understoodShare": _share(self._understood[True], counted),
            "containment": _share(len(sessions) - handed_over, len(sessions)),
            "handovers": self._handovers,
            "failed": self._failed,
            "medianTurns": median(session.turns for session in sessions) if sessions else None,
            "medianMs": round(median(self._durations), 3) if self._durations else None,
            "intents": _listed(self._intents, "intent", "messages", top),
            "textsNotUnderstood": _listed(self._texts, "text", "messages", top),
            "dropOff": _listed(waiting, "node", "sessions", top),
            "steps": _listed(self._reached["steps"], "step", "sessions"),
            "goals": _listed(self._reached["goals"], "goal", "sessions"),
            "days": self._each_day(),
        }

    def _each_day(self) -> list[dict[str, Any]]:
        """From the first to the last day, those without messages too."""
        if not self._days:
            return []
        first, last = (date.fromisoformat(day) for day in (min(self._days), max(self._days)))
        days = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
        return [{"day": day, "messages": self._days[day]} for day in days]

    def _note_text(self, record: Mapping[str, Any]) -> None:
        text = record["inputText"]
        if record["understood"] is False and text and text != MASK:
            text = text[:TEXT_LENGTH]
            if text in self._texts or len(self._texts) < TEXTS:
                self._texts[text] += 1

    def _note_session(self, record: Mapping[str, Any]) -> None:
        key = (record["endpointName"], record["contactId"], record["sessionId"])
        session = self._sessions.get(key)
        if session is None:
            session = self._sessions[key] = _Session()
        session.turns += 1
        session.node = record["node"]
        if record["handover"]:
            session.handed_over = True
            self._handovers += record["handover"]
        for kind, counter in self._reached.items():
            for name in record[kind]:
                if (kind, name) not in session.reached:
                    session.reached.add((kind, name))
                    counter[name] += 1

    def _day_of(self, timestamp: str) -> str:
        return datetime.fromisoformat(timestamp).astimezone(self._zone).date().isoformat()


def _share(part: int, whole: int) -> float | None:
    """From 0 to 1; None of nothing."""
    return round(part / whole, 4) if whole else None


def _listed(counter: Counter[Any], name: str, unit: str, top: int | None = None) -> list[dict[str, Any]]:
    return [{name: key, unit: count} for key, count in counter.most_common(top)]
