"""Google's Cloud Translation as the translator ``google``: the Basic API, version 2, with an API key."""

import html
from collections.abc import Sequence
from typing import Any

from flowhook import Secret, Translated, Translator, TranslatorSettings, hookimpl


class GoogleSettings(TranslatorSettings):
    api_key: Secret
    url: str = "https://translation.googleapis.com"


class Google(Translator):
    name = "google"
    Settings = GoogleSettings

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
        asked: dict[str, Any] = {"q": list(texts), "target": target, "format": "html" if markup else "text"}
        if source is not None:
            asked["source"] = source
        response = await http.post(
            f"{self.settings.url.rstrip('/')}/language/translate/v2",
            json=asked,
            headers={"x-goog-api-key": self.settings.api_key.reveal()},
            timeout=self.settings.timeout,
        )
        response.raise_for_status()
        found = response.json()["data"]["translations"]
        return [
            Translated(
                translation["translatedText"] if markup else html.unescape(translation["translatedText"]),
                translation.get("detectedSourceLanguage", ""),
            )
            for translation in found
        ]


@hookimpl
def register_translators() -> list[type[Translator]]:
    return [Google]
