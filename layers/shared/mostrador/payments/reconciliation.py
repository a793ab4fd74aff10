"""Reconciliation: Bancard is asked about a payment, and its answer is settled, closed or refunded.

An incoming message only says when to ask. So every payment is settled even if all messages are lost, and a forged
message changes nothing. Without an answer the payment stays as it is and is asked about again; none is closed unasked.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from mostrador.clients import bancard
from mostrador.clients.bancard import PurchaseAnswer, PurchaseState, RollbackOutcome
from mostrador.clients.bancard_http import GatewayRefused, GatewayUnknown
from mostrador.errors import Conflict, NotHere, Unavailable
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import UNPAID, PaymentState, Provider, RefundReason, Target
from mostrador.observability import logger
from mostrador.payments import bancard_account, refunds, rollbacks, settlement
from mostrador.payments.bancard_account import Gateway
from mostrador.payments.rollbacks import ACTOR_NAME
from mostrador.payments.rules.bancard import Result
from mostrador.payments.rules.book_differences import BookDifference
from mostrador.payments.rules.checkout import MARGIN
from mostrador.raffles import order_transitions
from mostrador.scheduling import appointments
from mostrador.table import writes
from mostrador.table.items.payments import Payment

UNANSWERED_AFTER: Final = timedelta(hours=24)
"""A payment still unanswered so long after the end of its page is left to staff."""


def check(tenant: str, payment: Payment, *, gateway: Gateway | None = None, now: datetime) -> Payment:
    """Ask Bancard about a payment and act on the answer; returns the payment as it is then.

    A payment not made by the end of its page is rolled back and closed. Raises NotConnected, GatewayUnknown,
    GatewayRefused, SecretsUnavailable, each after scheduling the next question; Busy.
    """
    try:
        answer = query(payment, gateway or bancard_account.load(tenant, now=now), now=now)
        return _act(tenant, payment, answer, gateway, now)
    except (GatewayUnknown, GatewayRefused, bancard_account.NotConnected, Unavailable):
        _ask_later(tenant, payment, now)
        raise


def _within_sale(tenant: str, payment: Payment, now: datetime) -> Payment:
    """The payment with its page shortened, where its raffle was closed early or cancelled since. Raises Busy."""
    until = payment.payable_until
    if payment.target != Target.ORDER or payment.status not in UNPAID or until is None or until <= now:
        return payment
    try:
        latest = order_transitions.latest_payment(tenant, payment.target_id, now=now) - MARGIN
    except NotHere:  # the order or the tenant is not there: as it is without a raffle
        return payment
    if latest >= until:
        return payment

    def shorten(stored: Payment) -> bool:
        stored.payable_until = latest
        return True

    return payments.edit(tenant, payment.id, shorten)


def give_up(tenant: str, payment: Payment, *, gateway: Gateway | None = None, now: datetime) -> Payment:
    """Close a payment that must not be made any more, before the end of its page: ``check`` with no time left."""
    payment.payable_until = now
    return check(tenant, payment, gateway=gateway, now=now)


def leave_unanswered(tenant: str, payment: Payment, *, now: datetime) -> Payment:
    """Leave to staff a payment about which Bancard does not answer. Raises NotHere, Busy."""
    return rollbacks.leave_to_staff(tenant, payment, now, "payment unanswered")


def verify(tenant: str, payment_id: str, *, now: datetime) -> Payment:
    """``check`` one payment at somebody's request; one received by the business is returned as it is."""
    payment = payments.get(tenant, payment_id, now=now)
    return check(tenant, payment, now=now) if payment.provider == Provider.BANCARD else payment


def difference(payment: Payment, answer: PurchaseAnswer) -> BookDifference | None:
    """The difference between Bancard's answer and our record; None where both agree."""
    is_paid = answer.result is not None and answer.result.is_approved
    is_rolled_back = answer.state is PurchaseState.ROLLED_BACK
    if payment.status == PaymentState.PAID:
        return _difference_of_paid(payment, answer)
    if payment.status in UNPAID:
        return BookDifference.PAID_THERE if is_paid else None
    if payment.status == PaymentState.REFUND_DUE:
        return BookDifference.ROLLED_BACK_THERE if is_rolled_back else None
    if payment.refund_reference in {*RollbackOutcome, PurchaseState.ROLLED_BACK.value}:
        return BookDifference.NOT_ROLLED_BACK_THERE if is_paid else None
    return BookDifference.REFUNDED_TWICE if is_rolled_back else None


def _difference_of_paid(payment: Payment, answer: PurchaseAnswer) -> BookDifference | None:
    if answer.state is PurchaseState.ROLLED_BACK:
        return BookDifference.ROLLED_BACK_THERE
    if answer.result is None or not answer.result.is_approved:
        return BookDifference.NOT_PAID_THERE
    return None if answer.result.exact_amount == payment.amount else BookDifference.OTHER_AMOUNT_THERE


def query(payment: Payment, gateway: Gateway, *, now: datetime) -> PurchaseAnswer:
    """Bancard's answer about a payment. Raises the errors of ``clients.bancard``, NotConnected."""
    return bancard_account.call(
        gateway,
        lambda application: bancard.confirmation(application, int(payment.id)),
        account=payment.account,
        now=now,
    )


def close(
    tenant: str,
    payment: Payment,
    state: PaymentState,
    message: dict[str, object],
    *,
    result: Result | None = None,
    now: datetime,
) -> Payment:
    """PENDING -> FAILED or EXPIRED, with the provider's ``message``; another state stays. Raises NotHere, Busy."""

    def move(stored: Payment) -> Payment:
        if stored.status != PaymentState.PENDING:
            return stored
        if result is not None:
            _set_response(stored, result)
        payments.add_message(stored, message, now)
        with writes.transaction() as tx:
            payments.move(tx, stored, state, now=now)
        logger.info("payment.closed", tenant=tenant, payment=stored.id, status=state.value)
        return stored

    return writes.retrying(lambda _attempt: payments.reload(tenant, payment.id), move)


def _act(tenant: str, payment: Payment, answer: PurchaseAnswer, gateway: Gateway | None, now: datetime) -> Payment:
    if answer.result is not None and answer.result.is_approved:
        return settle(tenant, payment, answer.result, answer.raw, now)
    if answer.state is PurchaseState.ROLLED_BACK:
        return _accept_rollback(tenant, payment, now)
    payment = _within_sale(tenant, payment, now)
    until = payment.payable_until
    if payment.status == PaymentState.PENDING and answer.result is not None:
        payment = close(tenant, payment, PaymentState.FAILED, answer.raw, result=answer.result, now=now)
    if payment.status not in (PaymentState.PENDING, PaymentState.FAILED):
        return _stop_checking(tenant, payment)
    if until and now < until:
        return rollbacks.schedule_check(tenant, payment, now)
    return _expire(tenant, payment, gateway, now)


def settle(tenant: str, payment: Payment, result: Result, message: dict[str, object], now: datetime) -> Payment:
    """Settle the money that Bancard says was paid. Raises Busy."""
    _set_response(payment, result)
    payment.amount, payment.currency, payment.confirmed_at = result.exact_amount, result.currency, now
    payment.external_id = result.ticket_number
    payments.add_message(payment, message, now)
    return settlement.settle(tenant, payment, actor_name=ACTOR_NAME, now=now).payment


def _expire(tenant: str, payment: Payment, gateway: Gateway | None, now: datetime) -> Payment:
    """Roll back first, so that a page whose time is over is not paid; a declined page could be paid again too."""
    outcome = rollbacks.request(gateway or bancard_account.load(tenant, now=now), payment, now)
    if outcome is RollbackOutcome.TOO_LATE:  # it was paid, on an earlier day
        return _ask_later(tenant, payment, now)
    if outcome is RollbackOutcome.DONE:  # it was paid between the question and the rollback
        return _accept_own_rollback(tenant, payment, now)
    if payment.status == PaymentState.FAILED:
        return _stop_checking(tenant, payment)
    return close(tenant, payment, PaymentState.EXPIRED, {"rollback": outcome.value}, now=now)


def _accept_own_rollback(tenant: str, payment: Payment, now: datetime) -> Payment:
    """Our rollback took back a payment made meanwhile: an appointment that it paid at that moment is cancelled."""
    stored = payments.reload(tenant, payment.id)
    if stored.status == PaymentState.PAID:
        logger.error("payment differs", tenant=tenant, payment=payment.id, what="ROLLED_BACK_BY_US")
        _refund_rolled_back(tenant, stored, now)
        if stored.target == Target.APPOINTMENT:
            with suppress(Conflict):  # it took place, or somebody cancelled it
                appointments.cancel(tenant, stored.target_id, reason="", actor_name=ACTOR_NAME, now=now)
    return rollbacks.mark_refunded(tenant, payment.id, RollbackOutcome.DONE.value, now)


def _accept_rollback(tenant: str, payment: Payment, now: datetime) -> Payment:
    """Bancard gave the money back, whoever asked for it: its target is not paid any more."""
    if payment.status == PaymentState.PENDING:
        return close(tenant, payment, PaymentState.EXPIRED, {"rollback": PurchaseState.ROLLED_BACK.value}, now=now)
    if payment.status == PaymentState.PAID:
        _refund_rolled_back(tenant, payment, now)
    elif payment.status != PaymentState.REFUND_DUE:
        return _stop_checking(tenant, payment)
    return rollbacks.mark_refunded(tenant, payment.id, PurchaseState.ROLLED_BACK.value, now)


def _refund_rolled_back(tenant: str, payment: Payment, now: datetime) -> None:
    from mostrador.ledger.views.payments import Refunding  # noqa: PLC0415 - rare, and pydantic is not needed otherwise

    form = Refunding(reason=RefundReason.ROLLED_BACK.value)
    refunds.refund_payment(tenant, payment.id, form, reason=RefundReason.ROLLED_BACK, actor_name=ACTOR_NAME, now=now)


def _stop_checking(tenant: str, payment: Payment) -> Payment:
    """Ask no more about a payment that was not made and cannot be made any more."""

    def stop(stored: Payment) -> bool:
        if stored.status not in (PaymentState.FAILED, PaymentState.EXPIRED) or stored.due_at is None:
            return False
        stored.due_pk = stored.due_at = None
        return True

    return payments.edit(tenant, payment.id, stop)


def _ask_later(tenant: str, payment: Payment, now: datetime) -> Payment:
    """Schedule the next question, and leave to staff a payment that is unanswered for too long."""
    stored = rollbacks.schedule_check(tenant, payment, now)
    since = stored.payable_until or stored.created_at
    if stored.status in UNPAID and now - since > UNANSWERED_AFTER:
        return leave_unanswered(tenant, stored, now=now)
    return stored


def _set_response(payment: Payment, result: Result) -> None:
    """Set the response that the payer is shown and staff looks for."""
    payment.response_code, payment.response_description = result.response_code, result.response_description
