"""Operations: the same whether a server runs or not."""

from __future__ import annotations

import fcntl
import json
import os
import shutil

import pytest

from flowhook.cli.admin_client import known_key, server_url
from flowhook.config import load_config
from flowhook.ids import delivery_id


@pytest.fixture(params=["at rest", "running"])
def office(request, shop, start):
    """A shop with one conversation, whose deliveries are dead because nobody listens; with a server
    or without one."""
    shop.converse("hello")
    if request.param == "running":
        start("serve").until("flowhook .* at ")
    return shop


def test_keys_are_made_listed_and_revoked(office, run):
    """A key is shown once, listed without its secret, and gone when revoked."""
    made = json.loads(run("keys", "create", "shop", "--name", "till", "--json").stdout)
    assert set(made) == {"id", "name", "key", "preview"}
    listed = run("keys", "list", "shop").stdout
    assert made["id"] in listed
    assert made["key"] not in listed
    assert "409" not in run("keys", "create", "shop", "--name", "till", code=2).output
    run("keys", "revoke", "shop", made["id"])
    assert json.loads(run("keys", "list", "shop", "--json").stdout) == []
    assert "no such key" in run("keys", "revoke", "shop", made["id"], code=2).output
    assert "no endpoint 'shpo'; did you mean \"shop\"?" in run("keys", "list", "shpo", code=2).output


def test_keys_have_an_end_and_a_purpose_and_are_rotated(office, run):
    """While a key is rotated the old one goes on for a time that is said."""
    options = ("--scope", "inject", "--scope", "notify", "--ends", "90d")
    old = json.loads(run("keys", "create", "shop", "--name", "till", *options, "--json").stdout)
    new = json.loads(run("keys", "rotate", "shop", old["id"], "--overlap", "2h", "--json").stdout)
    assert new["key"] != old["key"]
    first, second = json.loads(run("keys", "list", "shop", "--json").stdout)
    assert (
        (first["name"], first["scopes"])
        == (second["name"], second["scopes"])
        == ("till", ["inject", "notify"])
    )
    assert first["endsAt"] < second["endsAt"]
    told = run("keys", "rotate", "shop", new["id"], "--overlap", "0s")
    assert told.stdout.startswith("fhk_")
    assert f"the key {new['id']} ends now" in told.stderr
    assert "(ended)" in run("keys", "list", "shop").stdout
    assert "inject notify" in run("keys", "list", "shop").stdout
    assert "has ended" in run("keys", "rotate", "shop", new["id"], code=2).output
    assert (
        "--overlap: a duration is written"
        in run("keys", "rotate", "shop", "x", "--overlap", "x", code=2).output
    )
    assert "endsAt" in run("keys", "create", "shop", "--name", "x", "--ends", "soon", code=2).output


def test_a_key_alone_is_printed_for_scripts(office, run):
    """Standard output holds the key and nothing else."""
    result = run("keys", "create", "shop", "--name", "till")
    assert result.stdout.startswith("fhk_")
    assert result.stdout.count("\n") == 1
    assert "only time" in result.stderr


def test_sessions_are_listed_and_shown(office, run):
    """What a session holds, for people and for programs."""
    assert "shop      ada   s1       order/ask_size  1" in run("sessions", "list").stdout
    (listed,) = json.loads(run("sessions", "list", "--json", "--user", "ada").stdout)
    assert (listed["sessionId"], listed["node"]) == ("s1", "order/ask_size")
    assert json.loads(run("sessions", "list", "--json", "--user", "bob").stdout) == []
    assert json.loads(run("sessions", "show", "s1", "--json").stdout)["state"]["waiting"] is True
    said = run("sessions", "show", "s1").stdout
    assert "stands at    order/ask_size" in said
    assert "order/ask_size  ask  → wait" in said
    assert "→ Which size?  dead" in said
    assert "Which size?" not in run("sessions", "show", "s1", "--turns", "0").stdout
    (turn,) = json.loads(run("sessions", "show", "s1", "--json").stdout)["transcript"]
    assert turn["trace"]["steps"][0]["went"] == "wait"


def test_sessions_are_moved_and_set_back(office, run):
    """goto and reset take effect; a place that does not exist is refused."""
    run("sessions", "goto", "s1", "order/done")
    assert json.loads(run("sessions", "show", "s1", "--json").stdout)["node"] == "order/done"
    assert "no node" in run("sessions", "goto", "s1", "order/nowhere", code=2).output
    run("sessions", "reset", "s1")
    assert json.loads(run("sessions", "show", "s1", "--json").stdout)["node"] is None
    assert "there is no session 's2'" in run("sessions", "reset", "s2", code=2).output


def test_sessions_are_exported_and_forgotten(office, run):
    """A user's data can be taken along and erased."""
    document = json.loads(run("sessions", "export", "--user", "ada").stdout)
    assert document["sessions"][0]["transcript"][0]["text"] == "hello"
    assert json.loads(run("sessions", "export", "s1").stdout)["sessions"][0]["sessionId"] == "s1"
    assert "Aborted" in run("sessions", "forget", "s1", input="n\n", code=1).output
    assert run("sessions", "forget", "--user", "ada", "--yes").stdout == "Erased 1 session.\n"
    assert "there are no sessions" in run("sessions", "list").stderr
    assert "Name a SESSION" in run("sessions", "forget", code=2).output


def test_dead_deliveries_are_listed_and_replayed(office, run):
    """What nobody took is kept, and sent again when asked."""
    (dead,) = json.loads(run("deliveries", "list", "--status", "dead", "--json").stdout)
    assert dead["output"]["text"] == "Which size?"
    listed = run("deliveries", "list").stdout
    assert dead["deliveryId"] in listed
    assert "Which size?" in listed
    (failure, *_) = json.loads(run("deliveries", "show", dead["deliveryId"], "--json").stdout)["failures"]
    assert failure["error"] in run("deliveries", "show", dead["deliveryId"]).stdout
    unknown = delivery_id(b"\1" * 16, 1, None)
    some = run("deliveries", "replay", dead["deliveryId"], unknown, "--json", code=2)
    assert json.loads(some.stdout) == {"replayed": [dead["deliveryId"]], "missing": [unknown]}
    assert unknown in some.stderr
    assert "no such delivery" in run("deliveries", "show", unknown, code=2).output
    assert "deliveries will be sent again" in run("deliveries", "replay", "--dead").stdout
    assert "is not a delivery id" in run("deliveries", "replay", "nonsense", code=2).output
    assert "Name deliveries" in run("deliveries", "replay", code=2).output


def test_timers_are_listed_and_cancelled(office, run):
    """The timeout of the question that waits can be taken away."""
    (timer,) = json.loads(run("timers", "list", "--json").stdout)
    assert (timer["kind"], timer["node"]) == ("timeout", "order/ask_size")
    assert timer["id"] in run("timers", "list").stdout
    run("timers", "cancel", timer["id"])
    assert json.loads(run("timers", "list", "--json").stdout) == []
    assert "no such timer" in run("timers", "cancel", timer["id"], code=2).output


def test_endpoints_are_shown_with_a_curl_and_switched(office, run):
    """URL, token and a command to paste; enable and disable last."""
    said = run("endpoints").stdout
    assert f"curl {office.url}/a-token-of-the-shop -H 'Content-Type: application/json' -d '{{" in said
    assert run("endpoints", "list").stdout == said
    run("endpoints", "disable", "shop")
    assert json.loads(run("endpoints", "--json").stdout)[0]["enabled"] is False
    run("endpoints", "enable", "shop")
    assert json.loads(run("endpoints", "list", "--json").stdout)[0]["enabled"] is True
    run("endpoints", "resume", "shop")


def test_sessions_with_one_id_are_told_apart(shop, run):
    """Where a sessionId is not enough, the user says which."""
    shop.converse("hello", user="ada")
    shop.converse("hello", user="bob/?&#")
    assert "say which with" in run("sessions", "show", "s1", code=2).output
    found = json.loads(run("sessions", "show", "s1", "--user", "bob/?&#", "--json").stdout)
    assert found["userId"] == "bob/?&#"


def test_sessions_of_any_name_are_found(shop, run):
    """Ids come from outside: dots are no way up the path, and a terminal obeys none of them."""
    shop.converse("hello", user=".", session="..")
    shop.converse("hello", user="\x1b[2J\x9b2J", session="...")
    assert json.loads(run("sessions", "show", "..", "--json").stdout)["userId"] == "."
    for arguments in (("list",), ("list", "--json"), ("show", "..."), ("show", "...", "--json")):
        said = run("sessions", *arguments).stdout
        assert "2J" in said
        assert "\x1b" not in said
        assert "\x9b" not in said
    assert run("sessions", "forget", "..", "--yes").stdout == "Erased 1 session.\n"


def test_a_silent_holder_of_the_storage_is_named(shop, run):
    """A process that holds the database and does not answer is an error that says which."""
    lock = os.open(shop.root / "flowhook.db.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.pwrite(lock, b"4242\n", 0)
    said = run("sessions", "list", code=2).output
    os.close(lock)
    assert "in use by process 4242" in said
    assert f"{shop.url} does not listen" in said


def test_a_stranger_on_the_port_is_not_in_the_way(shop, run, start):
    """When something else listens there, the storage is opened here."""
    shop.converse("hello")
    start("receive", "--port", str(shop.port)).until("Receiving at")
    assert "order/ask_size" in run("sessions", "list").stdout


def test_a_server_with_another_key_is_not_mistaken_for_ours(shop, run, start):
    """With the wrong admin key nothing is done behind the server's back."""
    start("serve").until("flowhook .* at ")
    shop.edit("an-admin-key-of-the-tests", "another-admin-key-of-the-tests")
    assert "refuses this project's admin key" in run("sessions", "list", code=2).output


def test_a_server_of_another_project_is_not_taken_for_ours(shop, run, start):
    """Not even when both have the same key and port: nothing is done to the wrong sessions."""
    shop.converse("hello")
    start("serve").until("flowhook .* at ")
    twin = shop.root / "twin"
    twin.mkdir()
    shutil.copy(shop.config, twin)
    shutil.copytree(shop.flow.parent, twin / "flows")
    said = run("--config", str(twin / "config.yaml"), "sessions", "list").stderr
    assert "there are no sessions" in said
    assert f"{shop.url} serves another project, {shop.root}; working on the storage of this one" in said


def test_where_the_server_is_asked_and_with_what(shop):
    """All addresses means this machine; the generated key is read from its file."""
    config = load_config(shop.config, {})
    config.server.host = "0.0.0.0"
    assert server_url(config) == shop.url
    config.server.host = "::"
    assert server_url(config) == f"http://[::1]:{shop.port}"
    assert known_key(config) == "an-admin-key-of-the-tests"
    config.admin_key = ""
    assert known_key(config) == ""
    (shop.root / ".flowhook").mkdir()
    (shop.root / ".flowhook" / "admin_key").write_text("made\n")
    assert known_key(config) == "made"


def test_who_changed_what_is_told(office, run):
    """Each change through a command leaves a row, with and without a server."""
    run("endpoints", "disable", "shop")
    run("sessions", "goto", "s1", "order/done")
    goto, disable = json.loads(run("audit", "--json").stdout)
    assert (goto["who"], goto["role"], goto["action"]) == ("admin", "admin", "session.goto")
    assert goto["subject"] == "sessions/shop/ada/s1"
    assert (goto["before"]["node"], goto["after"]["node"]) == ("order/ask_size", "order/done")
    assert (disable["before"], disable["after"]) == ({"enabled": True}, {"enabled": False})
    assert [row["action"] for row in json.loads(run("audit", "--user", "ada", "--json").stdout)] == [
        "session.goto"
    ]
    told = run("audit", "--action", "endpoint").stdout
    assert 'endpoint.disable  endpoints/shop  {"enabled": true} → {"enabled": false}' in told
    run("sessions", "forget", "--user", "ada", "--yes")
    assert "ada" not in run("audit", "--json").stdout
    assert "from must be a time" in run("audit", "--from", "yesterday", code=2).output


def test_commands_come_with_the_key_of_who_uses_them(shop, run, start, monkeypatch):
    """FLOWHOOK_KEY is somebody's own key: the audit has the name, and the role is the limit."""
    keys = (
        "[{name: kim, key: the-key-of-kim, role: operator}, {name: lee, key: the-key-of-lee, role: reader}]"
    )
    shop.edit("admin_key:", f"admin_keys: {keys}\nadmin_key:")
    for server in (False, True):
        if server:
            start("serve").until("flowhook .* at ")
        monkeypatch.setenv("FLOWHOOK_KEY", "the-key-of-kim")
        run("endpoints", "disable", "shop")
        assert json.loads(run("audit", "--json").stdout)[0]["who"] == "kim"
        monkeypatch.setenv("FLOWHOOK_KEY", "the-key-of-lee")
        refused = run("endpoints", "enable", "shop", code=2).output
        assert "This needs the role operator; the key 'lee' has reader." in refused
        assert len(json.loads(run("audit", "--who", "kim", "--json").stdout)) == 1 + server
    monkeypatch.setenv("FLOWHOOK_KEY", "nobody's")
    assert "the server refuses the key in FLOWHOOK_KEY" in run("endpoints", code=2).output


def test_conversations_are_taken_over_and_answered(shop, run):
    """List, take, reply, resolve: at rest it waits for the next start, which delivers it."""
    shop.flow.write_text(HANDING_OVER, "utf-8")
    shop.converse("hello")
    (row,) = json.loads(run("handovers", "list", "--status", "queue", "--json").stdout)
    assert row["id"] in run("handovers", "list").stdout
    taken = run("handovers", "take", row["id"])
    assert taken.stdout.startswith("user: hello\nbot: One moment.\n")
    run("handovers", "reply", row["id"], "I am here")
    assert "JSON" in run("handovers", "resolve", row["id"], "--result", "{", code=2).output
    run("handovers", "resolve", row["id"], "--note", "done", "--result", "9")
    assert "is over" in run("handovers", "reply", row["id"], "late", code=2).output
    said = [entry["text"] for entry in _transcript(run)]
    assert said == ["hello", "", "I am here", ""]
    assert "there are no handovers" in run("handovers", "list", "--status", "queue").stderr


HANDING_OVER = """
flow: order
nodes:
  - id: agent
    handover: One moment.
  - say: "Back: {{ input.result.note }}"
"""


def _transcript(run):
    return json.loads(run("sessions", "export", "s1").stdout)["sessions"][0]["transcript"]
