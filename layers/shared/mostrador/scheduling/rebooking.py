"""Change what an appointment is for: its service, its length and the resources that give it."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from mostrador.ledger import open_pages
from mostrador.scheduling import appointments, booking, booking_context, rescheduling, slot_terms, totals
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.booking_request import minute
from mostrador.scheduling.rules import prices
from mostrador.scheduling.rules.appointment_states import AmountIsFixed, AppointmentChange, AppointmentStatus
from mostrador.table import writes
from mostrador.table.items.scheduling import Appointment, Service
from mostrador.values import local_time

if TYPE_CHECKING:
    from mostrador.scheduling.views.rebooking import Rebooking


def rebook(tenant: str, appointment_id: str, form: "Rebooking", *, actor_name: str, now: datetime) -> Appointment:
    """Change service, length, resource or start in one transaction; where nothing differs it changes nothing.

    Id, link, customer, payments and history stay. The rules are those of a booking; a start that stays is not refused
    for its notice, its window or the grid. Another service brings its price, unless the form keeps the amount. Raises
    NotHere, WrongAppointmentState, SlotTaken, ServiceInactive, AmountIsFixed, BeingPaid, OddStart, Busy.
    """

    def decide(appointment: Appointment) -> Appointment:
        rescheduling.check_occupying(appointment, now, AppointmentChange.CHANGED)
        if _is_as_wanted(appointment, form):
            return appointment
        start = _start(appointment, form)
        context = _context(tenant, appointment, form, start)
        is_kept = start == local_time.minute(appointment.scheduled_at)
        over = form.ignore_calendar or bool(is_kept and appointment.ignores_calendar)
        query = slot_terms.SlotQuery(now, form.resource_id, without=appointment.id, ignore_calendar=over)
        query = replace(query, agreed_start=start if is_kept else None)
        resources = rescheduling.chosen(context, appointment, start, query, keeps_resource=False)
        old = rescheduling.before(tenant, appointment)
        if context.service.id != appointment.service_id:
            _change_service(tenant, appointment, context.service, keep_total=form.keep_total)
            if totals.waits_for_nothing(appointment):
                appointments.enter(appointment, AppointmentStatus.CONFIRMED, actor_name, now)
        appointment.time_zone = context.tenant.time_zone
        booking.place(appointment, start, context.demand, resources)
        appointment.ignores_calendar = over or None
        rescheduling.write(context, appointment, AppointmentChange.CHANGED, old, actor_name=actor_name, now=now)
        return appointment

    return writes.retrying(lambda _attempt: appointments.get(tenant, appointment_id, now=now), decide)


def _start(appointment: Appointment, form: "Rebooking") -> int:
    return local_time.minute(appointment.scheduled_at) if form.scheduled_at is None else minute(form.scheduled_at)


def _is_as_wanted(appointment: Appointment, form: "Rebooking") -> bool:
    """Whether everything that the form names is so already."""
    wanted = (form.service_id, form.duration_minutes, form.resource_id, form.scheduled_at)
    present = (appointment.service_id, appointment.duration_minutes, appointment.resource_id, appointment.scheduled_at)
    return all(new in (None, old) for new, old in zip(wanted, present, strict=True))


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
