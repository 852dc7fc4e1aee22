"""A chat for web pages: one script tag, and this endpoint's conversations in it.

Name the plugin as the endpoint's ``output``, list the origins of your pages, and paste

    <script src="https://bot.example/x/webchat/widget.js" data-endpoint="shop"></script>

What is typed enters like any message. What the bot says is delivered by the outbox into the plugin's
storage, under rising numbers; the page asks for what follows the last number that it has seen, and the
response waits until there is some. A page whose backend knows its users gives a JWT (HS256, ``sub`` and
``exp``); everybody else is a random secret in the browser, of which the server keeps a hash.
"""

import asyncio
import hashlib
import itertools
import json
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any
from weakref import WeakValueDictionary

from pydantic import AfterValidator
from pydantic_core import from_json

from flowhook import (
    App,
    BaseSettings,
    Delivered,
    Delivery,
    Endpoint,
    Field,
    OutputPlugin,
    Reject,
    Rejected,
    Secret,
    Storage,
    hookimpl,
)  # fmt: skip

SESSION = "webchat"  #: one conversation for each user
ANONYMOUS = "anon-"  #: how the ids of users begin who did not log in
NAMESPACE = "webchat"  #: of the storage
KEPT_BYTES = 512 * 1024  #: of JSON, in one conversation
SECRET_LENGTH = 32  #: bytes; RFC 7518 wants a key of HS256 as long as its hash
WIDGET = Path(__file__).with_name("widget.js")

RANDOM_ID = re.compile(r"[A-Za-z0-9_-]{43,128}")  #: 256 bits, which nobody guesses
PRESENCE = {True: "user-connected", False: "user-disconnected"}
MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


def _origin(text: str) -> str:
    if not re.fullmatch(r"https?://[^/\s*]+", text):
        raise ValueError("must be an origin such as https://www.example.com, without a path")
    return text


def _key(secret: Secret) -> Secret:
    if 0 < len(secret.reveal().encode()) < SECRET_LENGTH:
        raise ValueError(f"must have at least {SECRET_LENGTH} bytes")
    return secret


class Settings(BaseSettings):
    # of pages that may hold the chat; without any, nothing of it is loaded
    origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(min_length=1)
    secret: Annotated[Secret, AfterValidator(_key)] = Secret("")  # signs the tokens of users who logged in
    anonymous: bool = True  # whether others may chat
    keep: str = "30d"  # since the last message of the bot
    keep_messages: int = Field(200, ge=1, le=1000)
    max_text: int = Field(4000, ge=1, le=20_000)  # characters of one message
    wait: float = Field(20.0, ge=0, le=25)  # seconds that a page waits for news in one request


def user_of(authorization: str, endpoint: str, settings: Settings) -> str:
    """Return the userId of a caller. Raises Reject 401."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() == "bearer" and "." in token:
        return _signed_user(token, endpoint, settings)
    if not settings.anonymous:
        raise Reject(401, "Only users with a signed token may chat here.")
    if kind.lower() != "bearer" or not RANDOM_ID.fullmatch(token):
        raise Reject(401, "Authorization: Bearer with a token, or with a random id of 256 bits, is needed.")
    # A hash: ids of users stand in traces and logs, where the secret itself must not be.
    return ANONYMOUS + hashlib.sha256(token.encode()).hexdigest()[:32]


def _signed_user(token: str, endpoint: str, settings: Settings) -> str:
    """Return ``sub`` of a JWT that is signed with our secret, in force, and meant for this endpoint."""
    if not settings.secret.reveal():
        raise Reject(401, "This server knows no secret that tokens are signed with.")
    import jwt  # takes a while, and many chats have no users who log in

    # exp is looked at below, as it must be there; aud may be missing.
    options: Any = {"verify_exp": False, "verify_aud": False, "verify_sub": False}
    try:
        claims = jwt.decode(token, settings.secret.reveal(), ["HS256"], options=options)
    except jwt.InvalidTokenError as error:
        raise Reject(
            401, f"The token is no JWT (HS256) that is signed with the secret of this server: {error}"
        ) from None
    user, audience = claims.get("sub"), claims.get("aud", endpoint)
    if not isinstance(user, str) or not 0 < len(user) <= 255 or user.startswith(ANONYMOUS):
        raise Reject(401, f"The token's sub must be the id of a user, and not begin with {ANONYMOUS}.")
    if type(claims.get("exp")) not in (int, float) or claims["exp"] <= time.time():
        raise Reject(401, "The token has expired, or has no exp.")
    if endpoint not in (audience if isinstance(audience, list) else [audience]):
        raise Reject(401, "The token is for another endpoint.")
    return user


#: Requests that wait until something is said to a user of an endpoint share one event.
waiting: WeakValueDictionary[tuple[str, str], asyncio.Event] = WeakValueDictionary()


class WebchatOutput(OutputPlugin):
    """Keeps what is said until the page fetches it, each delivery once."""

    name = "webchat"

    async def close(self) -> None:
        for told in list(waiting.values()):  # who asks again finds the plugins of the next load
            told.set()

    async def deliver(self, delivery: Delivery, *, endpoint: Endpoint, storage: Storage) -> Any:
        if delivery.session_id != SESSION:
            return Rejected(f"the web chat shows the session {SESSION!r} alone")
        try:
            said = json.loads(delivery.body)["AIOutput"]
            message = {"id": delivery.delivery_id, "text": said["text"], "source": said.get("source", "bot")}
            rich = said["data"].get("rich")
        except (ValueError, KeyError, TypeError, AttributeError):
            return Rejected("a plugin made a body of it that the web chat cannot show")
        if isinstance(rich, dict):
            message["rich"] = rich
        elif not message["text"]:
            return Delivered()  # data alone: there is nothing to show
        user, settings, owner = delivery.user_id, self.settings, (delivery.user_id, SESSION)
        async with storage.open(user, SESSION, namespace=NAMESPACE, owner=owner, ttl=settings.keep) as data:
            kept: list[dict[str, Any]] = data.setdefault("messages", [])
            if all(earlier["id"] != message["id"] for earlier in kept):  # else a crash cut off an attempt
                # The time, so that numbers rise even when all that was kept has ended.
                number = max(data.get("last", 0) + 1, int(time.time() * 1000))
                data["last"] = number
                data["messages"] = shortened([*kept, {"seq": number, **message}], settings.keep_messages)
        if told := waiting.pop((endpoint.name, user), None):
            told.set()
        return Delivered()


def shortened(messages: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """Return the last messages, as many as may be kept; at least one."""
    sizes = itertools.accumulate(len(json.dumps(message)) for message in reversed(messages[-limit:]))
    return messages[-max(1, sum(size <= KEPT_BYTES for size in sizes)) :]


async def said_since(app: App, endpoint: str, user: str, number: int) -> list[dict[str, Any]]:
    """Return what was said to a user after a number."""
    async with app.storage(endpoint).open(user, SESSION, namespace=NAMESPACE) as data:
        return [message for message in data.get("messages", []) if message["seq"] > number]


def fields_of(body: bytes | str) -> dict[str, Any]:
    """Return the fields of a JSON object; none where it is none, so that what is missing is told."""
    try:
        fields = from_json(body)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


@hookimpl
def register_routes(settings: Settings) -> Any:
    from quart import Blueprint, request  # heavy: not for projects without a chat
    from quart import Response as Answer

    routes = Blueprint("webchat", __name__)

    @routes.before_request
    async def check_origin() -> Any:
        origin = request.headers.get("origin")
        if origin is not None and origin not in settings.origins and not request.path.endswith("/widget.js"):
            raise Reject(403, f"plugins.settings.webchat.origins does not list {origin[:200]}.")
        return ("", 204) if request.method == "OPTIONS" else None

    @routes.after_request
    async def allow_origin(response: Answer) -> Answer:
        origin = request.headers.get("origin")
        response.headers["vary"] = "Origin"
        if origin in settings.origins:
            response.headers["access-control-allow-origin"] = origin
            response.headers["access-control-allow-headers"] = "authorization, content-type"
            response.headers["access-control-max-age"] = "600"
        return response

    @routes.get("/widget.js")
    async def widget() -> Answer:
        response = Answer(WIDGET.read_bytes(), content_type="text/javascript; charset=utf-8")
        response.headers["cache-control"] = "public, max-age=300"
        response.headers["x-content-type-options"] = "nosniff"
        return response

    @routes.post("/<name>/messages")
    async def say(name: str) -> Any:
        app, user = caller(name, settings)
        body = fields_of(await request.get_data())
        text, id = body.get("text"), body.get("id")
        if not isinstance(id, str) or not MESSAGE_ID.fullmatch(id):
            raise Reject(400, "id must be 16 to 64 letters, digits, - and _.")
        if not isinstance(text, str) or not text.strip():
            raise Reject(400, "text must be a string that is not empty.")
        if len(text) > settings.max_text:
            raise Reject(413, f"text must have at most {settings.max_text} characters.")
        await app.message(name, {"userId": user, "sessionId": SESSION, "text": text, "messageId": id})
        return {"id": id}, 202

    @routes.post("/<name>/presence")
    async def come_or_go(name: str) -> Any:
        app, user = caller(name, settings)
        here = fields_of(await request.get_data()).get("here")
        if not isinstance(here, bool):
            raise Reject(400, 'The body must be {"here": true} or {"here": false}.')
        data = {"_cognigy": {"event": {"type": PRESENCE[here]}}}
        await app.message(name, {"userId": user, "sessionId": SESSION, "data": data})
        return "", 204

    @routes.get("/<name>/messages")
    async def listen(name: str) -> Any:
        app, user = caller(name, settings)
        after = request.args.get("after", "0")
        if not re.fullmatch("[0-9]{1,16}", after):
            raise Reject(400, "after must be the number of a message.")
        told = waiting.setdefault((name, user), asyncio.Event())  # before the look: nothing is said between
        found = await said_since(app, name, user, int(after))
        if not found:
            with suppress(TimeoutError):  # another process may have said something: look all the same
                await asyncio.wait_for(told.wait(), settings.wait)
            found = await said_since(app, name, user, int(after))
        return {"messages": found}

    return routes


def caller(name: str, settings: Settings) -> tuple[App, str]:
    """Return the server, and who calls. Raises Reject when there is no such chat, or no such user."""
    from quart import current_app, request

    app: App = current_app.extensions["flowhook"]
    endpoint = next((candidate for candidate in app.endpoints if candidate.name == name), None)
    if endpoint is None or not endpoint.enabled or endpoint.config.output != WebchatOutput.name:
        raise Reject(404, "There is no web chat of this name.")
    return app, user_of(request.headers.get("authorization", ""), name, settings)


@hookimpl
def register_outputs() -> list[type[OutputPlugin]]:
    return [WebchatOutput]
