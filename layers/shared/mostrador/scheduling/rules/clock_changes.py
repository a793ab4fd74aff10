"""Appointments keep their time on the clock when the clock's rules change; a booking in the way is named."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from mostrador.scheduling.rules import agenda
from mostrador.scheduling.rules.agenda import Booking, Demand
from mostrador.values.local_time import DAY

Booked: TypeAlias = Mapping[str, Iterable[Booking]]
"""Resource id -> its bookings that count."""
Targets: TypeAlias = Mapping[str, int]
"""Appointment id -> the start to which it will move; all others stay."""


class Shift(NamedTuple):
    """An appointment to move from ``start`` to ``target``, both minutes since the epoch, with all its resources."""

    appointment_id: str
    resource_ids: tuple[str, ...]
    demand: Demand
    start: int
    target: int


def stuck(shifts: Sequence[Shift], booked: Booked) -> dict[str, str]:
    """The shifts that are not possible: appointment id -> the booking in its way, which may be another of them.

    A shift that is not possible keeps its old time, which may be in the way of others.
    """
    found: dict[str, str] = {}
    while True:
        targets = {shift.appointment_id: shift.target for shift in shifts if shift.appointment_id not in found}
        by_day = {resource_id: _by_day(_moved(bookings, targets)) for resource_id, bookings in booked.items()}
        more = {}
        for shift in shifts:
            if shift.appointment_id in targets and (other := _in_the_way(shift, by_day)):
                more[shift.appointment_id] = other.appointment_id
        if not more:
            return found
        found |= more


def in_the_way(shift: Shift, booked: Booked, targets: Targets) -> Booking | None:
    """A booking in the way of ``shift``, once the others are where ``targets`` says."""
    return _in_the_way(shift, {name: _by_day(_moved(bookings, targets)) for name, bookings in booked.items()})


_ByDay: TypeAlias = Mapping[int, list[Booking]]


def _in_the_way(shift: Shift, by_day: Mapping[str, _ByDay]) -> Booking | None:
    for resource_id in shift.resource_ids:
        near = _near(shift, by_day.get(resource_id, {}))
        others = {other.appointment_id: other for other in near if other.appointment_id != shift.appointment_id}
        if other := agenda.in_the_way(shift.demand, shift.target, others.values()):
            return other
    return None


def _near(shift: Shift, by_day: _ByDay) -> Iterator[Booking]:
    demand = shift.demand
    for day in _days(shift.target - demand.before, shift.target + demand.duration + demand.after):
        yield from by_day.get(day, ())


def _moved(bookings: Iterable[Booking], targets: Targets) -> Iterator[Booking]:
    for booking in bookings:
        yield booking._replace(starts=targets.get(booking.appointment_id, booking.starts))


def _by_day(bookings: Iterable[Booking]) -> _ByDay:
    """The bookings by UTC day; one that passes midnight stands in two."""
    found: dict[int, list[Booking]] = {}
    for booking in bookings:
        for day in _days(booking.busy_from, booking.busy_until):
            found.setdefault(day, []).append(booking)
    return found


def _days(begins: int, ends: int) -> range:
    return range(begins // DAY, (ends - 1) // DAY + 1)
