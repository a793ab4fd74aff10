"""Settle money for an appointment: it pays it, in time or late, or it is due back.

The first money confirms a PENDING appointment and makes its hold firm. Where the hold has lapsed, the time is taken
again if it is still free; else the money is due back. A change is decided on the appointment as it is stored, and
written only if it is still the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mostrador.errors import NotHere
from mostrador.ledger import open_pages, payments
from mostrador.ledger.rules import reviews
from mostrador.ledger.rules.payment_states import Provider, appointment_refund_reason, paid_status
from mostrador.ledger.rules.surpluses import PaymentSurplus
from mostrador.ledger.settlements import Settlement
from mostrador.payments import tips
from mostrador.payments.rules.checkout import NothingDue
from mostrador.scheduling import agenda, appointments, booking_limits, plan_count
from mostrador.scheduling.rules.agenda import Loss
from mostrador.scheduling.rules.appointment_states import (
    REVIVABLE,
    UNCONFIRMED,
    AppointmentChange,
    AppointmentStatus,
)
from mostrador.table import keys, reads
from mostrador.table.base import Item
from mostrador.table.items.payments import Payment
from mostrador.table.items.scheduling import Appointment
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values.holds import has_lapsed


@dataclass(frozen=True, slots=True)
class AppointmentContext:
    """An appointment as it is stored; ``other`` are the other items that were read with it.

    ``closely``: a write was refused before, so its time may have been given away.
    """

    tenant: str
    appointment: Appointment
    closely: bool
    other: Mapping[keys.Key, Item]

    @property
    def target(self) -> Appointment:
        return self.appointment

    @property
    def due(self) -> Decimal:
        """The unpaid part of its price."""
        paid: Decimal = self.appointment.paid_amount or Decimal(0)
        return Decimal(self.appointment.total_amount) - paid

    def must_reclaim(self, now: datetime) -> bool:
        """Whether somebody else may have its time: the hold has lapsed, or may have after a refused write."""
        is_held = self.appointment.status in UNCONFIRMED and self.appointment.hold_expires_at
        return self.is_late(now) or bool(is_held and self.closely)

    def is_late(self, now: datetime) -> bool:
        """Whether its hold has lapsed."""
        if self.appointment.status in UNCONFIRMED:
            return has_lapsed(self.appointment.hold_expires_at, now)
        return bool(self.appointment.status == AppointmentStatus.EXPIRED)


def load(tenant: str, appointment_id: str, *also: keys.Key, closely: bool, now: datetime) -> AppointmentContext:
    """The context of an appointment, with the items under ``also``, in one round trip. Raises NotHere."""
    tenants.current(tenant, now=now)
    key = keys.appointment(tenant, appointment_id)
    items = reads.batch({key, *also})
    appointment = items.get(key)
    if not isinstance(appointment, Appointment):
        raise NotHere(entity="appointment", id=appointment_id)
    return AppointmentContext(tenant, appointment, closely, items)


def settle(
    context: AppointmentContext,
    payment: Payment,
    surplus: PaymentSurplus | None = None,
    *,
    actor_name: str,
    now: datetime,
) -> Settlement:
    """Decide whether a payment pays the appointment, in full or in part, or why it is due back.

    Money that the business received itself above what is due is change, a tip or due back, as ``surplus`` says. The
    second money of a declared transfer is due back. Raises NothingDue for a payment of nothing, and SurplusUnexplained.
    """
    if payment.provider == Provider.MANUAL and payment.amount <= 0:
        raise NothingDue
    appointment, due = context.appointment, _due_for(context, payment)
    loss, write = _reclaimed(context, now)
    if surplus is not PaymentSurplus.REFUND and _may_take_tips(context, payment, loss, now):
        tips.explain(payment, payments.worth(payment) - max(due, Decimal(0)), surplus, due=due)
        if payments.worth(payment) <= 0:
            return Settlement(
                None, lambda tx: tips.save(tx, context.tenant, appointment, payment, actor_name=actor_name, now=now)
            )
    reason = appointment_refund_reason(
        AppointmentStatus(appointment.status),
        amount=payments.worth(payment),
        due=due,
        is_as_requested=_is_as_requested(appointment, payment),
        is_over=appointment.scheduled_at <= now,
        loss=loss,
    )
    return Settlement(reason, lambda tx: _pay(tx, context, payment, write, actor_name=actor_name, now=now))


def _reclaimed(context: AppointmentContext, now: datetime) -> tuple[Loss | None, Callable[[Transaction], None] | None]:
    """Why its time cannot be taken again, or what takes it again; neither where it still has it."""
    if not context.must_reclaim(now):
        return None, None
    if context.appointment.scheduled_at <= now:
        return Loss.TAKEN, None
    reclaim = agenda.reclaim(context.tenant, context.appointment, now, is_late=context.is_late(now))
    return (reclaim, None) if isinstance(reclaim, Loss) else (None, reclaim)


def _may_take_tips(context: AppointmentContext, payment: Payment, loss: Loss | None, now: datetime) -> bool:
    """Whether money above the price can stay: the appointment stands, or the same money brings it back.

    Money of a provider, and the second money of a declared transfer, are no tips.
    """
    is_gone = context.appointment.status == AppointmentStatus.CANCELLED or loss is not None
    if is_gone or payment.provider != Provider.MANUAL or context.appointment.is_perhaps_owed:
        return False
    pays_nothing = context.due <= 0 or payments.worth(payment) <= 0
    return not (context.is_late(now) and pays_nothing)


def _due_for(context: AppointmentContext, payment: Payment) -> Decimal:
    """The amount that this payment may pay: nothing where an older checkout is paid after other money."""
    is_current = payment.provider == Provider.MANUAL or payment.id == context.appointment.checkout_id
    return context.due if is_current or not context.appointment.paid_amount else Decimal(0)


def _is_as_requested(appointment: Appointment, payment: Payment) -> bool:
    is_whole = payment.provider == Provider.MANUAL or payment.amount == payment.asked_amount
    return is_whole and payment.currency == appointment.currency


def release(
    tx: Transaction, context: AppointmentContext, payment: Payment, *, reason: str, actor_name: str, now: datetime
) -> None:
    """Save the appointment without a payment that is refunded; its status stays as it is."""
    appointment = context.appointment
    worth = payments.worth(payment)
    left = (appointment.paid_amount or Decimal(0)) - worth
    payment_ids = [payment_id for payment_id in appointment.payment_ids or [] if payment_id != payment.id]
    appointment.payment_ids = payment_ids or None
    if worth > 0:
        appointment.payment_status = paid_status(left, appointment.total_amount).value
    appointment.paid_amount = left if left > 0 else None
    appointments.record(appointment, now, actor_name, AppointmentChange.REFUNDED, payment=payment.id, reason=reason)
    tx.save(appointment)


def note_due_back(
    tx: Transaction, appointment: Appointment, payment: Payment, *, actor_name: str, now: datetime
) -> None:
    """The business received money for an appointment that was perhaps owed: it is on the list of refunds due now."""
    if appointment.is_perhaps_owed and payment.provider == Provider.MANUAL:
        appointment.is_perhaps_owed = None
        appointments.record(appointment, now, actor_name, AppointmentChange.REFUSED, payment=payment.id)
        tx.save(appointment)


def _pay(
    tx: Transaction,
    context: AppointmentContext,
    payment: Payment,
    reclaim: Callable[[Transaction], None] | None,
    *,
    actor_name: str,
    now: datetime,
) -> None:
    """Save the appointment as paid by ``payment``; a PENDING or EXPIRED one is confirmed and keeps its time."""
    appointment = context.appointment
    held_until, status_before = appointment.hold_expires_at, AppointmentStatus(appointment.status)
    paid = (appointment.paid_amount or Decimal(0)) + payments.worth(payment)
    tips.add_line(context.tenant, appointment, payment)
    appointment.paid_amount, appointment.payment_ids = paid, [*(appointment.payment_ids or []), payment.id]
    appointment.payment_status = paid_status(paid, appointment.total_amount).value
    if payment.provider == Provider.BANCARD:
        appointment.bancard_transaction_id = payment.external_id
        is_in_review = status_before is AppointmentStatus.IN_REVIEW
        may_be_owed = reviews.may_be_owed(appointment.total_amount, is_in_review=is_in_review)
        appointment.is_perhaps_owed = may_be_owed or appointment.is_perhaps_owed  # the transfer may come as well
    else:
        appointment.is_perhaps_owed = None
        open_pages.end(tx, context.tenant, appointment.checkout_id, now)
    appointments.record(appointment, now, actor_name, AppointmentChange.PAID, payment=payment.id)
    if status_before in REVIVABLE:
        appointments.enter(appointment, AppointmentStatus.CONFIRMED, actor_name, now)
        is_revived = status_before is AppointmentStatus.EXPIRED
        plan_count.accept(tx, tenants.current(context.tenant, now=now), appointment, is_revived=is_revived, now=now)
    tx.save(appointment)
    if status_before in REVIVABLE:  # its phone is now taken for its owner's
        booking_limits.update(tx, context.tenant, appointment)
    if reclaim:
        reclaim(tx)
    elif status_before in UNCONFIRMED and held_until:
        agenda.set_hold(tx, context.tenant, appointment)
