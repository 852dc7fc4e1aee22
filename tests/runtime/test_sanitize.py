"""Harmful HTML in what users write."""

from __future__ import annotations

import sys

import pytest

from flowhook.runtime.intake.sanitize import sanitized, sanitized_value


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Tom & Jerry", "Tom & Jerry"),
        ("a < b & c > d", "a < b & c > d"),
        ("I <3 you", "I <3 you"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("mail <max@example.org>, <b>please</b>", "mail <max@example.org>, <b>please</b>"),
        ("<b>Tom & Jerry</b>, 3 < 4", "<b>Tom & Jerry</b>, 3 < 4"),
        ("hi <script>alert(1)</script>there", "hi there"),
        ('<img src="x" onerror="alert(1)">', '<img src="x">'),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ("<iframe src=//evil.example></iframe>ok", "ok"),
        ("&lt;script&gt; <i>x</i>", "&lt;script> <i>x</i>"),
        ("<<script>script>alert(1)</script>", "&lt;"),
    ],
)
def test_only_what_is_harmful_goes(text: str, kept: str) -> None:
    """Characters that are no markup stay as the user wrote them."""
    assert sanitized(text) == kept


def test_strings_in_data_are_read_too() -> None:
    """At any depth; keys and other values stay."""
    data = {"<b>": [1, None, {"x": "<script>y</script>z"}], "n": 2**70}
    assert sanitized_value(data) == {"<b>": [1, None, {"x": "z"}], "n": 2**70}


def test_a_plain_text_costs_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is not asked about texts without "<"."""
    monkeypatch.setitem(sys.modules, "nh3", None)
    assert sanitized("fish & chips") == "fish & chips"
    with pytest.raises(ImportError):
        sanitized("<b>")
