"""``flowhook receive``: a webhook receiver to try things with."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from flowhook.cli.asyncio_runner import run_async, stop_signals
from flowhook.cli.console import BAD, OK, bad, bold, dim, good, json_text, say, short
from flowhook.cli.demo.webhook_receiver import Received, Receiver, verifier
from flowhook.durations import parse_duration


def describe(received: Received) -> str:
    """One line: when, for whom, what, and how it arrived."""
    at = datetime.fromtimestamp(received.at).strftime("%H:%M:%S")
    number = "" if received.sequence is None else f" #{received.sequence}"
    who = f"{received.envelope.get('userId', '?')}/{received.session_id or '?'}{number}"
    parts = [
        dim(at),
        _verdict(received),
        short(who, 120),
        dim(short(str(received.output.get("source", "?")))),
        bold(_said(received)),
    ]
    if data := received.output.get("data"):
        parts.append(short(json.dumps(data, ensure_ascii=False)))
    parts.append(dim(short(_short_id(received.delivery_id))))
    if received.attempt > 1:
        parts.append(click.style(f"attempt {received.attempt}", fg="yellow"))
    if received.again:
        parts.append(click.style("again", fg="yellow"))
    if received.reason:
        parts.append(bad(f"{received.status} {received.reason}"))
    return "  ".join(parts)


def _verdict(received: Received) -> str:
    if received.verified is None:
        return dim("-")
    return good(OK) if received.verified else bad(BAD)


def _short_id(name: str) -> str:
    """The ends of a webhook-id: the first tells sessions apart, the last deliveries of one."""
    return f"{name[:10]}…{name[-4:]}" if len(name) > 16 else name or "no webhook-id"


def _said(received: Received) -> str:
    if received.output:
        return json.dumps(short(received.text, 200), ensure_ascii=False)
    return short(received.body.decode("utf-8", "replace"), 200) or "(empty)"


class Share(click.ParamType[float]):
    """``20%`` or ``0.2``."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            share = -1.0
        if not 0.0 <= share <= 1.0:
            self.fail(f"{text!r} is not a share such as 20%", param, ctx)
        return share


class Duration(click.ParamType[float]):
    """``500ms``, ``2s``, ``1m``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return float(parse_duration(value))
        except (TypeError, ValueError):
            self.fail(f"{value!r} is not a duration such as 500ms or 2s", param, ctx)


class Secret(click.ParamType[str]):
    """The secret of an endpoint's webhook."""

    name = "secret"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            verifier(str(value))
        except ValueError:
            self.fail("a secret that begins with whsec_ goes on in base64", param, ctx)
        return str(value)


@click.command("receive")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=9000, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option(
    "--fail",
    type=Share(),
    default="0%",
    metavar="SHARE",
    help="Answer so many at random with 500, such as 20%.",
)
@click.option(
    "--slow", type=Duration(), default="0s", metavar="DURATION", help="Wait before each answer, such as 2s."
)
@click.option(
    "--secret", "secrets", type=Secret(), multiple=True, help="Check signatures with it; may be given again."
)
@click.option("--user", default="", help="Ask for basic auth with this user.")
@click.option("--password", default="", help="And this password.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def command(
    host: str,
    port: int,
    fail: float,
    slow: float,
    secrets: tuple[str, ...],
    user: str,
    password: str,
    as_json: bool,
) -> None:
    """A webhook receiver to try things with.

    Prints each delivery: time, verified ✓ or refused ✗, user/session and sequence, source, text,
    data, its webhook-id in short, the attempt when it is not the first, and "again" for a repeat
    of what was taken before. What is not signed or logged in as asked gets a 401 that says why.

    It is also a stand-in for the services that the example flows call: POST /price answers
    {"total": 22}, and what a task waits for is called back after a few seconds.
    """

    def show(received: Received) -> None:
        say(json_text(received.to_json()) if as_json else describe(received))

    receiver = Receiver(show, secrets=secrets, user=user, password=password, fail=fail, slow=slow)
    run_async(_receive(receiver, host, port, quiet=as_json))


async def _receive(receiver: Receiver, host: str, port: int, *, quiet: bool) -> None:
    with stop_signals() as stopped:
        await receiver.start(host, port)
        click.echo(f"Receiving at {receiver.url} (Ctrl+C stops)", err=quiet)
        await stopped.wait()
        await receiver.stop()
