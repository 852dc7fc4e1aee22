"""Records of the analytics as CSV (RFC 4180), safe to be opened in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json

from flowhook.runtime.observe.analytics_view import FIELDS

COLUMNS: Final = tuple(FIELDS)

#: With these a spreadsheet begins a formula, also behind white space, and in their full-width forms.
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def header_line() -> str:
    """The names of the columns."""
    return _line(COLUMNS)


def csv_line(record: Mapping[str, Any]) -> str:
    """One record: lists and objects as JSON, null as nothing, formulas as text."""
    return _line([_cell(record.get(name)) for name in COLUMNS])


def _cell(value: Any) -> str | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    return _disarmed(value if isinstance(value, str) else to_json(value).decode())


def _disarmed(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would compute it."""
    begins_formula = text.lstrip().startswith(_FORMULA) or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if begins_formula else text


def _line(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
