"""The shipped translators, each against a real HTTP server in the shape of its service's public API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.plugins.service import Service

from flowhook import Translated
from flowhook.hooks.facade import Hooks
from flowhook.hooks.loading.kinds import TRANSLATOR
from flowhook.hooks.loading.loader import EndpointRequirements, PluginRequirements, load_hooks

Load = Callable[..., Any]


@pytest.fixture
def translator() -> Iterator[Load]:
    """``translator("deepl", api_key="…")``: the translator of an endpoint that names it."""
    loaded: list[Hooks] = []

    def load(name: str, **settings: Any) -> Any:
        endpoint = EndpointRequirements("shop", engines={TRANSLATOR: name})
        hooks = load_hooks(PluginRequirements(settings={name: settings}, endpoints=(endpoint,)), None)
        loaded.append(hooks)
        return hooks.translators()[name]

    yield load
    for hooks in loaded:
        hooks.close()


async def translate(engine: Any, http: httpx.AsyncClient, *texts: str, **more: Any) -> list[Translated]:
    given = {"source": None, "target": "en", "markup": False, "glossary": "", "formality": "", **more}
    found: list[Translated] = await engine.translate(texts, http=http, **given)
    return found


async def test_deepl(translator: Load, service: Service, http: httpx.AsyncClient) -> None:
    """Texts in one call; the language is detected; glossary, formality and tags where they count."""
    deepl = translator("deepl", api_key="k-1:fx", url=service.url)
    service.answers["/v2/translate"] = {
        "translations": [
            {"detected_source_language": "DE", "text": "Hello"},
            {"detected_source_language": "DE", "text": "World"},
        ]
    }
    assert await translate(deepl, http, "Hallo", "Welt") == [
        Translated("Hello", "de"),
        Translated("World", "de"),
    ]
    await translate(
        deepl, http, "a", "b", source="en", target="de", markup=True, glossary="g-1", formality="more"
    )
    first, second = (asked.json for asked in service.asked)
    assert first == {"text": ["Hallo", "Welt"], "target_lang": "EN-US"}
    assert second == {
        "text": ["a", "b"], "source_lang": "EN", "target_lang": "DE", "glossary_id": "g-1",
        "formality": "more", "tag_handling": "xml", "ignore_tags": ["x"],
    }  # fmt: skip
    assert service.asked[0].headers["authorization"] == "DeepL-Auth-Key k-1:fx"
    assert "k-1" not in repr(deepl.settings)


async def test_google(translator: Load, service: Service, http: httpx.AsyncClient) -> None:
    """Plain texts come back plain, though Google escapes them."""
    google = translator("google", api_key="k", url=service.url)
    service.answers["/language/translate/v2"] = {
        "data": {"translations": [{"translatedText": "it&#39;s", "detectedSourceLanguage": "de"}]}
    }
    assert await translate(google, http, "es ist") == [Translated("it's", "de")]
    await translate(google, http, "x", source="en", target="de", markup=True)
    first, second = (asked.json for asked in service.asked)
    assert first == {"q": ["es ist"], "target": "en", "format": "text"}
    assert second == {"q": ["x"], "source": "en", "target": "de", "format": "html"}
    assert service.asked[0].headers["x-goog-api-key"] == "k"


async def test_microsoft(translator: Load, service: Service, http: httpx.AsyncClient) -> None:
    """With the key and the region of the resource."""
    microsoft = translator("microsoft", api_key="k", region="westeurope", url=service.url)
    detected = {"language": "de", "score": 1.0}
    service.answers["/translate"] = [
        [{"detectedLanguage": detected, "translations": [{"text": "Hello", "to": "en"}]}],
        [{"translations": [{"text": "Hallo", "to": "de"}]}],
    ]
    assert await translate(microsoft, http, "Hallo") == [Translated("Hello", "de")]
    assert await translate(microsoft, http, "Hello", source="en", target="de") == [Translated("Hallo", "")]
    first, second = service.asked
    assert first.query == {"api-version": "3.0", "to": "en", "textType": "plain"}
    assert second.query["from"] == "en"
    assert first.json == [{"Text": "Hallo"}]
    assert first.headers["ocp-apim-subscription-region"] == "westeurope"


@pytest.mark.parametrize("name", ["deepl", "google", "microsoft"])
async def test_a_refusal_is_a_failure(
    translator: Load, service: Service, http: httpx.AsyncClient, name: str
) -> None:
    """Nothing that was not translated is said to be."""
    service.answers["/*"] = 456
    with pytest.raises(httpx.HTTPStatusError):
        await translate(translator(name, api_key="k", url=service.url), http, "Hallo")
