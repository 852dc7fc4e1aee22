"""Trained models on disk, so that a start does not train again on what it knows.

A file is named after its training set and the code that trains: other examples, or another version of
flowhook, look for another name. The folder is a cache and nothing else: it may be removed, damaged,
read-only, or shared by several processes, and the worst that comes of it is that a model is trained anew.
"""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from flowhook.nlu.dataset import TrainedModel, TrainingSet

SUFFIX: Final = ".npz"
KEPT_SECONDS: Final = 30 * 86_400.0  #: after a file was used last
#: The packages whose code decides what comes of a training set.
_PACKAGES: Final = ("nlu", "extraction", "languages", "i18n")


class ModelCache:
    """The trained models in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holds(self, training_set: TrainingSet) -> bool:
        """Tell whether there is a whole file for a training set; it counts as used then. Its sums are looked
        at, but nothing is made of it: that takes numpy, and time."""
        file = self._file(training_set)
        try:
            with zipfile.ZipFile(file) as archive:
                whole = archive.testzip() is None
            os.utime(file)
        except (OSError, EOFError, ValueError, NotImplementedError, zipfile.BadZipFile, zlib.error):
            return False
        return whole

    def find(self, training_set: TrainingSet) -> TrainedModel | None:
        """Return the model of a training set; None when there is none that can be used."""
        file = self._file(training_set)
        try:
            content = file.read_bytes()
        except OSError:
            return None
        from flowhook.nlu.model_file import from_bytes  # numpy

        try:
            model = from_bytes(content)
        except ValueError:
            return None
        with suppress(OSError):
            os.utime(file)
        return model

    def keep(self, training_set: TrainingSet, model: TrainedModel) -> None:
        """Write a model down, whole or not at all, and remove those that nobody has used for long."""
        from flowhook.nlu.model_file import to_bytes  # numpy

        file = self._file(training_set)
        unfinished = file.with_name(f"{file.name}.{os.getpid()}-{time.monotonic_ns()}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                unfinished.write_bytes(to_bytes(model))
                unfinished.replace(file)
            finally:
                unfinished.unlink(missing_ok=True)
            self._sweep()
        except OSError:
            return  # a place that cannot be written: there is no cache, then

    def _file(self, training_set: TrainingSet) -> Path:
        name = hashlib.sha256(f"{code_digest()} {training_set.digest}".encode()).hexdigest()[:32]
        return self._folder / (name + SUFFIX)

    def _sweep(self) -> None:
        oldest = time.time() - KEPT_SECONDS
        for file in self._folder.glob(f"*{SUFFIX}*"):
            with suppress(OSError):
                if file.stat().st_mtime < oldest:
                    file.unlink()


@cache
def code_digest() -> str:
    """The digest of the code that trains: two versions with the same code give the same models."""
    digest = hashlib.sha256()
    home = Path(__file__).parents[1]
    for package in _PACKAGES:
        for file in sorted((home / package).rglob("*.py")):
            digest.update(f"{file.relative_to(home)}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
