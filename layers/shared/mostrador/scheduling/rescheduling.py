"""Move an appointment to another start or resource."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from mostrador.scheduling import (
    agenda,
    appointments,
    booking,
    booking_context,
    booking_keys,
    booking_limits,
    overriding,
    public_limits,
    slot_terms,
    slots,
)
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.booking_request import minute
from mostrador.scheduling.rules import told_changes
from mostrador.scheduling.rules.agenda import Demand
from mostrador.scheduling.rules.appointment_states import OCCUPYING, AppointmentChange, WrongAppointmentState, status_at
from mostrador.scheduling.rules.overrides import ORDINARY, Override
from mostrador.scheduling.slot_terms import SlotQuery
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import Appointment, Resource, Waiting
from mostrador.tenancy import public_holds
from mostrador.values import local_time, money

if TYPE_CHECKING:
    from mostrador.scheduling.handover import Handover
    from mostrador.scheduling.views.appointments import Rescheduling


def move(
    tenant: str,
    appointment_id: str,
    form: "Rescheduling",
    *,
    override: frozenset[str] = frozenset(),
    may_override: frozenset[str] = ORDINARY,
    actor_name: str,
    now: datetime,
    check: appointments.Check | None = None,
    public_address: str | None = None,
) -> Appointment:
    """Move to another start, in one transaction over all days; at that start it changes nothing.

    Id, link, price and duration stay. The resource stays where the form names none: by link (``public_address``)
    always, else if it is free. Staff also move an inactive service, over rules that they ``override``. Raises NotHere,
    WrongAppointmentState, SlotTaken, ServiceInactive, OverrideNotAllowed, TooManyHeld, TooManyUnconfirmed, Busy.
    """
    overriding.check(override, may_override)
    start, by_link = minute(form.scheduled_at), public_address is not None
    query = SlotQuery(now, form.resource_id, appointment_id, override=override, may_override=may_override)

    def decide(appointment: Appointment) -> Appointment:
        check_occupying(appointment, now)
        is_there = local_time.minute(appointment.scheduled_at) == start
        if is_there and form.resource_id in (None, appointment.resource_id):
            return appointment
        if check:
            check(appointment)
        holder = _holder(tenant, appointment, public_address)
        context = load(tenant, appointment, start, also=[holder.key] if holder else (), discontinued=not by_link)
        resources = chosen(context, appointment, start, query, keeps_resource=by_link)
        held = public_limits.held(context, start, resources, holder, now) if holder else None
        old = before(tenant, appointment)
        set_place(appointment, context, start, resources, query, actor_name=actor_name)
        change = AppointmentChange.REASSIGNED if is_there else AppointmentChange.RESCHEDULED
        write(context, appointment, change, old, actor_name=actor_name, held=held, now=now)
        return appointment

    return writes.retrying(lambda _attempt: appointments.get(tenant, appointment_id, now=now), decide)


def set_place(
    appointment: Appointment,
    context: BookingContext,
    start: int,
    resources: list[Resource],
    query: SlotQuery,
    *,
    actor_name: str,
) -> None:
    """Set the new time and resources, and which rules staff overrode for them."""
    names = overriding.used(context, start, resources, query)
    appointment.time_zone = context.tenant.time_zone
    booking.place(appointment, start, context.demand, resources)
    appointment.ignores_calendar = Override.EXTERNAL in query.override or None
    overriding.note(appointment, names, actor_name)


def _holder(tenant: str, appointment: Appointment, address: str | None) -> public_limits.Holder | None:
    """The address that the moved appointment counts for, while nobody paid or confirmed it."""
    if address is None or not booking_limits.is_unproven(appointment):
        return None
    key = public_holds.key(tenant, public_holds.Kind.APPOINTMENTS, address)
    return public_limits.Holder(key, appointment.id, appointment.customer_phone)


def check_occupying(
    appointment: Appointment, now: datetime, wanted: AppointmentChange = AppointmentChange.RESCHEDULED
) -> None:
    """Raise WrongAppointmentState for one that no longer occupies its time."""
    current = status_at(appointment.status, appointment.hold_expires_at, now)
    if current not in OCCUPYING:
        raise WrongAppointmentState(current=current.value, wanted=wanted.value)


def load(
    tenant: str,
    appointment: Appointment,
    start: int,
    *,
    also: Iterable[keys.Key] = (),
    duration: int | None = None,
    discontinued: bool,
) -> BookingContext:
    """The context of ``start``, under the appointment's own duration and buffers. Raises NotHere, ServiceInactive.

    ``duration``, in minutes, replaces its own; ``discontinued`` also takes a service that is not offered.
    """
    minutes = duration or appointment.duration_minutes
    context = booking_context.load(tenant, appointment.service_id, [start], also, duration_minutes=minutes)
    context = context if discontinued else context.offered()
    return booking_context.with_demand(context, own_demand(context.demand, appointment, minutes), start)


def own_demand(demand: Demand, appointment: Appointment, minutes: int | None = None) -> Demand:
    """The service's demand with the appointment's own duration, or so many ``minutes``, and its own buffers."""
    line = agenda.line_of(appointment)
    return replace(demand, duration=minutes or line.duration, before=line.before, after=line.after)


def can_keep(context: BookingContext, appointment: Appointment) -> bool:
    """Whether the appointment's resource is active and gives the service."""
    return appointment.resource_id in context.service.resource_ids and context.is_active(appointment.resource_id)


def chosen(
    context: BookingContext, appointment: Appointment, start: int, query: SlotQuery, *, keeps_resource: bool
) -> list[Resource]:
    """The resources for ``start``: the one asked for, the present one if it is free, else any. Raises SlotTaken.

    With ``keeps_resource`` the present one is the only one, unless it no longer gives the service. The second stays
    with it where it can, also where the present one is the one asked for.
    """
    is_another = query.resource_id not in (None, appointment.resource_id)
    if is_another or not can_keep(context, appointment):
        return slots.choose(context, start, query)
    kept = slot_terms.terms(context, replace(query, resource_id=appointment.resource_id))
    if keeps_resource or query.resource_id or slots.refusal_of(kept, start) is None:
        return slots.chosen(kept, start, kept_second=appointment.second_resource_id)
    return slots.choose(context, start, query)


class Before(NamedTuple):
    """An appointment before a change: what its history tells, and the keys of its agenda days."""

    booked: told_changes.Booked
    day_keys: set[keys.Key]


def before(tenant: str, appointment: Appointment) -> Before:
    """To be called before the appointment is altered."""
    return Before(_booked(appointment), set(agenda.keys_of(tenant, appointment)))


def _booked(appointment: Appointment) -> told_changes.Booked:
    return told_changes.Booked(
        starts_at=keys.at(appointment.scheduled_at),
        resource_id=appointment.resource_id,
        resource_name=appointment.resource_name,
        second_resource_id=appointment.second_resource_id or "",
        service_id=appointment.service_id,
        service_name=appointment.service_name,
        duration_minutes=str(appointment.duration_minutes),
        total_amount=money.text(appointment.total_amount, appointment.currency),
        customer_id=appointment.customer_id,
    )


def tell(appointment: Appointment, change: AppointmentChange, old: Before, *, actor_name: str, now: datetime) -> None:
    """Add to the history what differs from ``old``."""
    notice = datetime.fromisoformat(old.booked.starts_at) - now
    told = told_changes.facts(old.booked, _booked(appointment), notice)
    appointments.record(appointment, now, actor_name, change, **told)


def write(
    context: BookingContext,
    appointment: Appointment,
    change: AppointmentChange,
    old: Before,
    *,
    actor_name: str,
    held: public_limits.Held | None = None,
    handed: "Handover | None" = None,
    now: datetime,
) -> None:
    """Write the one transaction over the days that it leaves and those it takes. Raises ConditionFailed.

    ``held`` is what a public caller's address holds besides; ``handed`` that it has another customer now.
    """
    tenant, start = context.tenant.slug, local_time.minute(appointment.scheduled_at)
    tell(appointment, change, old, actor_name=actor_name, now=now)
    new_lines = {key: [agenda.line_of(appointment)] for key in agenda.keys_of(tenant, appointment)}
    offer = offer_of(appointment)
    limits = booking_keys.of_limits(context.tenant, context.service, context.demand, start)
    with writes.transaction() as tx:
        tx.save(appointment)
        if handed:
            handed.write(tx)
        else:
            booking_limits.update(tx, tenant, appointment)
        resource_ids = set(agenda.resource_ids(appointment))
        booking.AgendaWrites(new_lines, limits - old.day_keys, resource_ids).write(tx, context, now)
        left = old.day_keys - set(new_lines)
        agenda.free(tx, appointment.id, left, {key: context.days[key] for key in left & limits if key in context.days})
        if offer:
            tx.save(offer)
        if held:
            public_limits.write(tx, context, held, appointment)


def offer_of(appointment: Appointment) -> Waiting | None:
    """The wait to which the appointment is offered, with its new start in place of the old one."""
    if appointment.waiting_id is None:
        return None
    offer = reads.get_item(keys.waiting(keys.tenant_of(appointment.pk), appointment.waiting_id))
    if not isinstance(offer, Waiting) or offer.appointment_id != appointment.id:
        return None
    offer.offer_starts_at = appointment.scheduled_at
    return offer
