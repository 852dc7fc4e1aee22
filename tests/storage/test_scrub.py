"""Scrubbing: of what was deleted no byte is left in the files, and nothing else is touched."""

from __future__ import annotations

import os
import random
import sqlite3
from pathlib import Path

import pytest

from flowhook.storage.sqlite.scrub import Layout, scrub_pages, unused_space

WORDS = 200  #: of as many users


def _words(user: int) -> str:
    return f"user-{user:06d}-{user * 7919 % 999983:06d}"


def _filled(
    path: Path, seed: int, *, page_size: int = 4096, auto_vacuum: str = "incremental"
) -> sqlite3.Connection:
    """A database in which rows of many users grew, shrank, moved and were deleted."""
    chance = random.Random(seed)
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        f"page_size = {page_size}", f"auto_vacuum = {auto_vacuum}", "journal_mode = wal", "synchronous = off",
        "secure_delete = on", "wal_autocheckpoint = 0",
    ):  # fmt: skip
        db.execute(f"PRAGMA {pragma}")
    db.execute("CREATE TABLE t (row INTEGER PRIMARY KEY, k TEXT UNIQUE, user TEXT, body TEXT)")
    db.execute("CREATE INDEX t_user ON t (user)")
    db.execute("CREATE TABLE w (k TEXT PRIMARY KEY, user TEXT, body TEXT) WITHOUT ROWID")
    db.execute("BEGIN")
    for step in range(3000):
        words = _words(chance.randrange(WORDS))
        body = words * chance.choice((1, 1, 5, 30, 400 if step % 97 == 0 else 2))
        key = f"{chance.randrange(1500)}-{words}"
        for table in ("t", "w"):
            db.execute(
                f"INSERT INTO {table} (k, user, body) VALUES (?, ?, ?) "  # noqa: S608
                "ON CONFLICT (k) DO UPDATE SET body = excluded.body", (key, words, body),
            )  # fmt: skip
        if step % 5 == 0:
            db.execute("DELETE FROM t WHERE row = (SELECT min(row) FROM t WHERE row > ?)", (step // 2,))
    db.execute("COMMIT")
    return db


def _scrub(path: Path, db: sqlite3.Connection) -> None:
    db.execute("PRAGMA incremental_vacuum").fetchall()
    assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    db.execute("PRAGMA shrink_memory")
    file = os.open(path, os.O_RDWR)
    page = 1
    while pages := scrub_pages(file, page, 7):
        page += pages
    os.close(file)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("layout", [{}, {"page_size": 512}, {"page_size": 65536}, {"auto_vacuum": "none"}])
def test_no_byte_of_what_was_deleted_is_left(tmp_path: Path, seed: int, layout: dict[str, int]) -> None:
    """Whatever the pages look like; the database is sound, holds the same rows, and what is written
    afterwards brings nothing back."""
    path = tmp_path / "t.db"
    db = _filled(path, seed, **layout)  # type: ignore[arg-type]
    gone = [_words(user) for user in range(0, WORDS, 3)]
    for words in gone:
        db.execute("DELETE FROM t WHERE user = ?", (words,))
        db.execute("DELETE FROM w WHERE user = ?", (words,))
    before = list(db.execute("SELECT * FROM t UNION ALL SELECT 0, * FROM w"))
    _scrub(path, db)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert list(db.execute("SELECT * FROM t UNION ALL SELECT 0, * FROM w")) == before
    assert [words for words in gone if words.encode() in path.read_bytes()] == []
    db.execute("UPDATE t SET body = body || body")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert [words for words in gone if words.encode() in path.read_bytes()] == []
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_deleting_alone_leaves_something(tmp_path: Path) -> None:
    """Else nobody would have to scrub."""
    path = tmp_path / "t.db"
    db = _filled(path, 1)
    gone = [_words(user) for user in range(0, WORDS, 3)]
    for words in gone:
        db.execute("DELETE FROM t WHERE user = ?", (words,))
        db.execute("DELETE FROM w WHERE user = ?", (words,))
    db.execute("PRAGMA incremental_vacuum").fetchall()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = path.read_bytes()
    assert any(words.encode() in raw for words in gone)


@pytest.mark.parametrize(
    "page",
    [
        bytes(4096),
        b"\x0d\x00\x00\x00\x01\x00\x05\x00" + b"x" * 4088,  # the cells begin within the pointers
        b"\x0d\x00\x00\x00\x01\x0f\x00\x00\x00\x10" + b"x" * 4086,  # a cell lies in front of the cells
        b"\x0d\x0f\x00\x00\x00\x0e\x00\x00" + b"\xff" * 4088,  # a free block that leads out of the page
        b"\x07\x00\x00\x00\x00\x0f\x00\x00" + b"x" * 4088,  # no kind of page
        random.Random(1).randbytes(4096),
    ],
)
def test_what_is_no_page_of_a_tree_is_left_alone(page: bytes) -> None:
    """A doubt is enough."""
    assert unused_space(page, 4096) == []


def test_pages_of_pointer_maps_and_of_the_lock_are_known_by_their_place() -> None:
    """They may look like pages of a tree."""
    layout = Layout(4096, 4096, True)
    assert [page for page in range(1, 2000) if not layout.may_be_tree(page)] == [2, 822, 1642]
    assert not layout.may_be_tree(0x4000_0000 // 4096 + 1)
    assert Layout(4096, 4096, False).may_be_tree(2)
    with pytest.raises(ValueError, match="no database"):
        Layout.of(b"x" * 100)
