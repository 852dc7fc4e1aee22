"""Amazon Lex V2 as the engine ``lex``: ``RecognizeText``, signed with AWS Signature Version 4.

Slots come with the values that Lex resolved, ``originalValue`` as their text. What Lex answered is in
``input.nlu.details.lex``. Each text is asked in a session of its own: the conversation is the flow's.
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

from flowhook import BaseSettings, Field, NluEngine, Ranked, Secret, Slot, Understanding, hookimpl

NOTHING = frozenset({"FallbackIntent", "AMAZON.FallbackIntent"})
ALGORITHM = "AWS4-HMAC-SHA256"


class Settings(BaseSettings):
    access_key: str
    secret_key: Secret
    session_token: Secret = Secret("")  # of temporary credentials
    region: str
    bot_id: str
    bot_alias_id: str
    locale: str = ""  # such as en_US; empty: that of the session
    url: str = ""  # of another server than Amazon's
    timeout: float = Field(5.0, gt=0, le=10)


class Lex(NluEngine):
    name = "lex"

    async def understand(self, text: str, *, language: str, http: Any, **rest: Any) -> Understanding | None:
        settings = self.settings
        base = settings.url.rstrip("/") or f"https://runtime-v2-lex.{settings.region}.amazonaws.com"
        locale = settings.locale or language.replace("-", "_")
        path = f"/bots/{settings.bot_id}/botAliases/{settings.bot_alias_id}/botLocales/{locale}"
        url = f"{base}{path}/sessions/{uuid4().hex}/text"
        body = json.dumps({"text": text}).encode()
        headers = {"content-type": "application/json"}
        if settings.session_token:
            headers["x-amz-security-token"] = settings.session_token.reveal()
        keys = (settings.access_key, settings.secret_key.reveal())
        headers |= signed("POST", url, headers, body, keys, settings.region, "lex", datetime.now(UTC))
        response = await http.post(url, content=body, headers=headers, timeout=settings.timeout)
        response.raise_for_status()
        return understanding_of(response.json())


def signed(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    keys: tuple[str, str],
    region: str,
    service: str,
    now: datetime,
) -> dict[str, str]:
    """The headers that sign a request without a query; ``headers`` are those to be signed beside them."""
    parts, stamp = urlsplit(url), now.strftime("%Y%m%dT%H%M%SZ")
    all_headers = {**headers, "host": parts.netloc, "x-amz-date": stamp}
    names = ";".join(sorted(all_headers))
    lines = "".join(f"{name}:{all_headers[name].strip()}\n" for name in sorted(all_headers))
    path = quote(parts.path or "/", safe="/-_.~")
    request = "\n".join([method, path, "", lines, names, hashlib.sha256(body).hexdigest()])
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = b"AWS4" + keys[1].encode()
    for part in (stamp[:8], region, service, "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    credential = f"Credential={keys[0]}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    return {"x-amz-date": stamp, "authorization": f"{ALGORITHM} {credential}"}


def understanding_of(answer: dict[str, Any]) -> Understanding:
    """What Lex recognised, best first."""
    readings = [reading for reading in answer.get("interpretations") or [] if "intent" in reading]
    named = [reading for reading in readings if reading["intent"]["name"] not in NOTHING]
    ranking = [
        Ranked(reading["intent"]["name"], float((reading.get("nluConfidence") or {}).get("score", 0.0)))
        for reading in named
    ]
    found: dict[str, list[Slot]] = {}
    for name, slot in (named[0]["intent"].get("slots") or {}).items() if named else ():
        values = [slot, *(slot.get("values") or [])] if slot else []
        read = [value["value"] for value in values if value.get("value")]
        if read:
            found[name] = [value_of(value) for value in read]
    rejected = bool(readings) and not named
    details = {"lex": {"interpretations": readings}}
    return Understanding(ranking=ranking, found=found, rejected=rejected, details=details)


def value_of(value: dict[str, Any]) -> Slot:
    """A value as Lex resolved it."""
    return Slot(value.get("interpretedValue") or value.get("originalValue"), value.get("originalValue", ""))


@hookimpl
def register_nlu() -> list[type[NluEngine]]:
    return [Lex]
