"""When a service can begin: the free starts of a range of days, and why a given start is not free.

Both answers come from the same terms: ``starts`` lists exactly the instants for which ``refusal`` finds nothing.
Nothing is tried slot by slot: open hours minus what is blocked leaves a few spans of integers, and the grid of
starts is cut from them by arithmetic, so a month costs what its bookings cost.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from mostrador.scheduling.rules import agenda, opening_hours
from mostrador.values import local_time


class Reason(StrEnum):
    CLOSED = "closed"
    OFF_GRID = "off_grid"
    NOTICE = "before_notice"
    WINDOW = "past_advance_window"
    TAKEN = "taken"
    SEATS = "no_seats"
    DAILY_LIMIT = "daily_limit"
    WEEKLY_LIMIT = "weekly_limit"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which rule removed a start, and ``actor_name`` what: its figures, instants as minutes since the epoch."""

    reason: Reason
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlotRules:
    """What the tenant, the service and one resource allow; minutes, and ``earliest`` as an instant in minutes.

    ``service_counts`` tells how many of the service are booked per local day over all its resources, ``busy`` what
    calendars elsewhere take.
    """

    demand: agenda.Demand
    hours: opening_hours.Hours
    zone: ZoneInfo
    step: int
    earliest: int
    last_day: date
    booked: Sequence[agenda.Booking]
    service_counts: Counter[date]
    busy: Sequence[tuple[int, int]] = ()

    def in_week(self, day: date) -> int:
        """How many of the service are booked in the week (from Monday) of ``day``."""
        monday = monday_of(day)
        return sum(self.service_counts[monday + timedelta(days=number)] for number in range(7))

    def over_limit(self, day: date) -> Refusal | None:
        """The limit that leaves no booking of the service on ``day``."""
        demand = self.demand
        if demand.max_per_day is not None and (count := self.service_counts[day]) >= demand.max_per_day:
            return Refusal(Reason.DAILY_LIMIT, {"booked": count, "limit": demand.max_per_day})
        if demand.max_per_week is not None and (count := self.in_week(day)) >= demand.max_per_week:
            return Refusal(Reason.WEEKLY_LIMIT, {"booked": count, "limit": demand.max_per_week})
        return None


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def starts(terms: SlotRules, first: date, last: date) -> list[int]:
    """The free starts on the local days ``first`` to ``last``, as sorted minutes since the epoch."""
    last = min(last, terms.last_day)
    if last < first:
        return []
    floor = max(local_time.day_bounds(first, terms.zone)[0], terms.earliest)
    ceiling = local_time.day_bounds(last, terms.zone)[1]
    windows = _windows(terms, first, last)
    union = opening_hours.merged((window.begins, window.ends) for window in windows)
    blocked = opening_hours.merged(_blocked(terms) + _full_days(terms))
    found: set[int] = set()
    for window in windows:
        closes = union[bisect_right(union, window.begins, key=itemgetter(0)) - 1][1]
        low, high = max(window.begins, floor), min(window.ends, ceiling, closes - terms.demand.duration + 1)
        found.update(_grid(window.origin, terms.step, low, high, blocked))
    return sorted(found)


def refusal(terms: SlotRules, at: int) -> Refusal | None:
    """Why the start ``at`` (a minute since the epoch) is not offered, or None when it is."""
    day = local_time.local_day(at, terms.zone)
    if at < terms.earliest:
        return Refusal(Reason.NOTICE, {"earliest": terms.earliest})
    if day > terms.last_day:
        return Refusal(Reason.WINDOW, {"last_day": terms.last_day.isoformat()})
    return _not_open(terms, at, day) or _not_free(terms, at) or _elsewhere(terms, at) or terms.over_limit(day)


def explained(terms: SlotRules, first: date, last: date) -> list[tuple[int, Refusal]]:
    """Every start of the grid that is not offered, with its refusal; on special days those of the usual hours too."""
    usual = replace(terms, hours=replace(terms.hours, special={}))
    begins, ends = local_time.day_bounds(first, terms.zone)[0], local_time.day_bounds(last, terms.zone)[1]
    candidates = sorted({
        start
        for window in _windows(terms, first, last) + _windows(usual, first, last)
        for start in _grid(window.origin, terms.step, max(window.begins, begins), min(window.ends, ends), [])
    })  # fmt: skip
    return [(start, why) for start in candidates if (why := refusal(terms, start))]


def seats_left(terms: SlotRules, at: int) -> int:
    """Seats that a start which is free still has."""
    taken = sum(agenda.shares_a_start(terms.demand, at, other) for other in terms.booked)
    return terms.demand.capacity - taken


def _not_open(terms: SlotRules, at: int, day: date) -> Refusal | None:
    windows = _windows(terms, day, day)
    union = opening_hours.merged((window.begins, window.ends) for window in windows)
    until = next((high for low, high in union if low <= at < high), None)
    if until is None:
        return Refusal(Reason.CLOSED)
    if at + terms.demand.duration > until:
        return Refusal(Reason.CLOSED, {"closes": until})
    on_grid = ((at - window.origin) % terms.step == 0 for window in windows if window.begins <= at < window.ends)
    return None if any(on_grid) else Refusal(Reason.OFF_GRID, {"step": terms.step})


def _not_free(terms: SlotRules, at: int) -> Refusal | None:
    demand = terms.demand
    other = agenda.in_the_way(demand, at, terms.booked)
    if other is None:
        return None
    if agenda.shares_a_start(demand, at, other):
        return Refusal(Reason.SEATS, {"booked": demand.capacity, "seats": demand.capacity})
    touches = other.starts < at + demand.duration and at < other.starts + other.duration
    details = {"appointment_id": other.appointment_id, "from": other.busy_from, "until": other.busy_until}
    return Refusal(Reason.TAKEN, details | {"only_its_buffer": not touches})


def _elsewhere(terms: SlotRules, at: int) -> Refusal | None:
    span = agenda.elsewhere(terms.demand, at, terms.busy)
    return Refusal(Reason.EXTERNAL, {"from": span[0], "until": span[1]}) if span else None


def nearest(free: Sequence[int], at: int, count: int = 3) -> list[int]:
    """The ``count`` free starts nearest to ``at``, in order of time."""
    return sorted(sorted(free, key=lambda start: (abs(start - at), start))[:count])


def _windows(terms: SlotRules, first: date, last: date) -> list[opening_hours.Window]:
    """The windows of the days, and of the day after, into which a late start may reach."""
    return opening_hours.windows(terms.hours, terms.zone, first, last + timedelta(days=1))


def _full_days(terms: SlotRules) -> list[tuple[int, int]]:
    days = set(terms.service_counts)
    if terms.demand.max_per_week is not None:
        days |= {monday_of(day) + timedelta(days=number) for day in terms.service_counts for number in range(7)}
    return [local_time.day_bounds(day, terms.zone) for day in days if terms.over_limit(day)]


def _blocked(terms: SlotRules) -> list[tuple[int, int]]:
    """The half-open spans of starts that would overlap a booking, a full class or a busy time elsewhere."""
    demand = terms.demand
    spans = [
        (other.busy_from - demand.duration - demand.after + 1, other.busy_until + demand.before)
        for other in terms.booked
        if demand.capacity == 1 or other.service != agenda.tag(demand.service_id)
    ]
    spans += [(begins - demand.duration - demand.after + 1, ends + demand.before) for begins, ends in terms.busy]
    if demand.capacity > 1:
        spans += _blocked_by_classes(terms)
    return spans


def _blocked_by_classes(terms: SlotRules) -> list[tuple[int, int]]:
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
