"""The dates of a series: which come next, where one moves to, and which are exceptions."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

MOST: Final = 100
"""Dates of a series, over all its extensions: as many appointments as one request to DynamoDB reads."""


class SeriesException(StrEnum):
    """MOVED: by itself, away from the series' time. REFUSED: it was not free when the dates were booked."""

    MOVED = "MOVED"
    CANCELLED = "CANCELLED"
    DELETED = "DELETED"
    REFUSED = "REFUSED"


class SeriesResult(StrEnum):
    """What became of one date.

    ALREADY_DONE: it is as wanted. KEPT: it was moved by itself, and stays. ENDED: it has begun, or stands no more.
    """

    DONE = "DONE"
    ALREADY_DONE = "ALREADY_DONE"
    KEPT = "KEPT"
    ENDED = "ENDED"
    REFUSED = "REFUSED"


def moved_day(planned: date, weekday: int | None) -> date:
    """The day of the same week (from Monday) with this ``weekday`` (Monday is 0); None keeps the day."""
    return planned if weekday is None else planned - timedelta(days=planned.weekday() - weekday)


def is_from(planned: date, first: date, weekday: int | None) -> bool:
    """Whether a date belongs to the part of a series from ``first`` on.

    One of the same week that stands on its new ``weekday`` belongs to it too: an earlier call moved it there.
    """
    is_there = weekday is not None and planned.weekday() == weekday
    is_same_week = moved_day(planned, 0) == moved_day(first, 0)
    return planned >= first or (is_there and is_same_week)


def next_days(last: date, every_weeks: int, first: date | None) -> Iterator[date]:
    """The dates after ``last``, endlessly; those before ``first`` are left out."""
    day = last
    while True:
        day += timedelta(weeks=every_weeks)
        if first is None or day >= first:
            yield day
