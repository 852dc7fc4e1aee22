"""IBM Watson Assistant as the engine ``watson``: ``message`` of the workspaces of its API, version 1.

Intents and entities are those of a dialog skill; action skills have none. Entities become slots with their
places in the text. What Watson answered is in ``input.nlu.details.watson``.
"""

from typing import Any

from flowhook import BaseSettings, Field, NluEngine, Ranked, Secret, Slot, Understanding, hookimpl


class Settings(BaseSettings):
    url: str = Field(pattern="^https?://")  # the service URL of the instance
    api_key: Secret
    workspace: str = Field(min_length=1)  # the id of the skill
    version: str = "2021-06-14"
    timeout: float = Field(5.0, gt=0, le=10)


class Watson(NluEngine):
    name = "watson"

    async def understand(self, text: str, *, http: Any, **rest: Any) -> Understanding | None:
        settings = self.settings
        response = await http.post(
            f"{settings.url.rstrip('/')}/v1/workspaces/{settings.workspace}/message",
            params={"version": settings.version},
            json={"input": {"text": text}, "alternate_intents": True},
            auth=("apikey", settings.api_key.reveal()),
            timeout=settings.timeout,
        )
        response.raise_for_status()
        return understanding_of(response.json(), text)


def understanding_of(answer: dict[str, Any], text: str) -> Understanding:
    """What Watson recognised, best first."""
    ranking = [
        Ranked(ranked["intent"], min(1.0, float(ranked["confidence"])))
        for ranked in answer.get("intents") or []
    ]
    found: dict[str, list[Slot]] = {}
    for entity in answer.get("entities") or []:
        start, end = entity.get("location") or (0, 0)
        slot = Slot(entity["value"], text[start:end], start, end)
        found.setdefault(entity["entity"], []).append(slot)
    details = {name: answer.get(name) or [] for name in ("intents", "entities")}
    return Understanding(ranking=ranking, found=found, details={"watson": details})


@hookimpl
def register_nlu() -> list[type[NluEngine]]:
    return [Watson]
