"""Locales: how they are written, and in which order they are tried."""

from __future__ import annotations

import pytest

from flowhook.i18n.locales import canonical, chain, choose, is_locale

DECLARED = {"en": None, "de": None, "de-AT": "de", "fr-CA": "fr", "fr": "de", "gsw": "de"}


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("en", "en"), ("EN", "en"), ("de_at", "de-AT"), ("de-AT", "de-AT"), ("zh_hant_tw", "zh-Hant-TW"),
        ("es-419", "es-419"), ("not a locale", "not a locale"), ("", ""), ("x" * 500, "x" * 500),
    ],
)  # fmt: skip
def test_one_way_to_write_a_locale(written: str, one: str) -> None:
    """Underscores and case make no difference; what is no locale stays what it is."""
    assert canonical(written) == one


@pytest.mark.parametrize("code", ["en", "de-AT", "de_at", "zh-Hant", "NO"])
def test_locales(code: str) -> None:
    """A known language, with or without a script and a region."""
    assert is_locale(code)


@pytest.mark.parametrize("code", ["", "english", "xx", "gsw", "e", "en-", "-en", "en DE", "text", "de-A"])
def test_what_is_no_locale(code: str) -> None:
    """Words, unknown languages and halves of locales."""
    assert not is_locale(code)


@pytest.mark.parametrize(
    ("locale", "tried"),
    [
        ("en", ["en"]),
        ("de_at", ["de-AT", "de", "en"]),
        ("de-CH", ["de-CH", "de", "en"]),
        ("fr-CA", ["fr-CA", "fr", "de", "en"]),
        ("fr-BE", ["fr-BE", "fr", "de", "en"]),
        ("gsw", ["gsw", "de", "en"]),
        ("it", ["it", "en"]),
    ],
)
def test_the_chain(locale: str, tried: list[str]) -> None:
    """Itself, its language, the declared fallbacks, the primary one; each once."""
    assert list(chain(locale, DECLARED)) == tried


def test_a_circle_of_fallbacks_ends() -> None:
    """The checker refuses it; should it get here, nothing hangs."""
    assert list(chain("a", {"en": None, "a": "b", "b": "a"})) == ["a", "b", "en"]


def test_what_is_chosen() -> None:
    """The first of the chain that is there, else the first that is there at all."""
    assert choose(["en", "de"], "de-AT", DECLARED) == "de"
    assert choose(["de", "fr"], "it", DECLARED) == "de"
    assert choose(["fr", "en"], None, DECLARED) == "en"
    assert choose(["fr", "it"], None, {}) == "fr"
    assert choose([], "en", DECLARED) is None
