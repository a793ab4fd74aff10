"""Bancard's rollbacks: they give a payment back on its day; after that the business gives it back itself.

Every step reloads the payment, so that a faster writer's change counts.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from mostrador.clients import bancard
from mostrador.clients.bancard import RollbackOutcome
from mostrador.clients.bancard_http import GatewayRefused, GatewayUnknown
from mostrador.errors import Unavailable
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import SETTLED, UNPAID, PaymentState, RefundReason, next_check
from mostrador.observability import logger
from mostrador.payments import bancard_account
from mostrador.payments.bancard_account import Gateway
from mostrador.table import keys, writes
from mostrador.table.items.payments import Payment

ACTOR_NAME: Final = "bancard"
BY_HAND_AFTER: Final = timedelta(hours=24)
"""A rollback unanswered for so long is left to staff: Bancard takes it on the payment's day only."""
DAILY: Final = timedelta(hours=24)


def refund(tenant: str, payment: Payment, *, again: bool = False, now: datetime) -> Payment:
    """REFUND_DUE -> REFUNDED where Bancard takes the rollback; else the refund is left to staff.

    Without an answer the rollback is requested again later. A refund left to staff is tried only ``again``. A payment
    in another state stays as it is, and so does one of which a part went back already. Raises NotHere, Busy.
    """
    payment = payments.reload(tenant, payment.id)
    is_left = payment.by_hand and (payment.returned_amount or not again)
    if payment.status != PaymentState.REFUND_DUE or is_left:
        return payment
    is_known = bool(payment.by_hand)
    if is_known:
        payment = payments.edit(tenant, payment.id, partial(_take_from_staff, now))
    return _ask(tenant, payment, now, is_known=is_known)


def _ask(tenant: str, payment: Payment, now: datetime, *, is_known: bool) -> Payment:
    """Ask Bancard. What is left to staff rings, unless it ``is_known`` to them."""
    try:
        outcome = request(bancard_account.load(tenant, now=now), payment, now)
    except bancard_account.NotConnected:
        return _leave(tenant, payment, now, is_known=is_known)
    except (GatewayUnknown, GatewayRefused, Unavailable):
        is_late = now - (payment.updated_at or payment.created_at) > BY_HAND_AFTER
        if not is_late:
            return schedule_check(tenant, payment, now)
        return _leave(tenant, payment, now, is_known=is_known)
    if outcome in (RollbackOutcome.TOO_LATE, RollbackOutcome.UNKNOWN_PURCHASE):
        return _leave(tenant, payment, now, is_known=is_known)
    return mark_refunded(tenant, payment.id, outcome.value, now)


def _leave(tenant: str, payment: Payment, now: datetime, *, is_known: bool) -> Payment:
    if is_known:
        return leave_to_staff(tenant, payment, now, None)
    return leave_to_staff(tenant, payment, now, "refund due by hand")


def request(gateway: Gateway, payment: Payment, now: datetime) -> RollbackOutcome:
    """Request the rollback of a payment. Raises the errors of ``clients.bancard``, NotConnected."""
    return bancard_account.call(
        gateway, lambda application: bancard.rollback(application, int(payment.id)), account=payment.account, now=now
    )


def mark_refunded(tenant: str, payment_id: str, reference: str, now: datetime) -> Payment:
    """REFUND_DUE, or a payment not known to be paid, -> REFUNDED; a PAID one stays. Raises NotHere, Busy."""

    def mark(payment: Payment) -> Payment:
        if payment.status in (PaymentState.REFUNDED, PaymentState.PAID):
            return payment
        before = [PaymentState.REFUND_DUE] if payment.status in UNPAID else []
        reason = None if payment.reason else RefundReason.TOO_LATE
        with writes.transaction() as tx:
            payments.save_refunded(
                tx, payment, *before, reason=reason, actor_name=ACTOR_NAME, now=now, reference=reference
            )
        return payment

    return writes.retrying(lambda _attempt: payments.reload(tenant, payment_id), mark)


def schedule_check(tenant: str, payment: Payment, now: datetime) -> Payment:
    """Set when to ask again: later each time, but not after the end of its page. Raises NotHere, Busy."""

    def schedule(stored: Payment) -> bool:
        if stored.status in SETTLED and (stored.status != PaymentState.REFUND_DUE or stored.by_hand):
            return False
        is_open = _is_open(stored, now)
        at = now + (DAILY if stored.by_hand else next_check(int(stored.check_count or 0), is_open=is_open))
        payments.schedule_check(stored, min(at, stored.payable_until) if is_open else at)
        return True

    return payments.edit(tenant, payment.id, schedule)


def leave_to_staff(tenant: str, payment: Payment, now: datetime, alarm: str | None) -> Payment:
    """Mark a payment as staff's work, and log the error ``alarm``, if any, once. Raises NotHere, Busy."""

    def leave(stored: Payment) -> bool:
        if stored.status != payment.status or stored.by_hand:
            return False
        stored.by_hand, stored.updated_at = True, now
        if stored.status == PaymentState.REFUND_DUE:
            stored.due_pk = stored.due_at = None
        return True

    version_before, stored = payment.version, payments.edit(tenant, payment.id, leave)
    if alarm and stored.by_hand and stored.version != version_before:
        logger.error(alarm, tenant=tenant, payment=payment.id)
    return stored


def _take_from_staff(now: datetime, stored: Payment) -> bool:
    """Before the question: while Bancard may give the money back, nobody can keep it after all."""
    if stored.status != PaymentState.REFUND_DUE or not stored.by_hand:
        return False
    stored.by_hand, stored.updated_at = None, now
    stored.due_pk, stored.due_at = keys.due(stored.id, now)
    return True


def _is_open(payment: Payment, now: datetime) -> bool:
    """Whether its page can still be paid, also after a declined attempt."""
    may_be_paid = payment.status in (PaymentState.PENDING, PaymentState.FAILED)
    return bool(may_be_paid and payment.payable_until and now < payment.payable_until)
