"""The share of a resource's day that one address may hold neither paid nor confirmed: of its time and of its seats."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mostrador.scheduling.rules.appointment_states import UNCONFIRMED, status_at


@dataclass(frozen=True, slots=True)
class Day:
    """A resource's day: its open minutes, and the minutes (buffers included) and seats of one start of a service."""

    open_minutes: int
    busy_minutes: int
    capacity: int


def is_over(held: Mapping[str, tuple[int, int]], start: int, day: Day, percent: int) -> bool:
    """Whether one more booking at ``start`` is more than ``percent`` of the day's time or seats.

    ``held`` has the start and the minutes of each booking of the address on that day. The first is always possible.
    Another seat of a start that the address holds takes a seat, and no time.
    """
    if not held:
        return False
    by_start = dict(held.values())
    time = sum(by_start.values()) + (0 if start in by_start else day.busy_minutes)
    seats = (len(held) + 1) * day.busy_minutes
    share = day.open_minutes * percent
    return (start not in by_start and time * 100 > share) or seats * 100 > share * day.capacity


def is_unproven(*, is_public: bool, status: str, paid: object) -> bool:
    """Whether a booking was made without an account, and nobody paid or confirmed it yet."""
    return is_public and status in UNCONFIRMED and not paid


def still_holds(
    status: str, hold_expires_at: datetime | None, scheduled_at: datetime, paid: object, now: datetime
) -> bool:
    """Whether a booking still holds its time unpaid and unconfirmed."""
    is_unconfirmed = status_at(status, hold_expires_at, now) in UNCONFIRMED
    return is_unconfirmed and not paid and scheduled_at > now
