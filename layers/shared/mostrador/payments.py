"""Money that was paid: it lands on what it is for, or it is due back; and money that is given back.

Every payment meets the same ``settle``, whoever took it. Whatever is paid late, twice, wrongly or for what is gone is
kept as REFUND_DUE with its reason, on the list of payments: nothing paid is dropped, nothing unpaid is confirmed.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from mostrador import ids, order_states, orders, payment_records, raffles, sellers
from mostrador.errors import Busy, Conflict
from mostrador.numbers import TooManyForCustomer
from mostrador.observability import logger
from mostrador.order_states import Case, Landing
from mostrador.rules import money
from mostrador.rules.payment import SETTLED, PaymentState, RefundReason, Target
from mostrador.rules.raffle import LIVE, OrderStatus, move_order
from mostrador.rules.sale import SETTLING
from mostrador.table import keys, reads, writes
from mostrador.table.raffle_items import Order, Payment
from mostrador.views.orders import Refunding
from mostrador.views.payments import Confirmation

AT_ONCE: Final = 200
"""Orders of a cancelled raffle that one run winds up."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A payment that has landed, and what it was for, as both are stored."""

    payment: Payment
    target: Any


Complete = Callable[[Any], None]


def confirm(tenant: str, order_id: str, form: Confirmation, *, by: str, key: str | None, now: datetime) -> Settled:
    """Money for an order that somebody of the business took, all of it where the form tells no amount.

    The same ``key``, or without one the same form again, gives the same payment. Raises NotHere, BadAmount, KeyReused.
    """
    payment = payment_records.manual(
        tenant,
        ids.derived(tenant, "payment", f"{order_id} {key or form.as_sent()}"),
        target=Target.ORDER,
        target_id=order_id,
        method=form.method,
        reference=form.reference,
        by=by,
        now=now,
    )
    payment.fingerprint = ids.fingerprint(form.as_sent())

    def of_order(order: Order) -> None:
        payment.amount = order.total_amount if form.amount is None else _amount(form.amount, order.currency)
        payment.currency, payment.time_zone = order.currency, order.time_zone

    return settle(tenant, payment, complete=of_order, by=by, now=now)


def settle(tenant: str, paid: Payment, *, by: str, now: datetime, complete: Complete | None = None) -> Settled:
    """Land money in one transaction, once: on what it is for where that can still be paid, or as REFUND_DUE.

    ``paid`` is a payment that is not stored yet, which ``complete`` fills in from what it is for, or a stored one with
    what came in. Where it has landed already nothing changes. Raises NotHere, KeyReused, Busy.
    """
    kind, own, before = _KINDS[Target(paid.target)], (paid.pk, paid.sk), paid.status
    for attempt in writes.attempts():
        case = kind.look(tenant, paid.target_id, own, closely=attempt > 0, now=now)
        if complete:
            complete(case.target)
        payment = _as_paid(case.other.get(own), paid, before)
        if payment.status in SETTLED:
            return Settled(payment, case.target)
        landing = kind.land(case, payment, by=by, now=now)
        state = PaymentState.REFUND_DUE if landing.reason else PaymentState.PAID
        payment_records.enter(payment, state, landing.reason)
        try:
            with writes.transaction() as tx:
                tx.save(payment)
                if landing.reason is None:
                    landing.write(tx)
        except (writes.Refused, TooManyForCustomer):
            continue
        logger.info("payment.settled", tenant=tenant, payment=payment.id, status=state.value, reason=payment.reason)
        return Settled(payment, case.target)
    raise Busy


def refund(tenant: str, order_id: str, form: Refunding, *, by: str, now: datetime) -> Settled:
    """PAID -> REFUNDED: the money goes back, and before the raffle's cut the numbers are free; again changes nothing.

    Raises NotHere, WrongOrderState, Busy.
    """
    for attempt in writes.attempts():
        case = order_states.look(tenant, order_id, closely=attempt > 0, now=now)
        order = case.order
        if order.status == OrderStatus.REFUNDED:
            return Settled(payment_records.get(tenant, order.payment_id, now=now), order)
        move_order(OrderStatus(order.status), OrderStatus.REFUNDED)
        payment = payment_records.get(tenant, order.payment_id, now=now)
        _give_back(case, payment, form, by=by, now=now)
        try:
            with writes.transaction() as tx:
                tx.save(payment)
                sellers.count(tx, tenant, order, -1)
                orders.enter(order, OrderStatus.REFUNDED, by, now, reason=form.reason)
                if case.is_cancelled() or not case.is_over(now):
                    order_states.let_go(tx, case)
                else:
                    tx.save(order)  # the sold list keeps its numbers
        except writes.Refused:
            continue
        logger.info("order.refunded", tenant=tenant, order=order_id, payment=payment.id, status=payment.status)
        return Settled(payment, order)
    raise Busy


def wind_up(tenant: str, raffle_id: str, *, now: datetime) -> int:
    """End the orders of a cancelled raffle, up to AT_ONCE: what was paid is due back; tells how many there were.

    The raffle is due again until none is left and nobody can be at work who saw it open. Raises NotHere.
    """
    raffle = raffles.get(tenant, raffle_id, now=now)
    partition, span = keys.raffle_partition(tenant, raffle_id), (keys.ORDER_PREFIX, f"{keys.ORDER_PREFIX}~")
    live = reads.first(partition, AT_ONCE, between=span, index="gsi1", keep=Order.status.is_in(*sorted(LIVE)))
    for order in live:
        with suppress(Conflict):  # somebody was quicker; what is left of it the next run sees
            if order.status == OrderStatus.PAID:
                form = Refunding(reason=raffle.cancel_reason)
                refund(tenant, order.id, form, by="system", now=now)
            else:
                order_states.cancel(tenant, order.id, reason=raffle.cancel_reason, by="system", now=now)
    if not live and now > raffle.updated_at + SETTLING:
        raffle.due_pk = raffle.due_at = None
        with writes.refusing(writes.stale(raffle)), writes.transaction() as tx:
            tx.save(raffle)
    return len(live)


def _as_paid(stored: Payment | None, paid: Payment, before: str) -> Payment:
    """The payment to settle: as it is stored, if it is, with what came in. Raises KeyReused."""
    if stored is None:
        paid.status, paid.reason = before, None  # an earlier try that was refused has set them
        return paid
    if stored.status not in SETTLED:
        stored.amount, stored.currency = paid.amount, paid.currency
        stored.method, stored.external_id, stored.confirmed_at = paid.method, paid.external_id, paid.confirmed_at
    return writes.same_request(stored, paid.fingerprint)


def _give_back(case: Case, payment: Payment, form: Refunding, *, by: str, now: datetime) -> None:
    """Make a payment due back, or given back where that has happened already."""
    reason = RefundReason.RAFFLE_CANCELLED if case.is_cancelled() else RefundReason.ORDER_REFUNDED
    payment_records.enter(payment, PaymentState.REFUND_DUE, reason)
    if form.is_returned:
        payment_records.give_back(payment, by=by, now=now)


def _amount(typed: str, currency: str) -> Decimal:
    try:
        return money.amount(typed, currency)
    except money.BadAmount as error:
        raise money.BadAmount(**error.facts | {"field": "body.amount"}) from error


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a payment may be for: how it is looked at (a ``target``, and ``other`` that was read), where money lands."""

    look: Callable[..., Any]
    land: Callable[..., Landing]


_KINDS: Final = {Target.ORDER: _Kind(order_states.look, order_states.land)}
