"""Another example of an intent, or of what is meant by none, written into the text of a flow."""

from __future__ import annotations

from typing import Any

from flowhook.errors import FlowhookError
from flowhook.i18n.locales import canonical, choose
from flowhook.yamldoc.document import Path, load
from flowhook.yamldoc.editing import append_item, set_value, value_at


def with_example(text: str, intent: str | None, sentence: str, locale: str | None = None) -> str:
    """Return the text of a flow in which a sentence is one more example of an intent; None: of ``reject``.

    ``locale`` says under which of the locales it comes, where examples are written by locale. Everything
    else stays byte for byte. Raises FlowhookError where there is no such intent, the sentence is an example
    already, or the place is laid out so that only a person can change it.
    """
    sentence = " ".join(sentence.split())
    document, _ = load(text, "")
    data = document.data if document is not None else None
    if not isinstance(data, dict):
        raise FlowhookError("the file has errors; mend them first")
    path: Path = ("reject",) if intent is None else ("intents", intent, "examples")
    if intent is not None and not isinstance(value_at(data, path[:-1]), dict):
        raise FlowhookError(f'the flow has no intent "{intent}" of its own')
    value = value_at(data, path)
    if isinstance(value, dict):
        path = (*path, _locale_of(value, locale, _declared(data)))
        value = value_at(data, path)
    elif value is None and locale is not None and len(_declared(data)) > 1:
        path = (*path, locale)
    known = [value] if isinstance(value, str) else value or []
    if any(_folded(str(one)) == _folded(sentence) for one in known):
        raise FlowhookError(f"this is an example {f'of {intent}' if intent else 'of reject'} already")
    if isinstance(value, list):
        return append_item(text, path, sentence)
    return set_value(text, path, [*known, sentence])


def _declared(data: dict[str, Any]) -> dict[str, str | None]:
    """The locales of the flow, each with its fallback."""
    value = data.get("locales")
    if isinstance(value, dict):
        return {canonical(str(key)): fallback for key, fallback in value.items()}
    return {canonical(str(key)): None for key in value} if isinstance(value, list) else {}


def _locale_of(written: dict[str, Any], locale: str | None, declared: dict[str, str | None]) -> str:
    """The key under which texts for a locale stand, or would."""
    by_canonical = {canonical(key): key for key in written}
    languages = {key.partition("-")[0] for key in by_canonical}
    if locale is not None and canonical(locale).partition("-")[0] not in languages:
        return locale  # nothing is written in this language yet
    chosen = choose(by_canonical, locale, declared)
    return by_canonical[chosen] if chosen is not None else locale or next(iter(declared), "en")


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
