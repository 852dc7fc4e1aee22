"""Texts by locale among the settings of a node: where a mapping stands for a text.

``say: {en: Hello, de: Hallo}`` and ``buttons: [{title: {en: Yes, de: Ja}}]`` hold one text each, written
in several languages. The types of a node's fields tell where a text is expected; a mapping there whose
keys are locales, and not the names of fields, is such a text.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin
from weakref import WeakKeyDictionary

from pydantic import BaseModel

from flowhook.engine.settings.fields import READ_AS, FieldMark
from flowhook.engine.settings.strings import RawPath
from flowhook.i18n.locales import canonical, is_locale


@dataclass(slots=True)
class Shape:
    """What may stand at one place of the settings, as far as texts are concerned."""

    text: bool = False  #: a text that is shown
    string: bool = False  #: any other string that is no expression and no path
    free: bool = False  #: a mapping of any keys, or anything at all
    models: tuple[type[BaseModel], ...] = ()
    items: Shape | None = None  #: of a list
    values: Shape | None = None  #: of a mapping of any keys

    def names(self) -> frozenset[str]:
        """The keys that are fields here."""
        return frozenset(
            name
            for model in self.models
            for key, field in model.model_fields.items()
            for name in (key, field.alias or key)
        )


class Variants(NamedTuple):
    """A text by locale: where it stands, and the locales as written."""

    path: RawPath
    keys: tuple[str, ...]


def localised(model: type[BaseModel], raw: Mapping[str, Any], declared: Collection[str]) -> list[Variants]:
    """Every text by locale in the settings ``raw`` of a model. ``declared`` are the flow's locales."""
    found: list[Variants] = []
    for name, value in raw.items():
        if isinstance(value, dict | list):
            shape = shape_of(model).get(name)
            if shape is not None:
                found.extend(_find((name,), value, shape, declared))
    return found


def is_text_by_locale(value: Mapping[str, Any], shape: Shape, declared: Collection[str]) -> bool:
    """Whether a mapping at a place of that shape is a text written in several languages."""
    if shape.free or not (shape.text or shape.string) or not value:
        return False
    if shape.text and not shape.models:
        return True
    names = shape.names()
    if any(key in names for key in value):
        return False
    return any(is_locale(key) or canonical(key) in declared for key in value)


def taken(raw: Any, found: Sequence[Variants], keys: Sequence[str]) -> Any:
    """A copy of the settings in which each text by locale is the one under its key of ``keys``."""
    for variants, key in zip(found, keys, strict=True):
        raw = _replaced(raw, variants.path, key)
    return raw


def _replaced(value: Any, path: RawPath, key: str) -> Any:
    if not path:
        return value[key]
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], key)
    return copy


def _find(path: RawPath, value: Any, shape: Shape, declared: Collection[str]) -> Iterator[Variants]:
    if isinstance(value, list):
        if shape.items is not None:
            for index, item in enumerate(value):
                if isinstance(item, dict | list):
                    yield from _find((*path, index), item, shape.items, declared)
        return
    if is_text_by_locale(value, shape, declared):
        yield Variants(path, tuple(value))
        return
    for key, item in value.items():
        if isinstance(item, dict | list):
            for below in _below(shape, key):
                yield from _find((*path, key), item, below, declared)


def _below(shape: Shape, key: str) -> Iterator[Shape]:
    """The shape under a key: of the first model that has it, else of the mapping's values."""
    for model in shape.models:
        below = shape_of(model).get(key)
        if below is not None:
            yield below
            return
    if shape.values is not None:
        yield shape.values


def may_be_text(model: type[BaseModel], path: RawPath) -> bool:
    """Whether what is written at a path can be a text by itself, rather than a list of models: what one
    template gives there must keep its type."""
    shape = shape_of(model).get(str(path[0]))
    for part in path[1:]:
        if shape is None:
            return True
        shape = shape.items if isinstance(part, int) else next(_below(shape, part), None)
    return shape is None or shape.text or shape.items is None


# -- shapes of types ------------------------------------------------------------------------------

_SHAPES: WeakKeyDictionary[type[BaseModel], dict[str, Shape]] = WeakKeyDictionary()


def shape_of(model: type[BaseModel]) -> dict[str, Shape]:
    """The shapes of a model's fields, by name and alias."""
    known = _SHAPES.get(model)
    if known is None:
        known = _SHAPES[model] = {}
        for name, field in model.model_fields.items():
            shape = known[name] = known[field.alias or name] = Shape()
            _add(shape, field.annotation, _read_as(field.metadata))
    return known


def _read_as(metadata: Sequence[Any]) -> set[str]:
    """The marks that tell how a field is read."""
    return {mark.kind for mark in metadata if isinstance(mark, FieldMark) and mark.kind in READ_AS}


def _add(shape: Shape, annotation: Any, marks: Collection[str] = ()) -> None:
    """Take in one more type that may stand at a place."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        _add(shape, inner, {*marks, *_read_as(metadata)})
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            _add(shape, member, marks)
    elif annotation is str:
        shape.text |= "text" in marks
        shape.string |= not marks
    elif annotation is Any or annotation is object or annotation is dict:
        shape.free = True
    elif origin in (list, Sequence, tuple):
        shape.items = shape.items or Shape()
        for member in get_args(annotation):
            _add(shape.items, member, marks)
        shape.text |= shape.items.text and not shape.items.models
        shape.string |= shape.items.string and not shape.items.models
    elif origin in (dict, Mapping):
        shape.free = True
        shape.values = shape.values or Shape()
        _add(shape.values, get_args(annotation)[1], marks)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        shape.models = (*shape.models, annotation)
