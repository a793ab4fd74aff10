"""Change what was booked: service, length, resources, start, customer and notes."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from mostrador.errors import NotHere, Stale
from mostrador.ledger import open_pages
from mostrador.scheduling import (
    appointments,
    booking_context,
    handover,
    overriding,
    rescheduling,
    slot_terms,
    slots,
    totals,
)
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.booking_request import minute
from mostrador.scheduling.handover import Handover
from mostrador.scheduling.rules import prices
from mostrador.scheduling.rules.appointment_states import AmountIsFixed, AppointmentChange, AppointmentStatus
from mostrador.scheduling.rules.overrides import ORDINARY
from mostrador.table import writes
from mostrador.table.items.scheduling import Appointment, Resource, Service
from mostrador.tenancy import tenants
from mostrador.values import local_time

if TYPE_CHECKING:
    from mostrador.scheduling.views.rebooking import Rebooking


def rebook(
    tenant: str,
    appointment_id: str,
    form: "Rebooking",
    *,
    may_override: frozenset[str] = ORDINARY,
    seen: int | None = None,
    actor_name: str,
    now: datetime,
) -> Appointment:
    """Change service, length, resources, start, customer or notes in one transaction; what is so already stays.

    Id, link, payments and history stay. The rules are those of a booking, but for a start that stays. Another service
    has its price, unless the form keeps it. Raises NotHere, Stale, WrongAppointmentState, SlotTaken, ServiceInactive,
    OverrideNotAllowed, AmountIsFixed, BeingPaid, OddStart, OfferKeepsCustomer, TooManyActive, Busy.
    """
    overriding.check(form.overriding(), may_override)
    by = _By(actor_name, may_override)

    def decide(appointment: Appointment) -> Appointment:
        rescheduling.check_occupying(appointment, now, AppointmentChange.CHANGED)
        if _is_as_wanted(appointment, form):
            return appointment
        check_seen(appointment, seen)
        old = rescheduling.before(tenant, appointment)
        context = None if _is_in_place(appointment, form) else _place(tenant, appointment, form, by, now)
        handed = _hand_over(tenant, appointment, form, now)
        for name, value in form.notes().items():
            setattr(appointment, name, value)
        _confirm_free(appointment, old, actor_name=actor_name, now=now)
        if form.check_only:
            return appointment
        _write(context, appointment, handed, old, actor_name=actor_name, now=now)
        return appointment

    return writes.retrying(lambda _attempt: appointments.get(tenant, appointment_id, now=now), decide)


def _confirm_free(appointment: Appointment, old: rescheduling.Before, *, actor_name: str, now: datetime) -> None:
    """Confirm one that was held for the payment of another service, and costs nothing now."""
    if appointment.service_id != old.booked.service_id and totals.waits_for_nothing(appointment):
        appointments.enter(appointment, AppointmentStatus.CONFIRMED, actor_name, now)


def check_seen(appointment: Appointment, seen: int | None) -> None:
    """Raise Stale, with the last change that the history tells, where ``seen`` (If-Match) is not its version."""
    if seen is None or seen == appointment.version:
        return
    last = appointment.history[-1] if appointment.history else None
    raise Stale(given=seen, current=int(appointment.version), last_change=last)


class _By(NamedTuple):
    """Who changes the booking, and the rules that they may override."""

    actor_name: str
    may_override: frozenset[str]


def _place(tenant: str, appointment: Appointment, form: "Rebooking", by: _By, now: datetime) -> BookingContext:
    """Set service, price, time and resources as the form wants them; the context to write them with."""
    start = _start(appointment, form)
    context = _context(tenant, appointment, form, start)
    if form.duration_minutes:
        overriding.check_length(context, int(context.service.duration_minutes), by.may_override)
    is_kept = start == local_time.minute(appointment.scheduled_at)
    over = form.overriding() | overriding.standing(appointment) if is_kept else form.overriding()
    query = slot_terms.SlotQuery(now, form.resource_id, without=appointment.id, override=over)
    query = replace(query, may_override=by.may_override, agreed_start=start if is_kept else None)
    resources = _resources(context, appointment, form, start, query)
    if context.service.id != appointment.service_id:
        _change_service(tenant, appointment, context.service, keep_total=form.keep_total)
    rescheduling.set_place(appointment, context, start, resources, query, actor_name=by.actor_name)
    return context


def _hand_over(tenant: str, appointment: Appointment, form: "Rebooking", now: datetime) -> Handover | None:
    """Set the customer of the form, if it is another one."""
    if form.customer_id is None or form.customer_id == appointment.customer_id:
        return None
    return handover.prepare(tenants.current(tenant, now=now), appointment, form.customer_id, now=now)


def _resources(
    context: BookingContext, appointment: Appointment, form: "Rebooking", start: int, query: slot_terms.SlotQuery
) -> list[Resource]:
    """The resources that the form names, beside them the present ones if they are free. Raises NotHere, SlotTaken."""
    second = form.second_resource_id
    if second is None:
        return rescheduling.chosen(context, appointment, start, query, keeps_resource=False)
    if second not in context.service.second_resource_ids or not context.is_active(second):
        raise NotHere(entity="resource", id=second)
    if query.resource_id is None and rescheduling.can_keep(context, appointment):
        kept = slot_terms.terms(context, replace(query, resource_id=appointment.resource_id))
        if any(ids[-1] == second for ids in slots.choices(kept, start)):
            return slots.chosen(kept, start, only_second=second)
    return slots.chosen(slot_terms.terms(context, query), start, only_second=second)


def _write(
    context: BookingContext | None,
    appointment: Appointment,
    handed: Handover | None,
    old: rescheduling.Before,
    *,
    actor_name: str,
    now: datetime,
) -> None:
    """Write the change in one transaction. Without a context it takes no time: it is another customer, or notes.

    Notes are not told in the history. Raises ConditionFailed.
    """
    change = AppointmentChange.CHANGED
    if context:
        rescheduling.write(context, appointment, change, old, actor_name=actor_name, handed=handed, now=now)
        return
    appointment.updated_at = now
    if handed:
        rescheduling.tell(appointment, change, old, actor_name=actor_name, now=now)
    with writes.transaction() as tx:
        tx.save(appointment)
        if handed:
            handed.write(tx)


def _start(appointment: Appointment, form: "Rebooking") -> int:
    return local_time.minute(appointment.scheduled_at) if form.scheduled_at is None else minute(form.scheduled_at)


def _is_as_wanted(appointment: Appointment, form: "Rebooking") -> bool:
    """Whether everything that the form names is so already."""
    is_same_customer = form.customer_id in (None, appointment.customer_id)
    has_notes = all(getattr(appointment, name) == value for name, value in form.notes().items())
    return is_same_customer and has_notes and _is_in_place(appointment, form)


def _is_in_place(appointment: Appointment, form: "Rebooking") -> bool:
    """Whether service, length, resources and start are so already."""
    names = ("service_id", "duration_minutes", "resource_id", "second_resource_id", "scheduled_at")
    return all(getattr(form, name) in (None, getattr(appointment, name)) for name in names)


def _context(tenant: str, appointment: Appointment, form: "Rebooking", start: int) -> BookingContext:
    """The context of the wanted service; the present one may be discontinued. Raises NotHere, ServiceInactive."""
    if form.service_id in (None, appointment.service_id):
        return rescheduling.load(tenant, appointment, start, duration=form.duration_minutes, discontinued=True)
    return booking_context.load(tenant, form.service_id, [start], (), duration_minutes=form.duration_minutes).offered()


def _change_service(tenant: str, appointment: Appointment, service: Service, *, keep_total: bool) -> None:
    """Set the service and its price. Raises AmountIsFixed, BeingPaid."""
    appointment.service_id, appointment.service_name = service.id, service.name
    is_same = (service.price, service.currency) == (prices.agreed(appointment), appointment.currency)
    if not keep_total and not is_same:
        _reprice(tenant, appointment, service)


def _reprice(tenant: str, appointment: Appointment, service: Service) -> None:
    """Set the service's price and deposit; paid money counts towards it. Raises AmountIsFixed, BeingPaid.

    AmountIsFixed: more was paid than the new price, it has money or lines in another currency, paid money is still to
    go back, or a transfer is declared.
    """
    paid, is_same_currency = prices.paid_of(appointment), service.currency == appointment.currency
    priced = prices.price(service.price, appointment.extras or [], appointment.discount, service.currency)
    is_covered = paid <= priced.total and (is_same_currency or not (paid or prices.has_lines(appointment)))
    is_declared = appointment.status == AppointmentStatus.IN_REVIEW
    if not is_covered or is_declared or appointments.is_owed(tenant, appointment):
        raise AmountIsFixed(current=appointment.status, payment=appointment.payment_status)
    open_pages.check_none(tenant, appointment.checkout_id)
    appointment.base_amount, appointment.currency = service.price, service.currency
    if not paid:
        appointment.deposit_amount = totals.deposit(service)
    totals.enter(appointment, priced.total)
