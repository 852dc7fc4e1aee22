"""Any NLU service that speaks JSON over HTTP, as the engine ``nlu_http``.

It gets ``{"text", "language", "session", "data"}`` and answers with any of the fields of an
``Understanding``: ``{"intent": "order", "score": 0.9, "slots": {"size": ["large"]}, "type", "ranking":
[{"name", "score"}], "details"}``; 204, or ``null``, says that nothing was understood.
"""

from typing import Any

from flowhook import BaseSettings, Endpoint, Field, NluEngine, Ranked, Secret, Understanding, hookimpl


class Settings(BaseSettings):
    url: str = Field(pattern="^https?://")
    bearer: Secret = Secret("")
    headers: dict[str, str] = Field(default_factory=dict)
    send_data: bool = False  # the message's data, too
    timeout: float = Field(5.0, gt=0, le=10)


class HttpNlu(NluEngine):
    name = "nlu_http"

    async def understand(
        self, text: str, *, data: Any, language: str, session: str, endpoint: Endpoint, http: Any
    ) -> Understanding | None:
        settings = self.settings
        headers = dict(settings.headers)
        if settings.bearer:
            headers["authorization"] = f"Bearer {settings.bearer.reveal()}"
        asked: dict[str, Any] = {"text": text, "language": language, "session": session}
        if settings.send_data:
            asked["data"] = dict(data)
        response = await http.post(settings.url, json=asked, headers=headers, timeout=settings.timeout)
        response.raise_for_status()
        found = response.json() if response.content else None
        return understanding_of(found) if found is not None else None


def understanding_of(found: dict[str, Any]) -> Understanding:
    """What a service says, whose values flowhook checks."""
    ranking = [Ranked(ranked["name"], ranked["score"]) for ranked in found.get("ranking", [])]
    return Understanding(
        intent=found.get("intent"),
        score=found.get("score", 1.0 if found.get("intent") else 0.0),
        slots=found.get("slots", {}),
        type=found.get("type"),
        details=found.get("details", {}),
        ranking=ranking,
    )


@hookimpl
def register_nlu() -> list[type[NluEngine]]:
    return [HttpNlu]
