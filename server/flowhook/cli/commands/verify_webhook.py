"""``flowhook verify-webhook``: one test delivery, what came back, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from pydantic_core import to_json

from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.console import BAD, OK, bad, bold, dim, good, print_json, say, short
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError
from flowhook.ids import delivery_id, new_id

if TYPE_CHECKING:
    from flowhook.config import Config, EndpointConfig
    from flowhook.hooks.api.output_plugin import OutputPlugin
    from flowhook.model.delivery import Delivery
    from flowhook.model.endpoint import Endpoint
    from flowhook.net.client import Outgoing, RawResponse

TEXT = "A test delivery of flowhook. Nobody said this."

#: Why no answer came → what to do.
SILENCE_HINTS = {
    "connect": "nothing listens there; `flowhook receive --port {port}` starts a receiver to try with",
    "dns": "the name in webhook.url does not exist, or this machine cannot look it up",
    "tls": "the certificate is not trusted, or that port does not speak TLS and wants http://",
    "timeout": "the receiver took longer than webhook.timeout; answer first, work afterwards",
    "closed": "the receiver closed the connection without an answer; look into its log",
    "protocol": "what answers there does not speak HTTP; look at the port in webhook.url",
    "blocked": "private addresses are refused unless named in config.yaml: outgoing: {{allow: ['{place}']}}",
}

#: Status → what to do.
STATUS_HINTS = {
    401: "the receiver wants other credentials: webhook.user and webhook.password, or webhook.secret",
    403: "the receiver knows who calls and refuses: look at its rules for {place}",
    404: "the receiver has no such path: look at the end of webhook.url",
    405: "the receiver takes no POST on this path: look at the end of webhook.url",
    410: "the receiver says that it is gone; a delivery with this answer holds all others of the endpoint",
    413: "the receiver takes no body of this size",
    415: "the receiver does not take application/json",
    429: "the receiver has too much to do; deliveries would wait as long as it says",
}
REDIRECT_HINT = "redirects are not followed: put the address it leads to into webhook.url"
BROKEN_HINT = "the receiver failed; look into its log. Deliveries would be retried on the schedule"
OTHER_HINT = "only 2xx counts as delivered"


@dataclass(slots=True)
class Verdict:
    """What one attempt came to."""

    url: str
    delivered: bool
    status: int | None
    reason: str
    hint: str
    body: str
    seconds: float
    signed: bool
    basic_auth: bool

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "url": self.url,
            "delivered": self.delivered,
            "status": self.status,
            "reason": self.reason or None,
            "hint": self.hint or None,
            "body": self.body,
            "ms": round(self.seconds * 1000),
            "signed": self.signed,
            "basicAuth": self.basic_auth,
        }


@click.command("verify-webhook")
@click.argument("endpoint")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_project
@click.pass_context
def command(context: click.Context, project: ProjectPath, endpoint: str, as_json: bool) -> None:
    """Send a test delivery and tell what came back.

    It goes to the webhook of ENDPOINT, signed as any other. It is sent from here, under the
    same rules for addresses as by the server, to a session that does not exist. Exits with 1
    unless the answer is 2xx.
    """
    config = project.load()
    verdict = run_async(verify(config, _named(config, endpoint)))
    if as_json:
        print_json(verdict.to_json())
    else:
        _show(verdict)
    if not verdict.delivered:
        context.exit(1)


def _named(config: Config, name: str) -> EndpointConfig:
    from flowhook.problems.suggestion import did_you_mean

    for endpoint in config.endpoints:
        if endpoint.name == name:
            if endpoint.output == "webhook" and not endpoint.webhook.url:
                raise FlowhookError(f"the endpoint {name} has no webhook.url")
            return endpoint
    hint = did_you_mean(name, [endpoint.name for endpoint in config.endpoints])
    raise FlowhookError(f"there is no endpoint {name!r} in the configuration" + (f"; {hint}" if hint else ""))


async def verify(config: Config, chosen: EndpointConfig) -> Verdict:
    """Make the attempt, with the endpoint's own output plugin."""
    from flowhook.cli.loading import open_hooks
    from flowhook.model.endpoint import Endpoint
    from flowhook.net.address_policy import AddressRules
    from flowhook.net.client import Outgoing

    endpoint = Endpoint(chosen.name, "", chosen.flow, chosen)
    rules = AddressRules(config.outgoing.allow, config.allow_private_addresses)
    with open_hooks(config) as hooks:
        output = hooks.outputs()[chosen.output]
        async with Outgoing(rules) as outgoing:
            await output.open()
            try:
                return await _attempt(output, endpoint, Witness(outgoing))
            finally:
                await output.close()


async def _attempt(output: OutputPlugin, endpoint: Endpoint, witness: Witness) -> Verdict:
    from flowhook.errors import SendError
    from flowhook.model.delivery import Delivered

    delivered, status, silence = False, None, ""
    started = time.perf_counter()
    try:
        answer = await output.deliver(_test_delivery(endpoint.name), endpoint=endpoint, sender=witness)
        delivered = isinstance(answer, Delivered)
        reason = "" if isinstance(answer, Delivered) else answer.reason
        status = answer.status
    except SendError as error:
        reason, silence = str(error), error.reason
    except Exception as error:
        raise FlowhookError(f"the output {output.name} broke: {type(error).__name__}: {error}") from error
    url = witness.url or endpoint.config.webhook.url
    return Verdict(
        url=_without_password(url),
        delivered=delivered,
        status=status,
        reason=reason,
        hint="" if delivered else hint_for(url, status, silence),
        body=witness.body,
        seconds=time.perf_counter() - started,
        signed="webhook-signature" in witness.headers,
        basic_auth="authorization" in witness.headers or url != _without_password(url),
    )


def _test_delivery(endpoint: str) -> Delivery:
    """Something to send, to a session that does not exist."""
    from flowhook.model.delivery import Delivery
    from flowhook.model.output import Output
    from flowhook.model.session_ref import SessionRef

    trace_id = new_id()
    session = SessionRef(endpoint, "flowhook-verify", f"verify-{trace_id}")
    envelope = {
        "userId": session.user_id,
        "sessionId": session.session_id,
        "disableSensitiveLogging": False,
        "AIOutput": Output(TEXT, trace_id=trace_id).to_json(),
    }
    return Delivery(
        endpoint,
        session.key,
        1,
        delivery_id(session.key, 1, None),
        to_json(envelope),
        trace_id,
        session.user_id,
        session.session_id,
    )


class Witness:
    """A sender that remembers what it sent and what it got."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self.url = ""
        self.headers: Mapping[str, str] = {}
        self.body = ""

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, timeout: float
    ) -> RawResponse:
        """As ``Outgoing.send``."""
        self.url, self.headers = url, headers
        answer = await self._outgoing.send(method, url, headers, body, timeout=timeout)
        self.body = short(answer.body.decode("utf-8", "replace"), 300)
        return answer


def hint_for(url: str, status: int | None, silence: str) -> str:
    """What to do when a delivery to ``url`` was answered with ``status``, or met ``silence``."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if status is None:
        hint = SILENCE_HINTS.get(silence, "")
    elif 300 <= status < 400:
        hint = REDIRECT_HINT
    elif status >= 500:
        hint = BROKEN_HINT
    else:
        hint = STATUS_HINTS.get(status, OTHER_HINT)
    return hint.format(port=port, place=f"{parts.hostname}:{port}")


def _show(verdict: Verdict) -> None:
    marks = ["signed" if verdict.signed else "not signed"]
    if verdict.basic_auth:
        marks.append("basic auth")
    say(f"POST {verdict.url}  {dim(', '.join(marks))}")
    if verdict.delivered:
        say(f"{good(OK)} {bold(str(verdict.status))} in {verdict.seconds * 1000:.0f} ms")
    else:
        say(f"{bad(BAD)} {bold(verdict.reason)}")
    if verdict.body:
        say(dim(f"  answer: {verdict.body}"))
    if verdict.hint:
        say(f"  {verdict.hint}")


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
