"""The booking: one read, one decision, one transaction on the agenda days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mostrador import ids
from mostrador.errors import Busy, Conflict, Invalid
from mostrador.ledger.rules import payment_states
from mostrador.observability import logger
from mostrador.people import customers
from mostrador.scheduling import agenda, booking_context, booking_limits, booking_request, slots
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus
from mostrador.table import keys, writes
from mostrador.table.items.scheduling import Appointment, Resource, Service
from mostrador.table.items.tenants import Usage
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values import local_time

if TYPE_CHECKING:
    from mostrador.scheduling.views.appointments import NewAppointment

MOST_ACTIONS: Final = 100
"""DynamoDB's limit for one transaction."""
_OTHERS: Final = 5
"""Actions besides appointments and days: customer, phone, phone's ledger, plan, line of the audit log."""


class PlanLimitReached(Conflict):
    code = "plan_limit"
    en = "the plan allows {limit} appointments in {month}"
    es = "el plan permite {limit} turnos en {month}"


class TooMuchAtOnce(Invalid):
    code = "too_much_at_once"
    en = "{value} appointments with what their limits need do not fit into one transaction; book fewer at a time"
    es = "{value} turnos con lo que exigen sus límites no entran en una transacción; agende menos por vez"


@dataclass(slots=True)
class AgendaWrites:
    """What a transaction takes of the agenda, gathered so that each day is written once."""

    lines: dict[keys.Key, list[agenda_rules.Booking]] = field(default_factory=dict)
    still: set[keys.Key] = field(default_factory=set)

    def size(self) -> int:
        """How many actions of the transaction it takes."""
        return len(set(self.lines) | self.still)

    def write(self, tx: Transaction, context: booking_context.BookingContext, now: datetime) -> None:
        for key, lines in self.lines.items():
            agenda.take(tx, key, context.days, lines, now)
        for key in self.still - set(self.lines):
            agenda.check_unchanged(tx, key, context.days)


def book(
    tenant: str, form: "NewAppointment", *, actor_name: str, key: str | None, now: datetime, is_public: bool = False
) -> Appointment:
    """Book; the same Idempotency-Key ``key`` with the same form gives the same appointment.

    Raises NotHere (service, resource, customer), SlotTaken with ``reason`` and ``alternatives``, ServiceInactive,
    PlanLimitReached, TooManyActive, BadPhone, KeyReused, and Busy when the race for the day is lost too often.
    """
    shop = tenants.current(tenant, now=now)
    appointment_id = ids.derived(tenant, "appointment", key) if key else ids.new()
    request = booking_request.from_form(
        shop,
        form,
        starts=[booking_request.minute(form.scheduled_at)],
        appointment_ids=[appointment_id],
        actor_name=actor_name,
        now=now,
        is_public=is_public,
    )
    for _ in writes.attempts():
        try:
            context = booking_context.load(
                tenant,
                form.service_id,
                request.starts,
                request.keys(),
                duration_minutes=form.duration_minutes,
                first=request.check_new,
            )
            request, is_complete = request.after(context)
            if not is_complete:
                continue
            chosen = slots.choose(
                context, request.starts[0], slots.SlotQuery(now, form.resource_id, ignore_calendar=form.ignore_calendar)
            )
            return write(request, context, [chosen])[0]
        except booking_request.Repeated as repeated:
            return repeated.earlier[0]
        except writes.ConditionFailed:
            continue
    raise Busy


def write(
    request: booking_request.BookingRequest, context: booking_context.BookingContext, chosen: Sequence[list[Resource]]
) -> list[Appointment]:
    """The one transaction: agenda days, appointments, customer with guard, the plan's counter. Raises Refused."""
    form = request.form
    customer, is_new = customers.identified(
        context.tenant,
        context.other,
        customer_id=form.customer_id,
        wanted=form.customer_data,
        phone=request.phone,
        now=request.now,
    )
    made = [_appointment(request, context, number, who, customer) for number, who in enumerate(chosen)]
    with writes.transaction() as tx:
        taking = AgendaWrites()
        for one in made:
            tx.save(one)
            for key in agenda.keys_of(request.tenant, one):
                taking.lines.setdefault(key, []).append(agenda.line_of(one))
            taking.still |= limit_shared(context, local_time.minute(one.scheduled_at))
        if len(made) + taking.size() + _OTHERS > MOST_ACTIONS:
            raise TooMuchAtOnce(value=len(made), field="body.count")
        taking.write(tx, context, request.now)
        customers.note_booking(tx, request.tenant, customer, made[-1].scheduled_at, is_new=is_new)
        if request.active_key:
            limit, before = int(request.shop.max_active_bookings), context.other.get(request.active_key)
            booking_limits.add(tx, request.active_key, before, made, limit=limit, now=request.now)
        _count(tx, request, context, len(made))
    for one in made:
        logger.info("appointment.booked", tenant=request.tenant, appointment=one.id, service=one.service_id)
    return made


def _appointment(
    request: booking_request.BookingRequest,
    context: booking_context.BookingContext,
    number: int,
    who: list[Resource],
    customer: Any,
) -> Appointment:
    shop, service, form, demand = context.tenant, context.service, request.form, context.demand
    starts, appointment_id = request.starts[number], request.appointment_ids[number]
    given = form.customer_data
    made = Appointment(
        *keys.appointment(shop.slug, appointment_id),
        id=appointment_id,
        service_id=service.id,
        service_name=service.name,
        customer_id=customer.id,
        customer_name=customer.name,
        customer_phone=customer.phone,
        booked_as=given.name if given and given.name != customer.name else None,
        folded=customers.searchable(customer.name, customer.phone),
        status=form.status,
        payment_status=PaymentStatus.PENDING.value,
        total_amount=service.price,
        deposit_amount=_deposit(service),
        currency=service.currency,
        customer_notes=form.customer_notes,
        internal_notes=form.internal_notes,
        created_by=request.actor_name,
        created_at=request.now,
        confirmed_at=request.now if form.status == AppointmentStatus.CONFIRMED else None,
        series_id=request.series_id,
        fingerprint=request.fingerprint,
        time_zone=shop.time_zone,
        is_counted=True if request.active_key else None,
        ignores_calendar=form.ignore_calendar or None,
    )
    place(made, starts, demand, who)
    if form.hold or (request.is_public and made.deposit_amount):
        until = request.now + timedelta(minutes=int(shop.hold_minutes))
        made.hold_expires_at, (made.due_pk, made.due_at) = until, keys.due(appointment_id, until)
    return made


def _deposit(service: Service) -> Any:
    """What the service asks for beforehand; None where that is nothing."""
    if not service.deposit_percent or not service.price:
        return None
    return payment_states.deposit(service.price, service.deposit_percent, service.currency)


def place(appointment: Appointment, starts: int, demand: agenda_rules.Demand, who: list[Resource]) -> None:
    """Set an appointment's time and resources, and what follows from them: days, places in the lists."""
    zone, slug = appointment.zone, appointment.pk.split("#")[1]
    scheduled_at = local_time.instant(starts, zone)
    appointment.scheduled_at, appointment.ends_at = scheduled_at, local_time.instant(starts + demand.duration, zone)
    appointment.buffer_before_minutes, appointment.buffer_time_minutes = demand.before, demand.after
    appointment.resource_id, appointment.resource_name = who[0].id, who[0].name
    appointment.second_resource_id = who[1].id if len(who) > 1 else None
    appointment.days = [day.isoformat() for day in agenda_rules.days_touched(demand, starts, zone)]
    by_start = keys.appointment_by_start(slug, scheduled_at, appointment.id)
    of_customer = keys.appointment_of_customer(slug, appointment.customer_id, scheduled_at, appointment.id)
    (appointment.gsi1pk, appointment.gsi1sk), (appointment.gsi2pk, appointment.gsi2sk) = by_start, of_customer


def limit_shared(context: booking_context.BookingContext, starts: int) -> set[keys.Key]:
    """The days whose bookings count against the service's limits: none of them may change meanwhile."""
    demand, day = context.demand, local_time.local_day(starts, tenants.zone(context.tenant))
    days = booking_context.week_of(day) if demand.max_per_week is not None else [day]
    if demand.max_per_week is None and demand.max_per_day is None:
        return set()
    return {keys.agenda_day(context.tenant.slug, one, day) for one in context.service.resource_ids for day in days}


def _count(
    tx: Transaction, request: booking_request.BookingRequest, context: booking_context.BookingContext, bookings: int
) -> None:
    """Count the bookings against the plan, in the write itself; nothing where the plan has no limit."""
    limit = context.tenant.max_appointments_per_month
    if limit is None:
        return
    key, stored = booking_request.usage_key(context.tenant, request.now), Usage
    used = context.other.get(key)
    if (int(used.appointments) if used else 0) + bookings > limit:
        raise PlanLimitReached(limit=int(limit), month=key[1].removeprefix("USAGE#"))
    actions = [stored.entity.set(stored), stored.appointments.add(bookings)]  # an update may be what makes the item
    tx.update(stored(*key), actions=actions, condition=_room(int(limit), bookings))


def _room(limit: int, bookings: int) -> Any:
    """The condition that so many more fit into the month."""
    return Usage.appointments.does_not_exist() | (Usage.appointments <= limit - bookings)
