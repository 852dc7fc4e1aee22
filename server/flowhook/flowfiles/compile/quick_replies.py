"""The quick replies of questions as they are written, so that a rule can ask whether they answer them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flowhook.flowfiles.compile.node_parser import ParsedNode
from flowhook.flowfiles.compile.suspicious_settings import questions_at
from flowhook.flowfiles.compile.written import WrittenSettings, is_template
from flowhook.i18n.locales import canonical
from flowhook.nodes.parts.rich_elements import QuickReply
from flowhook.yamldoc.document import Path

_KEYS = frozenset(field.alias or name for name, field in QuickReply.model_fields.items())


class QuickReplyText(NamedTuple):
    """What a click on one quick reply says, at its place in the file."""

    node: str  #: the key of the node
    setting: Path  #: where in its settings the question is
    said: str
    locale: str  #: in which it is said; "" for all
    line: int
    column: int
    length: int


def quick_reply_texts_in(parsed: ParsedNode, written: WrittenSettings) -> Iterator[QuickReplyText]:
    """Every quick reply of the questions of a node, but for those that a template makes."""
    for path, question in questions_at(parsed, written):
        replies = question.get("quick_replies")
        for index, reply in enumerate(replies if isinstance(replies, list) else ()):
            for where, locale, said in _said((*path, "quick_replies", index), reply):
                if (
                    isinstance(said, str | int | float)
                    and not isinstance(said, bool)
                    and not is_template(said)
                ):
                    span = written.span(where)
                    yield QuickReplyText(
                        parsed.key, path, str(said), locale, span.line, span.column, span.length
                    )


def _said(path: Path, reply: Any) -> Iterator[tuple[Path, str, Any]]:
    """What a click says, by locale where it is written so."""
    if isinstance(reply, Mapping) and not _KEYS.isdisjoint(reply):
        key = "payload" if "payload" in reply else "title"
        if "phone" not in reply:
            yield from _said((*path, key), reply.get(key))
    elif isinstance(reply, Mapping):
        yield from (((*path, locale), canonical(str(locale)), said) for locale, said in reply.items())
    else:
        yield path, "", reply
