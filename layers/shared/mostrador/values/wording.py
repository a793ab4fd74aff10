"""Sentences for people from facts for programs: times, money and codes as people write them, in Spanish or English.

A sentence names the kind of each fact: ``{draw_at:time}``, ``{first:day}``, ``{price:money}``, ``{limit:count}``,
``{retry_after:duration}``, ``{current:order}`` (a table of ``word_tables``). A fact without a kind
stands as it is. The facts themselves stay as programs read them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from mostrador.values import word_tables
from mostrador.values.word_tables import MONTHS, NAMES, OTHER, WEEKDAYS

Words = word_tables.Words
"""(Spanish, English)"""
_MINUTE: Final = 60
_HOUR: Final = 3600
_GUARANI: Final = "PYG"


@dataclass(frozen=True, slots=True)
class Reader:
    """The person who reads: the language, the zone that times are in, and now, of which the year goes without saying.

    Without a zone a time keeps its own offset; without now each date has its year.
    """

    language: str = "es"
    zone: ZoneInfo | None = None
    now: datetime | None = None

    def sentence(self, template: str, facts: Mapping[str, object]) -> str:
        """``template`` with its facts in words."""
        return template.format_map({name: _Fact(self, facts, value) for name, value in facts.items()})

    def is_past(self, written: str) -> bool:
        """Whether an instant in ISO 8601 lies before now."""
        return self.now is not None and (_instant(written) or self.now) < self.now

    def choose(self, words: Words) -> str:
        return words[1] if self.language == "en" else words[0]


@dataclass(frozen=True, slots=True)
class _Fact:
    reader: Reader
    facts: Mapping[str, object]
    value: object

    def __format__(self, kind: str) -> str:
        if kind == "money":
            return money(self.reader, str(self.value), str(self.facts.get("currency", "")))
        say = _KINDS.get(kind)
        if say:
            return say(self.reader, self.value)
        return _named(self.reader, NAMES[kind], self.value) if kind else _plain(self.value)


def exactly(template: str, facts: Mapping[str, object]) -> str:
    """``template`` with its facts as they are, for logs."""
    return template.format_map({name: _Exact(value) for name, value in facts.items()})


@dataclass(frozen=True, slots=True)
class _Exact:
    value: object

    def __format__(self, _kind: str) -> str:
        return str(self.value)


def time(reader: Reader, written: object) -> str:
    """An instant in ISO 8601: ``domingo 6 de diciembre, 9:00``; in UTC where the reader's zone is not known."""
    instant = _instant(written)
    if instant is None:
        return str(written)
    local = instant.astimezone(reader.zone) if reader.zone else instant
    is_utc = not reader.zone and not local.utcoffset()
    return f"{_date(reader, local, local.tzinfo)}, {local.hour}:{local.minute:02}{' UTC' if is_utc else ''}"


def day(reader: Reader, written: object) -> str:
    """A date in ISO 8601: ``domingo 6 de diciembre``."""
    try:
        return _date(reader, date.fromisoformat(str(written)), reader.zone)
    except ValueError:
        return str(written)


def month(reader: Reader, written: object) -> str:
    """``2026-12``: ``diciembre de 2026``."""
    year, _, number = str(written).partition("-")
    name = reader.choose(MONTHS[int(number) - 1])
    return f"{name} {year}" if reader.language == "en" else f"{name} de {year}"


def identifier(reader: Reader, written: object) -> str:
    """An id: the name of a system, or the day of a special day, else as it is."""
    return day(reader, _named(reader, NAMES["integration"], written))


def year(_reader: Reader, written: object) -> str:
    """The year of a date or instant, also in Python's way of writing it."""
    found = re.search("[0-9]{4}", str(written))
    return found[0] if found else str(written)


def count(reader: Reader, number: object) -> str:
    """A whole number with its thousands apart: ``65.536``, in English ``65,536``."""
    return f"{int(str(number)):,}" if reader.language == "en" else f"{int(str(number)):,}".replace(",", ".")


def duration(reader: Reader, seconds: object) -> str:
    """Seconds as the smallest number of whole seconds, minutes or hours that is not less."""
    left = int(str(seconds))
    if left < 2 * _MINUTE:
        unit, size = ("segundo", "second"), 1
    elif left < 2 * _HOUR:
        unit, size = ("minuto", "minute"), _MINUTE
    else:
        unit, size = ("hora", "hour"), _HOUR
    number = -(-left // size)
    return f"{number} {reader.choose(unit)}{'' if number == 1 else 's'}"


def money(reader: Reader, written: str, currency: str) -> str:
    """``80000 PYG``, or ``80000`` of a known currency: ``Gs. 80.000``; ``25.00 USD``: ``USD 25,00``."""
    amount, _, of = written.partition(" ")
    currency = of or currency
    whole, dot, decimals = amount.partition(".")
    comma = "." if reader.language == "en" else ","
    sign = "Gs." if currency == _GUARANI else currency
    return f"{sign} {count(reader, whole)}{comma if dot else ''}{decimals}".strip()


def _date(reader: Reader, on: date, zone: Any) -> str:
    weekday, name = reader.choose(WEEKDAYS[on.weekday()]), reader.choose(MONTHS[on.month - 1])
    is_this_year = reader.now is not None and reader.now.astimezone(zone).year == on.year
    if reader.language == "en":
        return f"{weekday} {on.day} {name}" + ("" if is_this_year else f" {on.year}")
    return f"{weekday} {on.day} de {name}" + ("" if is_this_year else f" de {on.year}")


def _instant(written: object) -> datetime | None:
    """The aware instant of a text in ISO 8601; None where it is none."""
    try:
        instant = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def _named(reader: Reader, names: Mapping[str, Words], value: object) -> str:
    """A code of a table in words, or each of some; a code that is not there as it is."""
    codes = value if isinstance(value, list | tuple) else [value]
    return ", ".join(
        reader.choose(names.get(str(code)) or names.get(OTHER) or (str(code), str(code))) for code in codes
    )


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


_KINDS: Final[Mapping[str, Callable[[Reader, object], str]]] = {
    "time": time,
    "day": day,
    "month": month,
    "year": year,
    "id": identifier,
    "count": count,
    "duration": duration,
}
KINDS: Final = frozenset({*_KINDS, *NAMES, "money", ""})
"""Every kind that a sentence may name."""
