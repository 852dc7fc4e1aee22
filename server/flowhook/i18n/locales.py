"""Locales: how they are written, and which one counts where a text is not there in the one in force.

A locale is a language with, maybe, a script and a region: ``de``, ``de-AT``, ``zh-Hant-TW``. The chain
of one goes from the exact locale over its language and the fallback that the flow declares to the
primary locale, the last resort.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from flowhook.i18n.normalize import word_set

#: ISO 639-1.
LANGUAGES = word_set(
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de",
    "dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id",
    "ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu",
    "lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu",
    "rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr",
    "ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu",
)

_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}\Z")


@lru_cache(maxsize=1024)
def canonical(locale: str) -> str:
    """Return a locale in the one way to write it: ``de_at`` is ``de-AT``. What is none stays as it is."""
    if not _LOCALE.match(locale):
        return locale
    language, *rest = locale.replace("_", "-").split("-")
    parts = [part.upper() if len(part) in (2, 3) else part.title() for part in rest]
    return "-".join([language.lower(), *parts])


def is_locale(code: str) -> bool:
    """Tell whether a word is a locale of a language that is known, however it is written."""
    return _LOCALE.match(code) is not None and canonical(code).partition("-")[0] in LANGUAGES


def locale_of_language_name(name: str) -> str | None:
    """Return the locale of a language that is called by its English name or its own: ``fr`` of ``French``."""
    from babel import Locale

    english = Locale.parse("en").languages
    for code in sorted(LANGUAGES):
        if name.casefold() in (english.get(code, "").casefold(), _own_name(code).casefold()):
            return code
    return None


def _own_name(code: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(code).get_display_name() or ""
    except (UnknownLocaleError, ValueError):
        return ""


def is_form_of_locale(code: str) -> bool:
    """Tell whether a word has the form of a locale; its language may be a rare one of three letters."""
    return _LOCALE.match(code) is not None


def chain(locale: str, declared: Mapping[str, str | None]) -> Iterator[str]:
    """Yield the locales to try for one in force, each once, all of them canonical: itself, its language,
    their fallbacks, the primary one. ``declared`` are those of the flow with their fallbacks.
    """
    seen: set[str] = set()
    todo: list[str | None] = [canonical(locale)]
    for tried in todo:  # grows on the way
        if tried is not None and tried not in seen:
            seen.add(tried)
            yield tried
            todo += (tried.partition("-")[0], declared.get(tried))
    primary = next(iter(declared), None)
    if primary is not None and primary not in seen:
        yield primary


def choose(there: Collection[str], locale: str | None, declared: Mapping[str, str | None]) -> str | None:
    """Return the one of the locales that are ``there`` (canonical, not empty) to take for the one in force.

    Where the chain finds none it is the first of them. None only when nothing is there.
    """
    if locale is not None:
        for candidate in chain(locale, declared):
            if candidate in there:
                return candidate
    else:
        primary = next(iter(declared), None)
        if primary in there:
            return primary
    return next(iter(there), None)
