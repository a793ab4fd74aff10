"""Money that Bancard took goes back by a rollback, on the day of the payment; after that somebody gives it back.

Every step looks at the payment as it is now, for whoever was quicker is right.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from mostrador.clients import bancard
from mostrador.clients.bancard import Rollback
from mostrador.clients.bancard_http import GatewayRefused, GatewayUnknown
from mostrador.errors import Busy, Unavailable
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import SETTLED, UNPAID, PaymentState, RefundReason, next_check
from mostrador.observability import logger
from mostrador.payments import bancard_account
from mostrador.payments.bancard_account import Gateway
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import Payment

BY: Final = "bancard"
BY_HAND_AFTER: Final = timedelta(hours=24)
"""From then on a rollback that was never answered is somebody's work: it takes the same day in any case."""
DAILY: Final = timedelta(hours=24)


def give_back(tenant: str, payment: Payment, *, again: bool = False, now: datetime) -> Payment:
    """REFUND_DUE -> REFUNDED by a rollback where Bancard takes it; else left to somebody.

    An answer that does not come is asked for again; what was left to somebody is tried only ``again``. Anything but
    REFUND_DUE stays as it is. Raises Busy.
    """
    payment = fresh(tenant, payment.id)
    if payment.status != PaymentState.REFUND_DUE or (payment.by_hand and not again):
        return payment
    try:
        outcome = roll_back(bancard_account.of(tenant, now=now), payment, now)
    except bancard_account.NotConnected:
        return _left_to_somebody(tenant, payment, now)
    except (GatewayUnknown, GatewayRefused, Unavailable):
        is_late = now - (payment.updated_at or payment.created_at) > BY_HAND_AFTER
        return _left_to_somebody(tenant, payment, now) if is_late else postpone(tenant, payment, now)
    if outcome in (Rollback.TOO_LATE, Rollback.UNKNOWN_PURCHASE):
        return _left_to_somebody(tenant, payment, now)
    return returned(tenant, payment.id, outcome.value, now)


def roll_back(gateway: Gateway, payment: Payment, now: datetime) -> Rollback:
    """Raises what ``clients.bancard`` raises, NotConnected."""
    number = int(payment.id)
    return bancard_account.ask(gateway, lambda one: bancard.rollback(one, number), account=payment.account, now=now)


def returned(tenant: str, payment_id: str, reference: str, now: datetime) -> Payment:
    """To REFUNDED, of what is due back or was not known to be paid; what is PAID stays. Raises Busy."""
    for _ in writes.attempts():
        stored = fresh(tenant, payment_id)
        if stored.status in (PaymentState.REFUNDED, PaymentState.PAID):
            return stored
        before = [PaymentState.REFUND_DUE] if stored.status in UNPAID else []
        reason = None if stored.reason else RefundReason.TOO_LATE
        try:
            with writes.transaction() as tx:
                payments.give_back(tx, stored, *before, reason=reason, actor_name=BY, now=now, reference=reference)
        except writes.ConditionFailed:
            continue
        return stored
    raise Busy


def postpone(tenant: str, payment: Payment, now: datetime) -> Payment:
    """Set when to ask again: later each time, but not past the moment at which its page ends. Raises Busy."""

    def alter(stored: Payment) -> bool:
        if stored.status in SETTLED and (stored.status != PaymentState.REFUND_DUE or stored.by_hand):
            return False
        at = now + (DAILY if stored.by_hand else next_check(int(stored.checks or 0), is_open=_is_open(stored, now)))
        payments.look_again(stored, min(at, stored.payable_until) if _is_open(stored, now) else at)
        return True

    return altered(tenant, payment.id, alter)


def mark(tenant: str, payment: Payment, now: datetime, alarm: str) -> Payment:
    """Note that somebody must look at a payment, and ring once (the log line ``alarm``). Raises Busy."""

    def alter(stored: Payment) -> bool:
        if stored.status != payment.status or stored.by_hand:
            return False
        stored.by_hand, stored.updated_at = True, now
        if stored.status == PaymentState.REFUND_DUE:
            stored.due_pk = stored.due_at = None
        return True

    before, changed = payment.version, altered(tenant, payment.id, alter)
    if changed.by_hand and changed.version != before:
        logger.error(alarm, tenant=tenant, payment=payment.id)
    return changed


def altered(tenant: str, payment_id: str, alter: Callable[[Payment], bool]) -> Payment:
    """The payment after ``alter``, saved where that changed it; once more where somebody was quicker. Raises Busy."""
    for _ in writes.attempts():
        stored = fresh(tenant, payment_id)
        if not alter(stored):
            return stored
        try:
            with writes.transaction() as tx:
                tx.save(stored)
        except writes.ConditionFailed:
            continue
        return stored
    raise Busy


def fresh(tenant: str, payment_id: str) -> Payment:
    """The payment as it is stored now. Raises NotHere."""
    return payments.found(reads.one(keys.payment(tenant, payment_id)), payment_id)


def _left_to_somebody(tenant: str, payment: Payment, now: datetime) -> Payment:
    return mark(tenant, payment, now, "refund due by hand")


def _is_open(payment: Payment, now: datetime) -> bool:
    """Whether its page is: also where it was declined once."""
    may_be_paid = payment.status in (PaymentState.PENDING, PaymentState.FAILED)
    return bool(may_be_paid and payment.payable_until and now < payment.payable_until)
