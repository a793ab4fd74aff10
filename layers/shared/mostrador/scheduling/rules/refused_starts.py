"""Why the starts of a range of days are not free: the decision of ``availability.refusal`` for all of them at once.

Windows, seats and limits are computed once for the range, and each start looks only at the bookings around it. So the
cost grows with the starts plus the bookings, and not with their product.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from operator import itemgetter
from typing import Final, Generic, NamedTuple, TypeVar

from mostrador.scheduling.rules import agenda, availability, opening_hours
from mostrador.scheduling.rules.availability import Reason, Refusal, SlotRules
from mostrador.values import local_time

_T = TypeVar("_T")
_BEGINS: Final = itemgetter(0)
_PLACE: Final = itemgetter(2)


def explained(rules: SlotRules, first: date, last: date, *, without: Container[int] = ()) -> list[tuple[int, Refusal]]:
    """Every start of the grid that is not offered, with its refusal; on special days those of the usual hours too.

    The starts ``without`` are left out.
    """
    windows = availability.open_windows(rules, first, last)
    on_grid = _grid(rules, windows, first, last)
    candidates = on_grid
    if rules.hours.special:
        usual = replace(rules, hours=replace(rules.hours, special={}))
        candidates = on_grid | _grid(rules, availability.open_windows(usual, first, last), first, last)
    asked = _Range(rules, windows, on_grid, first, last)
    wanted = (start for start in sorted(candidates) if start not in without)
    return [(start, why) for start in wanted if (why := asked.refusal(start))]


def _grid(rules: SlotRules, windows: Iterable[opening_hours.Window], first: date, last: date) -> set[int]:
    """The starts of the grid on the local days, whatever takes them."""
    begins, ends = local_time.day_bounds(first, rules.zone)[0], local_time.day_bounds(last, rules.zone)[1]
    return {
        start
        for window in windows
        for start in availability.grid(
            window.origin, rules.step, max(window.begins, begins), min(window.ends, ends), []
        )
    }


class _Span(NamedTuple, Generic[_T]):
    begins: int
    ends: int
    place: int
    value: _T


class _Spans(Generic[_T]):
    """Spans of time that are asked for what overlaps a moment."""

    def __init__(self, spans: Iterable[_Span[_T]]) -> None:
        self._spans: Final = sorted(spans, key=_BEGINS)
        self._longest: Final = max((span.ends - span.begins for span in self._spans), default=0)

    def near(self, begins: int, ends: int) -> list[_Span[_T]]:
        """Those that overlap the time between the two, in any order."""
        low = bisect_right(self._spans, begins - self._longest, key=_BEGINS)
        high = bisect_left(self._spans, ends, lo=low, key=_BEGINS)
        return [span for span in self._spans[low:high] if span.ends > begins]


@dataclass(frozen=True)
class _Range:
    """Some local days under the rules of one resource, with what their starts share."""

    rules: SlotRules
    windows: Sequence[opening_hours.Window]
    on_grid: Container[int]
    first: date
    last: date

    def refusal(self, at: int) -> Refusal | None:
        """Why the start ``at`` is not offered, or None when it is; as ``availability.refusal`` says it."""
        if at < self.rules.earliest:
            return Refusal(Reason.NOTICE, {"earliest": self.rules.earliest})
        day = self._days[bisect_right(self._days, at, key=_BEGINS) - 1][1]
        if day > self.rules.last_day:
            return Refusal(Reason.WINDOW, {"last_day": self.rules.last_day.isoformat()})
        return self._not_open(at) or self._not_free(at) or self._externally_busy(at) or self._limits.get(day)

    def _not_open(self, at: int) -> Refusal | None:
        place = bisect_right(self._open, at, key=_BEGINS) - 1
        if place < 0 or at >= self._open[place][1]:
            return Refusal(Reason.CLOSED)
        until = self._open[place][1]
        if at + self.rules.demand.duration > until:
            return Refusal(Reason.CLOSED, {"closes": until})
        return None if at in self.on_grid else Refusal(Reason.OFF_GRID, {"step": self.rules.step})

    def _not_free(self, at: int) -> Refusal | None:
        """The refusal for the booking that ``agenda.in_the_way`` would name: the first in the order of the agenda."""
        demand = self.rules.demand
        near = self._booked.near(at - demand.before, at + demand.duration + demand.after)
        found = [(span.place, span.value) for span in near if not agenda.shares_a_start(demand, at, span.value)]
        seats = self._seats.get(at, [])
        last_seat = seats[demand.capacity - 1 : demand.capacity]
        first = min(found, default=None)
        if last_seat and (first is None or last_seat[0] < first[0]):
            return availability.no_seats(demand, len(seats))
        return availability.taken_by(demand, at, first[1]) if first else None

    def _externally_busy(self, at: int) -> Refusal | None:
        demand = self.rules.demand
        near = self._busy.near(at - demand.before, at + demand.duration + demand.after)
        span = min(near, key=_PLACE, default=None)
        return Refusal(Reason.EXTERNAL, {"from": span.begins, "until": span.ends}) if span else None

    @cached_property
    def _days(self) -> list[tuple[int, date]]:
        """Where each local day begins."""
        count = (self.last - self.first).days + 1
        days = [self.first + timedelta(days=number) for number in range(count)]
        return [(local_time.day_bounds(day, self.rules.zone)[0], day) for day in days]

    @cached_property
    def _limits(self) -> dict[date, Refusal]:
        """The days on which a limit of the service is reached."""
        days = [day for _, day in self._days] if self.rules.demand.has_limits else []
        return {day: why for day in days if (why := self.rules.over_limit(day))}

    @cached_property
    def _open(self) -> list[tuple[int, int]]:
        return opening_hours.merged((window.begins, window.ends) for window in self.windows)

    @cached_property
    def _booked(self) -> _Spans[agenda.Booking]:
        """The bookings, of those at the same time (the seats of a class) the first."""
        distinct: dict[tuple[str, int, int, int, int], _Span[agenda.Booking]] = {}
        for place, other in enumerate(self.rules.booked):
            span = _Span(other.busy_from, other.busy_until, place, other)
            distinct.setdefault((other.service, other.starts, other.duration, other.before, other.after), span)
        return _Spans(distinct.values())

    @cached_property
    def _seats(self) -> dict[int, list[int]]:
        """By start, the places of the bookings of the same class in the agenda."""
        seats: dict[int, list[int]] = {}
        if self.rules.demand.capacity > 1:
            own = agenda.tag(self.rules.demand.service_id)
            for place, other in enumerate(self.rules.booked):
                if other.service == own:
                    seats.setdefault(other.starts, []).append(place)
        return seats

    @cached_property
    def _busy(self) -> _Spans[None]:
        return _Spans(_Span(begins, ends, place, None) for place, (begins, ends) in enumerate(self.rules.busy))
