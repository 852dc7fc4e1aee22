"""The kinds of values that flowhook reads, each with its finder.

A finder is a function ``(text, around) -> list[Found]``: all values of its kind in the order of the
text, none overlapping another. It never raises for any text, and reads the first ``MAX_TEXT``
characters of a longer one. Its module is imported when the kind is first looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from flowhook.extraction.match import Context, Match

Finder = Callable[[str, Context], list[Match]]

MAX_TEXT = 10_000  #: characters of a text that are read


def _finder(kind: str) -> Finder:
    def find(text: str, around: Context) -> list[Match]:
        module = import_module(f"flowhook.extraction.{_MODULES[kind]}")
        finder: Finder = getattr(module, f"find_{kind}")
        return finder(text[:MAX_TEXT], around)

    return find


#: The module in which a kind is found.
_MODULES: Mapping[str, str] = {
    "number": "numbers",
    "integer": "numbers",
    "date": "dates",
    "time": "times",
    "datetime": "datetimes",
    "duration": "durations",
    "money": "money",
    "percentage": "percentages",
    "email": "emails",
    "phone": "phones",
    "url": "urls",
    "age": "ages",
    "temperature": "temperatures",
    "distance": "distances",
}

FINDERS: Mapping[str, Finder] = {kind: _finder(kind) for kind in _MODULES}
