"""Opening hours: wall-clock intervals of each weekday, and the instants they mean on given days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

from mostrador.values import local_time

Interval = tuple[int, int]
"""Minutes after the day's midnight on the wall clock, end exclusive; an end past 1440 runs into the next day."""

Weekly = Mapping[int, tuple[Interval, ...]]
"""Weekday (Monday is 0) -> its intervals; a weekday that is missing is closed."""

WeekOfMinutes = dict[str, list[list[int]]]
"""The stored week: weekday number as text, Monday is "0" -> [[opens, closes], ...] in minutes after midnight."""


class SpecialDay(TypedDict):
    """The stored hours of one day that differs from its weekday; none where it is closed."""

    name: str
    hours: list[list[int]]


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a week and those of special days, on which no interval means closed.

    The grid of starts begins ``offset`` minutes after each opening.
    """

    weekly: Weekly
    special: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    offset: int = 0

    def on(self, day: date) -> tuple[Interval, ...]:
        return self.special[day] if day in self.special else self.weekly.get(day.weekday(), ())


@dataclass(frozen=True, slots=True)
class Window:
    """Open from ``begins`` to ``ends`` (instants, exclusive); starts are offered at ``origin`` + n steps."""

    begins: int
    ends: int
    origin: int


def windows(hours: Hours, zone: ZoneInfo, first: date, last: date) -> list[Window]:
    """The windows of the local days ``first`` to ``last``, earliest first. A window never spans a clock change."""
    reach = local_time.stretches(zone, first, last)
    found = []
    for number in range(-1, (last - first).days + 1):  # the day before may run past midnight
        day = first + timedelta(days=number)
        midnight = local_time.wall_midnight(day)
        for opens, closes in hours.on(day):
            found += _preimage(reach, midnight + opens, midnight + closes, hours.offset)
    earliest, latest = local_time.day_bounds(first, zone)[0], local_time.day_bounds(last, zone)[1]
    return sorted(
        (window for window in found if window.ends > earliest and window.begins < latest),
        key=lambda window: (window.begins, window.ends),
    )


def _preimage(reach: Iterable[local_time.Stretch], wall_from: int, wall_to: int, offset: int) -> list[Window]:
    """The instants whose wall time lies between the two: none in a gap, twice where the clock is set back."""
    return [
        Window(begins, ends, wall_from + offset - stretch.offset)
        for stretch in reach
        if (begins := max(stretch.begins, wall_from - stretch.offset))
        < (ends := min(stretch.ends, wall_to - stretch.offset))
    ]


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The union of ``spans``, sorted and disjoint; spans that touch become one."""
    union: list[tuple[int, int]] = []
    for begins, ends in sorted(spans):
        if union and begins <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], ends))
        else:
            union.append((begins, ends))
    return union


def special(stored: Mapping[str, SpecialDay] | None) -> dict[date, tuple[Interval, ...]]:
    """The stored special days, with the date as text as their key, as ``Hours`` takes them."""
    return {
        date.fromisoformat(day): tuple((opens, closes) for opens, closes in special_day["hours"])
        for day, special_day in (stored or {}).items()
    }


def weekly(stored: WeekOfMinutes) -> Weekly:
    """The stored week as ``Hours`` takes it."""
    return {int(day): tuple((opens, closes) for opens, closes in spans) for day, spans in stored.items()}
