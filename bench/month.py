"""P8: the free starts of a month, against the same answer found slot by slot with datetimes."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from statistics import median
from time import perf_counter
from typing import Final
from zoneinfo import ZoneInfo

from bench import progress
from bench.figures import Figure
from mostrador.scheduling.rules import agenda, availability, opening_hours
from mostrador.scheduling.rules.availability import SlotRules
from mostrador.values import local_time

ROUNDS: Final = 31
BOOKINGS: Final = 200
BUSY: Final = ((7 * 60, 30), (10 * 60 + 5, 40), (12 * 60, 60), (16 * 60 + 20, 15))
"""Wall minute and length of what a calendar elsewhere says of each day."""
FIRST: Final = date(2026, 10, 15)
LAST: Final = FIRST + timedelta(days=29)
ZONE: Final = ZoneInfo("America/New_York")
"""Sets its clocks back on 2026-11-01 at 02:00, when the Saturday night of these hours is still open."""
HOURS: Final = dict.fromkeys(range(6), ((480, 720), (780, 1080))) | {5: ((480, 720), (1320, 1620))}


@dataclass(frozen=True, slots=True)
class Visit:
    """A booking as the slot-by-slot way looks at it."""

    busy_from: datetime
    busy_until: datetime


def figures(engine: str) -> Iterator[Figure]:
    slot_rules, name = _slot_rules(), "month of rules against slot by slot"
    yield from _compared(engine, name, slot_rules)
    yield from _compared(engine, f"{name}, {len(BUSY) * 30} busy times", replace(slot_rules, busy=_busy()))


def _compared(engine: str, name: str, slot_rules: SlotRules) -> Iterator[Figure]:
    visits = [Visit(_at(booking.busy_from), _at(booking.busy_until)) for booking in slot_rules.booked]
    visits += [Visit(_at(begins), _at(ends)) for begins, ends in slot_rules.busy]
    by_day: dict[date, list[Visit]] = {}
    for visit in visits:
        for day in {visit.busy_from.astimezone(ZONE).date(), visit.busy_until.astimezone(ZONE).date()}:
            by_day.setdefault(day, []).append(visit)
    ours = availability.starts(slot_rules, FIRST, LAST)
    if ours != slot_by_slot(slot_rules, visits, None) or ours != slot_by_slot(slot_rules, visits, by_day):
        raise RuntimeError("the rules and the slot-by-slot way do not offer the same starts")
    ways: dict[str, Callable[[], object]] = {
        "rules": lambda: availability.starts(slot_rules, FIRST, LAST),
        "first": lambda: _cold(slot_rules),
        "slots": lambda: slot_by_slot(slot_rules, visits, None),
        "slots by day": lambda: slot_by_slot(slot_rules, visits, by_day),
    }
    took = _interleaved(ways)
    milliseconds = {f"{name} ms": 1000 * seconds for name, seconds in took.items()} | {"starts": len(ours)}
    yield Figure("P8", name, engine, took["slots"] / took["rules"], "x", at_least=20, terms=milliseconds)
    yield Figure("P8", f"{name}, first time", engine, took["slots"] / took["first"], "x", at_least=20)
    yield Figure("P8", f"{name}, bookings sorted by day", engine, took["slots by day"] / took["rules"], "x")


def slot_by_slot(
    slot_rules: SlotRules, visits: Sequence[Visit], by_day: Mapping[date, Sequence[Visit]] | None
) -> list[int]:
    """What most systems do: walk the clock through the opening hours and hold each start against the bookings.

    ``by_day`` spares it the bookings of other days.
    """
    demand = slot_rules.demand
    before, length = timedelta(minutes=demand.before), timedelta(minutes=demand.duration)
    after, earliest = timedelta(minutes=demand.after), _at(slot_rules.earliest)
    found = set()
    for start, closes in _clock(slot_rules):
        day = start.astimezone(slot_rules.zone).date()
        near = visits if by_day is None else by_day.get(day, ())
        begins, ends = start - before, start + length + after
        if (
            FIRST <= day <= min(LAST, slot_rules.last_day)
            and start >= earliest
            and start + length <= closes
            and not slot_rules.over_limit(day)
            and not any(other.busy_from < ends and begins < other.busy_until for other in near)
        ):
            found.add(local_time.minute(start))
    return sorted(found)


def _clock(slot_rules: SlotRules) -> Iterator[tuple[datetime, datetime]]:
    """Each start on the grid, with its interval's close, in UTC; a repeated wall time twice, a skipped one never."""
    for number in range(-1, (LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        midnight = datetime.combine(day, time())
        for opens, closes in slot_rules.hours.on(day):
            end = (midnight + timedelta(minutes=closes)).replace(tzinfo=slot_rules.zone).astimezone(UTC)
            for wall in range(opens, closes, slot_rules.step):
                for start in _instants(midnight + timedelta(minutes=wall), slot_rules.zone):
                    yield start, end


def _instants(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    both = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(start for start in both if start.astimezone(zone).replace(tzinfo=None) == wall)


def _slot_rules() -> SlotRules:
    """A service of 30 minutes with 10 to tidy up, at most 10 a day, and bookings wherever dice put them."""
    demand, dice = agenda.Demand("a" * 32, duration=30, after=10, max_per_day=10), Random(20261101)  # noqa: S311
    grid = SlotRules(demand, opening_hours.Hours(HOURS), ZONE, 15, 0, LAST, (), Counter())
    free, booked = availability.starts(grid, FIRST, LAST), list[agenda.Booking]()
    dice.shuffle(free)
    for start in free:
        if len(booked) < BOOKINGS and agenda.in_the_way(demand, start, booked) is None:
            booked.append(demand.booking(f"{len(booked):032x}", start))
    if len(booked) != BOOKINGS:
        raise RuntimeError(f"only {len(booked)} bookings fit into the month")
    counts = Counter(local_time.local_day(booking.starts, ZONE) for booking in booked)
    return SlotRules(
        demand,
        opening_hours.Hours(HOURS),
        ZONE,
        15,
        local_time.minute(datetime(2026, 10, 15, 14, tzinfo=UTC)),
        LAST,
        booked,
        counts,
    )


def _busy() -> list[tuple[int, int]]:
    days = [local_time.day_bounds(FIRST + timedelta(days=number), ZONE)[0] for number in range(30)]
    return [(midnight + begins, midnight + begins + length) for midnight in days for begins, length in BUSY]


def _cold(slot_rules: SlotRules) -> list[int]:
    """Without the remembered clock changes of the zone, as a process finds it."""
    local_time.stretches.cache_clear()
    return availability.starts(slot_rules, FIRST, LAST)


def _interleaved(ways: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The median seconds of each way, all taken in turns."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in progress.steps("rounds", range(ROUNDS)):
        for name, way in ways.items():
            before = perf_counter()
            way()
            took[name].append(perf_counter() - before)
    return {name: median(seconds) for name, seconds in took.items()}


def _at(minutes: int) -> datetime:
    return local_time.instant(minutes, ZONE).astimezone(UTC)
