"""Profiles: fields with types, one person with several ids, each endpoint's own, and administration."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.model.profile_fields import ProfileFields

from .conftest import Start
from .kit import ADMIN, Live, Project

FLOW = """
nodes:
  - if: input.data.set is defined
    then: {set: {profile.age: "{{ input.data.set }}"}}
  - if: input.data.city is defined
    then: {set: {profile.city: "{{ input.data.city }}"}}
  - if: input.data.other is defined
    then: {profile: {merge: "{{ input.data.other }}"}}
  - say: "{{ profile.age }} {{ profile.age is number }} {{ profile.city }}"
"""
FIELDS = {"age": {"type": "number"}, "vip": {"type": "boolean"}, "name": {"type": "text"}}


async def tells(live: Live, endpoint: str = "club", user: str = "u1", **data: Any) -> str:
    """What a flow knows of a user after a turn."""
    (said,) = await live.say(endpoint, "x", user, data=data, userId=user)
    return said


async def test_values_are_turned_into_what_their_fields_keep(project: Project, start: Start) -> None:
    """What a field does not take changes nothing, with a warning; so does what is no field at all."""
    project.flow("club", FLOW)
    project.settings["profiles"] = {"fields": FIELDS, "strict": True}
    project.endpoint("club")
    live = await start()
    assert await tells(live, set="36") == "36 true "
    assert await tells(live, set="many", city="Ulm") == "36 true "
    (trace,) = (await live.api("GET", "/traces?limit=1"))["traces"]
    warnings = [warning for step in trace["trace"]["steps"] for warning in step.get("warnings", [])]
    assert "profile.age must be a number; nothing is changed" in warnings
    assert any(warning.startswith("profile.city is no field") for warning in warnings)
    assert await live.api("GET", "/profiles/u1") == {"age": 36}


async def test_administration_reads_and_writes_profiles(project: Project, start: Start) -> None:
    """By the same rules; the next turn sees it. Nothing is changed when something is wrong."""
    project.flow("club", FLOW)
    project.settings["profiles"] = {"fields": FIELDS}
    project.endpoint("club")
    live = await start()
    assert await tells(live, set=1) == "1 true "
    changed = await live.api("PATCH", "/profiles/u1", {"age": "36", "vip": "yes", "more": {"a": {"b": 1}}})
    assert changed == {"age": 36, "vip": True, "more": {"a": {"b": 1}}}
    changed = await live.api("PATCH", "/profiles/u1", {"vip": None, "more": {"a": {"b": None, "c": [2]}}})
    assert changed == {"age": 36, "more": {"a": {"c": [2]}}}
    assert await tells(live) == "36 true "
    response = await live.http.put("/api/profiles/u1", headers=ADMIN, json={"age": "x", "vip": 7, "name": 1})
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["age", "vip"]
    assert await live.api("PUT", "/profiles/u1", {"name": 4711}) == {"name": "4711"}
    await live.api("PATCH", "/profiles/u1", {"active": False})
    response = await live.http.patch("/api/profiles/u1", headers=ADMIN, json={"age": 1})
    assert (response.status_code, response.json()["code"]) == (409, "profile_inactive")
    await live.api("DELETE", "/profiles/u1")
    assert await live.api("GET", "/profiles/u1") == {}
    assert (await live.http.get("/api/profiles/u1?endpoint=club", headers=ADMIN)).status_code == 400
    rows = (await live.api("GET", "/audit?action=profile"))["audit"]
    assert [row["action"] for row in rows] == [
        *("profile.delete", "profile.patch", "profile.replace", "profile.patch", "profile.patch"),
    ]  # fmt: skip


async def test_merged_users_have_one_profile_over_restarts(project: Project, start: Start) -> None:
    """Whoever of them writes; also those who were merged before, and until it is deleted."""
    project.flow("club", FLOW)
    project.endpoint("club")
    live = await start()
    await tells(live, user="a", set=1)
    await tells(live, user="b", city="Ulm")
    await tells(live, user="c", set=3, city="Bonn")
    await tells(live, user="b", other="c")
    assert await tells(live, user="c") == "3 true Ulm"
    assert await live.api("POST", "/profiles/a/merge", {"userId": "c"}) == {"age": 1, "city": "Ulm"}
    await live.restart()
    assert await tells(live, user="b", set=9) == "9 true Ulm"
    assert [await tells(live, user=user) for user in "abc"] == ["9 true Ulm"] * 3
    assert await live.api("GET", "/profiles/b?linked=1") == {"linked": ["a", "c"]}
    erased = await live.api("DELETE", "/users/c")
    assert erased == {"sessions": 1, "sharedWith": ["a", "b"]}
    (row,) = (await live.api("GET", "/audit?action=user"))["audit"]
    assert (row["subject"], row["after"]) == ("users/…", {"sessions": 1}), "nobody is named"
    assert [await tells(live, user=user) for user in "abc"] == [" false "] * 3
    await tells(live, user="a", set=5)
    assert [await tells(live, user=user) for user in "abc"] == ["5 true ", "5 true ", " false "]
    await live.api("DELETE", "/profiles/b")
    await tells(live, user="a", set=6)
    assert await tells(live, user="b") == " false ", "they are parted"


async def test_each_endpoint_may_have_its_own(project: Project, start: Start) -> None:
    """User 1 of two endpoints is two people; what was kept for the project is found again afterwards."""
    project.flow("club", FLOW)
    for name in ("club", "shop"):
        project.endpoint(name, "club")
    live = await start()
    await tells(live, set=1)
    assert await tells(live, "shop") == "1 true "
    project.settings["profiles"] = {"scope": "endpoint"}
    await live.restart()
    assert await tells(live, "shop") == " false "
    await tells(live, "shop", set=2)
    await tells(live, "club", set=3)
    assert [await tells(live, name) for name in ("shop", "club")] == ["2 true ", "3 true "]
    assert await live.api("GET", "/profiles/u1?endpoint=shop") == {"age": 2}
    assert (await live.http.get("/api/profiles/u1", headers=ADMIN)).status_code == 400
    assert (await live.http.get("/api/profiles/u1?endpoint=x", headers=ADMIN)).status_code == 404
    exported = await live.api("GET", "/users/u1/export")
    assert (exported["profile"], exported["profiles"]["shop"]["profile"]) == ({"age": 1}, {"age": 2})
    project.settings["profiles"] = {"scope": "project"}
    await live.restart()
    assert await tells(live, "shop") == "1 true "


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("text", 12, "12"),
        ("text", True, "true"),
        ("text", [1], ValueError),
        ("number", "12", 12),
        ("number", " 1.5e3 ", 1500.0),
        ("number", "1e999", ValueError),
        ("number", True, ValueError),
        ("number", "twelve", ValueError),
        ("boolean", "No", False),
        ("boolean", 1, True),
        ("boolean", 2, ValueError),
        ("boolean", 1.0, ValueError),
        ("complex", {"a": [1]}, {"a": [1]}),
        ("number", None, None),
    ],
)
def test_types(kind: Any, value: Any, kept: Any) -> None:
    """What each type takes, and as what."""
    fields = ProfileFields({"x": kind})
    if kept is ValueError:
        with pytest.raises(ValueError, match=r"^profile\.x must be a? ?\w+"):
            fields.coerced(("x",), value)
    else:
        found = fields.coerced(("x",), value)
        assert (found, type(found)) == (kept, type(kept))
