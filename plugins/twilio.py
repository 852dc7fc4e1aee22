"""Twilio's SMS and WhatsApp in and out.

Set the number's webhook to the endpoint's URL, and name the plugin in ``transformers.use`` and as
``output``. With ``twiml: true`` what is said in time is the answer to the request, as TwiML; everything
else leaves by the REST API. Our own number is the one that was written to; ``from_number`` is used where
nobody wrote first.
"""

import base64
import hashlib
import hmac
import html
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flowhook import (
    DISCARD,
    BaseSettings,
    Body,
    Delivered,
    Delivery,
    Endpoint,
    Field,
    Inbound,
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

from ._rich import parts, plain, rich_of

TWIML_WAIT = 12.0  #: seconds; Twilio takes an answer within 15
TEXT_LIMIT = 1600
MEDIA = ("image", "audio", "video")


class Settings(BaseSettings):
    account_sid: str = Field(pattern="^AC[0-9a-f]{32}$")
    auth_token: Secret
    from_number: str = ""  # +4930…, whatsapp:+4930…, or the sid of a messaging service, MG…
    twiml: bool = False
    verify: bool = True  # false: X-Twilio-Signature is not looked at, behind a proxy that did
    api_url: str = "https://api.twilio.com"
    timeout: float = Field(10.0, gt=0, le=60)


@hookimpl
async def authenticate(request: Request, settings: Settings) -> None:
    if not settings.verify:
        return
    fields = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    expected = signature(settings.auth_token.reveal(), request.url, fields)
    presented = request.headers.get("x-twilio-signature", "")
    if not hmac.compare_digest(presented.encode(), expected.encode()):
        raise Reject(401, "X-Twilio-Signature does not sign this request. Is server.public_url right?")


def signature(token: str, url: str, fields: list[tuple[str, str]]) -> str:
    """What Twilio puts into its header: the URL and the sorted fields, each once."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


@hookimpl
async def transform_input(request: Request, response: Response, settings: Settings) -> Any:
    form = request.form
    if "From" not in form or "To" not in form:
        return None
    if "Body" not in form and "NumMedia" not in form:
        return DISCARD  # a status
    count = int(form.get("NumMedia") or 0)
    attachments = [
        {"url": form.get(f"MediaUrl{number}"), "type": form.get(f"MediaContentType{number}")}
        for number in range(min(count, 10))
    ]
    if not settings.twiml:
        response.headers["content-type"] = "text/xml"
        response.body = "<Response/>"
    return Message(
        form["From"], form["From"], form.get("ButtonPayload") or form.get("Body"), data={"twilio": form},
        attachments=attachments or None, message_id=form.get("MessageSid"),
        wait=TWIML_WAIT if settings.twiml else None, private={"to": form["To"]},
    )  # fmt: skip


@hookimpl
def answer(outputs: list[Output], response: Response) -> None:
    response.headers["content-type"] = "text/xml"
    response.body = f"<Response>{''.join(map(twiml_of, outputs))}</Response>"


def twiml_of(output: Output) -> str:
    rich, texts = rich_of(output), parts(plain(output), TEXT_LIMIT)
    if rich.get("type") in MEDIA:
        texts, media = [output.text], f"<Media>{html.escape(rich['url'], quote=False)}</Media>"
        return f"<Message><Body>{html.escape(texts[0], quote=False)}</Body>{media}</Message>"
    return "".join(f"<Message><Body>{html.escape(text, quote=False)}</Body></Message>" for text in texts)


@hookimpl
async def transform_output(output: Output, session_id: str, inbound: Inbound, settings: Settings) -> Any:
    ours = (inbound.private or {}).get("to") or settings.from_number
    if settings.from_number.startswith("MG"):
        ours = settings.from_number
    sender = {"MessagingServiceSid": ours} if ours.startswith("MG") else {"From": ours}
    rich = rich_of(output)
    if rich.get("type") in MEDIA:
        return Body({**sender, "To": session_id, "Body": output.text, "MediaUrl": rich["url"]})
    texts = parts(plain(output), TEXT_LIMIT)
    return [Body({**sender, "To": session_id, "Body": text}) for text in texts] or DISCARD


class TwilioOutput(OutputPlugin):
    """Sends one message by the REST API."""

    name = "twilio"

    async def deliver(
        self, delivery: Delivery, *, endpoint: Endpoint, sender: Any
    ) -> Delivered | Retry | Rejected:
        settings = self.settings
        pair = f"{settings.account_sid}:{settings.auth_token.reveal()}".encode()
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "authorization": "Basic " + base64.b64encode(pair).decode(),
        }
        url = f"{settings.api_url.rstrip('/')}/2010-04-01/Accounts/{settings.account_sid}/Messages.json"
        form = urlencode(json.loads(delivery.body)).encode()
        response = await sender.send("POST", url, headers, form, timeout=settings.timeout)
        if 200 <= response.status < 300:
            return Delivered(response.status, response.body)
        said = response.body[:500].decode("utf-8", "replace")
        if response.status == 429:
            return Retry("Twilio: too many requests", status=429, counts=False, response=said)
        return Retry(f"Twilio: HTTP {response.status}", status=response.status, response=said)


@hookimpl
def register_outputs() -> list[type[OutputPlugin]]:
    return [TwilioOutput]
