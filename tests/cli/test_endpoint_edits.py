"""``flowhook endpoints create, change, delete``: config.yaml as text, with and without a server."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(params=["at rest", "running"])
def office(request, shop, start):
    """A shop, with a server or without one."""
    if request.param == "running":
        start("serve").until("flowhook .* at ")
    return shop


def names(run):
    """The endpoints that there are."""
    return [row["name"] for row in json.loads(run("endpoints", "list", "--json").stdout)]


def test_an_endpoint_is_made_changed_and_deleted(office, run):
    """The difference is shown and asked about; all else in the file stays."""
    before = office.config.read_text()
    options = (
        "--flow",
        "order",
        "--webhook",
        "https://till.example/hook",
        "--set",
        "token=a-token-of-the-till",
    )
    asked = run("endpoints", "create", "till", *options, input="n\n", code=1)
    assert "+  - name: till" in asked.output
    assert "a-token-of-the-till" not in asked.output
    assert office.config.read_text() == before
    made = run("endpoints", "create", "till", *options, input="y\n")
    assert "The endpoint till is there" in made.output
    lines = ["  - name: till", "    flow: order", '    webhook: {url: "https://till.example/hook"}']
    assert office.config.read_text() == before + "\n".join([*lines, "    token: a-token-of-the-till", ""])
    assert names(run) == ["shop", "till"]
    changed = run(
        "endpoints", "change", "till", "--set", "webhook.retries=[1s, 5s]", "--set", "allow_wait=true",
        "--unset", "token", "--yes",
    )  # fmt: skip
    assert '+    webhook: {url: "https://till.example/hook", retries: ["1s", "5s"]}' in changed.output
    assert "token" not in office.config.read_text().split("till", 1)[1]
    run("endpoints", "delete", "till", "--yes")
    assert office.config.read_text() == before
    assert names(run) == ["shop"]
    actions = [row["action"] for row in json.loads(run("audit", "--action", "endpoint", "--json").stdout)]
    assert actions == ["endpoint.delete", "endpoint.change", "endpoint.create"]


def test_mistakes_are_told_and_nothing_is_written(office, run):
    """With the line that would be wrong."""
    before = office.config.read_text()
    for arguments, says in (
        (("create", "till", "--flow", "ordre"), 'no flow "ordre"'),
        (("create", "shop", "--flow", "order"), "two endpoints have this name"),
        (("change", "shop", "--set", "colour=red"), "colour"),
        (("change", "shop", "--set", "colour"), "--set takes KEY=VALUE"),
        (("change", "shop", "--set", "webhook=[", "--yes"), "is not YAML"),
        (("change", "shop"), "Say what to change"),
        (("change", "shop", "--set", "flow=order"), "nothing would change"),
        (("change", "shpo", "--set", "flow=order"), 'did you mean "shop"'),
        (("delete", "shpo"), 'did you mean "shop"'),
    ):
        assert says in run("endpoints", *arguments, code=2).output, arguments
    assert office.config.read_text() == before


def test_only_admins_change_the_configuration(shop, run, monkeypatch):
    """An operator may close an endpoint, not send its outputs elsewhere."""
    shop.edit("admin_key:", "admin_keys: [{name: kim, key: the-key-of-kim, role: operator}]\nadmin_key:")
    monkeypatch.setenv("FLOWHOOK_KEY", "the-key-of-kim")
    refused = run("endpoints", "change", "shop", "--set", "webhook.url=http://evil.example/", code=2)
    assert "This needs the role admin; the key 'kim' has operator." in refused.output
    run("endpoints", "disable", "shop")
    assert "    enabled: false\n" in shop.config.read_text()
