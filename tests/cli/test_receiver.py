"""The webhook receiver: what it accepts, what it refuses, what it shows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import click
import httpx
import pytest
from standardwebhooks import Webhook

from flowhook.cli.commands.receive import describe
from flowhook.cli.demo.webhook_receiver import Received, Receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps(
    {
        "userId": "ada",
        "sessionId": "s1",
        "disableSensitiveLogging": False,
        "AIOutput": {"text": "Which size?", "data": {"a": 1}, "traceId": "t", "source": "bot"},
    }
).encode()


@asynccontextmanager
async def receiving(**settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, list[Received]]]:
    """A client of a receiver on a free port, and what arrived there."""
    arrived: list[Received] = []
    receiver = Receiver(arrived.append, **settings)
    await receiver.start(port=0)
    async with httpx.AsyncClient(base_url=receiver.url, trust_env=False) as client:
        yield client, arrived
    await receiver.stop()


def signed(secret: Webhook, name: str = "evt_1", sequence: int = 1) -> dict[str, str]:
    """The headers of a delivery."""
    at = datetime.now(UTC)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": secret.sign(name, at, BODY.decode()),
        "flowhook-sequence": str(sequence),
    }


async def test_a_delivery_is_taken_and_taken_apart():
    """Any path and any sender will do when nothing is to be checked."""
    async with receiving() as (client, arrived):
        answer = await client.post("/any/path", content=BODY, headers={"webhook-id": "evt_1"})
    assert answer.status_code == 200
    (one,) = arrived
    assert (one.text, one.session_id, one.delivery_id, one.verified) == ("Which size?", "s1", "evt_1", None)


@pytest.mark.parametrize("secret", [SECRET, "any other text"])
async def test_signatures_are_verified(secret):
    """A good signature passes; another body does not. Secrets are read as endpoints read them."""
    key: Any = secret if secret.startswith("whsec_") else secret.encode()
    headers = signed(Webhook(key))
    async with receiving(secrets=[secret]) as (client, arrived):
        assert (await client.post("/", content=BODY, headers=headers)).status_code == 200
        assert (await client.post("/", content=BODY + b" ", headers=headers)).status_code == 401
    assert [one.verified for one in arrived] == [True, False]
    assert arrived[1].reason == "signature: No matching signature found"


async def test_each_of_several_secrets_will_do():
    """While a secret is changed, old and new are good."""
    async with receiving(secrets=["new", "old"]) as (client, arrived):
        assert (await client.post("/", content=BODY, headers=signed(Webhook(b"old")))).status_code == 200
    assert arrived[0].verified


async def test_an_unsigned_delivery_is_told_what_is_missing():
    """The 401 says what to set."""
    async with receiving(secrets=[SECRET]) as (client, _):
        answer = await client.post("/", content=BODY)
    assert (answer.status_code, answer.text) == (401, "not signed; set webhook.secret on the endpoint")


@pytest.mark.parametrize(
    ("login", "status"),
    [(("ada", "pass:word"), 200), (("ada", "wrong"), 401), (("bob", "pass:word"), 401), (None, 401)],
)
async def test_basic_auth_is_checked(login, status):
    """User and password must both be right."""
    async with receiving(user="ada", password="pass:word") as (client, arrived):
        answer = await client.post("/", content=BODY, auth=login)
    assert answer.status_code == status
    assert arrived[0].verified is (status == 200)
    assert ("www-authenticate" in answer.headers) is (status == 401)


async def test_it_fails_as_often_as_told():
    """``fail`` is the share answered with 500."""
    chances = iter([0.1, 0.3, 0.19, 0.2])
    async with receiving(fail=0.2, chance=lambda: next(chances)) as (client, _):
        statuses = [(await client.post("/", content=BODY)).status_code for _ in range(4)]
    assert statuses == [500, 200, 500, 200]


async def test_attempts_are_counted_and_repeats_marked():
    """A second attempt after a failure is not a repeat; a second one after a success is."""
    chances = iter([0.0, 1.0, 1.0])
    async with receiving(fail=0.5, chance=lambda: next(chances)) as (client, arrived):
        for _ in range(3):
            await client.post("/", content=BODY, headers={"webhook-id": "evt_1"})
    assert [(one.attempt, one.again) for one in arrived] == [(1, False), (2, False), (3, True)]


async def test_the_price_service_of_the_example_answers():
    """POST /price is no delivery."""
    async with receiving(fail=1.0) as (client, arrived):
        assert (await client.post("/price", json={"size": "large"})).json() == {"total": 22}
    assert arrived == []


async def test_what_is_no_json_is_shown_as_it_is():
    """A receiver to try things with takes anything."""
    async with receiving() as (client, arrived):
        assert (await client.post("/", content=b"\xff\x1b[2Jhello")).status_code == 200
    assert "hello" in click.unstyle(describe(arrived[0]))


def delivery(**changes: Any) -> Received:
    """One that went well."""
    headers = {"webhook-id": "evt_abcdefghijklmnopqrstu", "flowhook-sequence": "7"}
    values = {"at": 0.0, "headers": headers, "body": BODY, "status": 200, "envelope": json.loads(BODY)}
    return Received(**{**values, **changes})


def test_one_line_tells_it_all():
    """Time, verdict, session and sequence, source, text, data, id; attempt, repeat, reason if any."""
    line = click.unstyle(describe(delivery(verified=True)))
    assert line.split("  ")[1:] == ["✓", "ada/s1 #7", "bot", '"Which size?"', '{"a": 1}', "evt_abcdef…rstu"]
    refused = delivery(verified=False, status=401, reason="not signed", attempt=2, again=True)
    assert click.unstyle(describe(refused)).endswith("attempt 2  again  401 not signed")


def test_texts_cannot_command_the_terminal():
    """What a user typed is shown, never obeyed."""
    envelope = {
        "userId": "a",
        "sessionId": "b",
        "AIOutput": {"text": "\x1b[2J\x9b2J", "data": {"x": "\x1b]0;"}},
    }
    headers = {"webhook-id": "evt_\x9b2J", "flowhook-sequence": "1"}
    line = click.unstyle(describe(delivery(envelope=envelope, headers=headers)))
    assert line.isprintable()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--fail", "120%"), ("--fail", "often"), ("--slow", "soon"), ("--secret", "whsec_!")],
)
def test_wrong_options_are_refused(run: Callable[..., Any], option, value):
    """A mistake in an option is wrong use."""
    assert "Invalid value" in run("receive", option, value, code=2).output


def test_the_command_prints_json_lines(empty, start):
    """With --json a program reads what arrives, and SIGTERM ends it well."""
    process = start("receive", "--port", "0", "--json")
    url = process.until(r"Receiving at (\S+)")[1]
    httpx.post(url, content=BODY, headers={"webhook-id": "evt_1"}, trust_env=False)
    line = json.loads(process.until(r"^\{").string)
    assert (line["sessionId"], line["status"], line["AIOutput"]["text"]) == ("s1", 200, "Which size?")
    assert process.stop() == 0


def test_a_taken_port_is_one_sentence(empty, start):
    """Two receivers cannot share a port."""
    url = (first := start("receive", "--port", "0")).until(r"Receiving at (\S+)")[1]
    second = start("receive", "--port", str(httpx.URL(url).port))
    second.until("Error: cannot listen on 127.0.0.1:")
    assert second.wait() == 2
    assert first.stop() == 0
