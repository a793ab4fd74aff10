"""What Bancard says of a payment is the truth: it is asked, and what it says is settled, given up or given back.

A message that comes in only says when to ask. So everything converges with every message lost, and a forged one moves
nothing. An answer that does not come leaves the payment as it is, to be asked again; nothing is given up unheard.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from mostrador.clients import bancard
from mostrador.clients.bancard import Rollback, Standing, Told
from mostrador.clients.bancard_http import GatewayRefused, GatewayUnknown
from mostrador.errors import Busy, Conflict, Unavailable
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import UNPAID, PaymentState, Provider, RefundReason, Target
from mostrador.observability import logger
from mostrador.payments import bancard_account, refunds, settlement
from mostrador.payments.bancard_account import Gateway
from mostrador.payments.refunds import BY
from mostrador.payments.rules.bancard import Result
from mostrador.scheduling import appointments
from mostrador.table import writes
from mostrador.table.items.payments import Payment

UNANSWERED_AFTER: Final = timedelta(hours=24)
"""How long after its page has ended a payment may stay unknown before somebody is told."""


def check(tenant: str, payment: Payment, *, gateway: Gateway | None = None, now: datetime) -> Payment:
    """Ask Bancard about a payment and act on what it says; gives the payment as it is then.

    What was not paid by the time its page ends is rolled back and given up. Raises NotConnected, GatewayUnknown,
    GatewayRefused, after setting when to ask again; Busy.
    """
    try:
        return _act(tenant, payment, _asked(tenant, payment, gateway, now), gateway, now)
    except (GatewayUnknown, GatewayRefused, bancard_account.NotConnected, Unavailable):
        _ask_later(tenant, payment, now)
        raise


def give_up(tenant: str, payment: Payment, *, gateway: Gateway | None = None, now: datetime) -> Payment:
    """Close what must not be paid any more, whatever its time: asked first, then rolled back. As ``check``."""
    payment.payable_until = now
    return check(tenant, payment, gateway=gateway, now=now)


def leave(tenant: str, payment: Payment, *, now: datetime) -> Payment:
    """Leave a payment that nobody can be asked about to somebody, who is told. Raises Busy."""
    return refunds.mark(tenant, payment, now, "payment unanswered")


def verify(tenant: str, payment_id: str, *, now: datetime) -> Payment:
    """Ask about one payment now, for somebody who wants to know; one taken by hand is shown as it is. As ``check``."""
    payment = payments.get(tenant, payment_id, now=now)
    return check(tenant, payment, now=now) if payment.provider == Provider.BANCARD else payment


def differs(payment: Payment, told: Told) -> str | None:
    """What Bancard says that our record does not, in a word; None where both agree."""
    has_paid = told.result is not None and told.result.is_approved
    is_rolled_back = told.state is Standing.ROLLED_BACK
    if payment.status == PaymentState.PAID:
        return _differs_paid(payment, told)
    if payment.status in UNPAID:
        return "PAID_THERE" if has_paid else None
    if payment.status == PaymentState.REFUND_DUE:
        return "ROLLED_BACK_THERE" if is_rolled_back else None
    if payment.refund_reference in {*Rollback, Standing.ROLLED_BACK.value}:
        return "NOT_ROLLED_BACK_THERE" if has_paid else None
    return "REFUNDED_TWICE" if is_rolled_back else None


def _differs_paid(payment: Payment, told: Told) -> str | None:
    if told.state is Standing.ROLLED_BACK:
        return "ROLLED_BACK_THERE"
    if told.result is None or not told.result.is_approved:
        return "NOT_PAID_THERE"
    return None if told.result.exact_amount == payment.amount else "OTHER_AMOUNT_THERE"


def ask(payment: Payment, gateway: Gateway, *, now: datetime) -> Told:
    """What Bancard says of a payment. Raises what ``clients.bancard`` raises, NotConnected."""
    number = int(payment.id)
    return bancard_account.ask(gateway, lambda one: bancard.confirmation(one, number), account=payment.account, now=now)


def settle(tenant: str, payment: Payment, result: Result, told: dict[str, object], *, now: datetime) -> Payment:
    """Land what Bancard says was paid. Raises Busy."""
    came = _with_result(payment, result)
    came.amount, came.currency, came.confirmed_at = result.exact_amount, result.currency, now
    came.external_id = result.ticket_number
    payments.note(came, told, now)
    return settlement.settle(tenant, came, actor_name=BY, now=now).payment


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
        stored = refunds.fresh(tenant, payment.id)
        if stored.status != PaymentState.PENDING:
            return stored
        if result is not None:
            _with_result(stored, result)
        payments.note(stored, told, now)
        try:
            with writes.transaction() as tx:
                payments.move(tx, stored, state, now=now)
        except writes.ConditionFailed:
            continue
        logger.info("payment.closed", tenant=tenant, payment=stored.id, status=state.value)
        return stored
    raise Busy


def _asked(tenant: str, payment: Payment, gateway: Gateway | None, now: datetime) -> Told:
    return ask(payment, gateway or bancard_account.of(tenant, now=now), now=now)


def _act(tenant: str, payment: Payment, told: Told, gateway: Gateway | None, now: datetime) -> Payment:
    if told.result is not None and told.result.is_approved:
        return settle(tenant, payment, told.result, told.raw, now=now)
    if told.state is Standing.ROLLED_BACK:
        return _rolled_back(tenant, payment, now)
    until = payment.payable_until
    if payment.status == PaymentState.PENDING and told.result is not None:
        payment = close(tenant, payment, PaymentState.FAILED, told.raw, result=told.result, now=now)
    if payment.status not in (PaymentState.PENDING, PaymentState.FAILED):
        return _let_be(tenant, payment)
    if until and now < until:
        return refunds.postpone(tenant, payment, now)
    return _given_up(tenant, payment, gateway, now)


def _given_up(tenant: str, payment: Payment, gateway: Gateway | None, now: datetime) -> Payment:
    """Roll back first, so that nobody pays any more for what is let go: a declined page could be paid again too."""
    outcome = refunds.roll_back(gateway or bancard_account.of(tenant, now=now), payment, now)
    if outcome is Rollback.TOO_LATE:  # it was paid after all, and longer ago than we knew
        return _ask_later(tenant, payment, now)
    if outcome is Rollback.DONE:  # paid between the question and the rollback
        return _undone(tenant, payment, now)
    if payment.status == PaymentState.FAILED:
        return _let_be(tenant, payment)
    return close(tenant, payment, PaymentState.EXPIRED, {"rollback": outcome.value}, now=now)


def _undone(tenant: str, payment: Payment, now: datetime) -> Payment:
    """Our rollback took back what was paid meanwhile: what that paid for in the same moment is let go as well."""
    stored = refunds.fresh(tenant, payment.id)
    if stored.status == PaymentState.PAID:
        logger.error("payment differs", tenant=tenant, payment=payment.id, what="ROLLED_BACK_BY_US")
        _owe(tenant, stored, now)
        if stored.target == Target.APPOINTMENT:
            with suppress(Conflict):  # it took place, or somebody cancelled it
                appointments.cancel(tenant, stored.target_id, reason="", actor_name=BY, now=now)
    return refunds.returned(tenant, payment.id, Rollback.DONE.value, now)


def _rolled_back(tenant: str, payment: Payment, now: datetime) -> Payment:
    """Bancard gave the money back, at whoever's wish: what it paid is not paid any more."""
    if payment.status == PaymentState.PENDING:
        return close(tenant, payment, PaymentState.EXPIRED, {"rollback": Standing.ROLLED_BACK.value}, now=now)
    if payment.status == PaymentState.PAID:
        _owe(tenant, payment, now)
    elif payment.status != PaymentState.REFUND_DUE:
        return _let_be(tenant, payment)
    return refunds.returned(tenant, payment.id, Standing.ROLLED_BACK.value, now)


def _owe(tenant: str, payment: Payment, now: datetime) -> None:
    from mostrador.ledger.views.payments import Refunding  # noqa: PLC0415 - rare, and pydantic is not needed otherwise

    form = Refunding(reason=RefundReason.ROLLED_BACK.value)
    settlement.refund_payment(tenant, payment.id, form, reason=RefundReason.ROLLED_BACK, actor_name=BY, now=now)


def _let_be(tenant: str, payment: Payment) -> Payment:
    """Look no more at what was not paid and cannot be any more."""

    def alter(stored: Payment) -> bool:
        if stored.status not in (PaymentState.FAILED, PaymentState.EXPIRED) or stored.due_at is None:
            return False
        stored.due_pk = stored.due_at = None
        return True

    return refunds.altered(tenant, payment.id, alter)


def _ask_later(tenant: str, payment: Payment, now: datetime) -> Payment:
    """Set when to ask again, and have somebody told where that has gone on for too long."""
    later = refunds.postpone(tenant, payment, now)
    since = later.payable_until or later.created_at
    if later.status in UNPAID and now - since > UNANSWERED_AFTER:
        return leave(tenant, later, now=now)
    return later


def _with_result(payment: Payment, result: Result) -> Payment:
    """What the payer may be shown, and what staff looks for."""
    payment.response_code, payment.response_description = result.response_code, result.response_description
    return payment
