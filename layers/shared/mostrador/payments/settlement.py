"""Money that was paid: it lands on what it is for, or it is due back; and money that is given back.

Every payment meets the same ``settle``, whoever took it. Whatever is paid late, twice, wrongly or for what is gone is
kept as REFUND_DUE with its reason, on the list of payments: nothing paid is dropped, nothing unpaid is confirmed.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mostrador import ids
from mostrador.errors import Busy, Conflict, NotHere
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import (
    SETTLED,
    PaymentState,
    Provider,
    RefundReason,
    Target,
    WrongPaymentState,
)
from mostrador.ledger.settlements import Settlement
from mostrador.observability import logger
from mostrador.payments import appointment_settlement
from mostrador.raffles import order_transitions, orders, raffles, sellers
from mostrador.raffles.numbers import TooManyForCustomer
from mostrador.raffles.rules.sale_window import SETTLING
from mostrador.raffles.rules.states import LIVE, ORDER_MOVES, OrderStatus
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import Payment
from mostrador.table.items.raffles import Order
from mostrador.table.items.scheduling import Appointment
from mostrador.table.writes import Transaction
from mostrador.values import money

if TYPE_CHECKING:
    from mostrador.ledger.views.payments import Confirmation, Refunding

ALIKE_WITHIN: Final = 600
"""Seconds in which the same sum for an appointment, told twice without a key, is taken for one payment."""
AT_ONCE: Final = 200
"""Orders of a cancelled raffle that one run winds up."""
_CAME_IN: Final = "amount currency method external_id confirmed_at told response_code response_description".split()


@dataclass(frozen=True, slots=True)
class Settled:
    """A payment that has landed, and what it was for, as both are stored; None where that is gone."""

    payment: Payment
    target: Any


Complete = Callable[[Any], None]


def record_order_payment(
    tenant: str, order_id: str, form: "Confirmation", *, actor_name: str, key: str | None, now: datetime
) -> Settled:
    """Money for an order that somebody of the business took, all of it where the form tells no amount.

    The same ``key``, or without one the same form again, gives the same payment. Raises NotHere, BadAmount, KeyReused.
    """
    payment = _by_hand(tenant, Target.ORDER, order_id, form, actor_name=actor_name, key=key, now=now)

    def of_order(order: Order) -> None:
        _fill(payment, order, form, order.total_amount)

    return settle(tenant, payment, complete=of_order, actor_name=actor_name, now=now)


def record_appointment_payment(
    tenant: str, appointment_id: str, form: "Confirmation", *, actor_name: str, key: str | None, now: datetime
) -> Settled:
    """Money for an appointment that somebody of the business took, all that is due where the form tells no amount.

    It confirms what is PENDING, also where it is a part. Refusals as ``confirm``; without a key the same form is the
    same payment for ten minutes of the clock, for two equal instalments are two.
    """
    once = key or f"{form.as_sent()} {int(now.timestamp()) // ALIKE_WITHIN}"
    payment = _by_hand(tenant, Target.APPOINTMENT, appointment_id, form, actor_name=actor_name, key=once, now=now)

    def of_appointment(appointment: Appointment) -> None:
        due = Decimal(appointment.total_amount) - (appointment.paid_amount or Decimal(0))
        _fill(payment, appointment, form, due)

    return settle(tenant, payment, complete=of_appointment, actor_name=actor_name, now=now)


def settle(tenant: str, paid: Payment, *, actor_name: str, now: datetime, complete: Complete | None = None) -> Settled:
    """Land money in one transaction, once: on what it is for where that can still be paid, or as REFUND_DUE.

    ``paid`` is a payment that is not stored yet, which ``complete`` fills in from what it is for, or a stored one with
    what came in. Where it has landed already nothing changes. Raises NotHere (of what is taken by hand), KeyReused,
    Busy.
    """
    kind, own, before = _TARGET_KINDS[Target(paid.target)], (paid.pk, paid.sk), paid.status
    for attempt in writes.attempts():
        context = _case(kind, tenant, paid, own, closely=attempt > 0, now=now)
        if complete:
            complete(context.target)
        payment = _as_paid(context.other.get(own), paid, before)
        if payment.status in SETTLED:
            return Settled(payment, context.target)
        settlement = _GONE if context.target is None else kind.land(context, payment, actor_name=actor_name, now=now)
        state = PaymentState.REFUND_DUE if settlement.reason else PaymentState.PAID
        try:
            with writes.transaction() as tx:
                payments.move(tx, payment, state, reason=settlement.reason, now=now)
                if settlement.reason is None:
                    settlement.write(tx)
        except (writes.ConditionFailed, TooManyForCustomer):
            continue
        logger.info("payment.settled", tenant=tenant, payment=payment.id, status=state.value, reason=payment.reason)
        return Settled(payment, context.target)
    raise Busy


def refund_order(
    tenant: str,
    order_id: str,
    form: "Refunding",
    *,
    reason: RefundReason = RefundReason.ORDER_REFUNDED,
    actor_name: str,
    now: datetime,
) -> Settled:
    """PAID -> REFUNDED: the money goes back, and before the raffle's cut the numbers are free; again changes nothing.

    Raises NotHere, WrongOrderState, Busy.
    """
    for attempt in writes.attempts():
        context = order_transitions.load(tenant, order_id, closely=attempt > 0, now=now)
        order = context.order
        if order.status == OrderStatus.REFUNDED:
            return Settled(payments.get(tenant, order.payment_id, now=now), order)
        ORDER_MOVES.check(order.status, OrderStatus.REFUNDED)
        payment = payments.get(tenant, order.payment_id, now=now)
        try:
            with writes.transaction() as tx:
                why = RefundReason.RAFFLE_CANCELLED if context.is_cancelled() else reason
                _give_back(tx, payment, form, why, actor_name=actor_name, now=now)
                sellers.count(tx, tenant, order, -1)
                orders.enter(order, OrderStatus.REFUNDED, actor_name, now, reason=form.reason)
                if context.is_cancelled() or not context.is_over(now):
                    order_transitions.release(tx, context)
                else:
                    tx.save(order)  # the sold list keeps its numbers
        except writes.ConditionFailed:
            continue
        logger.info("order.refunded", tenant=tenant, order=order_id, payment=payment.id, status=payment.status)
        return Settled(payment, order)
    raise Busy


def refund_payment(
    tenant: str,
    payment_id: str,
    form: "Refunding",
    *,
    reason: RefundReason = RefundReason.GIVEN_BACK,
    actor_name: str,
    now: datetime,
) -> Settled:
    """PAID -> REFUND_DUE, or REFUNDED where the money is back: what it paid owes it again; again changes nothing.

    An order that it paid is refunded with it. Raises NotHere, WrongPaymentState, WrongOrderState, Busy.
    """
    for attempt in writes.attempts():
        payment = payments.get(tenant, payment_id, now=now)
        if payment.status == PaymentState.REFUNDED:
            return Settled(payment, None)
        if payment.status == PaymentState.REFUND_DUE:
            is_back = form.is_returned
            return Settled(
                payments.returned(tenant, payment_id, actor_name=actor_name, now=now) if is_back else payment, None
            )
        if payment.status != PaymentState.PAID:
            raise WrongPaymentState(current=payment.status, wanted=PaymentState.REFUND_DUE.value)
        if payment.target == Target.ORDER:
            why = RefundReason.ORDER_REFUNDED if reason is RefundReason.GIVEN_BACK else reason
            return refund_order(tenant, payment.target_id, form, reason=why, actor_name=actor_name, now=now)
        context = appointment_settlement.load(tenant, payment.target_id, closely=attempt > 0, now=now)
        try:
            with writes.transaction() as tx:
                _give_back(tx, payment, form, reason, actor_name=actor_name, now=now)
                appointment_settlement.release(tx, context, payment, reason=form.reason, actor_name=actor_name, now=now)
        except writes.ConditionFailed:
            continue
        return Settled(payment, context.appointment)
    raise Busy


def refund_cancelled_raffle(tenant: str, raffle_id: str, *, now: datetime) -> int:
    """End the orders of a cancelled raffle, up to AT_ONCE: what was paid is due back; tells how many there were.

    The raffle is due again until none is left and nobody can be at work who saw it open. Raises NotHere.
    """
    from mostrador.ledger.views.payments import Refunding  # noqa: PLC0415 - who settles money does without pydantic

    raffle = raffles.get(tenant, raffle_id, now=now)
    partition, span = keys.raffle_partition(tenant, raffle_id), (keys.ORDER_PREFIX, f"{keys.ORDER_PREFIX}~")
    live = reads.first(partition, AT_ONCE, between=span, index="gsi1", keep=Order.status.is_in(*sorted(LIVE)))
    for order in live:
        with suppress(Conflict):  # somebody was quicker; what is left of it the next run sees
            if order.status == OrderStatus.PAID:
                form = Refunding(reason=raffle.cancel_reason)
                refund_order(tenant, order.id, form, actor_name="system", now=now)
            else:
                order_transitions.cancel(tenant, order.id, reason=raffle.cancel_reason, actor_name="system", now=now)
    if not live and now > raffle.updated_at + SETTLING:
        raffle.due_pk = raffle.due_at = None
        with writes.refusing(writes.stale_error(raffle)), writes.transaction() as tx:
            tx.save(raffle)
    return len(live)


def _case(kind: "_TargetKind", tenant: str, paid: Payment, own: keys.Key, *, closely: bool, now: datetime) -> Any:
    """What the money is for; of a provider's money also where that is gone, for it must land all the same."""
    try:
        return kind.look(tenant, paid.target_id, own, closely=closely, now=now)
    except NotHere as missing:
        if paid.provider == Provider.MANUAL or missing.facts["entity"] == "tenant":
            raise
        return _Nothing(reads.batch([own]))


def _as_paid(stored: Payment | None, paid: Payment, before: str) -> Payment:
    """The payment to settle: as it is stored, if it is, with what came in. Raises KeyReused."""
    if stored is None:
        paid.status, paid.reason = before, None  # an earlier try that was refused has set them
        return paid
    if stored.status not in SETTLED:
        for name in _CAME_IN:
            setattr(stored, name, getattr(paid, name))
    return writes.same_request(stored, paid.fingerprint)


def _by_hand(
    tenant: str,
    target: Target,
    target_id: str,
    form: "Confirmation",
    *,
    actor_name: str,
    key: str | None,
    now: datetime,
) -> Payment:
    payment = payments.manual(
        tenant,
        ids.derived(tenant, "payment", f"{target_id} {key or form.as_sent()}"),
        target=target,
        target_id=target_id,
        method=form.method,
        reference=form.reference,
        actor_name=actor_name,
        now=now,
    )
    payment.fingerprint = ids.fingerprint(form.as_sent())
    return payment


def _fill(payment: Payment, target: Any, form: "Confirmation", due: Decimal) -> None:
    """The amount of money that was taken by hand, and what else follows from what it is for. Raises BadAmount."""
    payment.amount = due if form.amount is None else _amount(form.amount, target.currency)
    payment.currency, payment.time_zone = target.currency, target.time_zone


def _give_back(
    tx: Transaction, payment: Payment, form: "Refunding", reason: RefundReason, *, actor_name: str, now: datetime
) -> None:
    """Make a payment due back, or given back where that has happened already."""
    payment.refund_note = form.reason
    if form.is_returned:
        payments.give_back(tx, payment, PaymentState.REFUND_DUE, reason=reason, actor_name=actor_name, now=now)
    else:
        payments.move(tx, payment, PaymentState.REFUND_DUE, reason=reason, now=now)


def _amount(typed: str, currency: str) -> Decimal:
    try:
        return money.amount(typed, currency)
    except money.BadAmount as error:
        raise money.BadAmount(**error.facts | {"field": "body.amount"}) from error


@dataclass(frozen=True, slots=True)
class _Nothing:
    """What money is for that is for nothing any more."""

    other: dict[keys.Key, Any]
    target: None = None


_GONE: Final = Settlement(RefundReason.TARGET_GONE, lambda _tx: None)


@dataclass(frozen=True, slots=True)
class _TargetKind:
    """What a payment may be for: how it is looked at (a ``target``, and ``other`` that was read), where money lands."""

    look: Callable[..., Any]
    land: Callable[..., Settlement]


_TARGET_KINDS: Final = {
    Target.ORDER: _TargetKind(order_transitions.load, order_transitions.settle),
    Target.APPOINTMENT: _TargetKind(appointment_settlement.load, appointment_settlement.settle),
}
