"""When a service can begin: the free starts of a range of days, and why a given start is not free.

Both answers come from the same terms: ``starts`` lists exactly the instants for which ``refusal`` finds nothing.
Nothing is tried slot by slot: open hours minus what is blocked leaves a few spans of integers, and the grid of
starts is cut from them by arithmetic, so a month costs what its bookings cost.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from operator import itemgetter
from zoneinfo import ZoneInfo

from mostrador.rules import agenda, opening, zones


class Reason(StrEnum):
    CLOSED = "closed"
    OFF_GRID = "off_grid"
    NOTICE = "before_notice"
    WINDOW = "past_advance_window"
    TAKEN = "taken"
    DAILY_LIMIT = "daily_limit"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the tenant, the service and one resource allow; minutes, and ``now`` as an instant in minutes.

    ``service_counts`` tells how many of the service are booked per local day over all its resources.
    """

    demand: agenda.Demand
    hours: opening.Hours
    zone: ZoneInfo
    step: int
    earliest: int
    last_day: date
    booked: Sequence[agenda.Booking]
    service_counts: Counter[date]

    def full(self, day: date) -> bool:
        limit = self.demand.max_per_day
        return limit is not None and self.service_counts[day] >= limit


def starts(terms: Terms, first: date, last: date) -> list[int]:
    """The free starts on the local days ``first`` to ``last``, as sorted minutes since the epoch."""
    last = min(last, terms.last_day)
    if last < first:
        return []
    floor = max(zones.day_bounds(first, terms.zone)[0], terms.earliest)
    ceiling = zones.day_bounds(last, terms.zone)[1]
    windows = _windows(terms, first, last)
    union = opening.merged((window.begins, window.ends) for window in windows)
    blocked = opening.merged(_blocked(terms) + _full_days(terms))
    found: set[int] = set()
    for window in windows:
        closes = union[bisect_right(union, window.begins, key=itemgetter(0)) - 1][1]
        low, high = max(window.begins, floor), min(window.ends, ceiling, closes - terms.demand.duration + 1)
        found.update(_grid(window.origin, terms.step, low, high, blocked))
    return sorted(found)


def refusal(terms: Terms, at: int) -> Reason | None:
    """Why the start ``at`` (a minute since the epoch) is not offered, or None when it is."""
    day = zones.local_day(at, terms.zone)
    windows = _windows(terms, day, day)
    open_at = [window for window in windows if window.begins <= at < window.ends]
    union = opening.merged((window.begins, window.ends) for window in windows)
    checks = (
        (Reason.NOTICE, at < terms.earliest),
        (Reason.WINDOW, day > terms.last_day),
        (Reason.CLOSED, not any(low <= at <= high - terms.demand.duration for low, high in union)),
        (Reason.OFF_GRID, not any((at - window.origin) % terms.step == 0 for window in open_at)),
        (Reason.TAKEN, agenda.in_the_way(terms.demand, at, terms.booked) is not None),
        (Reason.DAILY_LIMIT, terms.full(day)),
    )
    return next((reason for reason, holds in checks if holds), None)


def nearest(free: Sequence[int], at: int, count: int = 3) -> list[int]:
    """The ``count`` free starts nearest to ``at``, in order of time."""
    return sorted(sorted(free, key=lambda start: (abs(start - at), start))[:count])


def _windows(terms: Terms, first: date, last: date) -> list[opening.Window]:
    """The windows of the days, and of the day after, into which a late start may reach."""
    return opening.windows(terms.hours, terms.zone, first, last + timedelta(days=1))


def _full_days(terms: Terms) -> list[tuple[int, int]]:
    return [zones.day_bounds(day, terms.zone) for day in terms.service_counts if terms.full(day)]


def _blocked(terms: Terms) -> list[tuple[int, int]]:
    """The half-open spans of starts that would overlap a booking or a full class."""
    demand = terms.demand
    spans = [
        (other.busy_from - demand.duration - demand.after + 1, other.busy_until + demand.before)
        for other in terms.booked
        if demand.capacity == 1 or other.service != agenda.tag(demand.service_id)
    ]
    if demand.capacity > 1:
        spans += _blocked_by_classes(terms)
    return spans


def _blocked_by_classes(terms: Terms) -> list[tuple[int, int]]:
    """A class with seats left blocks the starts around its own; a full one blocks its own as well."""
    demand = terms.demand
    spans: list[tuple[int, int]] = []
    classes = [other for other in terms.booked if other.service == agenda.tag(demand.service_id)]
    seats = Counter(other.starts for other in classes)
    for other in classes:
        low, high = other.busy_from - demand.duration - demand.after + 1, other.busy_until + demand.before
        if seats[other.starts] >= demand.capacity:
            spans.append((low, high))
        else:
            spans += [(low, other.starts), (other.starts + 1, high)]
    return [(low, high) for low, high in spans if low < high]


def _grid(origin: int, step: int, low: int, high: int, blocked: Sequence[tuple[int, int]]) -> list[int]:
    """The points origin + n * step in [low, high) outside the sorted, disjoint ``blocked`` spans."""
    points: list[int] = []
    position = max(bisect_right(blocked, (low, low)) - 1, 0)
    while low < high:
        while position < len(blocked) and blocked[position][1] <= low:
            position += 1
        begins, ends = blocked[position] if position < len(blocked) else (high, high)
        points += range(low + (origin - low) % step, min(begins, high), step)
        low = max(low, ends) if begins < high else high
    return points
