"""Learned intents, shared by the processes on one database: what one has trained another one finds.

Engines keep their models in a folder of the machine (``builtin/model_cache.py``), each under the hash of what
it was trained from and of the code that trained. Before engines learn, what the database has is put there;
after it, what the database lacks is brought there. Like the folder this is a cache: whatever fails, or is
damaged, is trained anew.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flowhook.errors import StorageError
from flowhook.model.log_action import LogAction
from flowhook.storage.protocols import Cluster

log = logging.getLogger("flowhook")

_NAME = re.compile(r"[0-9a-f]{32}\.npz")
MARGIN = 2.0  #: seconds; times of files are coarse
LARGEST = 32 * 1024 * 1024  #: bytes of a model that is shared


class SharedModels:
    """The models of one machine and those of all. Without a ``cluster`` there is nobody to share with;
    without a ``folder`` nothing is kept."""

    def __init__(self, cluster: Cluster | None, folder: Path | None) -> None:
        self.folder = folder
        self._cluster = cluster
        self._began = time.time() - MARGIN  # of files, whose times are the machine's

    async def fetch(self) -> None:
        """Put into the folder what others have trained."""
        if self._cluster is None or self.folder is None:
            return
        with _as_good_as_none("fetched"):
            for name in await self._cluster.models():
                if not _NAME.fullmatch(name) or (self.folder / name).exists():
                    continue
                if (content := await self._cluster.model(name)) is not None:
                    await asyncio.to_thread(self._write, name, content)

    async def share(self) -> None:
        """Bring to the others what engines have used or trained since the start; it is needed here."""
        if self._cluster is None or self.folder is None:
            return
        with _as_good_as_none("shared"):
            used = await asyncio.to_thread(self._used)
            for name in set(used) - await self._cluster.use_models(used):
                content = await asyncio.to_thread((self.folder / name).read_bytes)
                if len(content) <= LARGEST:
                    await self._cluster.keep_model(name, content)

    def _write(self, name: str, content: bytes) -> None:
        assert self.folder is not None
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self.folder / f"{name}.{os.getpid()}-{time.monotonic_ns()}"
        try:
            unfinished.write_bytes(content)
            os.utime(unfinished, (self._began - MARGIN, self._began - MARGIN))  # not used yet
            unfinished.replace(self.folder / name)
        finally:
            unfinished.unlink(missing_ok=True)

    def _used(self) -> list[str]:
        """The names of files that were read or written since the start: the cache touches what it finds."""
        assert self.folder is not None
        used = []
        for file in self.folder.glob("*.npz"):
            with suppress(OSError):
                if _NAME.fullmatch(file.name) and file.stat().st_mtime >= self._began:
                    used.append(file.name)
        return used


@contextmanager
def _as_good_as_none(done: str) -> Iterator[None]:
    """Whatever fails costs another training, and nothing else."""
    try:
        yield
    except (StorageError, OSError) as error:
        log.warning(
            "learned intents could not be %s: %s", done, error, extra={"action": LogAction.MODELS_NOT_SHARED}
        )
