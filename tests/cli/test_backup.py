"""Back up, lose everything, restore: sessions go on."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from flowhook.ids import parse_delivery_id
from tests.postgres_server import empty as wipe

from .conftest import TOKEN, Shop


def node_of(run, session: str = "s1") -> str:
    """Where a session of ada's stands: hers alone, since a busy machine lets others open any number."""
    mine = json.loads(run("sessions", "list", "--user", "ada", "--json").stdout)
    (listed,) = [s for s in mine if s["sessionId"] == session]
    return str(listed["node"])


def epochs(run) -> list[int]:
    """Of the deliveries of one user, the latest first."""
    listed = json.loads(run("deliveries", "list", "--user", "ada", "--json").stdout)
    return [
        position[2]
        for delivery in listed
        if (position := parse_delivery_id(delivery["deliveryId"])) is not None
    ]


class Traffic:
    """Somebody who talks in one session after the other until he is told to stop."""

    def __init__(self, url: str) -> None:
        self.accepted: list[str] = []
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        with httpx.Client(trust_env=False) as client:
            while not self._stop.is_set():
                session = f"t{len(self.accepted)}"
                body = {"userId": session, "sessionId": session, "text": "hello"}
                try:
                    answer = client.post(f"{self._url}/{TOKEN}", json=body)
                except httpx.HTTPError:
                    return  # it was killed
                if answer.status_code == 202:
                    self.accepted.append(session)

    def reach(self, count: int) -> None:
        """Wait until so many were accepted."""
        while len(self.accepted) < count:
            assert self._thread.is_alive()
            time.sleep(0.01)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture(params=["sqlite", "postgres"])
def lose(request: pytest.FixtureRequest, shop: Shop) -> Callable[[], None]:
    """The shop on a database of each kind, and a way to lose what it holds."""
    if request.param == "postgres":
        url = request.getfixturevalue("empty_postgres")
        shop.edit("admin_key:", f"storage: {json.dumps(url)}\nadmin_key:")
        return lambda: wipe(url)

    def remove() -> None:
        for path in shop.root.glob("flowhook.db*"):
            path.unlink()

    return remove


def test_a_drill(shop, run, start, lose, tmp_path):
    """Back up under traffic, kill the server, lose everything, restore: what was accepted before the backup
    is there, sessions stand where they stood, and new deliveries have ids of another epoch."""
    shop.converse("hello")
    old = set(epochs(run))
    server = start("serve")
    server.until("flowhook .* at ")
    traffic = Traffic(shop.url)
    traffic.reach(20)
    before = list(traffic.accepted)
    made = json.loads(run("backup", "monday.db", "--json").stdout)
    traffic.reach(len(traffic.accepted) + 5)
    server.stop(signal.SIGKILL)
    traffic.stop()
    assert made["sessions"] > len(before)
    assert sorted(path.name for path in tmp_path.glob("*monday*")) == ["monday.db"]
    lose()

    assert "is what monday.db holds" in run("restore", "monday.db").stdout
    sessions = json.loads(run("sessions", "list", "--limit", "1000000", "--json").stdout)
    assert {session["sessionId"] for session in sessions} >= {"s1", *before}
    assert "is whole" in run("storage", "check").stdout
    assert node_of(run) == "order/ask_size"
    (receipt,) = shop.converse("large")
    assert receipt["status"] == "done"
    assert set(epochs(run)) - old


def test_a_backup_goes_into_either_database(shop, run, empty_postgres):
    """From a file into PostgreSQL, by a backup and by a copy; what is there is only replaced by force."""
    shop.converse("hello")
    old = set(epochs(run))
    run("backup", "monday.db")
    copied = json.loads(run("storage", "copy", "sqlite:///flowhook.db", empty_postgres, "--json").stdout)
    assert (copied["rows"]["sessions"], copied["resumed"]) == (1, 0)
    shop.edit("admin_key:", f"storage: {json.dumps(empty_postgres)}\nadmin_key:")
    assert node_of(run) == "order/ask_size"
    shop.converse("large")
    assert set(epochs(run)) - old
    assert "is not empty" in run("restore", "monday.db", code=2).stderr
    assert "holds: schema" in run("restore", "monday.db", "--force").stdout
    assert node_of(run) == "order/ask_size"
    told = run("storage", "copy", empty_postgres, "sqlite:///back.db").stdout
    assert re.search(r"sessions +1\n", told)
    assert "back.db holds what postgresql://" in told
    assert json.loads(run("storage", "check", "sqlite:///back.db", "--json").stdout)["whole"]
    assert "is not empty" in run("storage", "copy", empty_postgres, "sqlite:///back.db", code=2).stderr


def test_a_backup_is_one_private_file_that_is_whole(shop, run, tmp_path):
    """It has no log beside it, only its owner reads it, its hash is told, and it is not written over."""
    shop.converse("hello", "small")
    made = json.loads(run("backup", "monday.db", "--json").stdout)
    file = tmp_path / "monday.db"
    assert (made["bytes"], made["sessions"]) == (file.stat().st_size, 1)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(made["sha256"]) == 64
    whole = json.loads(run("storage", "check", f"sqlite:///{file.name}", "--json").stdout)
    assert (whole["whole"], whole["sessions"], whole["findings"]) == (True, 1, [])
    refused = run("backup", "monday.db", code=2)
    assert "monday.db is there already" in refused.stderr
    assert re.search("monday.db: [0-9]+ bytes, schema", run("backup", "monday.db", "--force").stdout)
    assert "is the database itself" in run("backup", "flowhook.db", "--force", code=2).stderr
    assert not list(tmp_path.glob(".monday*"))


def test_a_restore_replaces_nothing_by_accident(shop, run, start, tmp_path):
    """A database that is there is kept, one that is in use all the more, and a damaged backup changes
    nothing. What was replaced by force lies beside, whole with its newest messages."""
    shop.converse("hello")
    run("backup", "monday.db")
    shop.converse("large")
    now = node_of(run)
    assert "--force replaces it" in run("restore", "monday.db", code=2).stderr
    server = start("serve")
    server.until("flowhook .* at ")
    assert "in use by process" in run("restore", "monday.db", "--force", code=2).stderr
    server.stop()

    damaged = tmp_path / "damaged.db"
    content = bytearray((tmp_path / "monday.db").read_bytes())
    content[4096 * 3 : 4096 * 6] = os.urandom(4096 * 3)
    damaged.write_bytes(content)
    assert run("restore", "damaged.db", "--force", code=2).stderr
    (tmp_path / "notes.db").write_text("no database")
    assert "notes.db" in run("restore", "notes.db", "--force", code=2).stderr
    assert node_of(run) == now

    told = run("restore", "monday.db", "--force")
    assert "flowhook.db.replaced" in told.stderr
    assert node_of(run) == "order/ask_size"
    assert json.loads(run("storage", "check", "sqlite:///flowhook.db.replaced", "--json").stdout)["whole"]


def test_a_rule_that_is_broken_prevents_no_backup(shop, run, tmp_path):
    """It is needed most then; the backup and its restore say that something does not hold."""
    shop.converse("hello")
    with sqlite3.connect(tmp_path / "flowhook.db") as db:
        db.execute("UPDATE counters SET value = 9 WHERE name = 'sessions'")
    db.close()
    assert "not all holds in it" in run("backup", "monday.db").stderr
    assert json.loads(run("restore", "monday.db", "--force", "--json").stdout)["whole"] is False


def test_a_backup_needs_no_postgresql(shop, tmp_path):
    """Who has SQLite alone backs up and restores without the driver."""
    shop.converse("hello")
    script = "import sys; sys.modules['asyncpg'] = None; from flowhook.cli import main; main()"
    for words in (["backup", "monday.db"], ["restore", "monday.db", "--force"], ["storage", "check"]):
        done = subprocess.run([sys.executable, "-c", script, *words], cwd=tmp_path, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()


def test_a_failed_first_restore_leaves_no_empty_database(shop, run, tmp_path):
    """Where nothing was, nothing is after a refusal."""
    (tmp_path / "notes.db").write_text("no database")
    run("restore", "notes.db", code=2)
    assert not (tmp_path / "flowhook.db").exists()


def test_a_backup_put_in_place_by_hand_begins_an_epoch(shop, run, tmp_path):
    """Even when the file beside still has the seal of that moment."""
    shop.converse("hello")
    run("backup", "monday.db")
    old = set(epochs(run))
    database = tmp_path / "flowhook.db"
    shutil.copyfile(tmp_path / "monday.db", database)
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    shop.converse("large")
    assert epochs(run)[0] not in old


#: What somebody did to the rows, and the rule that tells of it.
BROKEN = {
    "backlog": "UPDATE sessions SET backlog = 7",
    "inbox-sequence": "UPDATE sessions SET next_in = 1",
    "outbox-sequence": "UPDATE sessions SET next_out = 1",
    "one-head": "UPDATE outbox SET status = 'pending', head = 0",
    "resolved-head": "UPDATE outbox SET status = 'delivered', head = 1",
    "orphans": "UPDATE outbox SET status = 'pending', head = 1, session = x'00', shard = 0",
    "session-count": "UPDATE counters SET value = 9 WHERE name = 'sessions'",
}


def test_a_check_tells_what_does_not_hold(shop, run, tmp_path):
    """Each rule is broken once, by hand, and told with the session it is about."""
    shop.converse("hello")
    run("backup", "good.db")
    for rule, change in BROKEN.items():
        broken = tmp_path / f"{rule}.db"
        shutil.copyfile(tmp_path / "good.db", broken)
        with sqlite3.connect(broken) as db:
            db.execute(change)
        db.close()
        told = run("storage", "check", f"sqlite:///{broken.name}", code=1)
        assert f"{rule}: " in told.stdout, told.stdout
        found = json.loads(run("storage", "check", f"sqlite:///{broken.name}", "--json", code=1).stdout)
        assert (found["whole"], rule in {finding["rule"] for finding in found["findings"]}) == (False, True)
    assert "shop ada s1" in run("storage", "check", "sqlite:///backlog.db", code=1).stdout
    assert "there is no database" in run("storage", "check", "sqlite:///none.db", code=2).stderr
    assert "in memory" in run("storage", "check", "sqlite://", code=2).stderr
