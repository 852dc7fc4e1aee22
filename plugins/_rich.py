"""What channels share: the parts of a rich message, and a plain text for those that show none."""

from typing import Any

from flowhook import Output

Rich = dict[str, Any]


def rich_of(output: Output) -> Rich:
    """The rich message of an output; empty for one of text or data alone."""
    rich = output.data.get("rich")
    return rich if isinstance(rich, dict) else {}


def plain(output: Output) -> str:
    """The whole output as a text: with numbered titles, and the addresses of pictures."""
    return str(rich_of(output).get("fallback") or output.text).strip()


def options(rich: Rich) -> list[Rich]:
    """What can be chosen: quick replies or buttons, each with a title and a payload, url or phone."""
    return list(rich.get("quickReplies") or rich.get("buttons") or [])


def choices(rich: Rich) -> list[Rich]:
    """The options that send something back, when all of them do; else none: the message is written out."""
    found = options(rich)
    return found if found and all("url" not in button and "phone" not in button for button in found) else []


def payload(option: Rich) -> str:
    """What a chosen option says."""
    return str(option.get("payload") or option["title"])


def shortened(text: str, limit: int) -> str:
    """The text in no more characters than a channel takes."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def parts(text: str, limit: int) -> list[str]:
    """The text in parts that a channel takes, cut between lines or words where it can be."""
    found = []
    text = text.strip()
    while len(text) > limit:
        cut = max(text.rfind("\n", 1, limit), text.rfind(" ", 1, limit))
        cut = cut if cut > limit // 2 else limit
        found.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*found, text] if text else found
