"""WhatsApp by Vonage's Messages API, in and out.

Set the inbound URL of the application to the endpoint's URL, and name the plugin in ``transformers.use``
and as ``output``. With ``signature_secret`` only Vonage gets in: its webhooks carry a signed token.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from typing import Any

from flowhook import (
    DISCARD,
    BaseSettings,
    Body,
    Delivered,
    Delivery,
    Endpoint,
    Field,
    Message,
    Output,
    OutputPlugin,
    Reject,
    Rejected,
    Request,
    Response,
    Retry,
    Secret,
    hookimpl,
)  # fmt: skip

from ._rich import parts, plain, rich_of, shortened
from ._whatsapp import interactive

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
FILES = ("image", "audio", "video", "file")
TOLERANCE = 300  #: seconds that a token may be old


class Settings(BaseSettings):
    api_key: str
    api_secret: Secret
    signature_secret: Secret = Secret("")
    api_url: str = "https://api.nexmo.com"
    timeout: float = Field(10.0, gt=0, le=60)


@hookimpl
async def authenticate(request: Request, settings: Settings) -> None:
    if not settings.signature_secret:
        return
    import jwt  # takes a while, and is of no use without a secret

    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    key = settings.signature_secret.reveal()
    try:
        claims = jwt.decode(
            token, key, ["HS256"], {"require": ["iat"], "verify_aud": False}, leeway=TOLERANCE
        )
    except jwt.InvalidTokenError:
        claims = None
    if claims is None or claims["iat"] < time.time() - TOLERANCE:
        raise Reject(401, "The token of Vonage is missing, wrong, or too old.")
    digest = hashlib.sha256(request.body).hexdigest()
    if not hmac.compare_digest(str(claims.get("payload_hash", "")).encode(), digest.encode()):
        raise Reject(401, "The token of Vonage is for another body.")


@hookimpl
async def transform_input(request: Request, response: Response) -> Any:
    body = request.json
    if not isinstance(body, dict):
        return None
    response.status = 200
    if "message_type" not in body or "from" not in body:
        return DISCARD  # a status
    kind = body["message_type"]
    content = body.get(kind)
    content = content if isinstance(content, dict) else {}
    text = body.get("text") or content.get("id") or content.get("payload") or content.get("caption")
    attachments = [{"url": content.get("url"), "type": kind, "name": content.get("name")}]
    return Message(
        str(body["from"]), f"{body.get('to', '')}:{body['from']}", text, data={"vonage": body},
        attachments=attachments if kind in FILES else None, message_id=body.get("message_uuid"),
    )  # fmt: skip


@hookimpl
async def transform_output(output: Output, session_id: str) -> Any:
    ours, _, user = session_id.partition(":")
    to = {"from": ours, "to": user, "channel": "whatsapp"}
    return [Body({**to, **content}) for content in contents_of(output)] or DISCARD


def contents_of(output: Output) -> Iterator[dict[str, Any]]:
    """The output as messages of the API."""
    rich = rich_of(output)
    kind = rich.get("type")
    if (asked := interactive(output)) is not None:
        yield {"message_type": "custom", "custom": {"type": "interactive", "interactive": asked}}
    elif kind in ("image", "video"):
        caption = {"caption": shortened(output.text, CAPTION_LIMIT)} if output.text else {}
        yield {"message_type": kind, kind: {"url": rich["url"], **caption}}
    elif kind == "audio":
        yield from ({"message_type": "text", "text": text} for text in parts(output.text, TEXT_LIMIT))
        yield {"message_type": "audio", "audio": {"url": rich["url"]}}
    else:
        yield from ({"message_type": "text", "text": text} for text in parts(plain(output), TEXT_LIMIT))


class VonageOutput(OutputPlugin):
    """Sends one message, with the key and the secret of the account."""

    name = "vonage"

    async def deliver(
        self, delivery: Delivery, *, endpoint: Endpoint, sender: Any
    ) -> Delivered | Retry | Rejected:
        settings = self.settings
        pair = f"{settings.api_key}:{settings.api_secret.reveal()}".encode()
        headers = {
            "content-type": "application/json",
            "authorization": "Basic " + base64.b64encode(pair).decode(),
        }
        url = f"{settings.api_url.rstrip('/')}/v1/messages"
        response = await sender.send("POST", url, headers, delivery.body, timeout=settings.timeout)
        if 200 <= response.status < 300:
            return Delivered(response.status, response.body)
        said = response.body[:500].decode("utf-8", "replace")
        counts = response.status != 429
        return Retry(f"Vonage: HTTP {response.status}", None, response.status, counts, said)


@hookimpl
def register_outputs() -> list[type[OutputPlugin]]:
    return [VonageOutput]
