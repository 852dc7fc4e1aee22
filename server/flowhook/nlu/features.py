"""A text as the classifier sees it: words, and the features cut out of them.

Features are strings with a prefix for their group: words and pairs of neighbours (``w``), parts of
words (``c``), pairs of words with one to three between or after them (``s``), groups of synonyms (``g``).
Parts of words make misspellings, endings and compounds of any language look alike; pairs at a distance
hold what a sentence is about when something is put in between.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Final

from flowhook.i18n.normalize import PICTURES
from flowhook.languages import function_words

MAX_TEXT: Final = 2_000  #: characters of a text that are classified
MAX_WORD: Final = 60  #: characters of a word that are cut into parts
PARTS: Final = (2, 3, 4, 5)  #: characters of a part of a word
REACH: Final = 4  #: how many words on the second of a pair may stand

#: Scripts that put no spaces between words: each character counts as one.
UNSPACED: Final = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(rf"@[\w.-]+|[{UNSPACED}]|[^\W{UNSPACED}]+|[?!]|[{PICTURES}]")
_NUMBER: Final = re.compile(r"\d+(?: \d+)*")  #: its digits may stand in groups
_SPACE: Final = re.compile(r"\s+")
_EDGES: Final = " \t\n.,;:!?¡¿…\"'«»„“”‚‘’()[]{}-–—"

#: Words of four letters and more may hold an umlaut that is written out: "loeschen".
_LONG: Final = re.compile(r"[^\W\d_]{4,}")
_WRITTEN_OUT: Final = re.compile(r"(?<!q)([aou])e")
#: What people write short, in any language, and what it stands for.
_ABBREVIATIONS: Final = {
    "pls": "please", "plz": "please", "thx": "thanks", "tx": "thanks", "tnx": "thanks", "ty": "thank you",
    "appt": "appointment", "acct": "account", "wanna": "want to", "gonna": "going to", "gotta": "got to",
    "gimme": "give me", "lemme": "let me", "cuz": "because", "coz": "because", "abt": "about", "ur": "your",
    "asap": "soon", "info": "information", "infos": "information", "nr": "nummer", "tel": "telefon",
    "vllt": "vielleicht", "evtl": "eventuell", "bzgl": "wegen", "hab": "habe", "ham": "haben",
    "svp": "s'il vous plait", "stp": "s'il te plait", "rdv": "rendez vous", "bjr": "bonjour",
    "porfa": "por favor", "xfa": "por favor", "xq": "porque", "grz": "grazie", "nn": "non",
    "aub": "alstublieft", "alsjeblieft": "alstublieft", "vc": "você", "vcs": "vocês", "obg": "obrigado",
}  # fmt: skip
_SHORT: Final = re.compile(rf"\b(?:{'|'.join(_ABBREVIATIONS)})\b")

_CONTRACTIONS: Final = tuple(
    (re.compile(pattern), full)
    for pattern, full in (
        (r"\bwon't\b", "will not"),
        (r"\b(?:can't|cannot|cant)\b", "can not"),
        (r"n't\b", " not"),
        (r"\b(do|does|did|is|was|has|have|would|should|could)nt\b", r"\1 not"),
        (r"'m\b", " am"),
        (r"'re\b", " are"),
        (r"'ve\b", " have"),
        (r"'ll\b", " will"),
    )
)


def plain(text: str) -> str:
    """Without case, diacritics and typographic variants: what two writings of one sentence have in common.
    An umlaut is its base, whether it is written with dots, without, or as two letters."""
    text = unicodedata.normalize("NFKC", text[:MAX_TEXT]).casefold().replace("’", "'")
    if not text.isascii():
        text = without_marks(text)
    if _WRITTEN_OUT.search(text):
        text = _LONG.sub(lambda word: _WRITTEN_OUT.sub(r"\1", word[0]), text)
    return _SPACE.sub(" ", text).strip()


@cache
def common_words() -> frozenset[str]:
    """The function words of all languages, as :func:`plain` writes them."""
    return frozenset(map(plain, function_words()))


def exact(text: str) -> str:
    """Two texts with the same result are the same sentence: case, spaces and outer marks are not
    told apart."""
    return exact_of_plain(plain(text))


def exact_of_plain(text: str) -> str:
    """:func:`exact` of a text that :func:`plain` has written already."""
    return text.strip(_EDGES)


def without_marks(text: str) -> str:
    """Without diacritics: ``café`` → ``cafe``. The length may change."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words_of(text: str) -> list[str]:
    """The words of a text, with contractions written out and digits made ``0``; ``?`` and ``!`` are
    words, too, and so is the placeholder of a slot, ``@topping``."""
    return words_of_plain(plain(text))


def words_of_plain(text: str) -> list[str]:
    """:func:`words_of` a text that :func:`plain` has written already."""
    text = _SHORT.sub(lambda word: _ABBREVIATIONS[word[0]], text)
    if "'" in text or "nt" in text or "cannot" in text:
        for pattern, full in _CONTRACTIONS:
            text = pattern.sub(full, text)
    return _WORD.findall(_NUMBER.sub("0", text))


def features_of(
    text: str,
    placeholders: Iterable[str] = (),
    *,
    many: bool = False,
    synonyms: Callable[[Sequence[str]], Counter[str]] | None = None,
) -> list[Counter[str]]:
    """The features of a text, counted, one counter for each of the three groups.

    ``placeholders`` are names of slots found in it, which count as words. Only with ``many`` sentences to
    learn from there are pairs at a distance, and parts of words such as "would" and "the"; only with few
    there are groups of ``synonyms`` in their place.
    """
    words, common = words_of(text), common_words()
    singles = [*words, *(f"@{name}" for name in placeholders)]
    near = Counter(f"w{word}" for word in singles)
    near.update([f"w{one} {two}" for one, two in pairwise(words)])
    if not many:
        parts = Counter(_parts([word for word in words if word not in common]))
        return [near, parts, synonyms(words) if synonyms is not None else Counter()]
    spoken = [word for word in words if word not in "?!"]
    far = Counter(
        f"s{one} {two}"
        for position, one in enumerate(spoken)
        for two in spoken[position + 2 : position + REACH + 1]
    )
    return [near, Counter(_parts(words)), far]


def _parts(words: list[str]) -> list[str]:
    """Parts of words, with a space for each edge."""
    found: list[str] = []
    for word in words:
        if word[0] == "@":
            continue
        padded = f" {word[:MAX_WORD]} "
        length = len(padded)
        for size in PARTS:
            if size >= length:
                found.append(f"c{padded}")
                break
            found.extend([f"c{padded[at : at + size]}" for at in range(length - size + 1)])
    return found
