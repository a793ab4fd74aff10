"""Confirm an appointment as paid: one call, one transaction, both or neither."""

from datetime import datetime
from typing import Final

from mostrador.errors import Conflict, NotHere
from mostrador.ledger.rules.payment_states import LOST, Method, PaymentState, RefundReason, WrongPaymentState
from mostrador.ledger.views.payments import AppointmentPayment
from mostrador.payments import counter_payments
from mostrador.payments.rules.checkout import NothingDue
from mostrador.scheduling import slots
from mostrador.scheduling.rules.appointment_states import REVIVABLE, AppointmentStatus, WrongAppointmentState
from mostrador.table.items.raffles import Order
from mostrador.table.items.scheduling import Appointment

_LOSSES: Final = {reason: loss for loss, reason in LOST.items()}


def confirm(tenant: str, appointment_id: str, transaction_id: str, *, actor_name: str, now: datetime) -> Appointment:
    """PENDING or EXPIRED -> CONFIRMED and PAID: a manual payment of all that is due, with this ``transaction_id``.

    A CONFIRMED appointment becomes PAID. The same transaction again changes nothing. A refusal writes nothing.
    Raises NotHere, WrongAppointmentState, SlotTaken, ServiceInactive, NothingDue, WrongPaymentState (that payment was
    refunded), Busy.
    """
    payment, appointment = counter_payments.record_appointment_payment(
        tenant,
        appointment_id,
        AppointmentPayment(method=Method.OTHER, reference=transaction_id),
        check=_check,
        actor_name=actor_name,
        key=f"transaction {transaction_id}",  # an Idempotency-Key of a caller has no space
        now=now,
    )
    if not isinstance(appointment, Appointment):
        raise NotHere(entity="appointment", id=appointment_id)
    if payment.status != PaymentState.PAID:
        raise WrongPaymentState(current=payment.status, wanted=PaymentState.PAID.value)
    if appointment.status == AppointmentStatus.CANCELLED:
        raise _wrong_state(appointment.status)
    return appointment


def _check(appointment: Order | Appointment | None, reason: RefundReason | None) -> None:
    """Refuse the payment where it does not confirm, instead of recording it as due back."""
    if isinstance(appointment, Appointment) and (refusal := _refusal(appointment, reason)):
        raise refusal


def _refusal(appointment: Appointment, reason: RefundReason | None) -> Conflict | None:
    if reason is RefundReason.ALREADY_PAID:
        return NothingDue()
    if reason and reason in _LOSSES:
        return slots.lost_time_error(appointment, _LOSSES[reason])
    if reason is RefundReason.TOO_LATE:
        return _wrong_state(AppointmentStatus.EXPIRED.value)
    if reason or appointment.status not in {*REVIVABLE, AppointmentStatus.CONFIRMED}:
        return _wrong_state(appointment.status)
    return None


def _wrong_state(current: str) -> WrongAppointmentState:
    return WrongAppointmentState(current=current, wanted=AppointmentStatus.CONFIRMED.value)
