"""Earlier answers that a message corrects while another question waits: "no wait, tuesday".

A message corrects when it says so and says nothing else: words that take something back, values, each of
which exactly one of the questions answered lately reads, and small words or those of these questions. What
the question that waits can read is its own answer, unless the words are clear. Nothing is guessed: where two
questions could be meant, none is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.turn.view import Turn
from flowhook.extraction.corrections import (
    Correction,
    find_correction,
    find_exchange,
    says_being,
    told_as,
)
from flowhook.extraction.match import Context
from flowhook.extraction.named_patterns import PATTERNS, find_pattern
from flowhook.i18n.normalize import fold_accents, language, words_of
from flowhook.languages import language_for, light_words
from flowhook.nodes.parts.answer_types import NO_ANSWER, UserMessage
from flowhook.nodes.parts.over_answering import DISTINCT, NUMBERS, ValueFinder
from flowhook.nodes.parts.question import WHOLE_TEXT, Question, same

if TYPE_CHECKING:
    from flowhook.engine.node import Node

RECENT = 5  #: answers that can be corrected, of one flow
#: Types whose answers are told by their name alone: "my name was Ann".
_TOLD = frozenset({"text", "name"})
_WORD = re.compile(r"[^\W_]+")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
Corrected = Mapping[str, tuple[Question, Any]]  #: store → its question and the new answer
Span = tuple[int, int]


class AsksQuestions:
    """What a node derives from whose answers can be corrected while a later question waits."""

    def questions(self) -> list[Question]:
        """The questions that the node asks."""
        raise NotImplementedError


def note_answered(turn: Turn, store: str) -> None:
    """A question was answered: it can be corrected from now on."""
    others = [entry for entry in turn.session.answered if entry[1] != store]
    turn.session.answered = [*others, [turn.at, store]][-RECENT:]


def keep_corrected(turn: Turn, corrected: Corrected) -> None:
    """Keep the new answers where the old ones stand."""
    for question, answer in corrected.values():
        question.keep(turn, answer)
    turn.step.saw["corrected"] = list(corrected)


def corrected_in(turn: Turn, waiting: Node, asked: Question | None, *, settled: bool) -> Corrected | None:
    """The earlier answers that the input corrects while ``asked`` waits; None: it is no correction. Nothing:
    it clearly is one, but its value is refused. ``settled``: what waits has an answer of its own to be
    corrected, one that was refused or is being confirmed."""
    key = (turn.at, "corrected", turn.input["text"])
    if key not in turn.readings:
        turn.readings[key] = _corrected(turn, waiting, asked, settled=settled)
    found: Corrected | None = turn.readings[key]
    return found


def _corrected(turn: Turn, waiting: Node, asked: Question | None, *, settled: bool) -> Corrected | None:
    message = UserMessage.of(turn)
    if getattr(asked, "secret", False):
        return None
    correction = find_correction(message.text, message.locale)
    exchanged = _exchanged(turn, message, correction, asked)
    if exchanged:
        clear = (correction is not None and correction.clear) or (
            asked is not None and asked.type == "yes_no"
        )
        return exchanged if (clear and not settled) or not waiting.hears(turn) else None
    if correction is None:
        return None
    reader = _Reader(turn, message, correction.rest, asked)
    sets = correction.sets and (asked is None or asked.type in WHOLE_TEXT or asked.type == "yes_no")
    clear = correction.clear or reader.is_named or sets
    corrected = reader.read() if clear or correction.hinted else None
    clear = clear or (reader.is_composed and asked is not None and asked.type in NUMBERS)
    clear = clear or bool(corrected and asked is not None and _asks_whether(turn, message, asked, corrected))
    if corrected is None or (not corrected and not clear):
        return None
    if settled or not clear:
        return None if waiting.hears(turn) else corrected
    return corrected


def _exchanged(
    turn: Turn, message: UserMessage, correction: Correction | None, asked: Question | None
) -> Corrected:
    """The answers that a message denies, with what it says in their place: "not the debit card, the visa"."""
    exchange = find_exchange(correction.rest if correction is not None else message.text, message.locale)
    if exchange is None:
        return {}
    old, new = exchange
    denied = _Reader(turn, message, old, asked, denied=True).read() or {}
    questions = [
        question
        for store, (question, answer) in denied.items()
        if same(to_plain_json(answer), turn.get(store))
    ]
    return (_Reader(turn, message, new, asked, questions).read() or {}) if questions else {}


def _asks_whether(turn: Turn, message: UserMessage, asked: Question, corrected: Corrected) -> bool:
    """Whether the question that waits asks if these answers are right, and says them: "Is Zalando right?"."""
    wording = asked.text if isinstance(asked.text, str) else " ".join(asked.text)
    said = replace(message, text=wording, slots={})
    return asked.type == "yes_no" and all(
        fold_accents(str(turn.get(store))) in fold_accents(wording)
        or (question.type in DISTINCT and same(to_plain_json(question.read(said)), turn.get(store)))
        for store, (question, _) in corrected.items()
    )


def _answered_lately(turn: Turn, asked: str | None) -> list[Question]:
    """The questions of this flow that were answered last, but the one that is asked."""
    found: list[Question] = []
    for at, store in turn.session.answered:
        node = turn.library.node_at(at) if at.partition("/")[0] == turn.flow.name else None
        if node is None or store == asked or not issubclass(node.type, AsksQuestions):
            continue
        instance = node.settings.node(turn.scope, turn.step.warnings)
        questions = instance.questions() if isinstance(instance, AsksQuestions) else []
        found += [one for one in questions if one.store == store and turn.get(store) is not None]
    return found


class _Reader:
    """Reads the new answers of one message."""

    def __init__(
        self,
        turn: Turn,
        message: UserMessage,
        text: str,
        asked: Question | None,
        questions: list[Question] | None = None,
        *,
        denied: bool = False,
    ) -> None:
        """``text`` is the part of the message that is read, at its place there. ``questions`` are those that
        may be meant, else all of lately; ``denied``: the values of slots that the message denies count."""
        if questions is None:
            questions = _answered_lately(turn, asked.store if asked is not None else None)
        self._turn = turn
        self._denied = denied
        self._message = replace(message, text=text, slots={})
        self._said = words_of(text)
        self._asked = _own_words(asked) if asked is not None else set[str]()
        self._names = {str(question.store): self._names_in(question) for question in questions}
        named = [question for question in questions if self._names[str(question.store)]]
        self.is_named = bool(named)
        self.is_composed = False  #: a number is only a part of what is said: "at five"
        self._questions = named or questions
        self._finder = ValueFinder(self._message, {question.type for question in questions} | {"integer"})

    def read(self) -> Corrected | None:
        """The new answers by their store: none where they are refused. None where not every word is
        understood, or a value could be meant for two questions."""
        read = {str(question.store): (question, *self._answer_to(question)) for question in self._questions}
        said = {store: one for store, one in read.items() if one[2]}
        valid = {
            store: one for store, one in said.items() if one[0].valid(self._turn, one[1]) is not NO_ANSWER
        }
        found = valid or said
        if not found or any(
            _overlap(one[2], other[2])
            for store, one in found.items()
            for which, other in found.items()
            if which != store
        ):
            return None
        if not self._is_all([span for _, _, spans in found.values() for span in spans]):
            return None
        self.is_composed = any(self._is_composed(one[0], one[2]) for one in found.values())
        return {store: (question, answer) for store, (question, answer, _) in valid.items()}

    def _is_composed(self, question: Question, spans: list[Span]) -> bool:
        words = [words_of(self._message.text[start:end]) for start, end in spans]
        return question.type in DISTINCT - NUMBERS and any(len(said) > 1 for said in words)

    def _answer_to(self, question: Question) -> tuple[Any, list[Span]]:
        """The answer to a question and where it stands; no place: there is none."""
        if question.type in _TOLD:
            return self._told(question)
        if question.type == "slot":
            return self._slot_value(question)
        answer = question.read(self._message)
        if answer is NO_ANSWER:
            return answer, []
        return answer, self._places(question, answer)

    def _told(self, question: Question) -> tuple[Any, list[Span]]:
        locale, text = self._message.locale, self._message.text
        span = told_as(text, self._names[str(question.store)], locale)
        if span is None or not _is_proper(text[slice(*span)], locale):
            return NO_ANSWER, []
        return question.read(replace(self._message, text=self._message.text[slice(*span)])), [span]

    def _slot_value(self, question: Question) -> tuple[Any, list[Span]]:
        """The one value of a slot that is said and not denied, where the engine tells its place."""
        found = ((self._turn.input["nlu"] or {}).get("slots") or {}).get(question.slot, ())
        said = [
            entry
            for entry in found
            if entry["negated"] == self._denied and self._message.text[entry["start"] : entry["end"]].strip()
        ]
        if not said or any(not entry["end"] or not same(entry["value"], said[0]["value"]) for entry in said):
            return NO_ANSWER, []
        return said[0]["value"], [(entry["start"], entry["end"]) for entry in said]

    def _places(self, question: Question, answer: Any) -> list[Span]:
        kind, text = question.type, self._message.text
        if kind in NUMBERS or kind == "scale":
            found = self._finder.only("integer" if kind != "number" else "number")
            return [] if found is None else [(found.start, found.end)]
        if kind in DISTINCT:
            matches = self._finder.all(kind)
            if not matches and kind in ("money", "percentage"):  # a number where the unit goes without saying
                matches = self._finder.all("number")
            return [(match.start, match.end) for match in matches]
        if kind == "choice":
            return self._named_choice(question, answer)
        if kind != "pattern":
            return []
        if question.pattern is not None and question.pattern in PATTERNS:
            context = Context(self._message.locale, self._message.now)
            return [(match.start, match.end) for match in find_pattern(question.pattern, text, context)]
        start = text.find(str(answer))
        return [] if start < 0 else [(start, start + len(str(answer)))]

    def _named_choice(self, question: Question, answer: Any) -> list[Span]:
        """Where a choice stands word by word."""
        low = fold_accents(self._message.text)
        names = next(
            ([choice.value, *choice.synonyms] for choice in question.options if choice.value == answer), []
        )
        for name in sorted(names, key=len, reverse=True):
            found = re.search(rf"(?<!\w){re.escape(fold_accents(name))}(?!\w)", low)
            if found is not None:
                return [found.span()]
        return []

    def _names_in(self, question: Question) -> frozenset[str]:
        """The words of the text by which it names a question: those of its wording, or of its store."""
        own = _own_words(question) - light_words(language(self._message.locale)) - self._asked
        return frozenset(word for word in self._said if word in own or _ends_one(word, own))

    def _is_all(self, taken: list[Span]) -> bool:
        """Whether the text says nothing beside these values but small words and names of the questions."""
        locale = self._message.locale
        small = light_words(language(locale)) | frozenset().union(*self._names.values())
        asking = language_for(locale).cues.whether if not self.is_named else frozenset()
        first = True
        for word in _WORD.finditer(fold_accents(self._message.text)):
            if any(start <= word.start() < end for start, end in taken):
                continue
            if word[0] not in small and not says_being(word[0], locale):
                return False
            if first and word[0] in asking:
                return False
            first = False
        return bool(taken)


def _own_words(question: Question) -> set[str]:
    """The words of the wording of a question, and of the last name of its store."""
    text = question.text if isinstance(question.text, str) else " ".join(question.text)
    store = str(question.store or "").rpartition(".")[2].replace("_", " ")
    return set(words_of(f"{_TEMPLATE.sub(' ', text)} {store}"))


def _is_proper(told: str, locale: str) -> bool:
    """Whether what is told by a name may be the value, not something said of it: "my name was wrong"."""
    words = language_for(locale)
    small = (light_words(language(locale)) | words.yes_no.no) - words.answers.particles
    return (told[:1].isupper() or told[:1].isdigit()) and small.isdisjoint(words_of(told))


def _ends_one(word: str, names: set[str]) -> bool:
    """Whether a word is the end of a compound: ``Nummer`` names the ``Kundennummer``."""
    return len(word) > 4 and any(name.endswith(word) for name in names)


def _overlap(some: list[Span], others: list[Span]) -> bool:
    return any(start < end2 and start2 < end for start, end in some for start2, end2 in others)
