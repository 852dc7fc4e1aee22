"""DeepL as the translator ``deepl``: version 2 of its API, with glossaries and formality.

A key that ends in ``:fx`` is one of the free API, which has another host. What is marked stays as it is by
the handling of tags. Formality counts for the languages that have it.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from flowhook import Secret, Translated, Translator, TranslatorSettings, hookimpl

FORMAL = frozenset({"DE", "FR", "IT", "ES", "NL", "PL", "PT-BR", "PT-PT", "JA", "RU"})
#: As targets DeepL wants a region where a language alone would be two.
TARGETS = {"EN": "EN-US", "PT": "PT-PT"}


class DeeplSettings(TranslatorSettings):
    api_key: Secret
    url: str = ""  # of another server than DeepL's


class Deepl(Translator):
    name = "deepl"
    Settings = DeeplSettings
    no_translation: ClassVar[tuple[str, str]] = ("<x>", "</x>")

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: str | None,
        target: str,
        markup: bool,
        glossary: str,
        formality: str,
        http: Any,
    ) -> list[Translated]:
        key = self.settings.api_key.reveal()
        host = "https://api-free.deepl.com" if key.endswith(":fx") else "https://api.deepl.com"
        wanted = target.upper()
        asked: dict[str, Any] = {"text": list(texts), "target_lang": TARGETS.get(wanted, wanted)}
        if source is not None:
            asked["source_lang"] = source.upper().partition("-")[0]
            if glossary:
                asked["glossary_id"] = glossary
        if formality and wanted in FORMAL:
            asked["formality"] = formality
        if markup:
            asked |= {"tag_handling": "xml", "ignore_tags": ["x"]}
        response = await http.post(
            f"{self.settings.url.rstrip('/') or host}/v2/translate",
            json=asked,
            headers={"authorization": f"DeepL-Auth-Key {key}"},
            timeout=self.settings.timeout,
        )
        response.raise_for_status()
        return [
            Translated(translation["text"], str(translation.get("detected_source_language", "")).lower())
            for translation in response.json()["translations"]
        ]


@hookimpl
def register_translators() -> list[type[Translator]]:
    return [Deepl]
