"""Microsoft's Azure Translator as the translator ``microsoft``: version 3 of its API."""

from collections.abc import Sequence
from typing import Any, ClassVar

from flowhook import Secret, Translated, Translator, TranslatorSettings, hookimpl


class MicrosoftSettings(TranslatorSettings):
    api_key: Secret
    region: str = ""  # of the resource, where it is regional
    url: str = "https://api.cognitive.microsofttranslator.com"


class Microsoft(Translator):
    name = "microsoft"
    Settings = MicrosoftSettings
    no_translation: ClassVar[tuple[str, str]] = ('<span class="notranslate">', "</span>")

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
        settings = self.settings
        headers = {"ocp-apim-subscription-key": settings.api_key.reveal()}
        if settings.region:
            headers["ocp-apim-subscription-region"] = settings.region
        query = {"api-version": "3.0", "to": target, "textType": "html" if markup else "plain"}
        if source is not None:
            query["from"] = source
        response = await http.post(
            f"{settings.url.rstrip('/')}/translate",
            params=query,
            json=[{"Text": text} for text in texts],
            headers=headers,
            timeout=settings.timeout,
        )
        response.raise_for_status()
        return [
            Translated(
                translation["translations"][0]["text"],
                (translation.get("detectedLanguage") or {}).get("language", ""),
            )
            for translation in response.json()
        ]


@hookimpl
def register_translators() -> list[type[Translator]]:
    return [Microsoft]
