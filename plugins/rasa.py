"""Rasa as the engine ``rasa``: its HTTP API, ``POST /model/parse``.

Entities become slots: each by its name, its role (``from``, ``to``) or its group where it has one, with the
list of its values and their places in the text. What Rasa answered is in ``input.nlu.details.rasa``.
"""

from typing import Any

from flowhook import BaseSettings, Endpoint, Field, NluEngine, Ranked, Secret, Slot, Understanding, hookimpl

FALLBACK = "nlu_fallback"  #: the intent of Rasa's FallbackClassifier: nothing was understood


class Settings(BaseSettings):
    url: str = Field(pattern="^https?://")  # http://rasa.example:5005
    token: Secret = Secret("")  # of ``rasa run --auth-token``
    timeout: float = Field(5.0, gt=0, le=10)


class Rasa(NluEngine):
    name = "rasa"

    async def understand(
        self, text: str, *, session: str, endpoint: Endpoint, http: Any, **rest: Any
    ) -> Understanding | None:
        settings = self.settings
        query = {"token": settings.token.reveal()} if settings.token else None
        response = await http.post(
            f"{settings.url.rstrip('/')}/model/parse",
            params=query,
            json={"text": text, "message_id": session},
            timeout=settings.timeout,
        )
        response.raise_for_status()
        return understanding_of(response.json())


def understanding_of(parsed: dict[str, Any]) -> Understanding:
    """What Rasa parsed."""
    intent = parsed.get("intent") or {}
    ranking = [
        Ranked(ranked["name"], score(ranked["confidence"]))
        for ranked in parsed.get("intent_ranking") or ([intent] if intent.get("name") else [])
        if ranked.get("name") and ranked["name"] != FALLBACK
    ]
    found: dict[str, list[Slot]] = {}
    for entity in parsed.get("entities") or []:
        name = entity.get("role") or entity.get("group") or entity["entity"]
        written = parsed.get("text", "")[entity.get("start", 0) : entity.get("end", 0)]
        slot = Slot(entity["value"], written, entity.get("start", 0), entity.get("end", 0))
        found.setdefault(str(name), []).append(slot)
    rejected = intent.get("name") == FALLBACK
    if rejected:
        ranking = []
    return Understanding(
        ranking=ranking, found=found, rejected=rejected, details={"rasa": {**parsed, "text": None}}
    )


def score(confidence: float) -> float:
    """Rasa rounds, and may give a hair more than 1."""
    return min(1.0, max(0.0, float(confidence)))


@hookimpl
def register_nlu() -> list[type[NluEngine]]:
    return [Rasa]
