"""The transitions of an order: a payment, a cancellation, the end of its hold or review. Each is one transaction.

Until the raffle's sale cutoff, numbers become sold or free. After it, only unsold numbers are freed: the sold list does
not contain them. Each transition is decided on the order, the raffle and the numbers as they are. It is written only if
the order did not change and no other order took a number meanwhile. Otherwise all is read and decided again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mostrador.errors import Conflict
from mostrador.ledger import open_pages
from mostrador.ledger.rules import reviews
from mostrador.ledger.rules.payment_states import Provider, RefundReason, order_refund_reason
from mostrador.ledger.settlements import Settlement
from mostrador.observability import logger
from mostrador.process_cache import ProcessCache
from mostrador.raffles import numbers, orders, raffles
from mostrador.raffles.rules.states import ORDER_MOVES, OrderChange, OrderStatus, RaffleStatus, printed_number
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import Payment
from mostrador.table.items.raffles import Order, Raffle, RaffleBuyer, RaffleNumber
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values.holds import has_lapsed
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader, Words

_RECENT: Final = 3
_recent_raffles: Final = ProcessCache[str, tuple[str, ...]](size=1000)
"""Tenant -> the raffles whose orders this process read last: they are read together with the next order."""
NOT_REVIEWED: Final = "Nadie revisó el comprobante a tiempo"
"""The reason of orders whose receipt nobody checked in time."""
_ENDED: Final = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})


class SaleOver(Conflict):
    code = "sale_over"
    en = "the raffle is {current:raffle} and its sale is over since {sale_cutoff:time}"
    es = "la rifa está {current:raffle} y su venta terminó el {sale_cutoff:time}"
    cancelled = "la rifa está cancelada", "the raffle is cancelled"

    def variant(self, _reader: Reader) -> Words | None:
        return self.cancelled if self.facts["current"] == RaffleStatus.CANCELLED else None


class HoldLapsed(Conflict):
    code = "hold_lapsed"
    en = "the order's hold has lapsed, and others have the numbers {numbers}"
    es = "la reserva de la orden venció, y otros tienen los números {numbers}"
    next_action = NextAction.CHOOSE_OTHER_NUMBERS


@dataclass(frozen=True, slots=True)
class OrderContext:
    """An order with its raffle, as they were read.

    ``held`` maps the order's numbers to their items; it is None where the numbers were not read. ``other`` has every
    item that was read, by its key.
    """

    tenant: str
    order: Order
    raffle: Raffle
    held: Mapping[int, RaffleNumber | None] | None
    other: Mapping[keys.Key, Any]

    @property
    def target(self) -> Order:
        """The order, as the target of a payment."""
        return self.order

    def own_numbers(self) -> list[int]:
        """The numbers that are still the order's; all of them where their items were not read."""
        if self.held is None:
            return list(self.order.numbers)
        return [number for number, held in self.held.items() if held and held.order_id == self.order.id]

    def lost_numbers(self, now: datetime) -> list[int]:
        """The numbers that another order has; none where their items were not read."""
        return [
            number
            for number, held in (self.held or {}).items()
            if held and held.order_id != self.order.id and not numbers.is_free(held, now)
        ]

    def is_cancelled(self) -> bool:
        """Whether the raffle is cancelled."""
        return bool(self.raffle.status == RaffleStatus.CANCELLED)

    def is_over(self, now: datetime) -> bool:
        """Whether the raffle's sale cutoff has come."""
        return now >= raffles.sale_cutoff(self.raffle)


def load(tenant: str, order_id: str, *also: keys.Key, closely: bool, now: datetime) -> OrderContext:
    """The order with its raffle, and the items that ``also`` names. Raises NotHere.

    It takes one round trip where this process read the raffle recently, otherwise two. ``closely``, after a refused
    write, always takes two: it reads the items of the numbers and of the buyer as well.
    """
    tenants.current(tenant, now=now)
    order_key, recent = keys.order(tenant, order_id), _recent_raffles.get(tenant) or ()
    items = reads.batch({order_key, *also, *(keys.raffle(tenant, raffle_id) for raffle_id in recent)})
    order = orders.as_order(items.get(order_key), order_id)
    raffle_key = keys.raffle(tenant, order.raffle_id)
    number_keys = {number: keys.raffle_number(tenant, order.raffle_id, number) for number in order.numbers}
    if closely:
        items |= reads.batch({raffle_key, _buyer_key(tenant, order), *number_keys.values()})
    elif raffle_key not in items:
        items |= reads.batch([raffle_key])
    raffle = raffles.as_raffle(items.get(raffle_key), order.raffle_id)
    others = (raffle_id for raffle_id in recent if raffle_id != raffle.id)
    _recent_raffles.put(tenant, (raffle.id, *others)[:_RECENT])
    held = {number: items.get(key) for number, key in number_keys.items()} if closely else None
    return OrderContext(tenant, order, raffle, held, items)


def cancel(
    tenant: str, order_id: str, *, reason: str, is_decided: bool = True, actor_name: str, now: datetime
) -> Order:
    """RESERVED or IN_REVIEW -> CANCELLED, which frees the numbers; again changes nothing.

    ``is_decided``: staff looked, and no money came. Otherwise an order in review is perhaps owed, until staff cancels
    it again; so is one whose review has lapsed. Raises NotHere, WrongOrderState, Busy.
    """

    def write(tx: Transaction, context: OrderContext) -> None:
        order = context.order
        if order.status in _ENDED:
            order.status, order.is_perhaps_owed = OrderStatus.CANCELLED.value, None
            orders.record(order, now, actor_name, OrderChange.CANCELLED, **({"reason": reason} if reason else {}))
            tx.save(order)
            return
        order.is_perhaps_owed = None if is_decided else _may_be_owed(order)
        open_pages.end(tx, tenant, order.checkout_id, now)
        orders.enter(order, OrderStatus.CANCELLED, actor_name, now, reason=reason)
        release(tx, context)

    def is_done(order: Order) -> bool:
        if order.status in _ENDED and is_decided and order.is_perhaps_owed:
            return False
        if order.status != OrderStatus.CANCELLED:
            ORDER_MOVES.check(order.status, OrderStatus.CANCELLED)
        return order.status == OrderStatus.CANCELLED

    return move(tenant, order_id, is_done, write, now)


def _may_be_owed(order: Order) -> bool | None:
    """True where a receipt that nobody checked says that money came; a free order owes nothing."""
    return reviews.may_be_owed(order.total_amount, is_in_review=order.status == OrderStatus.IN_REVIEW)


def expire(tenant: str, order_id: str, *, now: datetime) -> Order:
    """RESERVED with a lapsed hold, or IN_REVIEW with a lapsed review -> EXPIRED; the latter is perhaps owed.

    IN_REVIEW from the sale cutoff on -> CANCELLED, for no money can pay it any more. It frees the numbers that the
    order still has. Any other order stays as it is. Raises NotHere, Busy.
    """

    def write(tx: Transaction, context: OrderContext) -> None:
        if context.order.status == OrderStatus.IN_REVIEW:
            context.order.is_perhaps_owed = _may_be_owed(context.order)
            to = OrderStatus.CANCELLED if context.is_over(now) else OrderStatus.EXPIRED
            orders.enter(context.order, to, "system", now, reason=context.order.receipt_refusal or NOT_REVIEWED)
        else:
            orders.enter(context.order, OrderStatus.EXPIRED, "system", now)
        release(tx, context)

    def is_done(order: Order) -> bool:
        if order.status == OrderStatus.IN_REVIEW:
            return order.due_at is None or order.due_at > keys.at(now)
        return order.status != OrderStatus.RESERVED or not has_lapsed(order.hold_expires_at, now)

    return move(tenant, order_id, is_done, write, now)


def expire_lapsed(tenant: str, raffle_id: str, customer_id: str, *, now: datetime) -> int:
    """Expire the customer's lapsed reservations of a raffle, before the sweeper comes; gives how many there were.

    Raises Busy.
    """
    is_reserved = (Order.raffle_id == raffle_id) & (Order.status == OrderStatus.RESERVED.value)
    partition = keys.customer_partition(tenant, customer_id)
    found = reads.span(partition, keys.ORDER_PREFIX, f"{keys.ORDER_PREFIX}~", index="gsi2", keep=is_reserved)
    lapsed = [order for order in found if has_lapsed(order.hold_expires_at, now)]
    return sum(expire(tenant, order.id, now=now).status == OrderStatus.EXPIRED for order in lapsed)


def settle(context: OrderContext, payment: Payment, *, actor_name: str, now: datetime) -> Settlement:
    """Settle a payment for an order: it pays the order, also late where all its numbers are free, or it is due back."""
    order, tenant = context.order, context.tenant
    limit = None if order.is_counted else context.raffle.numbers_per_customer
    reason = order_refund_reason(
        OrderStatus(order.status),
        RaffleStatus(context.raffle.status),
        is_over=context.is_over(now),
        is_whole=(payment.amount, payment.currency) == (order.total_amount, order.currency),
        is_gone=bool(context.lost_numbers(now)),
    )
    if reason is None and limit is not None and _numbers_of_buyer(context) + len(order.numbers) > limit:
        reason = RefundReason.TOO_MANY_NUMBERS

    def write(tx: Transaction) -> None:
        if limit is not None:
            numbers.count_in(tx, tenant, order, limit)
            order.is_counted = True
        orders.pay(tx, tenant, order, payment, actor_name=actor_name, now=now)

    return Settlement(reason, write)


def latest_payment(tenant: str, order_id: str, *, now: datetime) -> datetime:
    """The instant from which no payment can pay the order: the sale cutoff, or ``now`` if cancelled. Raises NotHere."""
    context = load(tenant, order_id, closely=False, now=now)
    cutoff = raffles.sale_cutoff(context.raffle)
    return min(now, cutoff) if context.is_cancelled() else cutoff


def note_due_back(tx: Transaction, order: Order, payment: Payment, *, actor_name: str, now: datetime) -> None:
    """The business received money for an order that was perhaps owed: its payment is on the list of refunds due."""
    if order.is_perhaps_owed and payment.provider == Provider.MANUAL:
        order.is_perhaps_owed = None
        orders.record(order, now, actor_name, OrderChange(order.status), payment=payment.id)
        tx.save(order)


def _numbers_of_buyer(context: OrderContext) -> int:
    """How many numbers the buyer has; 0 where the buyer's item was not read."""
    buyer = context.other.get(_buyer_key(context.tenant, context.order))
    return int(buyer.numbers) if isinstance(buyer, RaffleBuyer) else 0


def _buyer_key(tenant: str, order: Order) -> keys.Key:
    return keys.raffle_buyer(tenant, order.raffle_id, order.customer_id)


def release(tx: Transaction, context: OrderContext) -> None:
    """Save an order that has ended, free the numbers that it still has, and take it out of its buyer's count."""
    numbers.free(tx, context.tenant, context.order, context.own_numbers())
    numbers.count_out(tx, context.tenant, context.order)
    context.order.is_counted = None
    tx.save(context.order)


def move(
    tenant: str,
    order_id: str,
    is_done: Callable[[Order], bool],
    write: Callable[[Transaction, OrderContext], None],
    now: datetime,
    *,
    also: Iterable[keys.Key] = (),
) -> Order:
    """Read the order and write the change, unless it is done; again from the start when another request was quicker.

    The items under ``also`` are read with it.
    The numbers are read from the second attempt on. Raises NotHere, Busy, and what ``is_done`` and ``write`` raise.
    """

    def decide(context: OrderContext) -> Order:
        if is_done(context.order):
            return context.order
        with writes.transaction() as tx:
            write(tx, context)
        logger.info("order.moved", tenant=tenant, order=order_id, status=context.order.status)
        return context.order

    return writes.retrying(lambda attempt: load(tenant, order_id, *also, closely=attempt > 0, now=now), decide)


def check_open(context: OrderContext, now: datetime) -> None:
    """Raise SaleOver, HoldLapsed where the order cannot keep its numbers."""
    if context.is_cancelled() or context.is_over(now):
        raise SaleOver(current=context.raffle.status, sale_cutoff=raffles.sale_cutoff(context.raffle).isoformat())
    if lost := context.lost_numbers(now):
        printed = ", ".join(printed_number(number, int(context.raffle.last_number)) for number in lost)
        raise HoldLapsed(numbers=printed)
