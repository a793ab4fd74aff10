"""What becomes of an order: a receipt, a payment, a cancellation, the end of its hold. Each is one transaction.

Until the raffle's cut, numbers become sold and free again; from then on only what is not sold is let go, which the sold
list does not see. Every change is decided on the order, the raffle and the numbers as they are, and written only if the
order is still the same and no number went to somebody else meanwhile; or else all is read and decided again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mostrador.errors import Busy, Conflict, NotHere
from mostrador.ledger.rules.payment_states import RefundReason, order_refund_reason
from mostrador.ledger.settlements import Settlement
from mostrador.observability import logger
from mostrador.process_cache import ProcessCache
from mostrador.raffles import numbers, orders, raffles
from mostrador.raffles.rules.states import ORDER_MOVES, OrderStatus, RaffleStatus, printed_number
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import Payment
from mostrador.table.items.raffles import Order, Raffle, RaffleNumber
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values.holds import has_lapsed

if TYPE_CHECKING:
    from mostrador.raffles.views.orders import Receipt

_RECENT: Final = 3
_recent_raffles: Final = ProcessCache[str, tuple[str, ...]](size=1000)
"""Tenant -> the raffles whose orders this process looked at last: which to read with the next order."""
REVIEW: Final = timedelta(hours=24)
"""How long staff should take at most to look at a receipt."""


class SaleOver(Conflict):
    code = "sale_over"
    en = "the raffle is {status} and its sale is over since {cut}"
    es = "la rifa está {status} y su venta terminó el {cut}"


class HoldLapsed(Conflict):
    code = "hold_lapsed"
    en = "the order's hold has lapsed, and others have the numbers {numbers}"
    es = "la reserva de la orden venció, y otros tienen los números {numbers}"


@dataclass(frozen=True, slots=True)
class OrderContext:
    """An order with its raffle as they are, and what has its numbers where a closer look was needed.

    ``other`` is whatever else was asked for.
    """

    tenant: str
    order: Order
    raffle: Raffle
    held: Mapping[int, RaffleNumber | None] | None
    other: Mapping[keys.Key, Any]

    @property
    def target(self) -> Order:
        """What money is for."""
        return self.order

    def own(self) -> list[int]:
        """The numbers that are still the order's; all of them, as long as nothing says otherwise."""
        if self.held is None:
            return list(self.order.numbers)
        return [number for number, held in self.held.items() if held and held.order_id == self.order.id]

    def gone(self, now: datetime) -> list[int]:
        """The numbers that another order is known to have."""
        return [
            number
            for number, held in (self.held or {}).items()
            if held and held.order_id != self.order.id and not numbers.is_free(held, now)
        ]

    def is_cancelled(self) -> bool:
        """Whether the raffle is."""
        return bool(self.raffle.status == RaffleStatus.CANCELLED)

    def is_over(self, now: datetime) -> bool:
        """Whether the raffle's cut has come."""
        return now >= raffles.sale_cutoff(self.raffle)


def load(tenant: str, order_id: str, *also: keys.Key, closely: bool, now: datetime) -> OrderContext:
    """The case of an order, and whatever ``also`` names, in one round trip where the raffle was met before.

    A closer look, after a write was refused, is one more, and sees who has the numbers. Raises NotHere.
    """
    tenants.current(tenant, now=now)
    of_order, guessed = keys.order(tenant, order_id), _recent_raffles.get(tenant) or ()
    found = reads.batch({of_order, *also, *(keys.raffle(tenant, one) for one in guessed)})
    order = orders.as_order(found.get(of_order), order_id)
    of_raffle = keys.raffle(tenant, order.raffle_id)
    of_numbers = {number: keys.raffle_number(tenant, order.raffle_id, number) for number in order.numbers}
    if closely:
        of_buyer = keys.raffle_buyer(tenant, order.raffle_id, order.customer_id)
        found |= reads.batch({of_raffle, of_buyer, *of_numbers.values()})
    elif of_raffle not in found:
        found |= reads.batch([of_raffle])
    raffle = found.get(of_raffle)
    if not isinstance(raffle, Raffle):
        raise NotHere(entity="raffle", id=order.raffle_id)
    _recent_raffles.put(tenant, (raffle.id, *(one for one in guessed if one != raffle.id))[:_RECENT])
    held = {number: found.get(key) for number, key in of_numbers.items()} if closely else None
    return OrderContext(tenant, order, raffle, held, found)


def receive(tenant: str, order_id: str, form: "Receipt", *, actor_name: str, now: datetime) -> Order:
    """RESERVED -> IN_REVIEW: the hold stops running out, until staff decides; in review, the receipt is replaced.

    A hold that has lapsed takes its numbers again where they are free. Raises NotHere, WrongOrderState, SaleOver,
    HoldLapsed, Busy.
    """
    told = form.model_dump(mode="json")

    def write(tx: Transaction, context: OrderContext) -> None:
        order = context.order
        _check_open(context, now)
        if order.status == OrderStatus.IN_REVIEW:
            orders.record(order, now, actor_name, "RECEIPT")
        else:
            orders.enter(order, OrderStatus.IN_REVIEW, actor_name, now)
            order.review_due_at = min(now + REVIEW, raffles.sale_cutoff(context.raffle))
            numbers.take(tx, tenant, order, now)
        order.receipt = told
        tx.save(order)

    def is_done(order: Order) -> bool:
        if order.status == OrderStatus.IN_REVIEW:
            return bool(order.receipt == told)
        ORDER_MOVES.check(order.status, OrderStatus.IN_REVIEW)
        return False

    return _move(tenant, order_id, is_done, write, now)


def cancel(tenant: str, order_id: str, *, reason: str, actor_name: str, now: datetime) -> Order:
    """RESERVED or IN_REVIEW -> CANCELLED, which frees the numbers; again changes nothing.

    Raises NotHere, WrongOrderState, Busy.
    """

    def write(tx: Transaction, context: OrderContext) -> None:
        orders.enter(context.order, OrderStatus.CANCELLED, actor_name, now, reason=reason)
        release(tx, context)

    def is_done(order: Order) -> bool:
        if order.status != OrderStatus.CANCELLED:
            ORDER_MOVES.check(order.status, OrderStatus.CANCELLED)
        return bool(order.status == OrderStatus.CANCELLED)

    return _move(tenant, order_id, is_done, write, now)


def expire(tenant: str, order_id: str, *, now: datetime) -> Order:
    """RESERVED with a lapsed hold -> EXPIRED, which frees what is still its own; all else stays. Raises NotHere."""

    def write(tx: Transaction, context: OrderContext) -> None:
        orders.enter(context.order, OrderStatus.EXPIRED, "system", now)
        release(tx, context)

    def is_done(order: Order) -> bool:
        return order.status != OrderStatus.RESERVED or not has_lapsed(order.hold_expires_at, now)

    return _move(tenant, order_id, is_done, write, now)


def settle(context: OrderContext, payment: Payment, *, actor_name: str, now: datetime) -> Settlement:
    """Where the money of a payment for an order lands: in time, or late where all its numbers are still free."""
    order, tenant = context.order, context.tenant
    limit = None if order.is_counted else context.raffle.numbers_per_customer
    reason = order_refund_reason(
        OrderStatus(order.status),
        RaffleStatus(context.raffle.status),
        is_over=context.is_over(now),
        is_whole=(payment.amount, payment.currency) == (order.total_amount, order.currency),
        is_gone=bool(context.gone(now)),
    )
    if reason is None and limit is not None and _numbers_of_buyer(context) + len(order.numbers) > limit:
        reason = RefundReason.TOO_MANY_NUMBERS

    def write(tx: Transaction) -> None:
        if limit is not None:
            numbers.count_in(tx, tenant, order, limit)
            order.is_counted = True
        orders.pay(tx, tenant, order, payment.id, actor_name=actor_name, now=now)

    return Settlement(reason, write)


def _numbers_of_buyer(context: OrderContext) -> int:
    """How many numbers the buyer is known to have."""
    buyer = context.other.get(keys.raffle_buyer(context.tenant, context.order.raffle_id, context.order.customer_id))
    return int(buyer.numbers) if buyer else 0


def release(tx: Transaction, context: OrderContext) -> None:
    """Save an order that has ended, free the numbers that it still has, count it no longer."""
    numbers.free(tx, context.tenant, context.order, context.own())
    numbers.count_out(tx, context.tenant, context.order)
    context.order.is_counted = None
    tx.save(context.order)


def _move(
    tenant: str,
    order_id: str,
    is_done: Callable[[Order], bool],
    write: Callable[[Any, OrderContext], None],
    now: datetime,
) -> Order:
    """Read, and unless it is done already ``write`` the change; again from the start when somebody was quicker."""
    for attempt in writes.attempts():
        context = load(tenant, order_id, closely=attempt > 0, now=now)
        if is_done(context.order):
            return context.order
        try:
            with writes.transaction() as tx:
                write(tx, context)
        except writes.ConditionFailed:
            continue
        logger.info("order.moved", tenant=tenant, order=order_id, status=context.order.status)
        return context.order
    raise Busy


def _check_open(context: OrderContext, now: datetime) -> None:
    """Raise SaleOver, HoldLapsed where the order cannot keep its numbers."""
    if context.is_cancelled() or context.is_over(now):
        raise SaleOver(status=context.raffle.status, cut=raffles.sale_cutoff(context.raffle).isoformat())
    if gone := context.gone(now):
        named = ", ".join(printed_number(number, int(context.raffle.last_number)) for number in gone)
        raise HoldLapsed(numbers=named)
