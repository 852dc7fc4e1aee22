"""Places where a test may kill the process, to prove that nothing is lost there.

Armed by ``FLOWHOOK_FAILPOINT=label:n``: the process dies at its n-th pass of the label. The labels
stand beside the code they are about; ``make chaos`` visits them all. Unarmed, a pass costs one call.
"""

from __future__ import annotations

import os
import signal


def _ignore(label: str) -> None:
    """Nothing is armed."""


class _Armed:
    """Counts the passes of one label and kills the process at the chosen one."""

    def __init__(self, label: str, passes: int) -> None:
        self.label = label
        self.left = passes

    def __call__(self, label: str) -> None:
        if label == self.label:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _from_environment() -> _Armed | None:
    label, _, passes = os.environ.get("FLOWHOOK_FAILPOINT", "").partition(":")
    return _Armed(label, int(passes or 1)) if label else None


hit = _from_environment() or _ignore
