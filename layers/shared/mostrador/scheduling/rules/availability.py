"""When a service can begin: the free starts of a range of days, and why a given start is not free.

Both answers come from the same rules: ``starts`` lists exactly the instants for which ``refusal`` is None. No start is
tried by itself. Open hours minus blocked spans leave a few spans of integers, and arithmetic gives the starts in them:
the cost of a month grows with its bookings.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from operator import itemgetter
from typing import Final
from zoneinfo import ZoneInfo

from mostrador.scheduling.rules import agenda, opening_hours
from mostrador.values import local_time

NEAREST: Final = 3
"""How many free starts are offered in place of a refused one."""


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
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The rule that removes a start, and its figures; instants are minutes since the epoch."""

    reason: Reason
    details: Mapping[str, bool | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlotRules:
    """The rules of the tenant, the service and one resource, in minutes; ``earliest`` is an instant.

    ``service_counts`` has the number of the service's bookings per local day over all its resources, ``busy`` the
    busy spans of external calendars. ``overridden`` are reasons for which ``refusal`` refuses nothing; ``starts`` does.
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
    overridden: frozenset[str] = frozenset()

    def in_week(self, day: date) -> int:
        """How many bookings the service has in the week (from Monday) of ``day``."""
        monday = monday_of(day)
        return sum(self.service_counts[monday + timedelta(days=number)] for number in range(7))

    def over_limit(self, day: date) -> Refusal | None:
        """The service's limit that is reached on ``day``, if any."""
        return self._over(Reason.DAILY_LIMIT, day) or self._over(Reason.WEEKLY_LIMIT, day)

    def _over(self, reason: Reason, day: date) -> Refusal | None:
        is_daily = reason is Reason.DAILY_LIMIT
        limit = self.demand.max_per_day if is_daily else self.demand.max_per_week
        if limit is None or reason in self.overridden:
            return None
        count = self.service_counts[day] if is_daily else self.in_week(day)
        return Refusal(reason, {"booked": count, "limit": limit}) if count >= limit else None

    def left(self, day: date) -> int | None:
        """How many more bookings the service's limits allow on ``day``; None without limits."""
        demand = self.demand
        per_day = [] if demand.max_per_day is None else [demand.max_per_day - self.service_counts[day]]
        per_week = [] if demand.max_per_week is None else [demand.max_per_week - self.in_week(day)]
        return min(per_day + per_week, default=None)


def earliest(now: datetime, notice_minutes: int) -> int:
    """The first minute since the epoch that the notice allows: a minute that has begun is past."""
    return local_time.minute(now + timedelta(minutes=notice_minutes, seconds=59, microseconds=999_999))


def as_agreed(rules: SlotRules, start: int) -> SlotRules:
    """The rules for a ``start`` that was agreed before: neither notice, window nor grid can refuse it."""
    return replace(rules, earliest=min(rules.earliest, start), last_day=date.max, step=1)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def starts(rules: SlotRules, first: date, last: date) -> list[int]:
    """The free starts on the local days ``first`` to ``last``, as sorted minutes since the epoch."""
    last = min(last, rules.last_day)
    if last < first:
        return []
    floor = max(local_time.day_bounds(first, rules.zone)[0], rules.earliest)
    ceiling = local_time.day_bounds(last, rules.zone)[1]
    windows = open_windows(rules, first, last)
    union = opening_hours.merged((window.begins, window.ends) for window in windows)
    blocked = opening_hours.merged(_blocked(rules) + _full_days(rules))
    found: set[int] = set()
    for window in windows:
        closes = union[bisect_right(union, window.begins, key=itemgetter(0)) - 1][1]
        low, high = max(window.begins, floor), min(window.ends, ceiling, closes - rules.demand.duration + 1)
        found.update(grid(window.origin, rules.step, low, high, blocked))
    return sorted(found)


def refusal(rules: SlotRules, at: int) -> Refusal | None:
    """Why the start ``at`` (a minute since the epoch) is not offered, or None when it is."""
    day = local_time.local_day(at, rules.zone)
    if at < rules.earliest:
        return Refusal(Reason.NOTICE, {"earliest": rules.earliest})
    if day > rules.last_day:
        return Refusal(Reason.WINDOW, {"last_day": rules.last_day.isoformat()})
    return _not_open(rules, at, day) or _not_free(rules, at) or _externally_busy(rules, at) or rules.over_limit(day)


def seats_left(rules: SlotRules, at: int) -> int:
    """The free seats of a start."""
    return rules.demand.capacity - seats_taken(rules)[at]


def seats_taken(rules: SlotRules) -> Counter[int]:
    """How many seats of the class are taken at each start that has any."""
    if rules.demand.capacity == 1:
        return Counter()
    own = agenda.tag(rules.demand.service_id)
    return Counter(other.starts for other in rules.booked if other.service == own)


def _not_open(rules: SlotRules, at: int, day: date) -> Refusal | None:
    windows = open_windows(rules, day, day)
    union = opening_hours.merged((window.begins, window.ends) for window in windows)
    until = next((high for low, high in union if low <= at < high), None)
    if (until is None or at + rules.demand.duration > until) and Reason.CLOSED not in rules.overridden:
        return Refusal(Reason.CLOSED, {} if until is None else {"closes": until})
    return None if until is None else _off_grid(rules, at, windows)  # outside the hours there is no grid


def _off_grid(rules: SlotRules, at: int, windows: Sequence[opening_hours.Window]) -> Refusal | None:
    if Reason.OFF_GRID in rules.overridden:
        return None
    on_grid = ((at - window.origin) % rules.step == 0 for window in windows if window.begins <= at < window.ends)
    return None if any(on_grid) else Refusal(Reason.OFF_GRID, {"step": rules.step})


def _not_free(rules: SlotRules, at: int) -> Refusal | None:
    demand = rules.demand
    other = agenda.in_the_way(demand, at, _standing(rules, at))
    if other is None:
        return None
    if agenda.shares_a_start(demand, at, other):
        return no_seats(demand, seats_taken(rules)[at])
    return taken_by(demand, at, other)


def _standing(rules: SlotRules, at: int) -> Sequence[agenda.Booking]:
    """The bookings that may refuse ``at``: without those of the kinds that are overridden."""
    if not rules.overridden:
        return rules.booked
    return [other for other in rules.booked if _refused_by(rules.demand, at, other) not in rules.overridden]


def _refused_by(demand: agenda.Demand, at: int, other: agenda.Booking) -> Reason:
    """The reason for which ``other`` may refuse ``at``."""
    if other.service == agenda.BLOCK:
        return Reason.BLOCKED
    return Reason.SEATS if agenda.shares_a_start(demand, at, other) else Reason.TAKEN


def no_seats(demand: agenda.Demand, booked: int) -> Refusal:
    """The refusal of a start whose class is full; ``booked`` may be more than there are seats now."""
    return Refusal(Reason.SEATS, {"booked": booked, "seats": demand.capacity})


def taken_by(demand: agenda.Demand, at: int, other: agenda.Booking) -> Refusal:
    """The refusal of a start that ``other``, a block or a booking of another class, overlaps."""
    if other.service == agenda.BLOCK:
        blocked: dict[str, bool | int | str] = {
            "block_id": other.appointment_id,
            "from": other.busy_from,
            "until": other.busy_until,
        }
        return Refusal(Reason.BLOCKED, blocked)
    touches = other.starts < at + demand.duration and at < other.starts + other.duration
    details: dict[str, bool | int | str] = {"appointment_id": other.appointment_id, "only_its_buffer": not touches}
    return Refusal(Reason.TAKEN, details | {"from": other.busy_from, "until": other.busy_until})


def _externally_busy(rules: SlotRules, at: int) -> Refusal | None:
    span = agenda.busy_in_the_way(rules.demand, at, rules.busy)
    return Refusal(Reason.EXTERNAL, {"from": span[0], "until": span[1]}) if span else None


def nearest(free: Sequence[int], at: int, count: int = NEAREST) -> list[int]:
    """The ``count`` free starts nearest to ``at``, in order of time."""
    return sorted(sorted(free, key=lambda start: (abs(start - at), start))[:count])


def open_windows(rules: SlotRules, first: date, last: date) -> list[opening_hours.Window]:
    """The windows of the days, and of the day after, into which a late start may reach."""
    return opening_hours.windows(rules.hours, rules.zone, first, last + timedelta(days=1))


def _full_days(rules: SlotRules) -> list[tuple[int, int]]:
    if not rules.demand.has_limits:
        return []
    days = set(rules.service_counts)
    if rules.demand.max_per_week is not None:
        days |= {monday_of(day) + timedelta(days=number) for day in rules.service_counts for number in range(7)}
    return [local_time.day_bounds(day, rules.zone) for day in days if rules.over_limit(day)]


def _blocked(rules: SlotRules) -> list[tuple[int, int]]:
    """The half-open spans of starts that would overlap a booking, a full class or an external busy time."""
    demand = rules.demand
    own, reach = agenda.tag(demand.service_id), demand.duration + demand.after - 1
    others = [other for other in rules.booked if demand.capacity == 1 or other.service != own]
    spans = [(other.busy_from - reach, other.busy_until + demand.before) for other in others]
    spans += [(begins - reach, ends + demand.before) for begins, ends in rules.busy]
    return spans + _blocked_by_classes(rules, own) if demand.capacity > 1 else spans


def _blocked_by_classes(rules: SlotRules, own: str) -> list[tuple[int, int]]:
    """A class with seats left blocks the starts around its own; a full one blocks its own as well."""
    demand, seats = rules.demand, seats_taken(rules)
    spans: list[tuple[int, int]] = []
    for starts_at, busy_from, busy_until in {
        (other.starts, other.busy_from, other.busy_until) for other in rules.booked if other.service == own
    }:
        low, high = busy_from - demand.duration - demand.after + 1, busy_until + demand.before
        if seats[starts_at] >= demand.capacity:
            spans.append((low, high))
        else:
            spans += [(low, starts_at), (starts_at + 1, high)]
    return [(low, high) for low, high in spans if low < high]


def grid(origin: int, step: int, low: int, high: int, blocked: Sequence[tuple[int, int]]) -> list[int]:
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
