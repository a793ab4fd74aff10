"""The agenda: the bookings of one resource on one local day, and the rules for a further booking.

Times are minutes since the epoch (see ``values.local_time``). ``lapses_at`` is in seconds since the epoch, 0 for a
booking without a hold. A hold stops counting in the very second it lapses.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from mostrador.values import local_time
from mostrador.values.holds import has_lapsed

SHORTEST: Final = 5
LONGEST: Final = 24 * 60
"""Bounds of the duration of an appointment or a block, in minutes."""
BLOCK: Final = "0" * 16
"""The tag of a block, a line that staff set and that no service has: ids of services end in random bits."""


class Loss(StrEnum):
    """Why the time of a lapsed hold cannot be taken again."""

    TAKEN = "TAKEN"
    CLOSED = "CLOSED"
    RESOURCE_GONE = "RESOURCE_GONE"
    SERVICE_GONE = "SERVICE_GONE"


class Booking(NamedTuple):
    """One booking as the agenda day keeps it: start, duration and the buffers around it, in minutes.

    ``service`` is the ``tag`` of its service.
    """

    appointment_id: str
    service: str
    starts: int
    duration: int
    before: int = 0
    after: int = 0
    lapses_at: int = 0

    @property
    def busy_from(self) -> int:
        return self.starts - self.before

    @property
    def busy_until(self) -> int:
        return self.starts + self.duration + self.after


@dataclass(frozen=True, slots=True)
class Demand:
    """The time that one appointment of a service takes: duration and buffers in minutes, seats of a start, limits."""

    service_id: str
    duration: int
    before: int = 0
    after: int = 0
    capacity: int = 1
    max_per_day: int | None = None
    max_per_week: int | None = None

    @property
    def has_limits(self) -> bool:
        return self.max_per_day is not None or self.max_per_week is not None

    def booking(self, appointment_id: str, starts: int, lapses_at: int = 0) -> Booking:
        return Booking(appointment_id, tag(self.service_id), starts, self.duration, self.before, self.after, lapses_at)


def tag(service_id: str) -> str:
    """The part of a service's id that an agenda keeps: 64 random bits are enough within one tenant."""
    return service_id[-16:]


def live(bookings: Iterable[Booking], now: int) -> list[Booking]:
    """The bookings that still count at ``now`` (seconds), each once although it may stand in two days."""
    return list({b.appointment_id: b for b in bookings if not (b.lapses_at and has_lapsed(b.lapses_at, now))}.values())


def appointments_of(bookings: Iterable[Booking]) -> list[Booking]:
    """The bookings without the blocks among them."""
    return [booking for booking in bookings if booking.service != BLOCK]


def days_touched(demand: Demand, starts: int, zone: ZoneInfo) -> list[date]:
    """The local days whose agendas get a booking that ``starts`` then, buffers included."""
    first = local_time.local_day(starts - demand.before, zone)
    last = local_time.local_day(starts + demand.duration + demand.after - 1, zone)
    return [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]


def in_the_way(demand: Demand, starts: int, booked: Iterable[Booking]) -> Booking | None:
    """A booking that leaves no room for ``demand`` at ``starts``; None when there is room or a free seat."""
    begins, ends = starts - demand.before, starts + demand.duration + demand.after
    seats = demand.capacity
    for other in booked:
        if shares_a_start(demand, starts, other):
            seats -= 1
            if seats <= 0:
                return other
        elif other.busy_from < ends and begins < other.busy_until:
            return other
    return None


def busy_in_the_way(demand: Demand, starts: int, busy: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """A busy span of an external calendar that leaves no room for ``demand`` at ``starts``; seats do not matter."""
    begins, ends = starts - demand.before, starts + demand.duration + demand.after
    return next((span for span in busy if span[0] < ends and begins < span[1]), None)


def shares_a_start(demand: Demand, starts: int, other: Booking) -> bool:
    """Whether ``other`` is the same class at the same time, so that seats and not overlap decide."""
    return demand.capacity > 1 and other.service == tag(demand.service_id) and other.starts == starts
