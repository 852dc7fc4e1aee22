"""Edits of YAML as text: what is meant changes, all else stays byte for byte."""

from __future__ import annotations

from difflib import ndiff
from typing import Any

import pytest

from flowhook.yamldoc.document import load
from flowhook.yamldoc.editing import EditRefused, append_item, remove_value, set_value

CONFIG = """\
# The shop.
server: {host: 127.0.0.1, port: 8000}   # local

x-hook: &hook {timeout: 3s}

endpoints:
  # the web page
  - name: shop            # its name
    token: 'a-token'
    flow: "shop"
    webhook: {url: "http://a.example/", secret: [one,two], }   # where to
    privacy:
      mask_ip: true

  # the till
  - token: b-token
    name: till
    flow: till
    webhook: *hook
    session:
    rate_limit: null
timezone: Europe/Berlin
"""


def changed(before: str, after: str) -> list[str]:
    """The lines that differ."""
    lines = ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line.startswith(("- ", "+ "))]


@pytest.mark.parametrize(("path", "value", "lines"), [
    (("endpoints", 0, "flow"), "other", ['-     flow: "shop"', '+     flow: "other"']),
    (("endpoints", 0, "name"), "store", ["-   - name: shop            # its name",
                                         "+   - name: store            # its name"]),
    (("endpoints", 0, "enabled"), False, ["+     enabled: false"]),
    (("endpoints", 1, "enabled"), True, ["+     enabled: true"]),
    (("endpoints", 0, "privacy", "mask_ip"), False, ["-       mask_ip: true", "+       mask_ip: false"]),
    (("endpoints", 0, "privacy", "mask_logging"), True, ["+       mask_logging: true"]),
    (("endpoints", 0, "session", "unknown"), "create", ["+     session: {unknown: \"create\"}"]),
    (("endpoints", 1, "session", "unknown"), "create", ["-     session:",
                                                        "+     session: {unknown: \"create\"}"]),
    (("endpoints", 1, "rate_limit"), "10/m", ["-     rate_limit: null", '+     rate_limit: "10/m"']),
    (("endpoints", 1, "webhook"), {"url": ""}, ["-     webhook: *hook", '+     webhook: {url: ""}']),
    (("server", "port"), 80, ["- server: {host: 127.0.0.1, port: 8000}   # local",
                              "+ server: {host: 127.0.0.1, port: 80}   # local"]),
    (("server", "max_body"), "1MiB", ["- server: {host: 127.0.0.1, port: 8000}   # local",
                                      '+ server: {host: 127.0.0.1, port: 8000, max_body: "1MiB"}   # local']),
    (("log", "level"), "debug", ['+ log: {level: "debug"}']),
    (("timezone",), "UTC", ["- timezone: Europe/Berlin", "+ timezone: UTC"]),
])  # fmt: skip
def test_a_value_is_set(path: Any, value: Any, lines: list[str]) -> None:
    """In the style in which it stands: on its line, as a new line, in its braces."""
    assert changed(CONFIG, set_value(CONFIG, path, value)) == lines


def test_a_flow_mapping_with_a_comma_at_its_end_grows() -> None:
    """The comma stays where it was."""
    edited = set_value(CONFIG, ("endpoints", 0, "webhook", "timeout"), "5s")
    assert '{url: "http://a.example/", secret: [one,two], timeout: "5s", }   # where to' in edited


@pytest.mark.parametrize(("path", "lines"), [
    (("endpoints", 0, "privacy"), ["-     privacy:", "-       mask_ip: true"]),
    (("endpoints", 0, "token"), ["-     token: 'a-token'"]),
    (("endpoints", 1, "token"), ["-   - token: b-token", "-     name: till", "+   - name: till"]),
    (("endpoints", 0, "privacy", "mask_ip"),
     ["-     privacy:", "+     privacy: {}", "-       mask_ip: true"]),
    (("server", "host"), ["- server: {host: 127.0.0.1, port: 8000}   # local",
                          "+ server: {port: 8000}   # local"]),
    (("server", "port"), ["- server: {host: 127.0.0.1, port: 8000}   # local",
                          "+ server: {host: 127.0.0.1}   # local"]),
    (("timezone",), ["- timezone: Europe/Berlin"]),
])  # fmt: skip
def test_a_value_is_removed(path: Any, lines: list[str]) -> None:
    """With its line, or with its comma; comments of others stay."""
    assert changed(CONFIG, remove_value(CONFIG, path)) == lines


def test_items_come_and_go() -> None:
    """A line for each key, at the end of the list; and one out of the middle."""
    item = {"name": "new", "flow": "shop", "webhook": {"url": "https://n.example/"}}
    edited = append_item(CONFIG, ("endpoints",), item)
    assert changed(CONFIG, edited) == [
        "+   - name: new",
        "+     flow: shop",
        '+     webhook: {url: "https://n.example/"}',
    ]
    assert remove_value(edited, ("endpoints", 2)) == CONFIG
    first = remove_value(CONFIG, ("endpoints", 0))
    assert "  # the web page\n\n  # the till\n" in first
    document, _ = load(remove_value(first, ("endpoints", 0)), "")
    assert document is not None
    assert document.data["endpoints"] == []


@pytest.mark.parametrize("text", [
    "", "# only a comment\n", "a: 1", "endpoints:\n", "endpoints: []\n", "endpoints: []  # none yet\na: 1\n",
    "endpoints: null\n", "endpoints: [{name: a, flow: b}]\n", "endpoints:\n- name: a\n  flow: b\n",
    "endpoints:\n  - {name: a, flow: b}", "a: 1\r\nendpoints:\r\n  - name: a\r\n    flow: b\r\n",
    "endpoints: [\n  {name: a, flow: b},\n]\n", "{endpoints: [{name: a, flow: b}], a: 1}",
    "endpoints:\n  -\n    name: a\n    flow: |\n      b\n\n# the end\n",
])  # fmt: skip
def test_an_item_is_appended_wherever_the_list_stands(text: str) -> None:
    """What was there before is there after."""
    item = {"name": "new", "flow": "f"}
    before, _ = load(text, "")
    assert before is not None
    edited = append_item(text, ("endpoints",), item)
    after, problems = load(edited, "")
    assert problems == []
    assert after is not None
    old = before.data or {}
    assert after.data == {**old, "endpoints": [*(old.get("endpoints") or []), item]}
    assert all(line.rstrip(",") in edited for line in text.splitlines() if "endpoints" not in line)
    assert ("\r\n" in edited) == ("\r\n" in text)
    assert edited.count("\n") == edited.count("\r\n") or "\r\n" not in text


@pytest.mark.parametrize(("text", "path"), [
    ("x: &h {a: 1}\ny: *h\n", ("y", "a")),
    ("x: &h {a: 1}\ny: *h\n", ("x", "a")),
    ("a: [\n", ("a",)),
])  # fmt: skip
def test_what_is_shared_or_broken_is_refused(text: str, path: Any) -> None:
    """An edit that would change something else as well, or a file with errors, is for a person."""
    with pytest.raises(EditRefused):
        set_value(text, path, 2)
    shared = "endpoints: &e\n  - name: a\n    flow: b\nx-e: *e\n"
    with pytest.raises(EditRefused):
        append_item(shared, ("endpoints",), {"name": "c"})
