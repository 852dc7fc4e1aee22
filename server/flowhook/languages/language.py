"""The type of a language: all that readers must know of it, in groups.

A file beside this one, named by its code (``de.py``), holds one language as ``LANGUAGE``. All words are
plain: lower case, no accents (see :func:`~flowhook.i18n.normalize.fold_accents`), but the function words.
Names that end in ``_re`` are regular expressions without groups, as are the keys of the mappings that are
said to hold expressions; a space in one stands for one or two. ``(?!)`` matches nothing: the language
has no such words.

Nobody changes a language. The types are not frozen for all that, and print nothing: each function that
``@dataclass`` compiles for so many fields is long, and a start would wait for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class NumberWords:
    """Numbers, and places in a list."""

    words: Mapping[str, int]  #: words that add up
    scales: Mapping[str, int]  #: words that multiply what stands before them
    articles: frozenset[str]  #: they mean one before a unit only
    groups: Mapping[str, int] = field(default_factory=dict)  #: a couple, a pair
    special: Mapping[str, float] = field(default_factory=dict)  #: whole words such as ``anderthalb``
    fractions: Mapping[str, float] = field(default_factory=dict)  #: half, quarter
    and_half_re: str = r"(?!)"  #: what follows a number to make it half more
    half_a_re: str = r"(?!)"  #: "half a", before a scale or a unit
    #: Ordinals that are a fraction only where one is added: "two and a third".
    ordinal_fractions: Mapping[str, float] = field(default_factory=dict)
    fraction_join_re: str = r"(?!)"  #: before a fraction that is added: "and"
    abbreviations: frozenset[str] = frozenset()  #: scales that a full stop may follow: "Mio."
    half_hour_re: str = r"(?!)"  #: behind a half that is no number: "half past"
    minus_re: str = r"minus"
    joins: frozenset[str] = frozenset()  #: and, inside a number, between words
    tens_join: bool = False  #: "treinta y uno": a join may follow the tens
    teens_follow: frozenset[int] = frozenset()  #: tens that 10 to 19 may follow: ``soixante-dix``
    four_twenties: frozenset[str] = frozenset()  #: what makes 80 of a four before it: ``quatre vingts``
    compound_join: str = ""  #: what stands between units and tens in one word: ``und``
    glued: bool = False  #: numbers are written as one word
    no_number_re: str = r"(?!)"  #: before a "one" that counts nothing: "the big one"
    decimal_re: str = r"(?!)"  #: between a number and its decimals: "point"
    decimal_zero_re: str = r"(?!)"  #: a zero among spoken decimals only: "oh"
    before_decimal_re: str = r"(?!)"  #: before a decimal mark without a number, as at the beginning: "it's"
    either_re: str = r"(?!)"  #: among several values of which one is meant: "or", "I mean"
    alternative_re: str = r"(?!)"  #: between two numbers of which one is meant: "or", "to"
    bound_re: str = r"(?!)"  #: before a number that is only a bound: "at least"
    bound_after_re: str = r"(?!)"  #: behind one: "or more"
    limit_re: str = r"(?!)"  #: before a date or a time that is only a limit: "after"
    limit_after_re: str = r"(?!)"  #: behind one: "or later", "at the earliest"
    ordinals: Mapping[str, int] = field(default_factory=dict)
    ordinal_end_re: str = r"(?!)"  #: what makes digits an ordinal: ``rd``
    last_re: str = r"last"
    label_re: str = r"number|no|nr|option"  #: before the number of a place in a list
    picking_articles: frozenset[str] = frozenset()
    picking: frozenset[str] = frozenset()  #: words around an ordinal that names a place: "I'll take the …"
    picked: frozenset[str] = frozenset()  #: words behind it: "option", "one of them"


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class DateWords:
    """Months, weekdays, days counted from today."""

    months: Mapping[str, int] = field(default_factory=dict)
    weekdays: Mapping[str, int] = field(default_factory=dict)  #: Monday is 0
    weekday_lead_re: str = r"(?!)"  #: between "next week" and a weekday: "on"
    weekday_of_re: str = r"(?!)"  #: between a weekday and "next week": "of"
    weekday_tail_re: str = r""  #: what may follow a weekday: ``-feira``
    weekday_gap_re: str = r"(?!)"  #: between a weekday and its date: "Thursday, the 24th"
    relative_days: Mapping[str, int] = field(default_factory=dict)  #: expressions → days from today
    holidays: Mapping[str, tuple[int, int]] = field(default_factory=dict)  #: expressions → (month, day)
    next_re: str = r"(?!)"  #: before what it belongs to
    next_after_re: str = r"(?!)"
    next_is_week_after: bool = False  #: "next Friday" is the one of next week
    this_re: str = r"(?!)"
    this_after_re: str = r"(?!)"
    last_re: str = r"(?!)"
    last_after_re: str = r"(?!)"
    week_re: str = r"(?!)"
    weekend_re: str = r"(?!)"
    weekend_lead_re: str = r"(?!)"  #: before a weekend that is this one: "at the"
    month_re: str = r"(?!)"
    year_re: str = r"(?!)"
    of_re: str = r"(?!)"  #: between a day and its month
    the_re: str = r"(?!)"  #: before a day of the month that stands alone
    day_end_re: str = r"(?!)"  #: must follow such a day when it is written in digits
    day_stands_alone: bool = False  #: "24th" is a day without any word before it
    month_first: bool = False  #: "March 3" is said, too
    end_of_month_re: str = r"(?!)"
    since_re: str = r"(?!)"  #: before a weekday that is over: "since"
    week_from_re: str = r"(?!)"  #: before the weekday after the coming one: "a week on"
    weekday_week_re: str = r"(?!)"  #: the same behind it: "Saturday week"
    month_ordinals: bool = False  #: months are said by their number: "am vierten achten"
    vague_re: str = r"(?!)"  #: expressions that name no day: "the end of next week"
    later_re: str = r"(?!)"  #: between a span and the day that it is counted from: "two days after christmas"
    sooner_re: str = r"(?!)"  #: the same backwards: "before"
    ahead_re: str = r"(?!)"  #: before a span: "in"
    ahead_after_re: str = r"(?!)"
    ago_re: str = r"(?!)"
    ago_after_re: str = r"(?!)"


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class TimeWords:
    """Times of day."""

    at_re: str = r"(?!)"  #: before an hour
    accented_at: bool = False  #: "à" is "at", "a" is not
    has_re: str = r"(?!)"  #: before hours that somebody has or that last: "elle a une heure de retard"
    articles: frozenset[str] = frozenset()  #: number words that are an hour only when no word follows
    range_re: str = r"(?!)"  #: before the first of two hours: "from", "between"
    to_hour_re: str = r"(?!)"  #: "five to six" is a time, "from 5 to 6" are two: "to"
    oclock_re: str = r"(?!)"  #: after an hour
    noon_re: str = r"(?!)"
    midnight_re: str = r"(?!)"
    now_re: str = r"(?!)"
    afternoon_until_six: bool = False  #: "5:30", without a zero before it, is in the afternoon
    no_hours: frozenset[str] = frozenset()  #: number words that are no hours: ``eine``
    no_minutes: frozenset[str] = frozenset()
    counted_re: str = r"(?!)"  #: after a number that is no hour: people, euros
    #: Expressions with ``{h}`` and perhaps ``{m}`` → (minutes, what ``{m}`` counts for).
    clock: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    day_parts: Mapping[str, str] = field(default_factory=dict)  #: expressions → morning, afternoon …
    filler_re: str = r"(?!)"  #: what may stand between a day and a time


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class UnitWords:
    """Units of time, length, money, age; percent and degrees."""

    seconds: Mapping[str, int] = field(default_factory=dict)  #: expressions → seconds
    spans: Mapping[str, int] = field(default_factory=dict)  #: expressions with their number → seconds
    and_re: str = r"(?!)"
    percent_re: str = r"%"
    degree_re: str = r"°"
    distances: Mapping[str, str] = field(default_factory=dict)  #: expressions → unit
    money: Mapping[str, str] = field(default_factory=dict)  #: expressions → currency, or "" for the local
    cents_re: str = r"cents?"
    ages: Mapping[str, str] = field(default_factory=dict)  #: expressions → unit
    old_re: str = r"(?!)"  #: after an age
    i_am_re: str = r"(?!)"  #: before an age
    only_re: str = r"(?!)"  #: between "I am" and an age: "just"


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class YesNoWords:
    """How a language says yes and no: whole answers, and words that say it in a longer one."""

    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    begins_yes: frozenset[str] = frozenset()
    begins_no: frozenset[str] = frozenset()
    polite: frozenset[str] = frozenset()  #: words that change nothing: please, thanks
    approval: frozenset[str] = frozenset()  #: words that, when they are denied, say no: "right", "good"
    approving: frozenset[str] = (
        frozenset()
    )  #: all words that may stand around those: "that's", "not", "quite"
    unsure_re: str = r"(?!)"  #: expressions that say neither, whatever stands around: "I don't know"


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Negation:
    """What makes a value one that is not meant. Words have no apostrophes: ``dont``."""

    negators: frozenset[str] = frozenset()  #: words that deny: not, never, can't
    light: frozenset[str] = frozenset()  #: words that may stand between those and what they deny
    joins: frozenset[str] = frozenset()  #: between two values that are denied together
    turns: frozenset[str] = frozenset()  #: end what a negation says: "but"
    bounds: frozenset[str] = frozenset()  #: "not before five" does not deny the five
    harmless_re: str = r"(?!)"  #: expressions with a negator that denies nothing: "not only"
    except_re: str = r"(?!)"  #: expressions that deny what follows: "other than"
    unfit_re: str = r"(?!)"  #: expressions that deny what stands before: "impossible"
    around_re: str = r"(?!)"  #: a negation of two words, with what stands between them as its one group
    unable: frozenset[str] = frozenset()  #: words that make of a negation a complaint: "I can't find it"
    wanting: frozenset[str] = frozenset()  #: verbs that make of it a wish: "I don't want to"
    subjects: frozenset[str] = frozenset()  #: words without which it is a command: "don't cancel"
    lacking_re: str = r"(?!)"  #: expressions by which somebody says what he does not have


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class AnswerWords:
    """What stands around some answers: a name, a mark on a scale, a span of days or hours."""

    name_lead_re: str = r"(?!)"  #: before a name: "my name is", "it's for my son"
    name_tail_re: str = r"(?!)"  #: behind one: "please", "is my name"
    particles: frozenset[str] = frozenset()  #: words inside a name that stay small: ``von``
    no_names: frozenset[str] = frozenset()  #: words of short answers that are no name
    out_of_re: str = r"(?!)"  #: between a mark and its highest: "4 out of 5"
    night_re: str = r"(?!)"  #: behind the length of a span of days: "3 nights"
    to_re: str = r"(?!)"  #: between the ends of a span: "to", "until"
    after_re: str = r"(?!)"  #: before the beginning of one without an end: "after 3"
    before_re: str = r"(?!)"  #: before the end of one without a beginning: "until noon"
    how_many_re: str = r"(?!)"  #: what a question holds that asks for a number of things: "how many"
    none_re: str = r"(?!)"  #: whole answers to it that mean 0: "none", "never"
    days_a_week_re: str = r"(?!)"  #: what it holds besides where 7 is all of them
    every_day_re: str = r"(?!)"  #: whole answers to that which mean 7


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class CorrectionWords:
    """What stands around a value that replaces an earlier one. In the first four a space may be any sign."""

    clear_re: str = r"(?!)"  #: expressions that take back what was said, whatever is asked: "no wait"
    setting_re: str = r"(?!)"  #: those that only a question of such values takes for an answer: "make it"
    hinting_re: str = r"(?!)"  #: those that may: "rather"
    opening_re: str = r"(?!)"  #: those that may stand before anything: "oh"
    no_re: str = (
        r"(?!)"  #: words that take back what stands before them, between marks: "monday, no, tuesday"
    )
    being_re: str = r"(?!)"  #: between a name and its value: "is", "was"
    relative_re: str = r"(?!)"  #: words that count from the earlier value: "later", "more"


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class SentenceCues:
    """The words by which kinds of sentences are told apart."""

    ands: frozenset[str] = frozenset()  #: between two wishes of one message
    greetings: frozenset[str] = frozenset()
    farewells: frozenset[str] = frozenset()
    what: frozenset[str] = frozenset()  #: question words but "how"
    how: frozenset[str] = frozenset()
    whether: frozenset[str] = frozenset()  #: verbs that begin a question
    commands: frozenset[str] = frozenset()  #: verbs that begin a command
    polite: frozenset[str] = frozenset()  #: may stand before all of these
    prepositions: frozenset[str] = frozenset()  #: may stand before a question word: "at what time"


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Language:
    """One language."""

    numbers: NumberWords
    dates: DateWords
    times: TimeWords
    units: UnitWords
    yes_no: YesNoWords
    negation: Negation
    cues: SentenceCues
    answers: AnswerWords = field(default_factory=AnswerWords)
    corrections: CorrectionWords = field(default_factory=CorrectionWords)
    #: Words that say little of what somebody wants; with their accents, contractions written out.
    function_words: frozenset[str]
    #: Words that stand for the same wish, a text for each group: beginnings of words, parted by spaces, and
    #: behind each ``|`` an expression of several words, contractions written out.
    synonyms: tuple[str, ...] = ()
    #: What people say to any bot and no intent of a flow means, as it is written, in groups: a flow that has
    #: an intent for greetings wants the whole group. None: nothing is known of the language.
    small_talk: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def leads_re(self) -> str:
        """What may stand between a limit ("after") and a date or a time: "at", "on the", articles."""
        return "|".join((self.times.at_re, self.dates.the_re, *sorted(self.numbers.picking_articles)))


def counted(words: str, start: int = 1, step: int = 1) -> dict[str, int]:
    """Words with their numbers; ``a|b`` are two words for one."""
    rows = enumerate(words.split())
    return {word: start + step * index for index, row in rows for word in row.split("|")}


def phrases(words: str, expressions: str = "") -> frozenset[str]:
    """Words parted by spaces, and expressions of several words parted by ``|``."""
    return frozenset(words.split()) | frozenset(expressions.split("|")) - {""}


def sentences(*lines: str) -> tuple[str, ...]:
    """Sentences parted by ``|``; a line goes on where the last one ended."""
    return tuple("".join(lines).split("|"))


def groups(text: str) -> tuple[str, ...]:
    """The lines of a text, without what stands around them."""
    return tuple(line.strip() for line in text.strip().splitlines())
