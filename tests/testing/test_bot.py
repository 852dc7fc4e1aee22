"""The public test kit."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.testing import Bot, UnexpectedCall, open_bot

PROJECT = Path(__file__).parents[2]

ORDER = """
flow: order
nodes:
  - id: size
    ask: {text: "Which size?", type: choice, choices: [small, large], store: context.size, timeout: 10m}
    on_timeout:
      - say: "Still there?"
  - http_request:
      {method: POST, url: "https://crm.test/price", json: {size: "{{ context.size }}"}, store: context.price}
  - say: "That is {{ context.price.total }} euro."
"""


@pytest.mark.flow("echo", project=PROJECT)
async def test_the_fixture_talks_to_the_flow_of_the_marker(bot: Bot) -> None:
    """What the user says is answered by the flow."""
    assert await bot.says("hi") == ["You said: hi"]


async def test_time_is_moved_and_http_is_answered_by_the_test(tmp_path: Path) -> None:
    """A timeout fires when the clock passes it, and an HTTP call gets what the test replies."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "order.yaml").write_text(ORDER)
    async with open_bot("order", project=tmp_path) as bot:
        assert await bot.says("hello") == ["Which size?"]
        assert await bot.clock.advance("9m") == []
        assert await bot.clock.advance("2m") == ["Still there?"]
        bot.http.reply("POST", "https://crm.test/price", json={"total": 22})
        assert await bot.says("large") == ["That is 22 euro."]
        assert bot.http.json_of() == {"size": "large"}
        assert await bot.context() == {"size": "large", "price": {"total": 22}}
        assert await bot.notify("We close soon.") == ["We close soon."]


@pytest.mark.flow("pizza", project=PROJECT)
async def test_the_example_of_the_documentation(bot: Bot) -> None:
    """The shipped flow, with the price service answered by the test."""
    bot.http.reply("POST", "http://127.0.0.1:9000/price", json={"total": 22})
    assert await bot.says("hello") == ["Hi there, welcome to Mario's!", "Which size?"]
    assert await bot.says("huge") == ["That is 22 euro. Shall I order it?"]
    assert (await bot.context())["size"] == "large"
    assert bot.http.json_of() == {"size": "large"}


@pytest.mark.flow("pizza", project=PROJECT)
async def test_a_call_without_a_reply_fails_the_test(bot: Bot) -> None:
    """Even where the flow takes care of the failure, the test hears of it."""
    await bot.says("I want a pizza")
    with pytest.raises(UnexpectedCall, match="price has no reply"):
        await bot.says("small")


CHANNEL = """
from urllib.parse import urlencode
from flowhook import Deliver, Reject, hookimpl

@hookimpl
def authenticate(request):
    if request.headers.get("x-key") != "k":
        raise Reject(401, "no key")

@hookimpl
def transform_input(request):
    said = request.form or request.json
    return {"userId": said["From"], "sessionId": "session", "text": said["Body"]}

@hookimpl
def transform_output(output):
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode({"Body": output.text}).encode()
    return Deliver("https://sms.example/send", headers=form, body=body)
"""


@pytest.fixture
def sizes(tmp_path: Path) -> Path:
    """A project whose flow asks one question, and a channel with ways in and out of its own."""
    for folder in ("flows", "plugins"):
        (tmp_path / folder).mkdir()
    lines = ORDER.splitlines()
    (tmp_path / "flows" / "order.yaml").write_text("\n".join([*lines[:7], "  - say: Fine."]))
    (tmp_path / "plugins" / "sms.py").write_text(CHANNEL)
    return tmp_path


async def test_the_context_is_read_by_key_or_as_a_whole(sizes: Path) -> None:
    """Both forms of the contract."""
    async with open_bot("order", project=sizes) as bot:
        await bot.says("hi")
        await bot.says("large")
        assert bot.context["size"] == "large"
        assert await bot.context() == {"size": "large"}
        assert bot.context == {"size": "large"}
        assert "colour" not in bot.context


async def test_a_channel_is_tested_through_its_way_in_and_out(sizes: Path) -> None:
    """``bot.post`` passes ``authenticate`` and ``transform_input``; ``bot.sent`` tells where each delivery
    would have gone, also one that is no JSON."""
    async with open_bot("order", project=sizes, use=["sms"]) as bot:
        assert (await bot.post(form={"From": "user", "Body": "hi"})).status_code == 401
        assert bot.sent == []
        for said in ({"form": {"From": "user", "Body": "hi"}}, {"json": {"From": "user", "Body": "large"}}):
            assert (await bot.post(**said, headers={"x-key": "k"})).status_code == 202
        assert [(sent.method, sent.url) for sent in bot.sent] == [("POST", "https://sms.example/send")] * 2
        assert bot.sent[0].headers == {"content-type": "application/x-www-form-urlencoded"}
        assert (bot.sent[0].body, bot.sent[0].json) == (b"Body=Which+size%3F", None)
        assert bot.deliveries[1] == "Body=Fine."
