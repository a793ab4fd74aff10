"""What Bancard says of a payment is the truth: it is asked, and what it says is settled, given up or given back.

A message that comes in only says when to ask. So everything converges with every message lost, and a forged one moves
nothing. An answer that does not come leaves the payment as it is, to be asked again; nothing is given up unheard.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from mostrador import gateways, payment_records, payments
from mostrador.clients import bancard
from mostrador.clients.bancard import Rollback, Standing, Told
from mostrador.clients.bancard_wire import GatewayRefused, GatewayUnknown
from mostrador.errors import Busy, Unavailable
from mostrador.gateways import Gateway
from mostrador.observability import logger
from mostrador.rules.bancard import Result
from mostrador.rules.payment import SETTLED, UNPAID, PaymentState, Provider, RefundReason, next_check
from mostrador.table import keys, reads, writes
from mostrador.table.payment_items import Payment

BY: Final = "bancard"
BY_HAND_AFTER: Final = timedelta(hours=24)
"""From then on a rollback that was never answered is somebody's work: it takes the same day in any case."""


def check(tenant: str, payment: Payment, *, gateway: Gateway | None = None, now: datetime) -> Payment:
    """Ask Bancard about a payment and act on what it says; gives the payment as it is then.

    What was not paid by the time it expires is rolled back and given up. Raises NotConnected, GatewayUnknown,
    GatewayRefused, after setting when to ask again; Busy.
    """
    try:
        told = _asked(tenant, payment, gateway, now)
    except (GatewayUnknown, GatewayRefused, gateways.NotConnected, Unavailable):
        _postpone(tenant, payment, now)
        raise
    return _act(tenant, payment, told, gateway, now)


def give_up(tenant: str, payment: Payment, *, gateway: Gateway | None = None, now: datetime) -> Payment:
    """Close what must not be paid any more, whatever its time: asked first, then rolled back. As ``check``."""
    payment.payable_until = now
    return check(tenant, payment, gateway=gateway, now=now)


def give_back(tenant: str, payment: Payment, *, now: datetime) -> Payment:
    """REFUND_DUE -> REFUNDED by a rollback, which Bancard takes on the day of the payment; else left to somebody.

    An answer that does not come is asked for again. Anything but REFUND_DUE is left as it is. Raises Busy.
    """
    if payment.status != PaymentState.REFUND_DUE or payment.by_hand:
        return payment
    try:
        gateway = gateways.of(tenant, now=now)
        outcome = gateways.ask(
            gateway, lambda one: bancard.rollback(one, int(payment.id)), account=payment.account, now=now
        )
    except (GatewayUnknown, Unavailable):
        since = payment.confirmed_at or payment.created_at
        return (
            _left_to_somebody(tenant, payment, now) if now - since > BY_HAND_AFTER else _postpone(tenant, payment, now)
        )
    except (GatewayRefused, gateways.NotConnected):
        return _left_to_somebody(tenant, payment, now)
    if outcome in (Rollback.TOO_LATE, Rollback.UNKNOWN_PURCHASE):
        return _left_to_somebody(tenant, payment, now)
    return _returned(tenant, payment.id, outcome.value, now)


def verify(tenant: str, payment_id: str, *, now: datetime) -> Payment:
    """Ask about one payment now, for somebody who wants to know; one taken by hand is shown as it is. As ``check``."""
    payment = payment_records.get(tenant, payment_id, now=now)
    return check(tenant, payment, now=now) if payment.provider == Provider.BANCARD else payment


def differs(payment: Payment, told: Told) -> str | None:
    """What Bancard says that our record does not, in a word; None where both agree."""
    has_paid = told.result is not None and told.result.is_approved
    if payment.status == PaymentState.PAID:
        if told.state is Standing.ROLLED_BACK:
            return "ROLLED_BACK_THERE"
        if not has_paid:
            return "NOT_PAID_THERE"
        return None if told.result and told.result.exact_amount == payment.amount else "OTHER_AMOUNT_THERE"
    if payment.status in UNPAID:
        return "PAID_THERE" if has_paid else None
    if payment.status == PaymentState.REFUNDED:
        return "NOT_ROLLED_BACK_THERE" if has_paid and payment.refund_reference in set(Rollback) else None
    return None


def ask(payment: Payment, gateway: Gateway, *, now: datetime) -> Told:
    """What Bancard says of a payment. Raises what ``clients.bancard`` raises."""
    return gateways.ask(
        gateway, lambda one: bancard.confirmation(one, int(payment.id)), account=payment.account, now=now
    )


def settle(tenant: str, payment: Payment, result: Result, told: dict[str, object], *, now: datetime) -> Payment:
    """Land what Bancard says was paid. Raises Busy."""
    came = _with_result(payment, result)
    came.amount, came.currency, came.confirmed_at = result.exact_amount, result.currency, now
    came.external_id = result.ticket_number
    payment_records.note(came, told, now)
    return payments.settle(tenant, came, by=BY, now=now).payment


def _asked(tenant: str, payment: Payment, gateway: Gateway | None, now: datetime) -> Told:
    return ask(payment, gateway or gateways.of(tenant, now=now), now=now)


def _act(tenant: str, payment: Payment, told: Told, gateway: Gateway | None, now: datetime) -> Payment:
    if told.result is not None and told.result.is_approved:
        return settle(tenant, payment, told.result, told.raw, now=now)
    if told.state is Standing.ROLLED_BACK:
        return _rolled_back(tenant, payment, now)
    if payment.status != PaymentState.PENDING:
        return _shut(tenant, payment, gateway, now)
    if told.result is not None:
        return close(tenant, payment, PaymentState.FAILED, told.raw, result=told.result, now=now)
    if payment.payable_until and now < payment.payable_until:
        return _postpone(tenant, payment, now)
    return _given_up(tenant, payment, gateway, now)


def _given_up(tenant: str, payment: Payment, gateway: Gateway | None, now: datetime) -> Payment:
    """Roll back first, so that nobody pays any more for what is let go."""
    account = gateway or gateways.of(tenant, now=now)
    try:
        outcome = gateways.ask(
            account, lambda one: bancard.rollback(one, int(payment.id)), account=payment.account, now=now
        )
    except (GatewayUnknown, GatewayRefused):
        _postpone(tenant, payment, now)
        raise
    if outcome is Rollback.TOO_LATE:  # it was paid after all, and longer ago than we knew
        return _postpone(tenant, payment, now)
    if outcome is Rollback.DONE:  # paid between the question and the rollback
        return _returned(tenant, payment.id, outcome.value, now)
    return close(tenant, payment, PaymentState.EXPIRED, {"rollback": outcome.value}, now=now)


def _shut(tenant: str, payment: Payment, gateway: Gateway | None, now: datetime) -> Payment:
    """What was declined may be tried again on the same page until it expires; then that is rolled back too."""
    if payment.status == PaymentState.FAILED and payment.payable_until:
        if now < payment.payable_until:
            return payment
        account = gateway or gateways.of(tenant, now=now)
        try:
            outcome = gateways.ask(
                account, lambda one: bancard.rollback(one, int(payment.id)), account=payment.account, now=now
            )
        except (GatewayUnknown, GatewayRefused):
            _postpone(tenant, payment, now)
            raise
        if outcome is Rollback.DONE:
            return _returned(tenant, payment.id, outcome.value, now)
        if outcome is Rollback.TOO_LATE:
            return _postpone(tenant, payment, now)
    return _altered(tenant, payment.id, _let_be) if payment.due_at else payment


def _let_be(stored: Payment) -> bool:
    """Look no more at what is not PENDING."""
    if stored.status not in UNPAID - {PaymentState.PENDING}:
        return False
    stored.due_pk = stored.due_at = None
    return True


def _rolled_back(tenant: str, payment: Payment, now: datetime) -> Payment:
    """Bancard gave the money back, at whoever's wish: what it paid is not paid any more."""
    if payment.status == PaymentState.PENDING:
        return close(tenant, payment, PaymentState.EXPIRED, {"rollback": Standing.ROLLED_BACK.value}, now=now)
    if payment.status == PaymentState.PAID:
        from mostrador.views.payments import Refunding  # noqa: PLC0415 - rare, and pydantic is not needed otherwise

        form = Refunding(reason=RefundReason.ROLLED_BACK.value)
        payments.refund_one(tenant, payment.id, form, reason=RefundReason.ROLLED_BACK, by=BY, now=now)
        return _returned(tenant, payment.id, Standing.ROLLED_BACK.value, now)
    if payment.status == PaymentState.REFUND_DUE:
        return _returned(tenant, payment.id, Standing.ROLLED_BACK.value, now)
    return _altered(tenant, payment.id, _let_be) if payment.due_at else payment


def close(
    tenant: str,
    payment: Payment,
    state: PaymentState,
    told: dict[str, object],
    *,
    result: Result | None = None,
    now: datetime,
) -> Payment:
    """PENDING -> FAILED or EXPIRED, with what was told; whoever was quicker is right. Raises Busy."""
    for _ in writes.attempts():
        stored = _fresh(tenant, payment.id)
        if stored.status != PaymentState.PENDING:
            return stored
        if result is not None:
            _with_result(stored, result)
        payment_records.note(stored, told, now)
        try:
            with writes.transaction() as tx:
                payment_records.move(tx, stored, state, now=now)
        except writes.Refused:
            continue
        logger.info("payment.closed", tenant=tenant, payment=stored.id, status=state.value)
        return stored
    raise Busy


def _returned(tenant: str, payment_id: str, reference: str, now: datetime) -> Payment:
    """To REFUNDED, from wherever it is."""
    for _ in writes.attempts():
        stored = _fresh(tenant, payment_id)
        if stored.status == PaymentState.REFUNDED:
            return stored
        before = [] if stored.status == PaymentState.REFUND_DUE else [PaymentState.REFUND_DUE]
        reason = None if stored.reason else RefundReason.TOO_LATE
        try:
            with writes.transaction() as tx:
                payment_records.give_back(tx, stored, *before, reason=reason, by=BY, now=now, reference=reference)
        except writes.Refused:
            continue
        return stored
    raise Busy


def _postpone(tenant: str, payment: Payment, now: datetime) -> Payment:
    """Set when to ask again: later each time, but not past the moment at which it expires."""

    def alter(stored: Payment) -> bool:
        if stored.status in SETTLED - {PaymentState.REFUND_DUE} or stored.by_hand:
            return False
        at = now + next_check(int(stored.checks or 0))
        if stored.status == PaymentState.PENDING and stored.payable_until and now < stored.payable_until < at:
            at = stored.payable_until
        payment_records.look_again(stored, at)
        return True

    return _altered(tenant, payment.id, alter)


def _left_to_somebody(tenant: str, payment: Payment, now: datetime) -> Payment:
    """Bancard takes no rollback any more: it stays on the list of what is due back, and an alarm rings."""

    def alter(stored: Payment) -> bool:
        if stored.status != PaymentState.REFUND_DUE or stored.by_hand:
            return False
        stored.by_hand, stored.due_pk, stored.due_at, stored.updated_at = True, None, None, now
        return True

    before, changed = payment.version, _altered(tenant, payment.id, alter)
    if changed.version != before:
        logger.error("refund due by hand", tenant=tenant, payment=payment.id)
    return changed


def _altered(tenant: str, payment_id: str, alter: Callable[[Payment], bool]) -> Payment:
    for _ in writes.attempts():
        stored = _fresh(tenant, payment_id)
        if not alter(stored):
            return stored
        try:
            with writes.transaction() as tx:
                tx.save(stored)
        except writes.Refused:
            continue
        return stored
    raise Busy


def _fresh(tenant: str, payment_id: str) -> Payment:
    return payment_records.found(reads.one(keys.payment(tenant, payment_id)), payment_id)


def _with_result(payment: Payment, result: Result) -> Payment:
    """What the payer may be shown, and what staff looks for."""
    payment.response_code, payment.response_description = result.response_code, result.response_description
    return payment
