"""The appointments that stand at a blocked time and neither began nor are over: their customers must be called."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from mostrador.scheduling import agenda
from mostrador.scheduling.rules import agenda as rules
from mostrador.scheduling.rules.appointment_states import OCCUPYING
from mostrador.table import keys, reads
from mostrador.table.base import Item
from mostrador.table.items.scheduling import AgendaDay, Appointment, Block
from mostrador.values import local_time


@dataclass(frozen=True, slots=True)
class Affected:
    """An appointment at a blocked time. ``is_second``: its second resource alone is blocked.

    ``seats_taken`` counts the bookings of its class, itself included.
    """

    appointment: Appointment
    is_second: bool
    seats_taken: int


def line(block: Block) -> rules.Booking:
    """The block as a line of its agenda days."""
    starts = local_time.minute(block.starts_at)
    return rules.Booking(block.id, rules.BLOCK, starts, local_time.minute(block.ends_at) - starts)


def day_keys(slug: str, block: Block) -> list[keys.Key]:
    """The agenda days of a block, of each of its resources."""
    days = [date.fromisoformat(day) for day in block.days]
    return [keys.agenda_day(slug, resource_id, day) for resource_id in block.resource_ids for day in days]


def of_block(slug: str, block: Block, *, now: datetime) -> list[Affected]:
    """Those of a block, by start: its days in one request per 100, then the appointments."""
    return standing(slug, block, reads.batch(day_keys(slug, block)), now)


def standing(slug: str, block: Block, found: Mapping[keys.Key, Item], now: datetime) -> list[Affected]:
    """Those that overlap the block, by start, from its agenda days in ``found``; their buffers do not matter."""
    days = [day for day in found.values() if isinstance(day, AgendaDay)]
    booked, own = rules.appointments_of(agenda.booked(days, now)), line(block)
    seats = Counter(booking[1:3] for booking in booked)
    wanted = {booking.appointment_id: booking[1:3] for booking in booked if _overlaps(booking, own)}
    return [
        Affected(one, one.resource_id not in block.resource_ids, seats[wanted[one.id]])
        for one in _to_come(slug, wanted, now)
    ]


def _to_come(slug: str, wanted: Iterable[str], now: datetime) -> list[Appointment]:
    """Those of these appointments that stand, did not begin and are not over, by start."""
    items = reads.batch(keys.appointment(slug, appointment_id) for appointment_id in wanted)
    found = [one for one in items.values() if isinstance(one, Appointment) and _is_open(one, now)]
    return sorted(found, key=lambda one: (one.scheduled_at, one.id))


def _overlaps(booking: rules.Booking, own: rules.Booking) -> bool:
    return booking.starts < own.busy_until and own.starts < booking.starts + booking.duration


def _is_open(appointment: Appointment, now: datetime) -> bool:
    has_begun = appointment.started_at is not None
    return appointment.status in OCCUPYING and appointment.ends_at > now and not has_begun
