"""Refunds that the business decides: a payment, an order, all orders of a cancelled raffle.

They move payments from PAID to REFUND_DUE, and their targets to unpaid, in one transaction. ``rollbacks`` then gives
Bancard's money back; the business gives back the rest itself.
"""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

from mostrador.errors import Conflict
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import PaymentState, RefundReason, Target, WrongPaymentState
from mostrador.observability import logger
from mostrador.payments import appointment_settlement
from mostrador.payments.settlement import Settled
from mostrador.raffles import order_transitions, orders, raffles, sellers
from mostrador.raffles.order_transitions import OrderContext
from mostrador.raffles.rules.sale_window import WRITERS_FINISH_WITHIN
from mostrador.raffles.rules.states import LIVE, ORDER_MOVES, OrderStatus
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import Payment
from mostrador.table.items.raffles import Order
from mostrador.table.writes import Transaction

if TYPE_CHECKING:
    from mostrador.ledger.views.payments import Refunding

MOST_ORDERS: Final = 200
"""Orders of a cancelled raffle that one run refunds or cancels."""


def refund_order(
    tenant: str,
    order_id: str,
    form: "Refunding",
    *,
    reason: RefundReason = RefundReason.ORDER_REFUNDED,
    actor_name: str,
    now: datetime,
) -> Settled:
    """PAID -> REFUNDED with its payment; before the raffle's sale cutoff its numbers become free.

    Again changes nothing. Raises NotHere, WrongOrderState, Busy.
    """

    def load(attempt: int) -> OrderContext:
        return order_transitions.load(tenant, order_id, closely=attempt > 0, now=now)

    def refund(context: OrderContext) -> Settled:
        order = context.order
        if order.status == OrderStatus.REFUNDED:
            return Settled(payments.get(tenant, order.payment_id, now=now), order)
        ORDER_MOVES.check(order.status, OrderStatus.REFUNDED)
        payment = payments.get(tenant, order.payment_id, now=now)
        with writes.transaction() as tx:
            why = RefundReason.RAFFLE_CANCELLED if context.is_cancelled() else reason
            _move_payment(tx, payment, form, why, actor_name=actor_name, now=now)
            sellers.count(tx, tenant, order, -1)
            orders.enter(order, OrderStatus.REFUNDED, actor_name, now, reason=form.reason)
            if context.is_cancelled() or not context.is_over(now):
                order_transitions.release(tx, context)
            else:
                tx.save(order)  # the sold list keeps its numbers
        logger.info("order.refunded", tenant=tenant, order=order_id, payment=payment.id, status=payment.status)
        return Settled(payment, order)

    return writes.retrying(load, refund)


def refund_payment(
    tenant: str,
    payment_id: str,
    form: "Refunding",
    *,
    reason: RefundReason = RefundReason.GIVEN_BACK,
    actor_name: str,
    now: datetime,
) -> Settled:
    """PAID -> REFUND_DUE, or REFUNDED where the money is back already; its appointment owes the amount again.

    An order that it paid is refunded with it. Again changes nothing. Raises NotHere, WrongPaymentState,
    WrongOrderState, AlreadyRefunded, Busy.
    """

    def load(attempt: int) -> tuple[Payment, bool]:
        return payments.get(tenant, payment_id, now=now), attempt > 0

    def refund(loaded: tuple[Payment, bool]) -> Settled:
        payment, is_again = loaded
        if payment.status == PaymentState.REFUND_DUE and form.is_returned:
            return Settled(
                payments.mark_refunded(tenant, payment_id, till=form.till, actor_name=actor_name, now=now), None
            )
        if payment.status in (PaymentState.REFUND_DUE, PaymentState.REFUNDED):
            return Settled(payment, None)
        if payment.status != PaymentState.PAID:
            raise WrongPaymentState(current=payment.status, wanted=PaymentState.REFUND_DUE.value)
        if payment.target == Target.ORDER:
            why = RefundReason.ORDER_REFUNDED if reason is RefundReason.GIVEN_BACK else reason
            return refund_order(tenant, payment.target_id, form, reason=why, actor_name=actor_name, now=now)
        context = appointment_settlement.load(tenant, payment.target_id, closely=is_again, now=now)
        with writes.transaction() as tx:
            _move_payment(tx, payment, form, reason, actor_name=actor_name, now=now)
            appointment_settlement.release(tx, context, payment, reason=form.reason, actor_name=actor_name, now=now)
        return Settled(payment, context.appointment)

    return writes.retrying(load, refund)


def refund_cancelled_raffle(tenant: str, raffle_id: str, *, now: datetime) -> int:
    """End up to MOST_ORDERS orders of a cancelled raffle: paid ones are refunded, others cancelled; returns the count.

    The raffle stays due until no order is left and no request can be at work that saw it open. Raises NotHere.
    """
    from mostrador.ledger.views.payments import Refunding  # noqa: PLC0415 - settling money does without pydantic

    raffle = raffles.get(tenant, raffle_id, now=now)
    partition, span = keys.raffle_partition(tenant, raffle_id), (keys.ORDER_PREFIX, f"{keys.ORDER_PREFIX}~")
    live = reads.first(partition, MOST_ORDERS, between=span, index="gsi1", keep=Order.status.is_in(*sorted(LIVE)))
    for order in live:
        with suppress(Conflict):  # somebody changed it meanwhile; the next run sees the rest
            if order.status == OrderStatus.PAID:
                form = Refunding(reason=raffle.cancel_reason)
                refund_order(tenant, order.id, form, actor_name="system", now=now)
            else:
                order_transitions.cancel(
                    tenant, order.id, reason=raffle.cancel_reason, is_decided=False, actor_name="system", now=now
                )
    if not live and now > raffle.updated_at + WRITERS_FINISH_WITHIN:
        raffle.due_pk = raffle.due_at = None
        with writes.refusing(writes.stale_error(raffle)), writes.transaction() as tx:
            tx.save(raffle)
    return len(live)


def _move_payment(
    tx: Transaction, payment: Payment, form: "Refunding", reason: RefundReason, *, actor_name: str, now: datetime
) -> None:
    """PAID -> REFUND_DUE, or -> REFUNDED where the form says that the money is back already, or there was none."""
    payment.refund_note, payment.wanted_till = form.reason, form.till
    if form.is_returned or payment.amount <= 0:
        payments.save_refunded(tx, payment, PaymentState.REFUND_DUE, reason=reason, actor_name=actor_name, now=now)
    else:
        payments.move(tx, payment, PaymentState.REFUND_DUE, reason=reason, now=now)
