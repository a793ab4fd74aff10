"""The booking: one read, one decision, one transaction on the agenda days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mostrador import ids
from mostrador.errors import Invalid
from mostrador.observability import logger
from mostrador.people import customer_search, customers, shared_phones
from mostrador.scheduling import (
    agenda,
    booking_keys,
    booking_limits,
    booking_request,
    overriding,
    plan_count,
    public_limits,
    slots,
    totals,
)
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.booking_request import BookingRequest
from mostrador.scheduling.public_limits import Held
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus
from mostrador.scheduling.rules.overrides import ORDINARY, Override
from mostrador.table import keys, writes
from mostrador.table.items.people import Customer
from mostrador.table.items.scheduling import Appointment, Resource
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.tenancy.public_holds import Lines
from mostrador.tenancy.rules.public_settings import PublicConfirmation
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.scheduling.views.appointments import NewAppointment

MOST_ACTIONS: Final = 100
"""DynamoDB's limit for one transaction."""
_OTHERS: Final = 8
"""Actions besides appointments and days: customer, phone and its other form, ledger, address, plan, series, audit."""
Also = Callable[[Transaction, list[Appointment]], None]
"""Adds to the transaction that saves these appointments."""


class TooMuchAtOnce(Invalid):
    code = "too_much_at_once"
    en = "{value} appointments with what their limits need do not fit into one transaction; book fewer at a time"
    es = "{value} turnos con lo que exigen sus límites no entran en una transacción; agende menos por vez"
    next_action = NextAction.ASK_FOR_FEWER


@dataclass(slots=True)
class AgendaWrites:
    """A transaction's actions on agenda days, gathered so that each day is written once.

    ``lines`` are added to their days; the days ``unchanged`` must not change meanwhile. ``resources`` must be active
    still; a single booking needs no such check, for a deletion renews the days of its window (``resources.delete``).
    """

    lines: dict[keys.Key, list[agenda_rules.Booking]] = field(default_factory=dict)
    unchanged: set[keys.Key] = field(default_factory=set)
    resources: set[str] = field(default_factory=set)

    def size(self) -> int:
        """The number of its actions."""
        return len(set(self.lines) | self.unchanged) + len(self.resources)

    def write(self, tx: Transaction, context: BookingContext, now: datetime) -> None:
        for key, lines in self.lines.items():
            agenda.take(tx, key, context.days, lines, now)
        for key in self.unchanged - set(self.lines):
            agenda.check_unchanged(tx, key, context.days)
        for resource_id in self.resources:
            agenda.check_resource(tx, context.tenant.slug, resource_id)


def book(
    slug: str,
    form: "NewAppointment",
    *,
    actor_name: str,
    key: str | None,
    now: datetime,
    role: str = "",
    public_address: str | None = None,
    waiting_id: str | None = None,
    may_override: frozenset[str] = ORDINARY,
    sent: str | None = None,
) -> Appointment:
    """Book; the same ``key`` with the same text ``sent`` (the form's) gives the same one. ``waiting_id``: an offer.

    ``role`` is the caller's, which limits a discount. ``public_address`` is that of a caller without an account:
    TooManyHeld, TooManyUnconfirmed limit it. Raises NotHere, SlotTaken, ServiceInactive, OverrideNotAllowed,
    PlanLimitReached, TooManyActive, BadPhone, KeyReused, DiscountTooLarge, BadAmount.
    """
    request = booking_request.from_form(
        tenants.current(slug, now=now),
        form,
        starts=[booking_request.minute(form.scheduled_at)],
        appointment_ids=[ids.derived(slug, "appointment", key) if key else ids.new()],
        actor_name=actor_name,
        now=now,
        public_address=public_address,
        may_override=may_override,
        sent=sent,
        more={"waiting_id": waiting_id, "role": role},
    )
    return _booked(request)


def _booked(request: BookingRequest) -> Appointment:
    """Read, decide and write, again from the start after a lost race; or the earlier booking of the same request."""

    def load(_attempt: int) -> BookingContext:
        nonlocal request
        request, context = booking_request.load_context(request, check=request.check_new)
        return context

    def decide(context: BookingContext) -> Appointment:
        resources, held = _choose(request, context)
        return write(request, context, [resources], held)[0]

    try:
        return writes.retrying(load, decide)
    except booking_request.Repeated as repeated:
        return repeated.earlier[0]


def _choose(request: BookingRequest, context: BookingContext) -> tuple[list[Resource], Held | None]:
    """The resources of the only start, and what a public caller's address holds besides."""
    if request.holder is None:
        return slots.choose(context, request.starts[0], request.query), None
    return public_limits.choose(context, request.starts[0], request.query, request.holder)


def write(
    request: BookingRequest,
    context: BookingContext,
    chosen: Sequence[list[Resource]],
    held: Held | None = None,
    also: Also = lambda _tx, _booked: None,
) -> list[Appointment]:
    """Write the one transaction: agenda days, appointments, customer with guard, the plan's counter.

    ``chosen`` has the resources of each start; ``held`` is what a public caller's address holds besides; ``also``
    adds to the transaction. Raises ConditionFailed, TooMuchAtOnce, TooManyActive, PlanLimitReached.
    """
    customer, is_new = customers.identified(
        context.tenant,
        context.other,
        customer_id=request.form.customer_id,
        wanted=request.form.customer_data,
        phone=request.phone,
        now=request.now,
    )
    booked = [_appointment(request, context, n, resources, customer) for n, resources in enumerate(chosen)]
    with writes.transaction() as tx:
        agenda_writes = _agenda_writes(context, booked)
        if len(booked) + agenda_writes.size() + _OTHERS > MOST_ACTIONS:
            raise TooMuchAtOnce(value=len(booked), field="body.count")
        usage = context.other.get(plan_count.key(context.tenant, request.now))
        plan_count.take(tx, context.tenant, usage, booked, now=request.now)
        for appointment in booked:
            tx.save(appointment)
        agenda_writes.write(tx, context, request.now)
        customers.note_booking(tx, request.slug, customer, booked[-1].scheduled_at, is_new=is_new)
        _count_of_phone(tx, request, context, booked, held.lines if held else {})
        if held:
            public_limits.write(tx, context, held, booked[0])
        also(tx, booked)
    for appointment in booked:
        logger.info(
            "appointment.booked", tenant=request.slug, appointment=appointment.id, service=appointment.service_id
        )
    return booked


def _agenda_writes(context: BookingContext, booked: Sequence[Appointment]) -> AgendaWrites:
    agenda_writes = AgendaWrites()
    if len(booked) > 1:  # a series may go past the window
        agenda_writes.resources = {one for appointment in booked for one in agenda.resource_ids(appointment)}
    for appointment in booked:
        for key in agenda.keys_of(context.tenant.slug, appointment):
            agenda_writes.lines.setdefault(key, []).append(agenda.line_of(appointment))
        start = local_time.minute(appointment.scheduled_at)
        agenda_writes.unchanged |= booking_keys.of_limits(context.tenant, context.service, context.demand, start)
    return agenda_writes


def _appointment(
    request: BookingRequest,
    context: BookingContext,
    number: int,
    resources: list[Resource],
    customer: Customer | customers.Known,
) -> Appointment:
    tenant, service, form = context.tenant, context.service, request.form
    given = shared_phones.as_given(customer, form.customer_data)
    appointment_id, start = request.appointment_ids[number], request.starts[number]
    appointment = Appointment(
        *keys.appointment(tenant.slug, appointment_id),
        id=appointment_id,
        service_id=service.id,
        service_name=service.name,
        customer_id=customer.id,
        customer_name=customer.name,
        customer_phone=customer.phone,
        folded=customer_search.searchable(customer.name, customer.phone, given.get("booked_as")),
        status=form.status,
        payment_status=(PaymentStatus.PENDING if service.price else PaymentStatus.PAID).value,
        total_amount=service.price,
        deposit_amount=totals.deposit(service),
        currency=service.currency,
        customer_notes=form.customer_notes,
        internal_notes=form.internal_notes,
        created_by=request.actor_name,
        created_at=request.now,
        confirmed_at=request.now if form.status == AppointmentStatus.CONFIRMED else None,
        waiting_id=request.waiting_id,
        fingerprint=request.fingerprint,
        time_zone=tenant.time_zone,
        is_counted=True if request.active_bookings_key else None,
        ignores_calendar=Override.EXTERNAL in request.override or None,
        **given | _of_series(request, number),
    )
    place(appointment, start, context.demand, resources)
    overriding.note(appointment, request.overridden(context, start, resources), request.actor_name)
    _price_and_hold(request, tenant, appointment)
    return appointment


def _of_series(request: BookingRequest, number: int) -> dict[str, str | None]:
    """The series of an appointment, and the time on the clock that it plans for it."""
    if request.series_id is None:
        return {}
    planned = local_time.wall(request.starts[number], tenants.zone(request.tenant))
    return {"series_id": request.series_id, "series_on": planned}


def _price_and_hold(request: BookingRequest, tenant: Tenant, appointment: Appointment) -> None:
    """Raises BadAmount, DiscountTooLarge."""
    if request.form.price_actions():
        totals.begin(appointment, tenant, request.form, role=request.role, actor_name=request.actor_name)
    _hold(appointment, _held_until(request, tenant, appointment))


def _held_until(request: BookingRequest, tenant: Tenant, appointment: Appointment) -> datetime | None:
    """The end of the hold: for a payment, or for the confirmation that a public booking needs; None: it is firm.

    One that is held for the payment of nothing is confirmed at once.
    """
    is_public = request.public_address is not None
    if request.form.hold and not appointment.total_amount:
        appointment.status, appointment.confirmed_at = AppointmentStatus.CONFIRMED.value, request.now
        return None
    if request.form.hold or (is_public and appointment.deposit_amount):
        return request.now + timedelta(minutes=int(tenant.hold_minutes))
    if is_public and tenant.public_confirmation == PublicConfirmation.STAFF:
        within: datetime = request.now + timedelta(minutes=int(tenant.confirm_within_minutes))
        return min(within, appointment.scheduled_at)
    return None


def _hold(appointment: Appointment, until: datetime | None) -> None:
    if until:
        appointment.hold_expires_at = until
        appointment.due_pk, appointment.due_at = keys.due(appointment.id, until)


def place(appointment: Appointment, start: int, demand: agenda_rules.Demand, resources: list[Resource]) -> None:
    """Set an appointment's time and resources, and the days and index keys that follow from them."""
    appointment.resource_id, appointment.resource_name = resources[0].id, resources[0].name
    appointment.second_resource_id = resources[1].id if len(resources) > 1 else None
    agenda.set_time(appointment, start, demand)


def _count_of_phone(
    tx: Transaction, request: BookingRequest, context: BookingContext, booked: Sequence[Appointment], held: Lines
) -> None:
    """Count the bookings for their phone, where the tenant limits them. Raises TooManyActive."""
    key = request.active_bookings_key
    if key is None:
        return
    own, ledger = public_limits.of_phone(held, request.phone), booking_limits.ledger(context.other, key)
    is_bound = Override.TOO_MANY_ACTIVE not in request.override
    limit = int(request.tenant.max_active_bookings) if is_bound else booking_limits.NEVER
    booking_limits.add(tx, key, ledger, booked, own=own, limit=limit, now=request.now)
