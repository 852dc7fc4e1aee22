"""A trained model as bytes, and back: arrays of numpy and JSON, never pickle.

A thread writes and reads it in pieces, so that the event loop never waits long for the interpreter's lock:
one call of C that parses all JSON of many sentences, or copies all arrays, would not let go of it. What is
read is not trusted: bytes that are cut, changed or made by another version raise ValueError, and no array is
used that does not fit the others.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt
from pydantic_core import from_json, to_json

from flowhook.nlu.classifier import Classifier, NearestNeighbours
from flowhook.nlu.dataset import TrainedModel
from flowhook.nlu.encoder import EncodedExamples, Whitening
from flowhook.nlu.models import Ensemble, Mlp, Model, SoftmaxRegression
from flowhook.nlu.vectorizer import Vocabulary, group_weights_of

Arrays = dict[str, npt.NDArray[Any]]

_MLP: Final = ("first", "hidden_bias", "output", "output_bias")
_NETWORKS: Final = ("by_parts", "by_words")
_ENCODED: Final = ("classes", "weights", "typical")
_ENCODED_VECTORS: Final = ("vectors", "whitened")
_WHITENING: Final = ("mean", "directions", "gains")
_NEIGHBOURS: Final = ("indices", "data", "indptr", "classes", "typical")
_PIECE: Final = 2_000  #: texts in one line of JSON
_PIECE_BYTES: Final = 1 << 20  #: of an array, written at once


def to_bytes(model: TrainedModel) -> bytes:
    """Return a model as bytes, which :func:`from_bytes` reads."""
    facts: dict[str, Any] = {
        "classes": model.classes,
        "count": model.count,
    }
    arrays: Arrays = {
        "exact": _json_lines(list(model.exact.items())),
        "shapes": _json_lines(list(model.shapes.items())),
    }
    if (classifier := model.classifier) is not None:
        facts["many"] = classifier.many
        facts["width"] = classifier.neighbours.width
        features, weights, facts["unseen_weight"] = classifier.vocabulary.content
        arrays["features"] = _json_lines(features)
        arrays["weights"] = np.asarray(weights, np.float64)
        for name in _NEIGHBOURS:
            arrays[name] = getattr(classifier.neighbours, name)
        arrays |= _arrays_of(classifier.model)
        if classifier.encoded is not None:
            for name in (*_ENCODED_VECTORS, *_ENCODED):
                arrays[f"encoded.{name}"] = getattr(classifier.encoded, name)
            for name in _WHITENING if classifier.encoded.whitening is not None else ():
                arrays[f"whitening.{name}"] = getattr(classifier.encoded.whitening, name)
    arrays["facts"] = np.frombuffer(to_json(facts), np.uint8)
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:  # of the shape that numpy.savez writes
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                _write(member, np.ascontiguousarray(array))
    return file.getvalue()


def from_bytes(content: bytes) -> TrainedModel:
    """Return the model. Raises ValueError for anything that :func:`to_bytes` did not write."""
    try:
        with np.load(BytesIO(content), allow_pickle=False) as archive:
            arrays: Arrays = {name: archive[name] for name in archive.files}
        facts = from_json(arrays["facts"].tobytes())
        return TrainedModel(
            tuple(facts["classes"]),
            _classifier(facts, arrays) if "features" in arrays else None,
            {text: tuple(classes) for text, classes in _items(arrays["exact"])},
            {text: tuple(classes) for text, classes in _items(arrays["shapes"])},
            int(facts["count"]),
        )
    except (KeyError, TypeError, AttributeError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"this is no trained model: {error}") from error


def _json_lines(items: Sequence[Any]) -> npt.NDArray[np.uint8]:
    """Items as lines of JSON, each a list of some of them."""
    pieces = (items[at : at + _PIECE] for at in range(0, len(items), _PIECE))
    return np.frombuffer(b"\n".join(map(to_json, pieces)), np.uint8)


def _items(lines: npt.NDArray[Any]) -> Iterator[Any]:
    """The items of :func:`_json_lines`."""
    for line in lines.tobytes().splitlines():
        yield from from_json(line)


def _write(member: IO[bytes], array: npt.NDArray[Any]) -> None:
    """As ``numpy.lib.format.write_array`` does, which writes 16 MB at once."""
    header = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(member, header)
    content = array.reshape(-1).view(np.uint8)
    for at in range(0, len(content), _PIECE_BYTES):
        member.write(content[at : at + _PIECE_BYTES].tobytes())


def _arrays_of(model: Model | None) -> Arrays:
    if isinstance(model, SoftmaxRegression):
        return {"softmax": model.weights}
    if isinstance(model, Ensemble):
        return {
            f"{network}.{name}": getattr(getattr(model, network), name)
            for network in _NETWORKS
            for name in _MLP
        }
    return {}


def _classifier(facts: Mapping[str, Any], arrays: Arrays) -> Classifier:
    many, classes = bool(facts["many"]), len(facts["classes"])
    features, weights = list(_items(arrays["features"])), arrays["weights"].tolist()
    indices, data, indptr, bounds, typical = (arrays[name] for name in _NEIGHBOURS)
    neighbours = NearestNeighbours(indices, data, indptr, bounds, typical, int(facts["width"]))
    _demand(len(features) == len(weights) == neighbours.width)
    _demand(len(neighbours.typical) == classes)
    _demand(len(neighbours.classes) == classes + 1 and len(neighbours.indices) == len(neighbours.data))
    groups = group_weights_of(len(neighbours.indptr) - 1, many=many)
    vocabulary = Vocabulary.restored(
        features, weights, float(facts["unseen_weight"]), many=many, group_weights=groups
    )
    model = _model(arrays, vocabulary, classes) if classes > 1 else None
    return Classifier(vocabulary, model, neighbours, classes, many, _encoded(arrays, classes))


def _encoded(arrays: Arrays, classes: int) -> EncodedExamples | None:
    if "encoded.vectors" not in arrays:
        return None
    vectors, whitened = (arrays[f"encoded.{name}"] for name in _ENCODED_VECTORS)
    rest = (arrays[f"encoded.{name}"] for name in _ENCODED)
    encoded = EncodedExamples(vectors, whitened, _whitening(arrays, vectors), *rest)
    _demand(encoded.vectors.ndim == encoded.weights.ndim == 2)
    _demand(encoded.whitened.shape == (encoded.vectors if encoded.whitening else encoded.vectors[:0]).shape)
    _demand(encoded.weights.shape == (encoded.vectors.shape[1], classes))
    _demand(len(encoded.typical) == classes)
    _demand(len(encoded.classes) == classes + 1 and int(encoded.classes[-1]) == len(encoded.vectors))
    return encoded


def _whitening(arrays: Arrays, vectors: npt.NDArray[Any]) -> Whitening | None:
    if "whitening.mean" not in arrays:
        return None
    whitening = Whitening(*(arrays[f"whitening.{name}"] for name in _WHITENING))
    _demand(whitening.mean.shape == vectors.shape[1:])
    _demand(whitening.directions.shape == (vectors.shape[1], len(whitening.gains)))
    return whitening


def _model(arrays: Arrays, vocabulary: Vocabulary, classes: int) -> Model:
    if "softmax" in arrays:
        _demand(arrays["softmax"].shape == (len(vocabulary), classes))
        return SoftmaxRegression(arrays["softmax"])
    by_parts, by_words = (Mlp(*(arrays[f"{network}.{name}"] for name in _MLP)) for network in _NETWORKS)
    _demand(len(by_parts.first) == vocabulary.part_columns)
    _demand(len(by_parts.first) + len(by_words.first) == len(vocabulary))
    _demand(len(by_parts.output_bias) == len(by_words.output_bias) == classes)
    return Ensemble(by_parts, by_words, vocabulary.part_columns)


def _demand(holds: bool) -> None:
    if not holds:
        raise ValueError("the parts of this model do not fit each other")
