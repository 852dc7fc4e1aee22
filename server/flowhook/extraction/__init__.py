"""Values in texts, and the table of the kinds that flowhook finds.

A finder is a function ``(text, context) -> list[Match]``: all values of its kind in the order of the text,
none overlapping another. It never raises for any text, and reads the first ``MAX_TEXT`` characters of a
longer one. The modules that find are imported when a kind is first looked for, so that a server that
asks for no dates loads none of their grammar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowhook.extraction.match import Context, Match

Finder = Callable[[str, Context], list[Match]]

MAX_TEXT = 10_000  #: characters of a text that are read


def _number(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.numbers import find_number

    return find_number(text, context)


def _integer(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.numbers import find_integer

    return find_integer(text, context)


def _date(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.dates import find_date

    return find_date(text, context)


def _time(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.times import find_time

    return find_time(text, context)


def _datetime(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.datetimes import find_datetime

    return find_datetime(text, context)


def _duration(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.durations import find_duration

    return find_duration(text, context)


def _money(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.money import find_money

    return find_money(text, context)


def _percentage(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.measures import find_percentage

    return find_percentage(text, context)


def _email(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.contacts import find_email

    return find_email(text, context)


def _phone(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.contacts import find_phone

    return find_phone(text, context)


def _url(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.contacts import find_url

    return find_url(text, context)


def _age(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.measures import find_age

    return find_age(text, context)


def _temperature(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.measures import find_temperature

    return find_temperature(text, context)


def _distance(text: str, context: Context) -> list[Match]:
    from flowhook.extraction.measures import find_distance

    return find_distance(text, context)


def _bounded(find: Finder) -> Finder:
    return lambda text, context: find(text[:MAX_TEXT], context)


def _with_rivals(find: Finder) -> Finder:
    """Numbers that share the unit of a found one make values, too; see :mod:`~.alternatives`."""

    def find_all(text: str, context: Context) -> list[Match]:
        found = find(text, context)
        if not found:
            return found
        from flowhook.extraction.alternatives import with_rivals

        return with_rivals(text, context.locale, found, lambda other: find(other, context))

    return find_all


#: Kind of value → its finder.
FINDERS: Mapping[str, Finder] = {
    kind: _bounded(find)
    for kind, find in {
        "number": _number,
        "integer": _integer,
        "date": _date,
        "time": _time,
        "datetime": _datetime,
        "duration": _with_rivals(_duration),
        "money": _with_rivals(_money),
        "percentage": _with_rivals(_percentage),
        "email": _email,
        "phone": _phone,
        "url": _url,
        "age": _with_rivals(_age),
        "temperature": _with_rivals(_temperature),
        "distance": _with_rivals(_distance),
    }.items()
}
