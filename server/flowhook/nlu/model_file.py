"""A trained model as bytes, and back: arrays of numpy and JSON, never pickle.

What is read is not trusted: bytes that are cut, changed or made by another version raise ValueError, and no
array is used that does not fit the others.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydantic_core import from_json, to_json

from flowhook.nlu.classifier import Classifier, NearestNeighbours
from flowhook.nlu.dataset import TrainedModel
from flowhook.nlu.encoder import EncodedExamples, Whitening
from flowhook.nlu.models import Ensemble, Mlp, Model, SoftmaxRegression
from flowhook.nlu.vectorizer import Vocabulary

Arrays = dict[str, npt.NDArray[Any]]

_MLP: Final = ("first", "hidden_bias", "output", "output_bias")
_NETWORKS: Final = ("by_parts", "by_words")
_ENCODED: Final = ("classes", "weights", "typical")
_ENCODED_VECTORS: Final = ("vectors", "whitened")
_WHITENING: Final = ("mean", "directions", "gains")
_NEIGHBOURS: Final = ("indices", "data", "indptr", "classes", "typical")


def to_bytes(model: TrainedModel) -> bytes:
    """Return a model as bytes, which :func:`from_bytes` reads."""
    facts: dict[str, Any] = {
        "classes": model.classes,
        "exact": model.exact,
        "shapes": model.shapes,
        "count": model.count,
    }
    arrays: Arrays = {}
    if (classifier := model.classifier) is not None:
        facts["many"] = classifier.many
        facts["width"] = classifier.neighbours.width
        facts["features"], weights, facts["unseen_weight"] = classifier.vocabulary.content
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
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
    return file.getvalue()


def from_bytes(content: bytes) -> TrainedModel:
    """Return the model. Raises ValueError for anything that :func:`to_bytes` did not write."""
    try:
        with np.load(BytesIO(content), allow_pickle=False) as archive:
            arrays: Arrays = {name: archive[name] for name in archive.files}
        facts = from_json(arrays["facts"].tobytes())
        return TrainedModel(
            tuple(facts["classes"]),
            _classifier(facts, arrays) if "features" in facts else None,
            {text: tuple(classes) for text, classes in facts["exact"].items()},
            {text: tuple(classes) for text, classes in facts["shapes"].items()},
            int(facts["count"]),
        )
    except (KeyError, TypeError, AttributeError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"this is no trained model: {error}") from error


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
    features, weights = list(facts["features"]), arrays["weights"].tolist()
    indices, data, indptr, bounds, typical = (arrays[name] for name in _NEIGHBOURS)
    neighbours = NearestNeighbours(indices, data, indptr, bounds, typical, int(facts["width"]))
    _demand(len(features) == len(weights) == neighbours.width)
    _demand(len(neighbours.typical) == classes)
    _demand(len(neighbours.classes) == classes + 1 and len(neighbours.indices) == len(neighbours.data))
    vocabulary = Vocabulary.restored(features, weights, float(facts["unseen_weight"]), many=many)
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
