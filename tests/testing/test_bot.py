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
