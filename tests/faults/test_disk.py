"""What the disk and the file can do to us, and that nobody is promised what is not kept."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from flowhook.errors import StorageError
from tests.e2e.conftest import Start
from tests.e2e.kit import Live, Outside, Process, Project, until
from tests.machine import PATIENCE

COUNT = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }}"
"""
MESSAGE = {"userId": "u1", "sessionId": "s1", "text": "x"}


async def with_writer(live: Live, job: Any) -> Any:
    """Do something on the server's own writing connection."""
    store: Any = live.services.store
    return await store.database._connections[0].run(job)


def limit(more: int) -> Any:
    def apply(db: sqlite3.Connection) -> None:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + more}")

    return apply


async def test_a_full_disk(project: Project, outside: Outside, start: Start) -> None:
    """Whoever posts hears 503, never a 202 that is not kept. When there is room again the client's
    repeat is taken, and what was accepted before is answered: each number once, in order."""
    project.flow("bot", COUNT)
    project.endpoint("bot")
    live = await start()
    await live.say("bot", "first")
    await until(lambda: live.services.dispatcher.in_memory == 0)  # its delivery is recorded
    await with_writer(live, limit(0))
    accepted, refused = 1, 0
    for number in range(60):
        body = {**MESSAGE, "data": {"filling": "x" * 4000}}
        answer = await live.post("/tok-bot", body, {"idempotency-key": f"k{number}"})
        assert answer.status_code in (202, 503), answer.text
        accepted += answer.status_code == 202
        if answer.status_code == 503:
            refused += 1
            assert int(answer.headers["retry-after"]) >= 1
            if refused == 3:
                break
    assert refused == 3
    assert (await live.http.get("/healthz")).status_code == 200
    await with_writer(live, limit(100_000))
    answer = await live.post("/tok-bot", MESSAGE, {"idempotency-key": "k0"})
    await live.say("bot", "last")
    await until(lambda: outside.texts() and int(outside.texts()[-1]) >= accepted + 1)
    numbers = [int(text) for text in outside.texts()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert accepted + 1 <= len(numbers) <= accepted + 2


EIO = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int broken(void) { return access(getenv("EIO_FLAG"), F_OK) == 0; }
int fsync(int fd) {
  if (broken()) { errno = EIO; return -1; }
  return ((int (*)(int)) dlsym(RTLD_NEXT, "fsync"))(fd);
}
int fdatasync(int fd) {
  if (broken()) { errno = EIO; return -1; }
  return ((int (*)(int)) dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
"""


@pytest.fixture(scope="module")
def eio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that makes every flush fail while a flag file exists."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: a failing fsync cannot be made")
    folder = tmp_path_factory.mktemp("eio")
    (folder / "eio.c").write_text(EIO)
    command = [compiler, "-shared", "-fPIC", "-o", folder / "eio.so", folder / "eio.c", "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the C compiler fails: {done.stderr[:200]}")
    return folder / "eio.so"


async def test_a_failing_flush(project: Project, outside: Outside, process: Process, eio: Path) -> None:
    """Nobody can know whether such a commit is kept, so nobody is told: the process ends with 70. The
    client repeats after the next start, and the message counts once."""
    project.flow("bot", COUNT)
    project.endpoint("bot")
    flag = project.root / "eio"
    await process.start(LD_PRELOAD=str(eio), EIO_FLAG=str(flag))
    await process.say("bot", "first")
    flag.touch()
    with suppress(httpx.TransportError):
        answer = await process.post("/tok-bot", MESSAGE, {"idempotency-key": "k"})
        assert answer.status_code == 503
    assert process.process is not None
    assert await asyncio.to_thread(process.process.wait, PATIENCE) == 70
    assert "could not say whether it kept a commit" in process.log.read_text()

    flag.unlink()
    await process.start()
    answer = await process.post("/tok-bot", MESSAGE, {"idempotency-key": "k"})
    assert answer.status_code == 202
    await process.ends(answer.json()["traceId"])
    assert await process.say("bot", "third") == ["3"]
    await until(lambda: "3" in outside.texts())
    assert outside.told() == ["1", "2", "3"]


async def test_a_file_that_another_process_locks(project: Project, outside: Outside, start: Start) -> None:
    """A backup tool or a shell that holds the lock costs 503s while it does, and no accepted message."""
    project.flow("bot", COUNT)
    project.endpoint("bot")
    live = await start()
    await live.say("bot", "first")
    await with_writer(live, lambda db: db.execute("PRAGMA busy_timeout = 200"))
    stranger = sqlite3.connect(project.root / "bot.db", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    answers = await asyncio.gather(
        *(live.post("/tok-bot", MESSAGE, {"idempotency-key": f"k{n}"}) for n in range(10))
    )
    assert {answer.status_code for answer in answers} == {503}
    stranger.execute("ROLLBACK")
    stranger.close()
    for n in range(10):
        answer = await live.post("/tok-bot", MESSAGE, {"idempotency-key": f"k{n}"})
        assert answer.status_code == 202
    await until(lambda: "11" in outside.texts())
    assert list(dict.fromkeys(outside.texts())) == [str(n) for n in range(1, 12)]


async def test_a_lock_between_accept_and_commit(project: Project, outside: Outside, start: Start) -> None:
    """A turn whose commit is refused waits and is run again: said once, counted once."""
    project.flow("bot", "nodes:\n  - http_request: {url: 'OUT/slow'}\n  - say: done\n")
    project.endpoint("bot")
    gate = asyncio.Event()

    async def slow(_: Any) -> None:
        await gate.wait()

    outside.answers["/slow"] = slow
    live = await start()
    await live.send("bot", "x")
    await until(lambda: outside.at("/slow"))
    await with_writer(live, lambda db: db.execute("PRAGMA busy_timeout = 50"))
    stranger = sqlite3.connect(project.root / "bot.db", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    gate.set()
    await asyncio.sleep(0.3)
    assert outside.texts() == []
    stranger.execute("ROLLBACK")
    stranger.close()
    await outside.until(1)
    assert set(outside.texts()) == {"done"}


async def test_a_reader_that_never_ends(project: Project, start: Start) -> None:
    """It keeps the log from shrinking, not the server from serving; once it is gone, a stop empties
    the log."""
    project.flow("bot", COUNT)
    project.endpoint("bot")
    live = await start()
    await live.say("bot", "first")
    reader = sqlite3.connect(f"file:{project.root / 'bot.db'}?mode=ro", uri=True, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM inbox").fetchone()
    for n in range(2, 40):
        assert await live.say("bot", data={"filling": "x" * 50_000}) == [str(n)]
    log = project.root / "bot.db-wal"
    pinned = log.stat().st_size
    assert pinned > 1_500_000
    assert reader.execute("SELECT count(*) FROM inbox").fetchone() == (1,)
    reader.close()
    await live.restart()
    assert (log.stat().st_size if log.exists() else 0) < pinned
    assert await live.say("bot", "last") == ["40"]


def damage_version(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()


def damage_header(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)


def make_other(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE photos (id)")
    db.close()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (damage_version, "used by a newer one"),
        (damage_header, "not a database"),
        (make_other, "another program"),
    ],
)
async def test_a_file_that_is_not_ours_any_more(
    project: Project, start: Start, damage: Any, words: str
) -> None:
    """The start is refused with a sentence, and the file is left as it is."""
    project.flow("bot", COUNT)
    project.endpoint("bot")
    live = await start()
    await live.say("bot", "first")
    await live.stop()
    path = project.root / "bot.db"
    damage(path)
    content = path.read_bytes()
    with pytest.raises(StorageError, match=words):
        await Live(project).start()
    assert path.read_bytes()[100:] == content[100:], "all but SQLite's own counters in the header"
    path.unlink()
    await live.start()


@contextmanager
def nobody(folder: Path) -> Iterator[None]:
    """Be somebody whom the permissions of files bind, to whom all in this folder belongs."""
    if os.geteuid() != 0:
        yield
        return
    user = pwd.getpwnam("nobody").pw_uid
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, -1)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_a_read_only_file(outside: Outside) -> None:
    """Refused at the start, not at the first message."""
    with TemporaryDirectory() as folder:  # pytest's own are closed to others
        project = Project(Path(folder), outside)
        project.flow("bot", COUNT)
        project.endpoint("bot")
        live = Live(project)
        await live.start()
        await live.stop()
        (project.root / "bot.db").chmod(0o400)
        with nobody(project.root), pytest.raises(StorageError, match=r"bot\.db"):
            await Live(project).start()
        (project.root / "bot.db").chmod(0o600)
        await live.start()
        await live.stop()


async def test_a_file_that_is_gone(project: Project, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """A new one is made, but never in silence."""
    project.flow("bot", COUNT)
    project.endpoint("bot")
    live = await start()
    await live.say("bot", "first")
    await live.stop()
    assert "is gone" not in caplog.text
    (project.root / "bot.db").unlink()
    await live.start()
    assert "bot.db is gone; an empty one is made" in caplog.text
    assert await live.say("bot", "first") == ["1"]
