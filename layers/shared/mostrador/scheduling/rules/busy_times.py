"""Busy times: which external calendars block a resource, how far ahead, and how fresh the copy of them is.

A *source* is one connected calendar: ``GOOGLE_CALENDAR`` is the tenant's and blocks all its resources,
``GOOGLE_CALENDAR#<resource>`` blocks that one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Final
from zoneinfo import ZoneInfo

from mostrador.values import local_time

Span = tuple[int, int]
"""From the first minute since the epoch to the second, which is free again."""
BEHIND: Final = timedelta(days=1)
AHEAD: Final = timedelta(days=750)
"""Busy times are kept for so many days ahead: 20 more than any service can be booked."""
LONGEST: Final = timedelta(days=366)
"""A longer event is cut there; a later full sync continues from its own day."""
STALE: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class BusyTime:
    """The time of an external event: from minute ``starts`` since the epoch (UTC) to ``ends`` (exclusive)."""

    event_id: str
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Freshness:
    """When the copy of some calendars was last fresh: None where none is connected, or one was never read."""

    as_of: datetime | None
    is_stale: bool


def blocks(source: str, resource_id: str) -> bool:
    """Whether a calendar blocks a resource: the tenant's calendar blocks every one."""
    _, _, owner = source.partition("#")
    return owner in ("", resource_id)


def horizon(now: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last local day whose busy times are kept."""
    today = local_time.local_day(local_time.minute(now), zone)
    return today - BEHIND, today + AHEAD


def freshness(as_ofs: Iterable[datetime | None], now: datetime) -> Freshness:
    """The oldest time at which some calendars were last read; None stands for never."""
    every = list(as_ofs)
    read = [as_of for as_of in every if as_of is not None]
    oldest = min(read) if every and len(read) == len(every) else None
    return Freshness(oldest, bool(every) and (oldest is None or now - oldest > STALE))


def by_local_day(
    busies: Iterable[BusyTime], zone: ZoneInfo, *, first: date = date.min, last: date = date.max
) -> dict[date, list[BusyTime]]:
    """Busy times by local day, in order, split at midnight, from ``first`` to ``last``, both included.

    An event may last for years: pass both days wherever the result is stored.
    """
    days: dict[date, list[BusyTime]] = {}
    for busy in sorted(busies, key=attrgetter("starts", "ends", "event_id")):
        day = max(first, local_time.local_day(busy.starts, zone))
        while day <= last and (bounds := local_time.day_bounds(day, zone))[0] < busy.ends:
            starts, ends = max(bounds[0], busy.starts), min(bounds[1], busy.ends)
            if starts < ends:
                days.setdefault(day, []).append(replace(busy, starts=starts, ends=ends))
            day += timedelta(days=1)
    return days
