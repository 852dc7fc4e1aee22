"""Logs: readable on a terminal, one JSON object a line for programs. Set up once, by ``serve``."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from flowhook.model.log_action import LogAction
from flowhook.model.secret import hidden
from flowhook.terminal import escaped, escaped_json

#: What a LogRecord has by itself; everything else was given as ``extra`` and belongs into the line.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
#: Their INFO lines hold URLs with tokens and passwords.
_TOO_TALKATIVE = ("httpx", "httpcore", "hypercorn", "aiohttp", "aiosqlite", "quart", "watchfiles")


#: Paths and queries of other services hold tokens: ``https://api.telegram.org/bot<token>/sendMessage``.
_URL = re.compile(r"""\b(https?://)(?:[^\s/?#'"<>@]*@)?([^\s/?#'"<>@]+)([/?#][^\s'"<>]*)?""")


def redact_urls(text: str) -> str:
    """The text with no more of each URL than scheme and host; what follows becomes ``/…``."""
    if "://" not in text:
        return text
    return _URL.sub(lambda url: url[1] + url[2] + ("/…" if (url[3] or "/") != "/" else ""), text)


class _Formatter(logging.Formatter):
    """Formats tracebacks without the secrets that URLs hold."""

    def formatException(self, ei: Any) -> str:
        return redact_urls(super().formatException(ei))


class JsonLines(_Formatter):
    """``{"time", "level", "logger", "message", …extra}``."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return escaped_json(hidden(json.dumps(line, ensure_ascii=False, default=str)))


class Console(_Formatter):
    """``12:00:00 warning  message  key=value``; control characters of others cannot forge lines."""

    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        extra = "".join(f"  {name}={value}" for name, value in _extra(record).items() if name != "action")
        lines = [f"{clock} {record.levelname.lower():8} {record.getMessage()}{extra}"]
        if record.exc_info:  # its text may hold line breaks too: indented, they are no lines of ours
            lines += [f"  {line}" for line in self.formatException(record.exc_info).splitlines()]
        return hidden("\n".join(map(escaped, lines)))


class FoldRepeats(logging.Filter):
    """Lets a line that strangers can provoke pass a few times a minute; the rest is counted, and told once.

    Whoever opens connections in a loop must not be able to fill a disk. What flows, plugins and turns say is
    never folded.
    """

    LOGGERS = frozenset({"asyncio"})
    ACTIONS = frozenset({LogAction.CONNECTION_REFUSED})

    PASS = 10  #: times within a window
    SECONDS = 60.0  #: of a window

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name not in self.LOGGERS and getattr(record, "action", None) not in self.ACTIONS:
            return True
        key, now = (record.name, str(record.msg)), self._clock()
        since, count = self._seen.get(key, (now, 0))
        if now - since > self.SECONDS:
            if count > self.PASS:
                record.folded = count - self.PASS  # lines like this one that were left out before it
            since, count = now, 0
        if len(self._seen) > 1000:
            self._seen.clear()
        self._seen[key] = (since, count + 1)
        return count < self.PASS


class RecentLines(logging.Handler):
    """Holds the last lines in memory, for a page that shows them. They are formatted when somebody looks."""

    KEPT = 2000

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[tuple[int, logging.LogRecord]] = deque(maxlen=self.KEPT)
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, which gets the next number."""
        self._count += 1
        self._lines.append((self._count, record))

    def find(
        self, *, level: int = 0, text: str = "", endpoint: str | None = None, before: int | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return lines as :class:`JsonLines` writes them, with their ``number``, the latest first: at least
        of this level, with this text in them whatever its case, of this endpoint, before a number."""
        formatter, wanted = JsonLines(), text.casefold()
        found: list[dict[str, Any]] = []
        for number, record in reversed(list(self._lines)):
            if len(found) == limit:
                break
            if record.levelno < level or (before is not None and number >= before):
                continue
            if endpoint is not None and getattr(record, "endpoint", None) != endpoint:
                continue
            line = json.loads(formatter.format(record))
            if wanted in json.dumps(line, ensure_ascii=False).casefold():
                found.append({"number": number, **line})
        return found


def recent_lines() -> RecentLines | None:
    """Return what holds the last lines of this process; None before :func:`configure_logging`."""
    return next((one for one in logging.getLogger().handlers if isinstance(one, RecentLines)), None)


def configure_last_resort() -> None:
    """Format what is logged where nobody configured logging, in commands other than ``serve``: warnings and
    errors on standard error, in which texts of users are harmless."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(Console())


def configure_logging(level: str, style: str) -> None:
    """Send all logs to standard error, and hold the last ones. ``style``: console or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else Console())
    recent = recent_lines() or RecentLines()
    recent.filters[:] = [FoldRepeats()]
    handler.addFilter(FoldRepeats())
    root = logging.getLogger()
    root.handlers[:] = [handler, recent]
    root.setLevel(level.upper())
    for name in _TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _OWN}


def _time(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"
