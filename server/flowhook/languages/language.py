"""What readers know of a language: its words for numbers, days, hours, units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module

from flowhook.i18n.normalize import language

#: The languages that have a module in ``tongues``.
TONGUES = frozenset({"en", "de", "fr", "es", "it", "nl", "pt"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Language:
    """The words of one language. All are plain (see :func:`~flowhook.i18n.normalize.plain`).

    Names that end in ``_re`` are regular expressions without groups, as are the keys of the mappings
    that are said to hold some; spaces in them stand for one or more.
    """

    # --- numbers ---
    numbers: Mapping[str, int]  #: words that add up
    scales: Mapping[str, int]  #: words that multiply what stands before them
    ones: frozenset[str]  #: articles, which mean one before a unit only
    groups: Mapping[str, int] = field(default_factory=dict)  #: a couple, a pair
    special: Mapping[str, float] = field(default_factory=dict)  #: whole words such as ``anderthalb``
    fractions: Mapping[str, float] = field(default_factory=dict)  #: half, quarter
    and_half_re: str = r"(?!)"  #: what follows a number to make it half more
    half_a_re: str = r"(?!)"  #: "half a", before a scale or a unit
    minus_re: str = r"minus"
    joins: frozenset[str] = frozenset()  #: and, inside a number, between words
    tens_join: bool = False  #: "treinta y uno": a join may follow the tens
    compounds: str = ""  #: what stands between units and tens in one word: ``und``
    glued: bool = False  #: numbers are written as one word
    ordinals: Mapping[str, int] = field(default_factory=dict)
    ordinal_end_re: str = r"(?!)"  #: what makes digits an ordinal: ``rd``
    last_re: str = r"last"

    # --- days ---
    months: Mapping[str, int] = field(default_factory=dict)
    weekdays: Mapping[str, int] = field(default_factory=dict)  #: Monday is 0
    weekday_tail_re: str = r""  #: what may follow a weekday: ``-feira``
    days: Mapping[str, int] = field(default_factory=dict)  #: expressions → days from today
    feasts: Mapping[str, tuple[int, int]] = field(default_factory=dict)  #: expressions → (month, day)
    next_re: str = r"(?!)"  #: before what it belongs to
    next_after_re: str = r"(?!)"
    next_is_week_after: bool = False  #: "next Friday" is the one of next week
    this_re: str = r"(?!)"
    this_after_re: str = r"(?!)"
    past_re: str = r"(?!)"
    past_after_re: str = r"(?!)"
    week_re: str = r"(?!)"
    weekend_re: str = r"(?!)"
    month_re: str = r"(?!)"
    year_re: str = r"(?!)"
    of_re: str = r"(?!)"  #: between a day and its month
    the_re: str = r"(?!)"  #: before a day of the month that stands alone
    day_end_re: str = r"(?!)"  #: must follow such a day when it is written in digits
    month_first: bool = False  #: "March 3" is said, too
    end_of_month_re: str = r"(?!)"

    # --- times ---
    at_re: str = r"(?!)"  #: before an hour
    oclock_re: str = r"(?!)"  #: after an hour
    noon_re: str = r"(?!)"
    midnight_re: str = r"(?!)"
    now_re: str = r"(?!)"
    #: Expressions with ``{h}`` and perhaps ``{m}`` → (minutes, what ``{m}`` counts for).
    clock: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)  #: expressions → morning, afternoon …
    ahead_re: str = r"(?!)"  #: before a span: "in"
    ahead_after_re: str = r"(?!)"
    ago_re: str = r"(?!)"
    ago_after_re: str = r"(?!)"
    filler_re: str = r"(?!)"  #: what may stand between a day and a time

    # --- units ---
    seconds: Mapping[str, int] = field(default_factory=dict)  #: expressions → seconds
    and_re: str = r"(?!)"
    percent_re: str = r"%"
    degree_re: str = r"°"
    distances: Mapping[str, str] = field(default_factory=dict)  #: expressions → unit
    money: Mapping[str, str] = field(default_factory=dict)  #: expressions → currency, or "" for the local
    cents_re: str = r"cents?"
    ages: Mapping[str, str] = field(default_factory=dict)  #: expressions → unit
    old_re: str = r"(?!)"  #: after an age
    i_am_re: str = r"(?!)"  #: before an age


@lru_cache(maxsize=256)
def language_for(locale: str) -> Language:
    """The language of a locale; English when there is none of it."""
    name = language(locale)
    module = import_module(f"flowhook.languages.{name if name in TONGUES else 'en'}")
    found: Language = module.TONGUE
    return found


def counted(words: str, start: int = 1, step: int = 1) -> dict[str, int]:
    """Words with their numbers; ``a|b`` are two words for one."""
    rows = enumerate(words.split())
    return {word: start + step * index for index, row in rows for word in row.split("|")}
