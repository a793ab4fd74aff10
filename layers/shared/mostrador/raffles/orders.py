"""Orders of raffle numbers: reading, listing, and the parts that every change of their state shares."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from mostrador.errors import NotHere
from mostrador.ledger import open_pages
from mostrador.ledger.rules.payment_states import Provider
from mostrador.raffles import board, numbers, raffles, sellers
from mostrador.raffles.rules.board import NumberState
from mostrador.raffles.rules.states import ORDER_MOVES, OrderChange, OrderStatus, printed_number
from mostrador.table import Condition, keys, reads, writes
from mostrador.table.items.payments import Payment
from mostrador.table.items.raffles import Order, RaffleNumber
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants

if TYPE_CHECKING:
    from mostrador.raffles.views.orders import OrderListing

MOST_CHANGES: Final = 50


def get(tenant: str, order_id: str, *, now: datetime) -> Order:
    """The order as it is at this moment (a consistent read). Raises NotHere."""
    tenants.current(tenant, now=now)
    return as_order(reads.get_item(keys.order(tenant, order_id)), order_id)


def as_order(item: object, order_id: str) -> Order:
    """``item`` if it is an order. Raises NotHere."""
    if not isinstance(item, Order):
        raise NotHere(entity="order", id=order_id)
    return item


def listing(tenant: str, raffle_id: str, query: "OrderListing", *, now: datetime) -> reads.Page:
    """The raffle's orders by their creation, of a time, that match every filter; or those with certain ids.

    Raises NotHere, BadCursor.
    """
    zone = tenants.zone(tenants.current(tenant, now=now))
    page = _page(tenant, raffle_id, query, zone, now) if query.ids is None else _with_ids(tenant, raffle_id, query.ids)
    if not page.items:
        raffles.get(tenant, raffle_id, now=now)  # raises NotHere for an unknown raffle
    return page


def _with_ids(tenant: str, raffle_id: str, order_ids: Iterable[str]) -> reads.Page:
    found = reads.listed(keys.order(tenant, order_id) for order_id in order_ids)
    return reads.Page([order for order in found.items if order.raffle_id == raffle_id], None)


def _page(tenant: str, raffle_id: str, query: "OrderListing", zone: ZoneInfo, now: datetime) -> reads.Page:
    index, partition = "gsi1", keys.raffle_partition(tenant, raffle_id)
    if query.customer:
        index, partition = "gsi2", keys.customer_partition(tenant, query.customer)
    return reads.page(
        partition,
        tenant=tenant,
        query=("orders", raffle_id, query.filters()),
        size=query.limit,
        cursor=query.cursor,
        index=index,
        between=reads.within(*query.span(zone, now), keys.ORDER_PREFIX),
        keep=_filter(raffle_id, query, now),
        newest_first=query.sort == "-created_at",
    )


def of_customer(tenant: str, raffle_id: str, customer_id: str, *, most: int) -> list[Order]:
    """The newest orders that a customer has in a raffle, at most ``most``."""
    partition, span = keys.customer_partition(tenant, customer_id), (keys.ORDER_PREFIX, f"{keys.ORDER_PREFIX}~")
    is_of_raffle = Order.raffle_id == raffle_id
    return reads.first(partition, most, between=span, index="gsi2", keep=is_of_raffle, newest_first=True)


@dataclass(frozen=True, slots=True)
class Holder:
    """A number as it is printed, its state, and the order that has it; None where it is free."""

    number: str
    state: NumberState
    order: Order | None


def holder(tenant: str, raffle_id: str, number: int, *, now: datetime) -> Holder:
    """The order that has a number. Raises NotHere, also for a number that the raffle does not have."""
    raffle = raffles.get(tenant, raffle_id, now=now)
    if not raffle.first_number <= number <= raffle.last_number:
        raise NotHere(entity="number", id=number)
    printed = printed_number(number, int(raffle.last_number))
    held: RaffleNumber | None = reads.get_item(keys.raffle_number(tenant, raffle_id, number))
    if held is None or numbers.is_free(held, now):
        return Holder(printed, NumberState.FREE, None)
    return Holder(printed, board.state_of(held), get(tenant, held.order_id, now=now))


def pay(tx: Transaction, tenant: str, order: Order, payment: Payment, *, actor_name: str, now: datetime) -> None:
    """Make an order PAID by that payment and its numbers sold.

    The transaction is refused where another order has one of them. Raises WrongOrderState.
    """
    enter(order, OrderStatus.PAID, actor_name, now, payment=payment.id)
    order.paid_at, order.payment_id = now, payment.id
    order.is_perhaps_owed = order.receipt_refusal = None
    order.bancard_transaction_id = payment.external_id if payment.provider == Provider.BANCARD else None
    if payment.provider == Provider.MANUAL:
        open_pages.end(tx, tenant, order.checkout_id, now)
    tx.save(order, return_values=writes.RETURN_OLD)
    numbers.take(tx, tenant, order, now)
    sellers.count(tx, tenant, order, 1)


def enter(order: Order, status: OrderStatus, actor_name: str, now: datetime, **facts: str) -> None:
    """Set the state, clear hold and deadlines, and record who did it and when. Raises WrongOrderState."""
    ORDER_MOVES.check(order.status, status)
    order.status, order.hold_expires_at, order.review_due_at = status.value, None, None
    order.due_pk = order.due_at = None
    record(order, now, actor_name, OrderChange(status), **{name: value for name, value in facts.items() if value})


def record(order: Order, now: datetime, actor_name: str, change: OrderChange, **facts: str) -> None:
    """Add a change to the history, which has the newest ``MOST_CHANGES``."""
    entry = {"at": keys.at(now), "by": actor_name, "change": change.value} | facts
    order.history = [*(order.history or []), entry][-MOST_CHANGES:]
    order.updated_at = now


def _filter(raffle_id: str, query: "OrderListing", now: datetime) -> Condition | None:
    """The condition that every filter of the query holds; None without any filter."""
    conditions = [*reads.among(Order.status, query.status), *reads.among(Order.seller, query.seller)]
    if query.overdue is not None:
        is_overdue = Order.review_due_at < now
        conditions.append(is_overdue if query.overdue else ~is_overdue)
    if query.perhaps_owed is not None:
        is_owed = Order.is_perhaps_owed == True  # noqa: E712 - a condition of DynamoDB
        conditions.append(is_owed if query.perhaps_owed else ~is_owed)
    if query.customer:
        conditions.append(Order.raffle_id == raffle_id)
    return reads.all_of(conditions)
