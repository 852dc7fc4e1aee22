"""Dialogflow CX as the engine ``dialogflow_cx``: ``matchIntent`` of its REST API, version 3.

``matchIntent`` moves no session of Dialogflow: the conversation is the flow's. Parameters become slots; what
Dialogflow answered is in ``input.nlu.details.dialogflow``. Needs the extra ``flowhook[dialogflow]``.
"""

from typing import Any
from uuid import uuid4

from flowhook import BaseSettings, Field, NluEngine, Ranked, Secret, Understanding, hookimpl

from ._google import GoogleAccess

MATCHED = frozenset({"INTENT", "DIRECT_INTENT", "PARAMETER_FILLING"})


class Settings(BaseSettings):
    credentials: Secret  # the JSON of a service account, or the path of a file with it
    agent: str = Field(min_length=1)  # the id of the agent
    project: str = ""  # default: that of the account
    location: str = "global"
    url: str = ""  # of another server than Google's
    timeout: float = Field(5.0, gt=0, le=10)


class DialogflowCx(NluEngine):
    name = "dialogflow_cx"

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._access: GoogleAccess | None = None

    async def understand(self, text: str, *, language: str, http: Any, **rest: Any) -> Understanding | None:
        settings = self.settings
        if self._access is None:
            self._access = GoogleAccess(settings.credentials.reveal())
        regional = "" if settings.location == "global" else f"{settings.location}-"
        base = settings.url.rstrip("/") or f"https://{regional}dialogflow.googleapis.com"
        project = settings.project or self._access.project
        agent = f"projects/{project}/locations/{settings.location}/agents/{settings.agent}"
        response = await http.post(
            f"{base}/v3/{agent}/sessions/{uuid4().hex}:matchIntent",
            json={"queryInput": {"text": {"text": text}, "languageCode": language}},
            headers=await self._access.headers(http, settings.timeout),
            timeout=settings.timeout,
        )
        response.raise_for_status()
        return understanding_of(response.json())


def understanding_of(answer: dict[str, Any]) -> Understanding:
    """What Dialogflow matched, best first."""
    matches = [match for match in answer.get("matches") or [] if match.get("matchType") in MATCHED]
    ranking = [
        Ranked(match["intent"]["displayName"], min(1.0, float(match.get("confidence", 0.0))))
        for match in matches
        if (match.get("intent") or {}).get("displayName")
    ]
    parameters = (matches[0].get("parameters") or {}) if matches else {}
    slots = {
        name: value if isinstance(value, list) else [value]
        for name, value in parameters.items()
        if value not in ("", [], None)
    }
    details = {"dialogflow": {"matches": answer.get("matches") or []}}
    return Understanding(ranking=ranking, slots=slots, rejected=not ranking, details=details)


@hookimpl
def register_nlu() -> list[type[NluEngine]]:
    return [DialogflowCx]
