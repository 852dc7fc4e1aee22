"""Options of the test run, and what it makes once."""

from __future__ import annotations

import contextlib
import gc
import os
import sqlite3
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from flowhook.hooks.loading import discovery
from flowhook.storage import cached_counts
from flowhook.storage.sqlite import database
from flowhook.storage.sqlite.migrate import Migration, fill_in_memory, migrate, schema_version
from flowhook.versions import plugin_versions
from tests import machine
from tests.certificates import certificates
from tests.postgres_server import (
    PostgresServer,
    Unavailable,
    empty,
    require_driver,
    running_server,
    unavailable,
    wheel_programs,
)

__all__ = ["certificates"]


MEMORY = "/dev/shm"  #: where directories of tests are, if it has room: a disk makes each commit wait
MEMORY_BYTES = 4 * 2**30  #: a run writes about one of them


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--chaos=long`` runs the whole fault plan, ``--examples=long`` tries properties with four times as
    many examples; the short forms are part of every run."""
    parser.addoption("--chaos", choices=("short", "long"), default="short")
    parser.addoption("--examples", choices=("short", "long"), default="short")


def pytest_configure(config: pytest.Config) -> None:
    """Before tests are collected: their decorators ask.

    Bytecode is kept even where the environment says otherwise: the tests start some hundred processes, and
    each would compile all its modules anew, which takes longer than the rest of its start.
    """
    machine.long_properties = config.getoption("--examples") == "long"
    # How long an example takes says more about what else the machine does than about the code.
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if _has_room(MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)


def _has_room(folder: str) -> bool:
    """A container's may be small, and programs may be forbidden there."""
    try:
        there = os.statvfs(folder)
    except OSError:
        return False
    return not there.f_flag & os.ST_NOEXEC and there.f_bavail * there.f_frsize > MEMORY_BYTES


#: Tests that wait for other programs: browsers, database servers, servers of ours in processes of their own.
OTHER_PROGRAMS = (
    *("chaos/", "cli/", "docs/", "e2e/", "faults/", "storage/", "studio/", "warm/"),
    "plugins/test_webchat_browser.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let slow tests begin: at the end one worker would wait for the other's.

    A test that waits for another program gets a second try, which the summary names, with what went wrong at
    the first: it is a race to be mended (``--fail-on-flaky`` takes it for a failure). A run that needs more
    than a few of them fails.
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix().startswith(OTHER_PROGRAMS):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests without collecting garbage: of what ten thousand tests come to hardly anything is."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Take what was imported and collected out of garbage collection, which costs a quarter of a second each
    time, and let it begin seldom: with Python's own thresholds it takes a fifteenth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def new_databases_are_copies() -> Iterator[None]:
    """Make the schema of new database files once, by the migrations, and copy it from there.

    The migrations cost SQLite 60 ms of CPU for each file, and a thousand tests make one. They run for real in
    ``tests/storage/test_migrations.py``, for older databases, and in every process of its own.
    """
    made = sqlite3.connect(":memory:", check_same_thread=False)
    one_by_one = threading.Lock()
    with contextlib.closing(made), pytest.MonkeyPatch.context() as patch:
        fill_in_memory(made)

        def copy(db: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
            if schema_version(db):
                migrate(db, migrations)
                return
            with one_by_one:
                made.backup(db)

        patch.setattr(database, "migrate", copy)
        yield


@pytest.fixture(scope="session", autouse=True)
def installed_plugins_are_found_once() -> Iterator[None]:
    """Looking through all that is installed takes a third of the time of a start, and nothing is installed
    meanwhile but what a test puts into ``sys.path``."""
    found = cache(lambda group, path: entry_points(group=group))
    with pytest.MonkeyPatch.context() as patch:
        for module in (discovery, plugin_versions):
            patch.setattr(module, "entry_points", lambda group: found(group, tuple(sys.path)))
        yield


@pytest.fixture(scope="session", autouse=True)
def counts_are_fresh() -> Iterator[None]:
    """A store in this process counts anew whenever it is asked, however slow a busy machine makes that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cached_counts, "SLOW_SECONDS", float("inf"))
        yield


@pytest.fixture
def unused_tcp_port() -> int:
    """In the place of pytest-asyncio's, which another process may be given before it is used."""
    return machine.reserve_port()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One for all tests that ask for it; without PostgreSQL here they are skipped, with the reason."""
    require_driver()
    try:
        with running_server() as server:
            yield server
    except Unavailable as error:
        unavailable(error)


@pytest.fixture(scope="session")
def newest_postgres() -> Iterator[str]:
    """The URL of one database on the PostgreSQL that comes as a wheel."""
    require_driver()
    with running_server(wheel_programs()) as server:
        yield server.url(server.create_database())


@pytest.fixture(scope="session")
def shared_postgres(postgres_server: PostgresServer) -> str:
    """The URL of one database for all tests that need nothing of their own."""
    return postgres_server.url(postgres_server.create_database())


@pytest.fixture
def empty_postgres(shared_postgres: str) -> str:
    """The URL of a database with no rows. Rows are deleted, which costs less than another database."""
    empty(shared_postgres)
    return shared_postgres
