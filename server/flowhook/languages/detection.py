"""In which language a message is: by the small words that only one of several languages has.

A vote, not a model: each word that is one of a language's function words counts for it, more where few of the
candidates have it, and a few letters count as well. A language is told apart only by a clear margin, so that
names, short answers and single foreign words change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from flowhook.languages import LANGUAGES, language_for

MIN_WORDS = 3  #: of a message; shorter ones tell nothing
MIN_VOTES = 1.5  #: of the winner
MARGIN = 2.0  #: times the votes of the next
MAX_TEXT = 1000  #: characters that are read
_WORD = re.compile(r"[^\W\d_]+")
_LETTERS = {
    "de": "äöüß", "es": "ñ¿¡", "pt": "ãõ", "fr": "êœç", "da": "æøå", "it": "ìò",
}  # fmt: skip


def detect_language(text: str, candidates: Collection[str]) -> str | None:
    """Return the language of a text, a code out of ``candidates``; None where it is not clear."""
    known = [code for code in candidates if code in LANGUAGES]
    words = _WORD.findall(text[:MAX_TEXT].casefold())
    if len(words) < MIN_WORDS or len(known) < 2:
        return None
    votes = dict.fromkeys(known, 0.0)
    for word in words:
        having = [code for code in known if word in language_for(code).function_words]
        for code in having:
            votes[code] += 1 / len(having) ** 2
    for code in known:
        votes[code] += 0.5 * sum(letter in text for letter in _LETTERS.get(code, ""))
    first, second, *_ = sorted(known, key=lambda code: -votes[code])
    if votes[first] < max(MIN_VOTES, 0.2 * len(words)) or votes[first] < MARGIN * votes[second]:
        return None
    return first
