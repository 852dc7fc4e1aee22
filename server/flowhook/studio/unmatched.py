"""Texts that nobody won: what people said and the bot could do nothing with, from the analytics.

What ``privacy`` or a blind mode masks is not among them, nor what a blind mode keeps from being collected;
they go with the records, by retention or when a user is erased.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowhook.errors import ApiError, PluginError
from flowhook.model.privacy import MASK
from flowhook.runtime.observe.analytics_view import may_be_learned, shown_record
from flowhook.studio.reading import TextInterpreter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application
    from flowhook.storage.records import AnalyticsRecord

PAGE = 500  #: records that are read at a time
MOST_RECORDS = 50_000  #: that are looked through
MOST_TEXTS = 5_000  #: different ones that are counted
MOST_READ = 500  #: texts that are read anew
LONGEST = 500  #: characters of a text


@dataclass(slots=True)
class _Text:
    """One text that nobody won in one flow."""

    text: str
    flow: str
    endpoint: str
    locale: str | None
    count: int = 0
    last_at: float = 0.0
    trace_id: str = ""


@dataclass(slots=True)
class Unmatched:
    """What was found: texts, the most frequent first; ``complete`` where all records were looked through."""

    texts: list[_Text] = field(default_factory=list)
    records: int = 0
    complete: bool = True


async def unmatched(
    application: Application,
    *,
    since: float,
    endpoint: str | None = None,
    flow: str | None = None,
    tests_only: bool = False,
) -> Unmatched:
    """Look through the records of the analytics since a time (POSIX seconds). ``tests_only``: those of test
    messages alone; else those of people alone."""
    result, found = Unmatched(), dict[tuple[str, str], _Text]()
    after: tuple[float, int] | None = None
    while rows := await application.store.analytics.find(since, None, endpoint, tests_only, PAGE, after):
        for row in rows:
            if row.test == tests_only:
                _count(found, row, flow)
        result.records += len(rows)
        after = (rows[-1].at, rows[-1].row)
        if result.records >= MOST_RECORDS:
            result.complete = False
            break
    result.texts = sorted(found.values(), key=lambda one: (-one.count, -one.last_at))
    return result


def _count(found: dict[tuple[str, str], _Text], row: AnalyticsRecord, flow: str | None) -> None:
    if b'"understood":false' not in row.record:
        return
    record = shown_record(row)
    text, name = " ".join(record["inputText"].split())[:LONGEST], record["flow"] or ""
    if not text or text == MASK or not may_be_learned(row):
        return
    if flow is not None and name != flow:
        return
    key = (text.casefold(), name)
    known = found.get(key)
    if known is None:
        if len(found) >= MOST_TEXTS:
            return
        known = found[key] = _Text(text, name, row.endpoint, record["locale"])
    known.count += 1
    known.last_at, known.trace_id = row.at, record["inputId"]


async def shown_texts(application: Application, found: Unmatched, limit: int) -> list[dict[str, Any]]:
    """Return the first texts as JSON, times in POSIX seconds: with who would win now, or come first (``now``,
    None where that is not known). One that wins now, since the flow has learned it, is left out."""
    told: list[dict[str, Any]] = []
    readers: dict[tuple[str, str, str | None], TextInterpreter | None] = {}
    for one in found.texts[:MOST_READ]:
        if len(told) >= limit:
            break
        await asyncio.sleep(0)  # messages get through
        key = (one.endpoint, one.flow, one.locale)
        if key not in readers:
            readers[key] = _reader(application, *key)
        now = await _now(readers[key], one.text)
        if now is not None and (now["won"] or now["known"]):
            continue
        told.append({
            "text": one.text, "flow": one.flow, "endpoint": one.endpoint, "locale": one.locale,
            "count": one.count, "at": one.last_at, "traceId": one.trace_id, "now": now,
        })  # fmt: skip
    return told


def _reader(application: Application, endpoint: str, flow: str, locale: str | None) -> TextInterpreter | None:
    """Reads texts of the flow as it is now; None where it is gone, or a plugin would be asked."""
    try:
        reader = TextInterpreter(application, endpoint, flow, locale)
    except ApiError:
        return None
    return reader if reader.is_quick else None


async def _now(reader: TextInterpreter | None, text: str) -> dict[str, Any] | None:
    """Who comes first. ``known``: it is an example of ``reject``, so somebody has dealt with it."""
    if reader is None:
        return None
    try:
        reading = await reader.read(text)
    except PluginError:
        return None
    first = next(iter(reading.decision.candidates), None)
    return {
        "intent": first.name if first is not None else None,
        "flow": (first.flow or reader.flow.name) if first is not None else None,
        "score": round(reading.best, 4),
        "won": reading.decision.won is not None,
        "known": reader.rejects(text),
    }
