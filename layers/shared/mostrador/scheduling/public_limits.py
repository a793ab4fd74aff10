"""How much of a day one address may hold, and how many appointments one phone, without payment or confirmation.

An address holds at most ``public_share_percent`` of the day of each resource, or one booking. A phone proves nothing
about its owner, so bookings that are not shown to be its owner's count for it only within one address.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from mostrador.errors import Conflict
from mostrador.scheduling import booking_context, booking_limits, slot_terms, slots
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.rules import agenda, public_share
from mostrador.scheduling.slot_terms import SlotQuery, Terms
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import ActiveBookings, Appointment, Resource
from mostrador.table.writes import Transaction
from mostrador.tenancy import public_holds, tenants
from mostrador.tenancy.public_holds import Line, Lines
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction


class TooManyUnconfirmed(Conflict):
    code = "too_many_unconfirmed"
    en = "bookings of {day:day} from this connection wait to be paid or confirmed, as many as may be"
    es = "desde esta conexión ya hay turnos del {day:day} sin pagar ni confirmar, el máximo permitido"
    next_action = NextAction.CHOOSE_ANOTHER_DAY


@dataclass(frozen=True, slots=True)
class Holder:
    """The address that books or moves: the key of its ``PublicHolds``, with the appointment and the phone."""

    key: keys.Key
    appointment_id: str
    phone: str | None
    phone_key: keys.Key | None = None
    """The ledger of the phone's appointments, where the tenant limits them."""


class Held(NamedTuple):
    """What the address holds besides the appointment."""

    holder: Holder
    lines: Lines


def choose(context: BookingContext, start: int, query: SlotQuery, holder: Holder) -> tuple[list[Resource], Held]:
    """The resources for a start that the address may still hold, and what it holds besides.

    Raises SlotTaken, TooManyHeld, TooManyUnconfirmed.
    """
    asked = slot_terms.terms(context, query)
    resources = slots.chosen(asked, start)
    found = _held(context, start, resources, holder, query.now)
    if any(_is_full(context, found.lines, start, resource) for resource in resources):
        resources = _others(asked, found.lines, start)
    return resources, found


def held(context: BookingContext, start: int, resources: list[Resource], holder: Holder, now: datetime) -> Held:
    """What the address holds besides these resources at ``start``. Raises TooManyHeld, TooManyUnconfirmed."""
    found = _held(context, start, resources, holder, now)
    if any(_is_full(context, found.lines, start, resource) for resource in resources):
        raise _too_many(context, start)
    return found


def write(tx: Transaction, context: BookingContext, held: Held, booked: Appointment) -> None:
    """Write what the address holds, the booking included, as it was read."""
    holder, lines = held
    line = Line(
        tag=agenda.tag(booked.resource_id),
        second=agenda.tag(booked.second_resource_id) if booked.second_resource_id else "0" * 16,
        phone=public_holds.phone_tag(holder.phone),
        starts=local_time.minute(booked.scheduled_at),
        amount=_busy_minutes(context.demand),
        until=int(booked.scheduled_at.timestamp()),
    )
    public_holds.write(tx, holder.key, context.other.get(holder.key), {**lines, booked.id: line})


def _held(context: BookingContext, start: int, resources: list[Resource], holder: Holder, now: datetime) -> Held:
    """What the address holds: as its item says where no limit is near, else as the bookings say. Raises TooManyHeld."""
    lines = public_holds.lines_of(context.other.get(holder.key), now, without=holder.appointment_id)
    is_full = any(_is_full(context, lines, start, resource) for resource in resources)
    has_room = public_holds.has_room(context.tenant, lines) and _phone_has_room(context, lines, holder, now)
    if is_full or not has_room:
        lines = _still_held(context.tenant.slug, lines, now)
        public_holds.check_room(context.tenant, lines)
    return Held(holder, lines)


def _too_many(context: BookingContext, start: int) -> TooManyUnconfirmed:
    day = local_time.local_day(start, tenants.zone(context.tenant)).isoformat()
    return TooManyUnconfirmed(field="body.scheduled_at", value=day, day=day)


def take_again(tx: Transaction, tenant: str, appointment: Appointment, address: str, now: datetime) -> None:
    """Count a booking whose hold has lapsed for the address that takes its time again.

    Raises TooManyHeld, TooManyUnconfirmed, NotHere, ServiceInactive.
    """
    key = public_holds.key(tenant, public_holds.Kind.APPOINTMENTS, address)
    holder, start = Holder(key, appointment.id, appointment.customer_phone), local_time.minute(appointment.scheduled_at)
    context = booking_context.load(
        tenant, appointment.service_id, [start], [key], duration_minutes=appointment.duration_minutes
    ).offered()
    own = (appointment.resource_id, appointment.second_resource_id)
    resources = [resource for resource in context.resources if resource.id in own]
    write(tx, context, held(context, start, resources, holder, now), appointment)


def of_phone(lines: Lines, phone: str | None) -> list[str]:
    """The ids of the bookings that the address holds for a phone."""
    tag = public_holds.phone_tag(phone)
    return [id_ for id_, line in lines.items() if line.phone == tag]


def _phone_has_room(context: BookingContext, lines: Lines, holder: Holder, now: datetime) -> bool:
    if holder.phone_key is None:
        return True
    ledger = context.other.get(holder.phone_key)
    before = ledger if isinstance(ledger, ActiveBookings) else None
    own = of_phone(lines, holder.phone)
    return booking_limits.count(before, own, now) < int(context.tenant.max_active_bookings)


def _others(asked: Terms, lines: Lines, start: int) -> list[Resource]:
    """Free resources whose share is not used up. Raises TooManyUnconfirmed."""
    full = {resource.id for resource in asked.context.resources if _is_full(asked.context, lines, start, resource)}
    main, second = (
        {resource_id: rules for resource_id, rules in (group or {}).items() if resource_id not in full}
        for group in (asked.main, asked.second)
    )
    left = replace(asked, main=main, second=None if asked.second is None else second)
    if slots.refusal_of(left, start):
        raise _too_many(asked.context, start)
    return slots.chosen(left, start)


def _is_full(context: BookingContext, lines: Lines, start: int, resource: Resource) -> bool:
    """Whether the address may hold no more of the resource's day."""
    zone, tag = tenants.zone(context.tenant), agenda.tag(resource.id)
    day = local_time.local_day(start, zone)
    held = {
        id_: (line.starts, line.amount)
        for id_, line in lines.items()
        if tag in (line.tag, line.second) and local_time.local_day(line.starts, zone) == day
    }
    open_minutes = sum(closes - opens for opens, closes in context.hours(resource).on(day))
    of_day = public_share.Day(open_minutes, _busy_minutes(context.demand), context.demand.capacity)
    return public_share.is_over(held, start, of_day, int(context.tenant.public_share_percent))


def _busy_minutes(demand: agenda.Demand) -> int:
    return demand.before + demand.duration + demand.after


def _still_held(tenant: str, lines: Lines, now: datetime) -> dict[str, Line]:
    """The lines whose booking still holds that time unpaid and unconfirmed; one round trip for each 100."""
    found = reads.batch(keys.appointment(tenant, appointment_id) for appointment_id in lines)
    return {
        appointment_id: line
        for appointment_id, line in lines.items()
        if _holds(found.get(keys.appointment(tenant, appointment_id)), line, now)
    }


def _holds(appointment: object, line: Line, now: datetime) -> bool:
    if not isinstance(appointment, Appointment) or local_time.minute(appointment.scheduled_at) != line.starts:
        return False
    return agenda.tag(appointment.resource_id) == line.tag and public_share.still_holds(
        appointment.status, appointment.hold_expires_at, appointment.scheduled_at, appointment.paid_amount, now
    )
