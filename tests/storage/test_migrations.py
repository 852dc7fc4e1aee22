"""Opening files: new ones, old ones, those of a newer flowhook and of other programs."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flowhook.errors import StorageError
from flowhook.harness.clocks import FakeClock
from flowhook.storage import open_store
from flowhook.storage.sqlite.connection import APPLICATION_ID
from flowhook.storage.sqlite.migrate import (
    Migration,
    fill_in_memory,
    migrate,
    schema_version,
    shipped_migrations,
    statements,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the store of ``url`` keeps its data."""
    return tmp_path / "flowhook.db"


async def opened_and_closed(url: str) -> None:
    """One life of a store."""
    store = open_store(url, FakeClock())
    await store.open()
    await store.close()


async def test_a_new_file_gets_the_newest_schema(url: str, file: Path) -> None:
    """It carries our mark and version, is private, and leaves no log behind when closed."""
    await opened_and_closed(url)
    with sqlite3.connect(file) as db:
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert schema_version(db) == shipped_migrations()[-1].number
        assert db.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    db.close()
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert sorted(os.listdir(file.parent)) == ["flowhook.db", "flowhook.db.epoch", "flowhook.db.lock"]


async def test_a_file_is_opened_again(url: str) -> None:
    """Nothing is migrated twice."""
    await opened_and_closed(url)
    await opened_and_closed(url)


async def test_a_newer_file_is_refused(url: str, file: Path) -> None:
    """There is no way back, and guessing would damage it."""
    await opened_and_closed(url)
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(StorageError, match="schema 999"):
        await opened_and_closed(url)


async def test_a_file_of_another_program_is_left_alone(url: str, file: Path) -> None:
    """Refused, and not even its journal mode is changed."""
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE theirs (x)")
    db.close()
    with pytest.raises(StorageError, match="another program"):
        await opened_and_closed(url)
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    db.close()


async def test_a_file_that_is_no_database_is_refused(url: str, file: Path) -> None:
    """With a sentence that says so."""
    with open(file, "wb") as shopping:  # noqa: ASYNC230
        shopping.write(b"Bread, milk, butter. " * 100)
    with pytest.raises(StorageError, match="not a database"):
        await opened_and_closed(url)


async def test_one_file_has_one_process(url: str, file: Path) -> None:
    """The second one is told which process holds the file; when the first has closed, it may."""
    first = open_store(url, FakeClock())
    await first.open()
    with pytest.raises(StorageError, match=f"process {os.getpid()}"):
        await open_store(url, FakeClock()).open()
    await first.close()
    await opened_and_closed(url)


@pytest.mark.parametrize("url", ["mysql://root:secret@db/x", "nonsense"])
def test_other_databases_are_refused(url: str) -> None:
    """In words, and without the password."""
    with pytest.raises(StorageError) as refused:
        open_store(url, FakeClock())
    assert "secret" not in str(refused.value)


def test_migrations_are_numbered() -> None:
    """The version in the file is the number of the last one; none is there twice, and they rise from 1."""
    numbers = [migration.number for migration in shipped_migrations()]
    assert numbers == sorted(set(numbers))
    assert numbers[:6] == [1, 2, 3, 4, 5, 6]


def test_what_is_missing_is_applied_in_order() -> None:
    """A file of an older version goes through all later migrations."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    first = Migration(1, "CREATE TABLE a (x);")
    second = Migration(2, "ALTER TABLE a ADD COLUMN y;\nINSERT INTO a VALUES (1, 2);")
    migrate(db, [first])
    migrate(db, [first, second])
    migrate(db, [first, second])
    assert db.execute("SELECT x, y FROM a").fetchall() == [(1, 2)]
    db.close()


def test_a_database_in_memory_is_as_if_it_were_migrated() -> None:
    """Tables, indexes, rows, version and mode: the copy of the newest schema is what the migrations make."""
    migrated = sqlite3.connect(":memory:", isolation_level=None)
    migrated.execute("PRAGMA auto_vacuum = INCREMENTAL")
    migrate(migrated, shipped_migrations())
    for _ in range(2):  # made, and copied
        copied = sqlite3.connect(":memory:", isolation_level=None)
        fill_in_memory(copied)
        assert list(copied.iterdump()) == list(migrated.iterdump())
        for pragma in ("user_version", "application_id", "auto_vacuum"):
            ask = f"PRAGMA {pragma}"
            assert copied.execute(ask).fetchone() == migrated.execute(ask).fetchone()
        copied.close()
    migrated.close()


def test_a_migration_is_whole_or_not_at_all() -> None:
    """When one fails, the file stays at the version before it."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    good = Migration(1, "CREATE TABLE a (x);")
    bad = Migration(2, "CREATE TABLE b (x);\nINSERT INTO nowhere VALUES (1);")
    with pytest.raises(sqlite3.OperationalError):
        migrate(db, [good, bad])
    assert schema_version(db) == 1
    assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("a",)]
    db.close()


def test_statements_may_hold_semicolons() -> None:
    """Triggers and texts are not cut in the middle."""
    script = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n SELECT 1;\n END;\nSELECT ';'\n;\n-- the end\n"
    with pytest.raises(StorageError):
        list(statements(script))
    assert len(list(statements(script.replace("-- the end\n", "")))) == 2


@pytest.mark.parametrize("moment", ["migrate.before_commit", "migrate.after_commit"])
async def test_a_death_while_migrating_is_harmless(url: str, file: Path, moment: str) -> None:
    """The next start finds the old schema or the new one, never a half."""
    code = f"import asyncio, tests.storage.test_migrations as t; asyncio.run(t.opened_and_closed({url!r}))"
    root = Path(__file__).parents[2]
    environment = {**os.environ, "FLOWHOOK_FAILPOINT": moment, "PYTHONPATH": f"{root}:{root / 'server'}"}
    died = subprocess.run([sys.executable, "-c", code], env=environment, check=False)  # noqa: ASYNC221
    assert died.returncode == -signal.SIGKILL
    with sqlite3.connect(file) as db:
        assert schema_version(db) == (0 if "before" in moment else 1)
    db.close()
    await opened_and_closed(url)
