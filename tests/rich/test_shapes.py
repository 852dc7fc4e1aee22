"""Every kind of rich message: what an author writes, the neutral shape, Cognigy's shape, the fallback."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from flowhook.engine.settings.compiled import SettingsError
from flowhook.model.output import Output
from flowhook.rich.cognigy import default_of, rendered
from flowhook.rich.shapes import quick_replies
from tests.engine.conversation import Conversation, settings

PICTURE = "https://pizza.example/m.jpg"
CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Hello"}]}

#: name: (what stands under say beside the text, the neutral shape, Cognigy's shape, the fallback)
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = {
    "buttons": (
        {
            "buttons": [
                "Yes",
                {"title": "No", "payload": "no!", "id": "n"},
                {"title": "Page", "url": "https://a.example/x"},
                {"title": "Call", "phone": "+49 30 1"},
            ]
        },
        {
            "type": "buttons",
            "buttons": [
                {"type": "postback", "title": "Yes", "payload": "Yes"},
                {"type": "postback", "title": "No", "payload": "no!", "id": "n"},
                {"type": "url", "title": "Page", "url": "https://a.example/x"},
                {"type": "phone", "title": "Call", "phone": "+49 30 1"},
            ],
        },
        {
            "_buttons": {
                "type": "buttons",
                "text": "T",
                "buttons": [
                    {"type": "postback", "title": "Yes", "payload": "Yes"},
                    {"id": "n", "type": "postback", "title": "No", "payload": "no!"},
                    {
                        "type": "web_url",
                        "title": "Page",
                        "payload": "",
                        "url": "https://a.example/x",
                        "target": "_blank",
                    },
                    {"type": "phone_number", "title": "Call", "payload": "+49 30 1"},
                ],
                "fallbackText": "T\n1. Yes\n2. No\n3. Page - https://a.example/x\n4. Call - +49 30 1",
            }
        },
        "T\n1. Yes\n2. No\n3. Page - https://a.example/x\n4. Call - +49 30 1",
    ),
    "quick replies": (
        {
            "quick_replies": [
                "small",
                {"title": "Large", "payload": "l", "image": PICTURE, "image_alt": "a pizza"},
                {"title": "Call", "phone": "+491"},
            ]
        },
        {
            "type": "quick_replies",
            "quickReplies": [
                {"title": "small", "payload": "small"},
                {"title": "Large", "payload": "l", "imageUrl": PICTURE, "imageAlt": "a pizza"},
                {"title": "Call", "phone": "+491"},
            ],
        },
        {
            "_quickReplies": {
                "type": "quick_replies",
                "text": "T",
                "quickReplies": [
                    {"title": "small", "contentType": "postback", "payload": "small"},
                    {
                        "title": "Large",
                        "contentType": "postback",
                        "payload": "l",
                        "imageUrl": PICTURE,
                        "imageAltText": "a pizza",
                    },
                    {"title": "Call", "contentType": "phone_number", "payload": "+491"},
                ],
                "fallbackText": "T\n1. small\n2. Large\n3. Call - +491",
            }
        },
        "T\n1. small\n2. Large\n3. Call - +491",
    ),
    "gallery": (
        {
            "gallery": [
                {
                    "title": "Margherita",
                    "subtitle": "7 €",
                    "image": PICTURE,
                    "image_alt": "a pizza",
                    "buttons": [{"title": "Take it", "payload": "m"}],
                },
                "Plain",
            ]
        },
        {
            "type": "gallery",
            "items": [
                {
                    "title": "Margherita",
                    "subtitle": "7 €",
                    "imageUrl": PICTURE,
                    "imageAlt": "a pizza",
                    "buttons": [{"type": "postback", "title": "Take it", "payload": "m"}],
                },
                {"title": "Plain"},
            ],
        },
        {
            "_gallery": {
                "type": "carousel",
                "items": [
                    {
                        "title": "Margherita",
                        "subtitle": "7 €",
                        "imageUrl": PICTURE,
                        "imageAltText": "a pizza",
                        "buttons": [{"type": "postback", "title": "Take it", "payload": "m"}],
                    },
                    {"title": "Plain", "subtitle": "", "imageUrl": "", "buttons": []},
                ],
                "fallbackText": "T\n1. Margherita - 7 €\n   Take it\n2. Plain",
            }
        },
        "T\n1. Margherita - 7 €\n   Take it\n2. Plain",
    ),
    "list": (
        {
            "list": {
                "items": [{"title": "One", "url": "https://a.example/1", "buttons": ["Open"]}, "Two"],
                "button": {"title": "All", "payload": "all"},
                "large_first": True,
            }
        },
        {
            "type": "list",
            "items": [
                {
                    "title": "One",
                    "buttons": [{"type": "postback", "title": "Open", "payload": "Open"}],
                    "url": "https://a.example/1",
                },
                {"title": "Two"},
            ],
            "button": {"type": "postback", "title": "All", "payload": "all"},
            "largeFirst": True,
        },
        {
            "_list": {
                "type": "list",
                "items": [
                    {
                        "title": "One",
                        "subtitle": "",
                        "imageUrl": "",
                        "buttons": [{"type": "postback", "title": "Open", "payload": "Open"}],
                        "defaultActionUrl": "https://a.example/1",
                    },
                    {"title": "Two", "subtitle": "", "imageUrl": "", "buttons": []},
                ],
                "button": {"type": "postback", "title": "All", "payload": "all"},
                "largeTopItem": True,
                "fallbackText": "T\n1. One - https://a.example/1\n   Open\n2. Two\nAll",
            }
        },
        "T\n1. One - https://a.example/1\n   Open\n2. Two\nAll",
    ),
    "image": (
        {"image": PICTURE},
        {"type": "image", "url": PICTURE},
        {"_image": {"type": "image", "imageUrl": PICTURE}},
        f"T\n{PICTURE}",
    ),
    "image with alt": (
        {"image": {"url": PICTURE, "alt": "a pizza"}},
        {"type": "image", "url": PICTURE, "alt": "a pizza"},
        {"_image": {"type": "image", "imageUrl": PICTURE, "imageAltText": "a pizza"}},
        f"T\na pizza: {PICTURE}",
    ),
    "audio": (
        {"audio": {"url": "https://a.example/a.mp3", "alt": "a song"}},
        {"type": "audio", "url": "https://a.example/a.mp3", "alt": "a song"},
        {"_audio": {"type": "audio", "audioUrl": "https://a.example/a.mp3", "audioAltText": "a song"}},
        "T\na song: https://a.example/a.mp3",
    ),
    "video": (
        {"video": {"url": "https://a.example/v.mp4", "captions": "https://a.example/v.vtt"}},
        {"type": "video", "url": "https://a.example/v.mp4", "captionsUrl": "https://a.example/v.vtt"},
        {
            "_video": {
                "type": "video",
                "videoUrl": "https://a.example/v.mp4",
                "videoCaptionsUrl": "https://a.example/v.vtt",
            }
        },
        "T\nhttps://a.example/v.mp4",
    ),
    "card": (
        {"card": CARD},
        {"type": "card", "card": CARD},
        {"_adaptiveCard": {"type": "adaptiveCard", "adaptiveCard": CARD}},
        "T\nHello",
    ),
}


def said(**say: Any) -> Output:
    talk = Conversation({"say": say})
    talk.says("hi")
    return talk.run.outputs[0]


@pytest.mark.parametrize("name", KINDS)
def test_neutral_shape(name: str) -> None:
    """What say makes of it; the text stays the author's."""
    written, neutral, _, fallback = KINDS[name]
    output = said(text="T", **written)
    assert output.text == "T"
    assert output.data == {"rich": {**neutral, "fallback": fallback}}


@pytest.mark.parametrize("name", KINDS)
def test_cognigy_shape(name: str) -> None:
    """What rich_format: cognigy makes of that."""
    written, _, shape, _ = KINDS[name]
    output = said(text="T", data={"own": 1}, **written)
    before = copy.deepcopy(output.data)
    assert rendered(output).data == {"own": 1, "_cognigy": {"_default": shape}}
    assert output.data == before


def test_cognigy_keeps_what_the_author_put_there() -> None:
    """Channels of one's own, and even the default."""
    image = {"type": "image", "url": PICTURE}
    output = Output("", {"rich": image, "_cognigy": {"_webchat": {"a": 1}}})
    assert rendered(output).data["_cognigy"].keys() == {"_default", "_webchat"}
    output = Output("", {"rich": image, "_cognigy": {"_default": {"mine": 1}}})
    assert rendered(output).data == {"_cognigy": {"_default": {"mine": 1}}}


@pytest.mark.parametrize(
    "rich",
    [
        None, "x", 5, [], {}, {"type": "hologram"}, {"type": "buttons"}, {"type": "buttons", "buttons": 5},
        {"type": "buttons", "buttons": [5]}, {"type": "list", "items": [{}]}, {"type": ["buttons"]},
        {"type": "gallery", "items": [{"title": "x", "buttons": [None]}]}, {"type": "image"},
    ],
)  # fmt: skip
def test_cognigy_leaves_alone_what_it_does_not_know(rich: Any) -> None:
    """Plugins and backends may send anything."""
    assert default_of(rich) is None
    output = Output("t", {"rich": rich})
    assert rendered(output) is output


def test_quick_replies_for_options() -> None:
    """As a question of type choice shows its choices."""
    assert quick_replies(["a", {"title": "B", "payload": "b"}]) == {
        "type": "quick_replies",
        "quickReplies": [{"title": "a", "payload": "a"}, {"title": "B", "payload": "b"}],
    }


# --- conditions --------------------------------------------------------------------------------------

MENU: list[Any] = [
    "Always",
    {"title": "Rich", "if": "context.rich"},
    {"title": "Poor", "if": "not context.rich"},
]


@pytest.mark.parametrize(("rich", "titles"), [(True, ["Always", "Rich"]), (False, ["Always", "Poor"])])
@pytest.mark.parametrize("kind", ["buttons", "quick_replies", "gallery", "list"])
def test_elements_are_left_out(kind: str, rich: bool, titles: list[str]) -> None:
    """Where their condition does not hold."""
    talk = Conversation({"say": {"text": "T", kind: MENU}}, context={"rich": rich})
    talk.says("hi")
    shape = talk.run.outputs[0].data["rich"]
    elements = shape.get("buttons") or shape.get("quickReplies") or shape["items"]
    assert [element["title"] for element in elements] == titles


@pytest.mark.parametrize(
    "say",
    [
        {"buttons": [{"title": "x", "if": "false"}]},
        {"gallery": [{"title": "x", "if": "context.none"}]},
        {"list": {"items": [{"title": "x", "if": "false"}], "button": "b"}},
        {"list": {"items": ["x"], "if": "false"}},
        {"image": {"url": PICTURE, "if": "false"}},
        {"quick_replies": "{{ context.options }}"},
    ],
)
def test_nothing_left_is_a_text(say: dict[str, Any]) -> None:
    """A rich message without elements is said as its text alone."""
    talk = Conversation({"say": {"text": "T", **say}}, context={"options": []})
    talk.says("hi")
    assert [(output.text, output.data) for output in talk.run.outputs] == [("T", {})]


def test_conditions_inside_items() -> None:
    """Of the buttons of an item, and the button of a list."""
    nested = [{"title": "x", "buttons": [{"title": "no", "if": "false"}, "yes"]}]
    assert [button["title"] for button in said(gallery=nested).data["rich"]["items"][0]["buttons"]] == ["yes"]
    with_button = {"items": ["x"], "button": {"title": "b", "if": "false"}}
    assert "button" not in said(list=with_button).data["rich"]


def test_a_condition_that_a_user_wrote_is_never_evaluated() -> None:
    """Elements may come out of the context, but no expressions."""
    options = [{"title": "x", "if": "context.secret"}]
    talk = Conversation(
        {"say": {"text": "T", "buttons": "{{ context.options }}"}}, context={"options": options}
    )
    assert talk.tries("hi").status == "failed"
    assert "has to stand in the flow file" in (talk.end.error or "")


# --- what stands in elements ---------------------------------------------------------------------------


def test_templates_in_elements() -> None:
    """Titles and payloads are texts, whatever the value; elements may all come from a list."""
    talk = Conversation(
        {"say": {"text": "T", "buttons": [{"title": "{{ context.n }}", "payload": "n={{ context.n }}"}]}},
        {"say": {"text": "T", "quick_replies": "{{ context.options }}"}},
        {"say": {"image": "https://a.example/{{ context.n }}.png"}},
        context={"n": 7, "options": ["a", 5, {"title": 6, "payload": "six"}]},
    )
    talk.says("hi")
    buttons, replies, image = (output.data["rich"] for output in talk.run.outputs)
    assert buttons["buttons"] == [{"type": "postback", "title": "7", "payload": "n=7"}]
    assert [reply["title"] for reply in replies["quickReplies"]] == ["a", "5", "6"]
    assert image["url"] == "https://a.example/7.png"


def test_too_many_that_only_a_turn_knows_are_cut() -> None:
    """With a warning."""
    talk = Conversation({"say": {"text": "T", "buttons": "{{ range(20) | list }}"}})
    talk.says("hi")
    assert len(talk.run.outputs[0].data["rich"]["buttons"]) == 15
    assert talk.warnings == ["20 buttons, of which 15 are shown"]


def test_a_bad_address_that_only_a_turn_knows() -> None:
    """Is an error of the node, which on_error takes."""
    talk = Conversation(
        {"say": {"image": "{{ context.url }}"}, "on_error": [{"say": "{{ error.reason }}"}]},
        context={"url": "javascript:alert(1)"},
    )
    assert talk.says("hi") == ["settings"]


def test_to() -> None:
    """Who is to read it stands in the data, unless it is the user."""
    assert said(text="T", to="agent").data == {"to": "agent"}
    assert said(text="T", to="user").data == {}


@pytest.mark.parametrize(
    ("say", "message"),
    [
        ({"buttons": ["x"] * 16}, "16 buttons; there may be 15 at most"),
        ({"list": ["x"] * 11}, "11 items of a list; there may be 10 at most"),
        ({"list": [{"title": "x", "buttons": ["a", "b"]}]}, "there may be 1 at most"),
        ({"gallery": [{"title": "x", "buttons": ["a"] * 16}]}, "there may be 15 at most"),
        ({"buttons": ["x"], "image": PICTURE}, "a message is one of these: buttons, image"),
        (
            {"buttons": [{"title": "x", "url": "https://a.example", "payload": "p"}]},
            "one of payload, url and",
        ),
        ({"buttons": [{"title": "x", "url": "pizza"}]}, "an address such as"),
        ({"image": "javascript:alert(1)"}, "an address such as"),
        ({"image": "/m.jpg"}, "an address such as"),
        ({"buttons": [{"title": ""}]}, "at least 1 character"),
        ({"buttons": [{"titel": "x"}]}, "Extra inputs"),
        ({"buttons": [{"title": "x", "if": "context."}]}, "expected"),
        ({"to": "nobody"}, "'user', 'agent' or 'both'"),
    ],
)
def test_mistakes_are_found_at_load(say: dict[str, Any], message: str) -> None:
    """As far as they are constant."""
    with pytest.raises(SettingsError, match=message):
        settings("say", text="T", **say)


def test_limits_count_what_is_always_shown() -> None:
    """Of elements with conditions only a turn knows how many there are."""
    settings("say", text="T", buttons=[{"title": "x", "if": "context.a"}] * 20)
