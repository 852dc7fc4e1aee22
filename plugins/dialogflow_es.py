"""Dialogflow ES as the engine ``dialogflow_es``: ``detectIntent`` of its REST API, version 2.

Parameters become slots. What Dialogflow answered is in ``input.nlu.details.dialogflow``. Needs the extra
``flowhook[dialogflow]``. Each text is asked in a session of its own: what was said before is the flow's.
"""

from typing import Any
from uuid import uuid4

from flowhook import BaseSettings, Field, NluEngine, Secret, Understanding, hookimpl

from ._google import GoogleAccess


class Settings(BaseSettings):
    credentials: Secret  # the JSON of a service account, or the path of a file with it
    project: str = ""  # default: that of the account
    location: str = ""  # such as europe-west1; empty: global
    url: str = ""  # of another server than Google's
    timeout: float = Field(5.0, gt=0, le=10)


class DialogflowEs(NluEngine):
    name = "dialogflow_es"

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._access: GoogleAccess | None = None

    async def understand(self, text: str, *, language: str, http: Any, **rest: Any) -> Understanding | None:
        settings = self.settings
        if self._access is None:
            self._access = GoogleAccess(settings.credentials.reveal())
        where = f"/locations/{settings.location}" if settings.location else ""
        host = f"{settings.location}-dialogflow" if settings.location else "dialogflow"
        base = settings.url.rstrip("/") or f"https://{host}.googleapis.com"
        project = settings.project or self._access.project
        response = await http.post(
            f"{base}/v2/projects/{project}{where}/agent/sessions/{uuid4().hex}:detectIntent",
            json={"queryInput": {"text": {"text": text, "languageCode": language}}},
            headers=await self._access.headers(http, settings.timeout),
            timeout=settings.timeout,
        )
        response.raise_for_status()
        return understanding_of(response.json().get("queryResult") or {})


def understanding_of(result: dict[str, Any]) -> Understanding:
    """What Dialogflow detected. An empty parameter was not said."""
    intent = result.get("intent") or {}
    fallback = bool(intent.get("isFallback"))
    parameters = result.get("parameters") or {}
    slots = {
        name: value if isinstance(value, list) else [value]
        for name, value in parameters.items()
        if value not in ("", [], None)
    }
    name = None if fallback else intent.get("displayName")
    return Understanding(
        intent=name,
        score=min(1.0, float(result.get("intentDetectionConfidence", 1.0))) if name else 0.0,
        slots=slots,
        rejected=fallback,
        details={"dialogflow": {**result, "queryText": None}},
    )


@hookimpl
def register_nlu() -> list[type[NluEngine]]:
    return [DialogflowEs]
