"""What an appointment owes, and what money does to it: it confirms what waited for it, in time or late.

Money that lands makes a hold firm. Where the hold has lapsed its time is taken again if that is still free; else the
money is due back. Every change is decided on the appointment as it is and written only if it is still the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mostrador.errors import NotHere
from mostrador.ledger.rules.payment_states import Provider, appointment_refund_reason, paid_status
from mostrador.ledger.settlements import Settlement
from mostrador.payments.rules.checkout import NothingDue
from mostrador.scheduling import agenda, appointments, booking_limits
from mostrador.scheduling.rules.appointment_states import REVIVABLE, AppointmentStatus, PaymentStatus
from mostrador.table import keys, reads
from mostrador.table.items.payments import Payment
from mostrador.table.items.scheduling import Appointment
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values.holds import has_lapsed


@dataclass(frozen=True, slots=True)
class AppointmentContext:
    """An appointment as it is; ``other`` is whatever else was asked for. ``closely``: a write was refused before."""

    tenant: str
    appointment: Appointment
    closely: bool
    other: Mapping[keys.Key, Any]

    @property
    def target(self) -> Appointment:
        """What money is for."""
        return self.appointment

    @property
    def due(self) -> Decimal:
        """What it still costs."""
        paid: Decimal = self.appointment.paid_amount or Decimal(0)
        return Decimal(self.appointment.total_amount) - paid

    def must_be_taken_again(self, now: datetime) -> bool:
        """Whether its time may be somebody else's: the hold has lapsed, or nobody knows after a refused write."""
        held_until = self.appointment.hold_expires_at
        is_lapsed = held_until is not None and (has_lapsed(held_until, now) or self.closely)
        return self.appointment.status == AppointmentStatus.EXPIRED or (
            self.appointment.status == AppointmentStatus.PENDING and is_lapsed
        )


def load(tenant: str, appointment_id: str, *also: keys.Key, closely: bool, now: datetime) -> AppointmentContext:
    """The case of an appointment, and whatever ``also`` names, in one round trip. Raises NotHere."""
    tenants.current(tenant, now=now)
    key = keys.appointment(tenant, appointment_id)
    found = reads.batch({key, *also})
    appointment = found.get(key)
    if not isinstance(appointment, Appointment):
        raise NotHere(entity="appointment", id=appointment_id)
    return AppointmentContext(tenant, appointment, closely, found)


def settle(context: AppointmentContext, payment: Payment, *, actor_name: str, now: datetime) -> Settlement:
    """Where the money of a payment for an appointment lands, all of what it costs or a part.

    Raises NothingDue where somebody of the business took nothing.
    """
    appointment, again = context.appointment, None
    if payment.provider == Provider.MANUAL and payment.amount <= 0:
        raise NothingDue
    is_stray = payment.provider != Provider.MANUAL and payment.id != appointment.checkout_id
    must_take = context.must_be_taken_again(now)
    is_over = appointment.starts_at <= now
    if must_take and not is_over:
        again = agenda.reclaim(context.tenant, appointment, now)
    reason = appointment_refund_reason(
        AppointmentStatus(appointment.status),
        amount=payment.amount,
        due=Decimal(0) if is_stray and appointment.paid_amount else context.due,
        is_as_asked=payment.currency == appointment.currency and _is_as_asked(payment),
        is_over=is_over,
        is_gone=must_take and again is None,
    )
    return Settlement(reason, lambda tx: _pay(tx, context, payment, again, actor_name=actor_name, now=now))


def release(
    tx: Transaction, context: AppointmentContext, payment: Payment, *, reason: str, actor_name: str, now: datetime
) -> None:
    """Save an appointment without a payment that is given back; whether it takes place is left as it is."""
    appointment = context.appointment
    left = (appointment.paid_amount or Decimal(0)) - payment.amount
    appointment.payment_ids = [one for one in appointment.payment_ids or [] if one != payment.id] or None
    appointment.payment_status = paid_status(left, appointment.total_amount).value
    appointment.paid_amount = left if left > 0 else None
    appointments.record(appointment, now, actor_name, PaymentStatus.REFUNDED.value, payment=payment.id, reason=reason)
    tx.save(appointment)


def _is_as_asked(payment: Payment) -> bool:
    return payment.provider == Provider.MANUAL or payment.amount == payment.asked_amount


def _pay(
    tx: Transaction,
    context: AppointmentContext,
    payment: Payment,
    again: Callable[[Any], None] | None,
    *,
    actor_name: str,
    now: datetime,
) -> None:
    appointment = context.appointment
    held_until = appointment.hold_expires_at
    paid = (appointment.paid_amount or Decimal(0)) + payment.amount
    appointment.paid_amount, appointment.payment_ids = paid, [*(appointment.payment_ids or []), payment.id]
    appointment.payment_status = paid_status(paid, appointment.total_amount).value
    appointments.record(appointment, now, actor_name, PaymentStatus.PAID.value, payment=payment.id)
    was = AppointmentStatus(appointment.status)
    if was in REVIVABLE:
        appointments.enter(appointment, AppointmentStatus.CONFIRMED, actor_name, now)
    tx.save(appointment)
    if was is AppointmentStatus.EXPIRED or (was is AppointmentStatus.PENDING and held_until):
        booking_limits.update(tx, context.tenant, appointment)
        if again:
            again(tx)
        else:
            agenda.set_hold(tx, context.tenant, appointment)
