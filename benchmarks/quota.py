"""A share of a core for one process, by the kernel's CPU controller (cgroup v1 or v2). It needs root.

With it several servers, the database and the load fit on a small machine at the same time: what each server
can do is bounded by its own share, as it would be by its own core, and everything else has headroom.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 5_000  #: short, so that a process is slow rather than absent for long
LEAST_US = 1_000  #: of a period that the kernel gives
_numbers = count()


class Unavailable(Exception):
    """Why no process can be given a share here."""


@contextlib.contextmanager
def quota(pid: int, cores: float) -> Iterator[None]:
    """Give a process, with all its threads, so much of a core. Raises Unavailable."""
    name = f"flowhook-bench-{os.getpid()}-{next(_numbers)}"
    period = max(PERIOD_US, math.ceil(LEAST_US / cores))
    share = round(cores * period)
    if (ROOT / "cpu").is_dir():
        group = ROOT / "cpu" / name
        limits = {"cpu.cfs_period_us": str(period), "cpu.cfs_quota_us": str(share)}
    else:
        group = ROOT / name
        limits = {"cpu.max": f"{share} {period}"}
    try:
        group.mkdir()
    except OSError as error:
        raise Unavailable(f"no control group can be made: {error}") from error
    try:
        try:
            for file, value in limits.items():
                (group / file).write_text(value)
            (group / "cgroup.procs").write_text(str(pid))
        except OSError as error:
            raise Unavailable(f"the CPU controller is not to be had: {error}") from error
        yield
    finally:
        with contextlib.suppress(OSError):  # it has ended by itself
            (group.parent / "cgroup.procs").write_text(str(pid))
        group.rmdir()
