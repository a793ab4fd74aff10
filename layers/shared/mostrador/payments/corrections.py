"""Corrections of payments at the counter: voided while their till is open, later only by a movement of another till."""

from datetime import datetime
from typing import TYPE_CHECKING

from mostrador import context, ids
from mostrador.ledger import payments, till_records
from mostrador.ledger.rules import tills as rules
from mostrador.ledger.rules.payment_states import PaymentState, Provider, RefundReason, WrongPaymentState
from mostrador.ledger.rules.tills import MovementKind
from mostrador.payments import refunds
from mostrador.table import keys, writes
from mostrador.table.items.payments import Payment
from mostrador.table.items.tills import OpenTill
from mostrador.table.writes import Transaction

if TYPE_CHECKING:
    from mostrador.ledger.views.payments import MethodCorrection, Voiding


def void(tenant: str, payment_id: str, form: "Voiding", *, actor_name: str, now: datetime) -> Payment:
    """Take back a payment that was a mistake, while its till is open: the money was handed back, its target owes it.

    Again changes nothing. Raises NotHere, NotInOpenTill, WrongPaymentState, WrongOrderState, Busy.
    """
    from mostrador.ledger.views.payments import Refunding  # noqa: PLC0415 - its model is needed only here

    payment = payments.get(tenant, payment_id, now=now)
    if payment.status == PaymentState.REFUNDED and payment.reason == RefundReason.VOIDED:
        return payment
    if payment.status != PaymentState.PAID:
        raise WrongPaymentState(current=payment.status, wanted=PaymentState.REFUNDED.value)
    if payment.provider != Provider.MANUAL or not payment.till_id:
        raise rules.NotInOpenTill(payment=payment_id)
    returned = Refunding(reason=form.reason, is_returned=True, till=payment.till_id)
    return refunds.refund_payment(
        tenant, payment_id, returned, reason=RefundReason.VOIDED, actor_name=actor_name, now=now
    ).payment


def correct_method(
    tenant: str, payment_id: str, form: "MethodCorrection", *, actor_name: str, now: datetime
) -> Payment:
    """Record that a payment was made by another method, as two movements of the till that is open now.

    The till that took it stays as it was closed. Money outside a till changes no till. The same method again changes
    nothing. Raises NotHere, WrongPaymentState, NoOpenTill, WhichTill, Busy.
    """

    def correct(payment: Payment) -> Payment:
        if payment.status != PaymentState.PAID or payment.provider != Provider.MANUAL:
            raise WrongPaymentState(current=payment.status, wanted=PaymentState.PAID.value)
        before = payment.corrected_method or payment.method
        if before == form.method.value:
            return payment
        till = _till(tenant, form.till) if payment.till_id else None
        payment.corrected_method, payment.updated_at = form.method.value, now
        with writes.transaction() as tx:
            if till:
                _shift(tx, till, payment, before, form, actor_name=actor_name, now=now)
            tx.save(payment)
        return payment

    return writes.retrying(lambda _attempt: payments.get(tenant, payment_id, now=now), correct)


def _till(tenant: str, wanted: str | None) -> OpenTill:
    till = rules.choose(till_records.open_tills(tenant), wanted, user=context.current().actor.user)
    if till is None:
        raise rules.NoOpenTill
    return till


def _shift(
    tx: Transaction,
    till: OpenTill,
    payment: Payment,
    before: str,
    form: "MethodCorrection",
    *,
    actor_name: str,
    now: datetime,
) -> None:
    """Write the money out of the method ``before``, and into the right one."""
    tenant = keys.tenant_of(payment.pk)
    amount = payments.left(payment)
    movements = []
    for method, signed in ((before, -amount), (form.method.value, amount)):
        name = ids.derived(tenant, "till movement", f"{payment.id} {payment.version} {method}")
        movement = till_records.new(
            tenant, till, name, MovementKind.CORRECTION, method=method, amount=signed, by=actor_name, now=now
        )
        movement.payment_id, movement.reason, movement.time_zone = payment.id, form.reason, payment.time_zone
        movements.append(movement)
    till_records.write(tx, till, *movements)
