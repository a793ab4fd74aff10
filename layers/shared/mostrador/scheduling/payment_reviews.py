"""Reviews: a customer declares a bank transfer for an appointment, and staff decides until a deadline.

The short hold becomes one until the deadline, which is never after the start. Staff records the money, which confirms
the appointment, or refuses the receipt, which frees the time. At the deadline the sweeper ends it as EXPIRED. One that
ends in review is perhaps owed its money: it stays on a list until staff has looked.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from mostrador.ledger import open_pages
from mostrador.ledger.rules import reviews
from mostrador.observability import logger
from mostrador.scheduling import appointments, booking_limits, plan_count, public_limits
from mostrador.scheduling.rules import appointment_states as rules
from mostrador.scheduling.rules.appointment_states import AppointmentChange, AppointmentStatus, WrongAppointmentState
from mostrador.table import keys, writes
from mostrador.table.items.payments import Receipt as ReceiptItem
from mostrador.table.items.scheduling import Appointment
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values.holds import has_lapsed

if TYPE_CHECKING:
    from mostrador.ledger.views.receipts import Receipt


def receive(
    tenant: str,
    appointment_id: str,
    form: "Receipt",
    *,
    actor_name: str,
    now: datetime,
    public_address: str | None = None,
) -> Appointment:
    """PENDING -> IN_REVIEW: the hold lasts until staff decides; in review the receipt is replaced.

    A longer hold stays. A lapsed one takes its time again if that is free, for the first receipt only, and then counts
    for ``public_address``. Without a hold the deadline ends nothing. Raises NotHere, WrongAppointmentState,
    BegunAlready, NothingDue, SlotTaken, ServiceInactive, TooManyHeld, TooManyUnconfirmed, Busy.
    """
    receipt = form.stored()

    def load(attempt: int) -> tuple[Appointment, bool]:
        return appointments.get(tenant, appointment_id, now=now), attempt > 0

    def decide(loaded: tuple[Appointment, bool]) -> Appointment:
        appointment, is_retry = loaded
        current = rules.status_at(appointment.status, appointment.hold_expires_at, now)
        is_in_review = current is AppointmentStatus.IN_REVIEW
        if is_in_review and appointment.receipt == receipt:
            return appointment
        with writes.transaction() as tx:
            if is_in_review:
                appointment.receipt = receipt
                appointments.record(appointment, now, actor_name, AppointmentChange.RECEIPT)
                tx.save(appointment)
            else:
                _check(appointment, current, now)
                if public_address is not None and _is_late(appointment, now):
                    public_limits.take_again(tx, tenant, appointment, public_address, now)
                _begin(tx, tenant, appointment, receipt, is_retry=is_retry, actor_name=actor_name, now=now)
        logger.info("appointment.moved", tenant=tenant, appointment=appointment_id, status=appointment.status)
        return appointment

    return writes.retrying(load, decide)


def _is_late(appointment: Appointment, now: datetime) -> bool:
    """Whether its hold has lapsed."""
    return appointment.status == AppointmentStatus.EXPIRED or has_lapsed(appointment.hold_expires_at, now)


def _check(appointment: Appointment, current: AppointmentStatus, now: datetime) -> None:
    """Refuse a second review, and one of what is over, paid or free."""
    is_again = current is AppointmentStatus.EXPIRED and appointment.receipt
    if is_again or not rules.MOVES.allows(current, AppointmentStatus.IN_REVIEW):
        raise WrongAppointmentState(current=current.value, wanted=AppointmentStatus.IN_REVIEW.value)
    rules.check_not_begun(appointment.scheduled_at, now)
    if appointment.total_amount <= (appointment.paid_amount or 0):
        from mostrador.payments.rules.checkout import NothingDue  # noqa: PLC0415 - 4 ms that most requests do without

        raise NothingDue


def _begin(
    tx: Transaction,
    tenant: str,
    appointment: Appointment,
    receipt: ReceiptItem,
    *,
    is_retry: bool,
    actor_name: str,
    now: datetime,
) -> None:
    tenant_item, is_revived = tenants.current(tenant, now=now), appointment.status == AppointmentStatus.EXPIRED
    is_late = _is_late(appointment, now)
    held_until = None if is_late else appointment.hold_expires_at
    appointments.enter(appointment, AppointmentStatus.IN_REVIEW, actor_name, now)
    plan_count.accept(tx, tenant_item, appointment, is_revived=is_revived, now=now)
    start = appointment.scheduled_at
    due_at = max(reviews.due_at(tenant_item.review_hours, start, now=now), min(held_until or now, start))
    appointment.receipt, appointment.review_due_at = receipt, due_at
    if is_late or held_until:
        appointment.hold_expires_at, (appointment.due_pk, appointment.due_at) = due_at, keys.due(appointment.id, due_at)
    open_pages.end(tx, tenant, appointment.checkout_id, now)
    tx.save(appointment)
    if is_late or held_until:
        booking_limits.update(tx, tenant, appointment)
        appointments.keep_time(tx, tenant, appointment, is_retry=is_retry, is_late=is_late, now=now)


def refuse(tenant: str, appointment_id: str, *, reason: str, actor_name: str, now: datetime) -> Appointment:
    """IN_REVIEW -> CANCELLED, which frees the time: the money did not come. The customer is shown the ``reason``.

    One that is perhaps owed keeps its state, and is owed nothing from then on. Again changes nothing.
    Raises NotHere, WrongAppointmentState, Busy.
    """

    def decide(appointment: Appointment) -> Appointment:
        is_in_review = appointment.status == AppointmentStatus.IN_REVIEW
        if not is_in_review and not appointment.is_perhaps_owed:
            if appointment.refused_because:
                return appointment
            raise WrongAppointmentState(current=appointment.status, wanted=AppointmentStatus.CANCELLED.value)
        appointment.refused_because, appointment.is_perhaps_owed = reason, None
        with writes.transaction() as tx:
            if is_in_review:
                appointments.enter(appointment, AppointmentStatus.CANCELLED, actor_name, now, reason)
                appointments.free(tx, tenant, appointment)
            else:
                appointments.record(appointment, now, actor_name, AppointmentChange.REFUSED, reason=reason)
            tx.save(appointment)
        logger.info("receipt.refused", tenant=tenant, appointment=appointment_id, status=appointment.status)
        return appointment

    return writes.retrying(lambda _attempt: appointments.get(tenant, appointment_id, now=now), decide)
