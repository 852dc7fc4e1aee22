"""What ``task`` may be set to. Its life is in tests/runtime/test_tasks.py and tests/e2e/test_tasks.py."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from flowhook.nodes.task import Task


def test_a_bare_url_will_do() -> None:
    """A day for the work, eight seconds for its start."""
    task = Task.model_validate({"url": "https://lab.example/jobs"})
    assert (task.method, task.timeout, task.start_timeout, task.wait) == ("POST", 86_400.0, 8.0, True)
    assert (task.json_body, task.callback) == ({}, "callback")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"json": {"callback": "x"}}, 'the key "callback" of json is for the URL'),
        ({"json": {"hook": 1}, "callback": "hook"}, 'the key "hook" of json is for the URL'),
        ({"json": [1]}, "dictionary"),
        ({"method": "GET"}, "'POST', 'PUT' or 'PATCH'"),
        ({"timeout": 0}, "greater than 0"),
        ({"timeout": "400d"}, "less than or equal"),
        ({"auth": {"token": "x"}}, "auth is {user, password} or {bearer}"),
        ({"store": "result"}, "a path starts with"),
        ({"form": {}}, "Extra inputs"),
    ],
)
def test_what_it_may_not_be(settings: dict[str, Any], message: str) -> None:
    """In words."""
    with pytest.raises(ValidationError, match=message.replace("{", r"\{").replace("}", r"\}")):
        Task.model_validate({"url": "https://lab.example/jobs", **settings})


def test_methods_may_be_small_and_json_may_be_null() -> None:
    """As people write them."""
    task = Task.model_validate({"url": "x", "method": "put", "json": None})
    assert (task.method, task.json_body) == ("PUT", {})
