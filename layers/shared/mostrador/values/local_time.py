"""Local time as arithmetic on whole minutes.

Instants are minutes since 1970-01-01T00:00Z; wall times are minutes since 1970-01-01T00:00 on the local clock.
Between two clock changes they differ by a constant, so a day is one or two ``Stretch``es and everything else is
integer ranges. A skipped wall time has no instant, a repeated one has two.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = 24 * 60
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Instants ``begins`` to ``ends`` (exclusive) during which wall time is the instant + ``offset`` minutes."""

    begins: int
    ends: int
    offset: int


def minute(at: datetime) -> int:
    """The minute since the epoch in which the aware datetime ``at`` falls."""
    return (at - _EPOCH) // timedelta(minutes=1)


def instant(minutes: int, zone: ZoneInfo) -> datetime:
    """The aware datetime, in ``zone``, of a minute since the epoch."""
    return datetime.fromtimestamp(minutes * 60, zone)


def wall_midnight(day: date) -> int:
    """Midnight of ``day`` in wall minutes."""
    return (day - _EPOCH_DAY).days * DAY


def local_day(minutes: int, zone: ZoneInfo) -> date:
    return instant(minutes, zone).date()


def instants(day: date, wall: int, zone: ZoneInfo) -> list[int]:
    """The instants at which the clocks show ``wall`` minutes after midnight of ``day``: none, one or two."""
    at = wall_midnight(day) + wall
    return [
        at - stretch.offset
        for stretch in stretches(zone, day, day)
        if stretch.begins <= at - stretch.offset < stretch.ends
    ]


def wall(minutes: int, zone: ZoneInfo) -> str:
    """The time on the clocks of ``zone`` at a minute since the epoch: ``2026-12-01T09:00``."""
    return instant(minutes, zone).strftime("%Y-%m-%dT%H:%M")


def at_wall(shown: str, zone: ZoneInfo, *, nearest: int) -> int:
    """The minute since the epoch at which the clocks of ``zone`` show ``shown`` (``2026-12-01T09:00``).

    Of a repeated time it is ``nearest``, where that is one of the two, else the first. A skipped time counts with the
    offset before the gap (RFC 5545, section 3.3.5).
    """
    at = datetime.fromisoformat(shown)
    found = instants(at.date(), at.hour * 60 + at.minute, zone)
    if not found:
        return minute(at.replace(tzinfo=zone))  # PEP 495: fold 0 of a gap has the offset before it
    return nearest if nearest in found else found[0]


def day_bounds(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """The instants at which the local ``day`` begins and ends (exclusive), whatever the clocks do at midnight."""
    wall = wall_midnight(day)
    inside = [
        bounds
        for stretch in stretches(zone, day, day)
        if (bounds := _overlap(stretch, wall, wall + DAY))[0] < bounds[1]
    ]
    if not inside:  # a day the zone skipped altogether
        edge = next(s.begins for s in stretches(zone, day, day) if s.begins + s.offset >= wall)
        return edge, edge
    return inside[0][0], inside[-1][1]


def _overlap(stretch: Stretch, wall_from: int, wall_to: int) -> tuple[int, int]:
    return max(stretch.begins, wall_from - stretch.offset), min(stretch.ends, wall_to - stretch.offset)


def _offset(minutes: int, zone: ZoneInfo) -> int:
    shift = instant(minutes, zone).utcoffset() or timedelta()
    return shift // timedelta(minutes=1)


@lru_cache(maxsize=512)
def stretches(zone: ZoneInfo, first: date, last: date) -> tuple[Stretch, ...]:
    """The stretches that cover the local days ``first`` to ``last`` and a day on either side."""
    begins, ends = wall_midnight(first) - 2 * DAY, wall_midnight(last) + 3 * DAY
    found: list[Stretch] = []
    since, offset = begins, _offset(begins, zone)
    for probe in range(begins + DAY, ends + 1, DAY):  # no zone changes its clocks twice within a day
        after = _offset(probe, zone)
        if after != offset:
            change = _change(probe - DAY, probe, offset, zone)
            found.append(Stretch(since, change, offset))
            since, offset = change, after
    return (*found, Stretch(since, ends, offset))


def _change(low: int, high: int, before: int, zone: ZoneInfo) -> int:
    """The first minute in (low, high] whose offset is no longer ``before``."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high
