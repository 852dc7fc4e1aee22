"""Quick replies that do not answer the question which shows them: whoever presses one is asked again.

A reply is read as the question would read it, in each language that may be spoken. What an intent may take
instead is left alone: a word that some intent has in its examples or rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.flow import Flow, FlowNode, SlotRule
from flowhook.extraction import FINDERS
from flowhook.extraction.choices import find_choice
from flowhook.extraction.match import Context
from flowhook.extraction.safe_regex import Pattern
from flowhook.flowfiles.compile.quick_replies import QuickReplyText
from flowhook.flowfiles.compile.written import is_template
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.known_values import question_at
from flowhook.languages import LANGUAGES
from flowhook.nodes.parts.answer_types import ASK_TYPES, NO_ANSWER, UserMessage
from flowhook.nodes.parts.question import Choice, Question
from flowhook.problems.catalogue import UNREAD_QUICK_REPLY
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean

_NOW = datetime(2027, 5, 12, 10, 0, tzinfo=UTC)  #: any day will do for "tomorrow" and "friday"
_ANY = frozenset({"text", "any"})
_WITH_NOW = frozenset({"date", "time", "datetime", "date_range", "time_range"})
_YEAR = re.compile(r"[0-9]{4}")
_WORD = re.compile(r"[^\W_]{3,}")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def unread_quick_replies(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each quick reply that its own question cannot read, or does not take."""
    meant = _Meant(flows)
    for compiled, graph in flows.compiled:
        for reply in dict.fromkeys(compiled.quick_replies):
            node = graph.flow.nodes.get(reply.node)
            question = question_at(node, reply.setting) if node is not None else None
            if node is None or question is None or meant.may_be(reply.said):
                continue
            reason, hint = _refused(reply, question, node, graph.flow)
            if reason:
                yield Problem.at(UNREAD_QUICK_REPLY, reason, compiled.file, reply, hint)


class _Meant:
    """What the intents of all flows may take: by a word that their examples or rules have."""

    def __init__(self, flows: FlowSet) -> None:
        self._flows = flows

    def may_be(self, said: str) -> bool:
        """Whether an intent may be meant by a text."""
        words, anything = self._words
        return anything or bool(words & {word.casefold() for word in _WORD.findall(said)})

    @cached_property
    def _words(self) -> tuple[set[str], bool]:
        """The words of examples and rules, and whether some rule may hold for any text."""
        words: set[str] = set()
        for compiled in self._flows.files:
            for example in compiled.examples:
                words |= {word.casefold() for word in _WORD.findall(example.text)}
        anything = not self._flows.complete
        for _, graph in self._flows.compiled:
            for source in (rule.source for intent in graph.flow.intents.values() for rule in intent.rules):
                quoted = " ".join(one or two for one, two in _QUOTED.findall(source))
                words |= {word.casefold() for word in _WORD.findall(quoted)}
                anything |= "input.text" in source and not quoted
        return words, anything


def _refused(
    reply: QuickReplyText, question: Mapping[str, Any], node: FlowNode, flow: Flow
) -> tuple[str, str]:
    """Why a question does not take a reply, and what to write; empty where it does, or that is not known."""
    kind = question.get("type", "text")
    if kind not in ASK_TYPES or kind == "intent" or (kind in _ANY and "slot" not in question):
        return "", ""
    read = _reader(question)
    if read is None:
        return "", ""
    if _of_slot(read, reply, flow):
        return "", ""
    answers = [_answer(read, reply.said, locale) for locale in _locales(reply, flow)]
    taken = [answer for answer in answers if answer is not NO_ANSWER]
    if not taken:
        slot = f' and slot "{question["slot"]}"' if "slot" in question else ""
        message = f'"{reply.said}" is no answer to this question of type {kind}{slot}'
        words = [option.value for option in read.options] or [*_values_of(question, flow)]
        hint = did_you_mean(reply.said, words) if words else ""
        return message, hint or "say what it reads, or let an intent take this"
    valid_if = node.settings.conditions.get(str(question.get("valid_if")))
    if valid_if is None or kind in _WITH_NOW or not valid_if.names <= {"answer"}:
        return "", ""
    if any(valid_if.test({"answer": to_plain_json(answer)}, []) for answer in taken):
        return "", ""
    return f'"{reply.said}" is an answer for which valid_if does not hold', ""


def _reader(question: Mapping[str, Any]) -> Question | None:
    """The question as far as it tells what answers it; None where only a turn knows."""
    settings = {
        name: question[name]
        for name in ("type", "pattern", "currency", "direction", "scale", "slot")
        if name in question
    }
    if any(is_template(value) for value in settings.values()) or "values_from" in question:
        return None
    choices = question.get("choices", [])
    if not isinstance(choices, list):
        return None
    read = [_choice(choice) for choice in choices]
    if None in read:
        return None
    text = question.get("text", "")
    return Question.model_construct(
        **{**settings, "text": text if isinstance(text, str) else "", "choices": read}
    )


def _choice(written: Any) -> Choice | None:
    """One choice, with all its words in all languages; None where a template makes it."""
    whole = written if isinstance(written, Mapping) else {"value": written}
    words = [*_texts_in(whole.get("title")), *_texts_in(whole.get("synonyms"))]
    value = str(whole.get("value", ""))
    if any(map(is_template, [value, *words])):
        return None
    return Choice.model_construct(value=value, synonyms=words, title=None)


def _texts_in(written: Any) -> Iterator[str]:
    """Every text in a text, a list, or either by locale."""
    if isinstance(written, Mapping):
        for part in written.values():
            yield from _texts_in(part)
    elif isinstance(written, list):
        for part in written:
            yield from _texts_in(part)
    elif written is not None:
        yield str(written)


def _locales(reply: QuickReplyText, flow: Flow) -> Iterable[str]:
    """The languages in which a reply may be read."""
    if reply.locale:
        return [reply.locale]
    own = flow.settings.get("language")
    return [*flow.locales] or ([str(own)] if own else LANGUAGES)


def _of_slot(question: Question, reply: QuickReplyText, flow: Flow) -> bool:
    """Whether a value of the question's slot is found in a reply, or may be for all that is known here."""
    rule = flow.slots.get(question.slot or "")
    if rule is None or rule.values_from is not None:
        return question.slot is not None
    return any(_finds(rule, reply.said, locale) for locale in _locales(reply, flow))


def _answer(question: Question, said: str, locale: str) -> Any:
    """What a question reads in a reply, slots aside."""
    if question.type == "slot":
        return NO_ANSWER
    if _YEAR.search(said):
        question = question.model_copy(update={"direction": None})  # which lies past or ahead of any day
    return ASK_TYPES[question.type](UserMessage(said, {}, (), locale, _NOW), question)


def _finds(rule: SlotRule, said: str, locale: str) -> bool:
    """Whether a slot is found in a text."""
    if rule.pattern is not None:
        return Pattern(rule.pattern).find(said) is not None
    if rule.type is not None:
        return bool(FINDERS[rule.type](said, Context(locale, _NOW)))
    options = [(value, [*_texts_in(data.get("synonyms"))]) for value, data in rule.values.items()]
    return find_choice(said, options, locale) is not None


def _values_of(question: Mapping[str, Any], flow: Flow) -> Iterable[str]:
    rule = flow.slots.get(str(question.get("slot")))
    return rule.values if rule is not None else ()
