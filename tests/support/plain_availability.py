"""The decision about each start by itself, rule by rule over every booking: slow, and the oracle of the fast one.

It is the code that answered until November 2026; since then a full class counts all its bookings, of which
there may be more than seats.
"""

from dataclasses import replace
from datetime import date, timedelta

from mostrador.scheduling.rules import agenda, opening_hours
from mostrador.scheduling.rules.availability import Reason, Refusal, SlotRules
from mostrador.values import local_time


def refusal(rules: SlotRules, at: int) -> Refusal | None:
    day = local_time.local_day(at, rules.zone)
    if at < rules.earliest:
        return Refusal(Reason.NOTICE, {"earliest": rules.earliest})
    if day > rules.last_day:
        return Refusal(Reason.WINDOW, {"last_day": rules.last_day.isoformat()})
    return _not_open(rules, at, day) or _not_free(rules, at) or _externally_busy(rules, at) or rules.over_limit(day)


def explained(rules: SlotRules, first: date, last: date) -> list[tuple[int, Refusal]]:
    return [(start, why) for start in candidates(rules, first, last) if (why := refusal(rules, start))]


def starts(rules: SlotRules, first: date, last: date) -> list[int]:
    return [start for start in candidates(rules, first, last) if refusal(rules, start) is None]


def seats_left(rules: SlotRules, at: int) -> int:
    return rules.demand.capacity - sum(agenda.shares_a_start(rules.demand, at, other) for other in rules.booked)


def candidates(rules: SlotRules, first: date, last: date) -> list[int]:
    usual = replace(rules, hours=replace(rules.hours, special={}))
    begins, ends = local_time.day_bounds(first, rules.zone)[0], local_time.day_bounds(last, rules.zone)[1]
    windows = _windows(rules, first, last) + _windows(usual, first, last)
    return sorted({
        start
        for window in windows
        for start in range(window.begins, window.ends)
        if (start - window.origin) % rules.step == 0 and begins <= start < ends
    })  # fmt: skip


def _not_open(rules: SlotRules, at: int, day: date) -> Refusal | None:
    windows = _windows(rules, day, day)
    union = opening_hours.merged((window.begins, window.ends) for window in windows)
    until = next((high for low, high in union if low <= at < high), None)
    if until is None:
        return Refusal(Reason.CLOSED)
    if at + rules.demand.duration > until:
        return Refusal(Reason.CLOSED, {"closes": until})
    on_grid = ((at - window.origin) % rules.step == 0 for window in windows if window.begins <= at < window.ends)
    return None if any(on_grid) else Refusal(Reason.OFF_GRID, {"step": rules.step})


def _not_free(rules: SlotRules, at: int) -> Refusal | None:
    demand = rules.demand
    other = agenda.in_the_way(demand, at, rules.booked)
    if other is None:
        return None
    if agenda.shares_a_start(demand, at, other):
        booked = sum(agenda.shares_a_start(demand, at, one) for one in rules.booked)
        return Refusal(Reason.SEATS, {"booked": booked, "seats": demand.capacity})
    touches = other.starts < at + demand.duration and at < other.starts + other.duration
    details: dict[str, bool | int | str] = {"appointment_id": other.appointment_id, "only_its_buffer": not touches}
    return Refusal(Reason.TAKEN, details | {"from": other.busy_from, "until": other.busy_until})


def _externally_busy(rules: SlotRules, at: int) -> Refusal | None:
    span = agenda.busy_in_the_way(rules.demand, at, rules.busy)
    return Refusal(Reason.EXTERNAL, {"from": span[0], "until": span[1]}) if span else None


def _windows(rules: SlotRules, first: date, last: date) -> list[opening_hours.Window]:
    return opening_hours.windows(rules.hours, rules.zone, first, last + timedelta(days=1))
