"""What people say to any bot and no intent means: "what", "let me check", "this is stupid", "how are you".

Each language brings such phrases (``Language.small_talk``). A text that is one of them, but for case and
marks, is refused; how near any text comes to one counts against its score. Phrases are the flow's own where
its examples want them: the whole group of a phrase that is an example ("hello", "thanks"), and each phrase
whose words of weight all stand in examples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from flowhook.i18n.normalize import language
from flowhook.languages import DEFAULT, LANGUAGES, language_for, light_words
from flowhook.nlu.features import exact, features_of, plain, words_of
from flowhook.nlu.vectorizer import Floats, Vocabulary

#: The group of answers that say nothing by themselves; its single words are light ones.
FRAGMENTS: Final = "fragments"


class SmallTalk:
    """The phrases of one language, as vectors over their own vocabulary."""

    def __init__(self, code: str) -> None:
        groups = language_for(code).small_talk
        fragments = {phrase for phrase in groups.get(FRAGMENTS, ()) if " " not in phrase}
        self.light = frozenset(map(plain, light_words(code) | fragments))
        self._phrases = tuple(phrase for phrases in groups.values() for phrase in phrases)
        self._groups = tuple(name for name, phrases in groups.items() for _ in phrases)
        self._known = tuple(exact(phrase) for phrase in self._phrases)
        self._forms = tuple(map(_form, self._phrases))
        features = [features_of(phrase) for phrase in self._phrases]
        self.ordinary = self.light.union(*(words_of(phrase) for phrase in self._phrases))
        self._vocabulary = Vocabulary(features, many=False)
        self._rows = self._vocabulary.rows(features)

    def content(self, words: Iterable[str]) -> list[str]:
        """The words that say something of what is meant."""
        return [word for word in words if word not in "?!" and word not in self.light]

    def unwanted(self, examples: Iterable[str]) -> SmallTalkFilter:
        """The phrases that no example of a flow wants."""
        said = {exact(text) for text in examples}
        words = {word for text in said for word in self.content(words_of(text))}
        wanted = {group for group, known in zip(self._groups, self._known, strict=True) if known in said}
        wanted.discard(FRAGMENTS)
        keep = [
            number
            for number, (group, known) in enumerate(zip(self._groups, self._known, strict=True))
            if group not in wanted and known not in said and not self._is_said(known, words)
        ]
        return SmallTalkFilter(self, np.asarray(keep, np.int64), frozenset(self._forms[at] for at in keep))

    def _is_said(self, phrase: str, words: set[str]) -> bool:
        content = self.content(words_of(phrase))
        return bool(content) and words.issuperset(content)

    def similarities(self, features: list[Counter[str]]) -> Floats:
        """The cosine of a text to each phrase, less what of it no phrase knows."""
        vector = self._vocabulary.vector(features)
        result: Floats = self._rows.products(vector) * np.float32(vector.coverage)
        return result


class SmallTalkFilter:
    """The small talk that one flow does not want."""

    __slots__ = ("_keep", "_known", "_of")

    def __init__(self, of: SmallTalk, keep: npt.NDArray[np.int64], known: frozenset[str]) -> None:
        self._of, self._keep, self._known = of, keep, known

    def is_phrase(self, text: str) -> bool:
        """Whether a text is one of the phrases, but for case, marks and the way contractions are written."""
        return _form(text) in self._known

    def similarity(self, features: list[Counter[str]]) -> float:
        """How near a text comes to a phrase, from 0 to 1."""
        if not len(self._keep):
            return 0.0
        return float(self._of.similarities(features)[self._keep].max())

    def content(self, text: str) -> list[str]:
        """The words of a text that say something of what is meant."""
        return self._of.content(words_of(text))


def _form(text: str) -> str:
    return " ".join(word for word in words_of(text) if word not in "?!")


def small_talk_of(locale: str) -> SmallTalk:
    """The small talk of a locale's language; English where that is not known."""
    code = language(locale)
    return _small_talk(code if code in LANGUAGES else DEFAULT)


@cache
def _small_talk(code: str) -> SmallTalk:
    return SmallTalk(code)
