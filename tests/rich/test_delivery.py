"""Rich messages on their way out: the endpoint's rich_format, and texts by locale in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flowhook.testing import open_bot

FLOW = """
flow: main
locales: [en, de]
nodes:
  - say:
      text: {en: Well?, de: Und?}
      data: {own: 1}
      quick_replies:
        - {title: {en: "Yes", de: Ja}, payload: "y"}
        - title: {en: "No", de: Nein}
          if: input.text != 'yes only'
"""

PLUGIN = '''
"""Says something rich by itself."""
from flowhook import hookimpl

@hookimpl
def transform_output(output):
    output.data["rich"] = {"type": "image", "url": "https://a.example/x.png"}
    return output
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One flow."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "plugins").mkdir()
    (tmp_path / "flows" / "main.yaml").write_text(FLOW)
    (tmp_path / "plugins" / "painter.py").write_text(PLUGIN.lstrip())
    return tmp_path


def replies(*titles: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"title": title, "contentType": "postback", "payload": payload} for title, payload in titles]


async def test_our_own_format(project: Path) -> None:
    """The neutral shape, beside the author's own data."""
    async with open_bot("main", project=project) as bot:
        await bot.says("hi")
        assert bot.outputs[0]["text"] == "Well?"
        assert bot.outputs[0]["data"] == {
            "own": 1,
            "rich": {
                "type": "quick_replies",
                "quickReplies": [{"title": "Yes", "payload": "y"}, {"title": "No", "payload": "No"}],
                "fallback": "Well?\n1. Yes\n2. No",
            },
        }


async def test_texts_of_elements_by_locale(project: Path) -> None:
    """Like any other text."""
    async with open_bot("main", project=project, endpoint={"locale": "de-AT"}) as bot:
        await bot.says("hi")
        assert bot.outputs[0]["data"]["rich"]["fallback"] == "Und?\n1. Ja\n2. Nein"


async def test_cognigys_format(project: Path) -> None:
    """In the body that is delivered, instead of ours."""
    async with open_bot("main", project=project, endpoint={"rich_format": "cognigy"}) as bot:
        await bot.says("yes only")
        assert bot.outputs[0]["text"] == "Well?"
        assert bot.outputs[0]["data"] == {
            "own": 1,
            "_cognigy": {
                "_default": {
                    "_quickReplies": {
                        "type": "quick_replies",
                        "text": "Well?",
                        "quickReplies": replies(("Yes", "y")),
                        "fallbackText": "Well?\n1. Yes",
                    }
                }
            },
        }


async def test_cognigys_format_of_what_others_say(project: Path) -> None:
    """A notify with a rich message, and a plugin that makes one."""
    async with open_bot("main", project=project, endpoint={"rich_format": "cognigy"}) as bot:
        await bot.says("hi")
        image = {"type": "image", "url": "https://a.example/x.png"}
        await bot.notify("look", {"rich": image})
        await bot.notify("odd", {"rich": {"type": "odd"}})
        shape = {"_cognigy": {"_default": {"_image": {"type": "image", "imageUrl": image["url"]}}}}
        assert [output["data"] for output in bot.outputs[1:]] == [shape, {"rich": {"type": "odd"}}]
    async with open_bot("main", project=project, use=["painter"], endpoint={"rich_format": "cognigy"}) as bot:
        await bot.says("hi")
        assert bot.outputs[0]["data"] == {"own": 1, **shape}
