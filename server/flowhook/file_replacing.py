"""Replaces a file by another text, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, text: str) -> None:
    """Write ``text`` to a file in UTF-8 as it stands, with no change of line ends.

    Whoever reads meanwhile, and whoever comes after a crash, finds the old text or the new one. A link stays
    a link, and the file keeps its mode. Raises OSError, and then the file is as it was.
    """
    target = path.resolve()
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
        os.replace(draft, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
