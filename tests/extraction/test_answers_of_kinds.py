"""Names, marks on a scale, spans of days and hours, dates by direction, amounts without a currency."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flowhook.extraction.match import Context
from flowhook.extraction.names import find_name
from flowhook.extraction.scales import find_mark
from flowhook.extraction.spans import find_date_range, find_time_range
from flowhook.nodes.ask import Ask
from flowhook.nodes.parts.answer_types import NO_ANSWER, UserMessage

NOW = datetime(2027, 5, 12, 10, 0, tzinfo=ZoneInfo("Europe/Berlin"))  # a Wednesday


@pytest.mark.parametrize(
    ("locale", "text", "name"),
    [
        ("en", "I'm Ada", "Ada"), ("en", "my name is Ada Lovelace", "Ada Lovelace"), ("en", "Ada", "Ada"),
        ("en", "it's for my son Ben", "Ben"), ("en", "ada lovelace, please", "Ada Lovelace"),
        ("en", "hello, this is John O'Neill", "John O'Neill"),
        ("en", "Ada Lovelace is my name", "Ada Lovelace"),
        ("de", "ich heiße Ada", "Ada"), ("de", "für meinen Sohn Ben", "Ben"),
        ("de", "Mein Name ist ludwig van beethoven", "ludwig van beethoven"),
        ("de", "ludwig van beethoven", "Ludwig van Beethoven"),
        ("fr", "je m'appelle Zoé Martin", "Zoé Martin"), ("fr", "c'est pour ma fille Léa", "Léa"),
        ("es", "me llamo Juan", "Juan"), ("es", "soy Ana García", "Ana García"),
        ("it", "mi chiamo Carlo", "Carlo"), ("nl", "ik heet Jan de Vries", "Jan de Vries"),
        ("pt", "meu nome é João", "João"), ("pt", "sou o Pedro", "Pedro"),
        *((locale, text, None) for locale, text in [
            ("en", "no"), ("en", "what do you mean"), ("en", "never mind"), ("en", "I'm not sure"),
            ("en", "12"),
            ("en", "i'm looking for a doctor"), ("de", "weiß ich nicht"), ("de", "nein danke"), ("en", "..."),
            ("fr", "je ne sais pas"), ("es", "no"), ("it", "non lo so mio dio"), ("nl", "wat bedoel je"),
            ("pt", "não"), ("en", "a" * 500), ("en", ""),
        ]),
    ],
)  # fmt: skip
def test_names(locale: str, text: str, name: str | None) -> None:
    """Without what is said around them; other answers are none."""
    if name == "ludwig van beethoven":
        name = "Ludwig van Beethoven"
    assert find_name(text, Context(locale, NOW)) == name


@pytest.mark.parametrize(
    ("locale", "text", "mark"),
    [
        ("en", "4", 4), ("en", "four", 4), ("en", "4/5", 4), ("en", "4 out of 5", 4), ("en", "⭐⭐⭐", 3),
        ("en", "★★★★☆", 4), ("en", "4/10", None), ("en", "7", None), ("en", "3.5", None),
        ("en", "3 stars", 3),
        ("en", "three or four", None), ("en", "great", None), ("de", "vier von fünf", 4),
        ("fr", "3 sur 5", 3),
        ("es", "3 de 5", 3), ("it", "4 su 5", 4), ("nl", "4 van de 5", 4), ("pt", "4 de 5", 4),
        ("en", "0", None),
    ],
)  # fmt: skip
def test_marks_on_a_scale(locale: str, text: str, mark: int | None) -> None:
    """Of one to five; on another scale it is none."""
    assert find_mark(text, Context(locale, NOW), 1, 5) == mark


MAY, JUNE = ("2027-05-03", "2027-05-07"), ("2027-06-03", "2027-06-07")


@pytest.mark.parametrize(
    ("locale", "text", "span"),
    [
        ("en", "from monday to friday", ("2027-05-17", "2027-05-21")), ("en", "3 to 7 May", MAY),
        ("en", "3-7 May", MAY), ("en", "May 3 - May 7", MAY),
        ("en", "next week", ("2027-05-17", "2027-05-23")),
        ("en", "this weekend", ("2027-05-15", "2027-05-16")),
        ("en", "tomorrow", ("2027-05-13", "2027-05-13")),
        ("en", "next month", ("2027-06-01", "2027-06-30")), ("en", "after June 3", ("2027-06-03", None)),
        ("en", "until friday", (None, "2027-05-14")),
        ("en", "friday to monday", ("2027-05-14", "2027-05-17")),
        ("de", "vom 3. bis 7. Juni", JUNE), ("de", "zwischen 3. und 7. Juni", JUNE),
        ("de", "nächste Woche", ("2027-05-17", "2027-05-23")), ("fr", "du 3 au 7 juin", JUNE),
        ("es", "del 3 al 7 de junio", JUNE), ("it", "dal 3 al 7 giugno", JUNE),
        ("nl", "van maandag tot vrijdag", ("2027-05-17", "2027-05-21")), ("pt", "de 3 a 7 de junho", JUNE),
        ("en", "monday or tuesday", None), ("en", "7 to 3 May", None), ("en", "not monday", None),
        ("en", "some day", None), ("en", "monday and friday", None),
        ("en", "this week", ("2027-05-10", "2027-05-16")),
        ("de", "in dieser Woche", ("2027-05-10", "2027-05-16")),
        ("fr", "cette semaine", ("2027-05-10", "2027-05-16")),
        ("en", "this month", ("2027-05-01", "2027-05-31")), ("en", "later this week", None),
        ("en", "not this week", None), ("en", "this week or next week", None),
        ("en", "friday this week", ("2027-05-14", "2027-05-14")), ("en", "the coming week", None),
        ("en", "next week, not this week", ("2027-05-17", "2027-05-23")),
    ],
)  # fmt: skip
def test_spans_of_days(locale: str, text: str, span: tuple[str | None, str | None] | None) -> None:
    """Two days that belong together, weeks and months, open ends; not two days of which one is meant."""
    found = find_date_range(text, Context(locale, NOW))
    assert (None if found is None else (found["from"], found["to"])) == span


@pytest.mark.parametrize(
    ("locale", "text", "span"),
    [
        ("en", "between 2 and 4", ("14:00", "16:00")), ("en", "from 9 to 5", ("09:00", "17:00")),
        ("en", "2 to 4 pm", ("14:00", "16:00")), ("en", "2-4pm", ("14:00", "16:00")),
        ("en", "10 till 11:30", ("10:00", "11:30")), ("en", "after 3", ("15:00", None)),
        ("en", "before noon", (None, "12:00")), ("en", "in the afternoon", ("12:00", "18:00")),
        ("de", "zwischen 2 und 4", ("14:00", "16:00")), ("de", "von 9 bis 17 Uhr", ("09:00", "17:00")),
        ("de", "ab 15 Uhr", ("15:00", None)), ("de", "vormittags", ("06:00", "12:00")),
        ("fr", "entre 14h et 16h", ("14:00", "16:00")), ("fr", "après 15h", ("15:00", None)),
        ("es", "entre las 2 y las 4", ("14:00", "16:00")), ("es", "por la tarde", ("12:00", "18:00")),
        ("it", "dalle 9 alle 11", ("09:00", "11:00")), ("nl", "tussen 2 en 4", ("14:00", "16:00")),
        ("pt", "das 9 às 11", ("09:00", "11:00")), ("en", "at 3", None), ("en", "3 or 4 pm", None),
        ("en", "2 and 4", None), ("en", "whenever", None), ("en", "morning or evening", None),
    ],
)  # fmt: skip
def test_spans_of_hours(locale: str, text: str, span: tuple[str | None, str | None] | None) -> None:
    """Two hours, an open end, a part of the day; a time alone is none."""
    found = find_time_range(text, Context(locale, NOW))
    assert (None if found is None else (found["from"], found["to"])) == span


def answer(text: str, locale: str = "en", **settings: Any) -> Any:
    """What a question makes of a text."""
    return Ask(text="?", **settings).read(UserMessage(text, {}, [], locale, NOW))


@pytest.mark.parametrize(
    ("text", "past", "future"),
    [
        ("on monday", "2027-05-10", "2027-05-17"), ("Nov 3", "2026-11-03", "2027-11-03"),
        ("May 3", "2027-05-03", "2028-05-03"), ("3 May 2026", "2026-05-03", NO_ANSWER),
        ("May 20, 2027", NO_ANSWER, "2027-05-20"), ("tomorrow", NO_ANSWER, "2027-05-13"),
        ("yesterday", "2027-05-11", NO_ANSWER), ("in two weeks", NO_ANSWER, "2027-05-26"),
        ("today", "2027-05-12", "2027-05-12"), ("next friday", NO_ANSWER, "2027-05-21"),
        ("two days ago", "2027-05-10", NO_ANSWER), ("last monday", "2027-05-10", NO_ANSWER),
    ],
)  # fmt: skip
def test_dates_by_direction(text: str, past: Any, future: Any) -> None:
    """Words that leave it open are turned, others are asked for again."""
    assert answer(text, type="date", direction="past") == past
    assert answer(text, type="date", direction="future") == future
    assert answer(text, type="date", direction="any") == answer(text, type="date")


@pytest.mark.parametrize(
    ("locale", "text", "day"),
    [
        ("de", "am Montag", "2027-05-10"), ("de", "am 3. November", "2026-11-03"),
        ("fr", "lundi", "2027-05-10"),
        ("es", "el lunes", "2027-05-10"), ("it", "lunedì", "2027-05-10"), ("nl", "maandag", "2027-05-10"),
        ("pt", "segunda-feira", "2027-05-10"), ("de", "nächsten Montag", NO_ANSWER),
        ("de", "morgen", NO_ANSWER),
    ],
)  # fmt: skip
def test_past_dates_in_other_languages(locale: str, text: str, day: Any) -> None:
    """The same rules."""
    assert answer(text, locale, type="date", direction="past") == day


@pytest.mark.parametrize("locale", ["en", "de"])
def test_a_date_towards_the_past_keeps_its_day_all_year(locale: str) -> None:
    """Also in the weeks after it, in which the date alone is the one that was."""
    said = {"en": "3 November", "de": "3. November"}[locale]
    for days in range(0, 366, 5):
        now = datetime(2027, 1, 2, 10, tzinfo=ZoneInfo("Europe/Berlin")) + timedelta(days=days)
        message, is_over = UserMessage(said, {}, [], locale, now), now >= now.replace(month=11, day=3)
        is_today = now.date() == date(now.year, 11, 3)
        past, future = (Ask(text="?", type="date", direction=which) for which in ("past", "future"))  # type: ignore[arg-type]
        assert past.read(message) == f"{now.year if is_over else now.year - 1}-11-03", now
        assert future.read(message) == f"{now.year + (is_over and not is_today)}-11-03", now


@pytest.mark.parametrize(
    ("text", "past", "future"),
    [
        ("from monday to friday", ("2027-05-03", "2027-05-07"), ("2027-05-17", "2027-05-21")),
        ("saturday to sunday", ("2027-05-08", "2027-05-09"), ("2027-05-15", "2027-05-16")),
        ("3 to 7 June", ("2026-06-03", "2026-06-07"), ("2027-06-03", "2027-06-07")),
        ("28 December to 3 January", ("2026-12-28", "2027-01-03"), ("2027-12-28", "2028-01-03")),
        ("1 to 5 April", ("2027-04-01", "2027-04-05"), ("2028-04-01", "2028-04-05")),
        ("1 to 5 April 2027", ("2027-04-01", "2027-04-05"), None),
        ("3 to 7 June 2027", None, ("2027-06-03", "2027-06-07")),
        ("next week", None, ("2027-05-17", "2027-05-23")),
        ("last week", ("2027-05-03", "2027-05-09"), None),
        ("since monday", ("2027-05-10", None), None),
        ("until friday", (None, "2027-05-07"), (None, "2027-05-14")),
        ("tomorrow", None, ("2027-05-13", "2027-05-13")),
        ("10 to 14 May", ("2027-05-10", "2027-05-14"), ("2027-05-10", "2027-05-14")),
        ("monday to friday last week", None, None),
    ],
)
def test_spans_of_days_by_direction(text: str, past: Any, future: Any) -> None:
    """Turned as dates are; one that holds today lies in both."""
    for direction, span in (("past", past), ("future", future)):
        found = answer(text, type="date_range", direction=direction)
        assert (None if found in (NO_ANSWER, None) else (found["from"], found["to"])) == span, direction
    assert answer(text, type="date_range", direction="any") == answer(text, type="date_range")


@pytest.mark.parametrize(
    ("locale", "question", "none", "every"),
    [
        ("en", "How many days a week are you here?", "None.", "every day"),
        ("de", "An wie vielen Tagen in der Woche sind Sie da?", "gar keinen", "jeden Tag, danke"),
        ("fr", "Combien de jours par semaine ?", "aucun", "tous les jours"),
        ("es", "¿Cuántos días a la semana viene?", "ninguno", "todos los días"),
        ("it", "Quanti giorni alla settimana?", "nessuno", "ogni giorno"),
        ("nl", "Hoeveel dagen per week?", "geen", "elke dag"),
        ("pt", "Quantos dias por semana?", "nenhum", "todos os dias"),
        ("da", "Hvor mange dage om ugen?", "ingen", "hver dag"),
    ],
)
def test_counts_in_other_words(locale: str, question: str, none: str, every: str) -> None:
    """Where it is asked how many, and how many days of a week; nowhere else."""

    def read(said: str, asked: str) -> Any:
        return Ask(text=asked, type="integer").read(UserMessage(said, {}, [], locale, NOW))

    assert (read(none, question), read(every, question)) == (0, 7)
    assert read(none, "Your order number? ¿Su número?") is NO_ANSWER
    assert read(every, "How many days a month? Wie viele Tage im Monat?") is NO_ANSWER
    assert read(f"{none} x", question) is NO_ANSWER


@pytest.mark.parametrize(
    ("text", "value"), [("14h", "14:00"), ("at 14h", "14:00"), ("about 15 h", "15:00"), ("2h", None),
                        ("2ish", None), ("it takes about 14h", None), ("after 14h", None)],
)  # fmt: skip
def test_hours_with_an_h(text: str, value: str | None) -> None:
    """From 13 on they are no length in whatever language; a length or a limit is none."""
    found = answer(text, type="time")
    assert (None if found is NO_ANSWER else found) == value


def test_a_moment_by_direction() -> None:
    """Its day is turned, its time stays."""
    assert answer("monday at 8", type="datetime", direction="past").startswith("2027-05-10T08:00")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50", {"value": 50, "currency": "EUR"}), ("fifty", {"value": 50, "currency": "EUR"}),
        ("60.50", {"value": 60.5, "currency": "EUR"}), ("$20", {"value": 20, "currency": "USD"}),
        ("a lot", NO_ANSWER), ("5 euros or 6 euros", NO_ANSWER), ("at least 50", NO_ANSWER),
    ],
)  # fmt: skip
def test_an_amount_without_a_currency(text: str, value: Any) -> None:
    """Is one of the question's, where it names one."""
    assert answer(text, type="money", currency="EUR") == value
    assert answer("50", type="money") is NO_ANSWER


@pytest.mark.parametrize(
    "settings",
    [
        {"type": "text", "direction": "past"}, {"type": "number", "currency": "EUR"},
        {"type": "money", "currency": "euro"},
        {"type": "number", "scale": 5}, {"type": "scale", "scale": [5, 1]}, {"type": "scale", "scale": 0},
    ],
)  # fmt: skip
def test_settings_of_other_types_are_refused(settings: dict[str, Any]) -> None:
    """Each belongs to its types."""
    with pytest.raises(ValueError, match=r"direction|currency|scale|pattern"):
        Ask(text="?", **settings)


def test_a_scale_of_ones_own() -> None:
    """From zero to ten."""
    assert answer("10", type="scale", scale=[0, 10]) == 10
    assert answer("0", type="scale", scale=[0, 10]) == 0
    assert answer("7/10", type="scale", scale=10) == 7
    assert answer("11", type="scale", scale=10) is NO_ANSWER
