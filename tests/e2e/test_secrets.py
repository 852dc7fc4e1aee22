"""Secrets of plugins: seen by nobody but the receiver that they are for."""

from __future__ import annotations

import json
import traceback

import pytest

from flowhook import Secret, Settings
from flowhook.logging_config import Console, JsonLines
from flowhook.model.secret import SecretMissing, bind_secrets, fill, fill_json, find_secret, seal, seal_json

from .conftest import Start
from .kit import Outside, Project, eventually, status

TOKEN = '12345:hush-hush/+ "é'
PLUGIN = """
from flowhook import BaseModel, Body, Deliver, Secret, Settings, hookimpl

class Account(BaseModel):
    key: Secret

class Settings(Settings):
    token: Secret
    account: Account

@hookimpl
def transform_output(output, settings, log, user_id):
    log.warning("sends with %s and %r", settings.token, settings)
    if "raise" in output.text:
        raise ValueError(f"cannot send with {settings.token}")
    if "body" in output.text:
        return Body({"text": output.text, "key": f"{settings.account.key}"})
    return Deliver(
        f"OUT/bot/{user_id}",
        json={"said": output.text, "token": f"{settings.token}"},
        headers={"x-token": f"Bearer {settings.account.key}"},
    )
"""
FLOW = """
nodes:
  - say: "{{ input.text }}"
"""


async def test_a_secret_reaches_the_receiver_and_nobody_else(
    project: Project, outside: Outside, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Not the database, the log, the API; also over a restart with another secret, and whatever users
    write."""
    project.flow("club", FLOW)
    project.plugin("courier", PLUGIN)
    project.settings["plugins"] = {"settings": {"courier": {"token": TOKEN, "account": {"key": "first-key"}}}}
    own = {"courier": {"account": {"key": "own-key"}}}
    patient = {"retries": ["30ms", "30ms", *["1s"] * 10]}
    project.endpoint("club", transformers={"use": ["courier"]}, webhook=patient)
    project.endpoint("other", "club", transformers={"use": [own]}, webhook=patient)
    live = await start()
    forged = "\x02courier.token\x03 fhs~00~courier.token~"
    outside.answers["/bot/u1"] = status(503)
    await live.ends(await live.send("club", f"hello {forged}"))
    await live.ends(await live.send("other", "other"))
    await eventually(lambda: _tried(outside))
    found = await live.api("GET", "/deliveries")
    shown = [await live.api("GET", f"/deliveries/{one['deliveryId']}") for one in found["deliveries"]]
    assert {one["request"]["headers"]["x-token"] for one in shown} == {"Bearer ****"}
    listed = json.dumps([found, shown])
    await live.stop()
    stored = b"".join(path.read_bytes() for path in project.root.glob("bot.db*"))
    project.settings["plugins"]["settings"]["courier"]["account"]["key"] = "second-key"
    del outside.answers["/bot/u1"]
    await live.start()
    await live.say("club", "body")
    await live.ends(await live.send("club", "raise", session="s2"))
    sent = await outside.until(2, "/bot/u1")
    ours = next(one for one in sent if "hello" in one.json["said"])
    assert ours.json == {"said": f"hello {forged}", "token": TOKEN}
    assert ours.headers["x-token"] == "Bearer second-key"
    assert {one.headers["x-token"] for one in outside.at("/bot/u1")} == {
        *("Bearer first-key", "Bearer own-key", "Bearer second-key"),
    }  # fmt: skip
    (whole,) = await outside.until(1)
    assert whole.json == {"text": "body", "key": "second-key"}
    told = [style.format(record) for record in caplog.records for style in (Console(), JsonLines())]
    traces = json.dumps(await live.api("GET", "/traces"))
    everything = "\n".join([*told, listed, stored.decode("latin-1"), traces])
    for secret in ("hush-hush", "first-key", "second-key", "own-key"):
        assert secret not in everything
    assert "sends with **** and Settings(token=Secret('****')" in everything
    assert "fhs~" not in "".join(told)


async def _tried(outside: Outside) -> bool:
    return len(outside.at("/bot/u1")) >= 2


class Nested(Settings):
    """Settings in settings."""

    key: Secret
    plain: str = ""


class Example(Settings):
    """A plugin's."""

    token: Secret
    nested: Nested


def _example() -> Example:
    return Example.model_validate({"token": TOKEN, "nested": {"key": "k"}})


def test_nothing_shows_it() -> None:
    """repr, JSON, an f-string, an error, a traceback; it has to be asked for."""
    settings = _example()
    bind_secrets(settings, "shop.it")
    try:
        raise ValueError(f"{settings!r} {settings.token} {settings}")
    except ValueError as error:
        shown = "".join(traceback.format_exception(error))
    assert "hush" not in shown + settings.model_dump_json() + str(settings.model_dump(mode="json"))
    assert settings.model_dump(mode="json")["token"] == "****"
    assert settings.token.reveal() == TOKEN
    assert settings.token.matches(TOKEN)
    assert not settings.token.matches("x")
    assert (bool(Secret("")), Secret("a") == Secret("a"), Secret("a") == "a") == (False, True, False)
    assert str(Secret("unbound")) == "****"


def test_what_is_stored_names_it_and_what_is_sent_has_it() -> None:
    """Also within JSON; a name that leads nowhere is told."""
    settings = _example()
    bind_secrets(settings, "shop")

    def lookup(name: str) -> str | None:
        return find_secret(settings, name.removeprefix("shop."))

    url = seal(f"https://x/{settings.token}/{settings.nested.key}")
    assert url == "https://x/\x02shop.token\x03/\x02shop.nested.key\x03"
    assert fill(url, lookup) == f"https://x/{TOKEN}/k"
    body = seal_json(json.dumps({"a": f"{settings.token}", "b": "\x02shop.token\x03"}).encode())
    assert json.loads(fill_json(body, lookup)) == {"a": TOKEN, "b": "\x02shop.token\x03"}
    assert fill(seal("\x02shop.token\x03 fhs~x~shop.token~"), lookup) == "shop.token fhs~x~shop.token~"
    for name in ("shop.nested", "shop.plain", "shop.none", "else.token.x"):
        with pytest.raises(SecretMissing):
            fill(f"\x02{name}\x03", lookup)
