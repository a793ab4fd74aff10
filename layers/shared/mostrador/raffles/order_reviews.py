"""The review of an order: its receipt, the refusal of one, its deadline, and the word of staff that it stays."""

from datetime import datetime
from typing import TYPE_CHECKING

from mostrador.ledger import open_pages
from mostrador.ledger.rules import reviews
from mostrador.raffles import numbers, order_transitions, orders, public_limits, raffles
from mostrador.raffles.order_transitions import OrderContext
from mostrador.raffles.rules.states import ORDER_MOVES, OrderChange, OrderStatus, WrongOrderState
from mostrador.table import keys, writes
from mostrador.table.items.raffles import Order
from mostrador.table.writes import Transaction
from mostrador.tenancy import public_holds, tenants
from mostrador.values.holds import has_lapsed

if TYPE_CHECKING:
    from mostrador.ledger.views.receipts import Receipt


def receive(
    tenant: str, order_id: str, form: "Receipt", *, actor_name: str, now: datetime, public_address: str | None = None
) -> Order:
    """RESERVED -> IN_REVIEW: the hold ends, and staff decides; an order in review gets the new receipt.

    A receipt from the public (``public_address``) ends with its review; one from staff stays until the sold list is
    due. An order whose hold has lapsed takes its numbers again where they are free. Raises NotHere, WrongOrderState,
    SaleOver, HoldLapsed, TooManyHeld, TooManyUnpaid, Busy.
    """
    receipt = form.stored()
    address, also = public_address, []
    if address is not None:
        also = [public_holds.key(tenant, public_holds.Kind.ORDERS, address)]

    def write(tx: Transaction, context: OrderContext) -> None:
        order = context.order
        order_transitions.check_open(context, now)
        if order.status == OrderStatus.IN_REVIEW:
            order.receipt_refusal = None
            orders.record(order, now, actor_name, OrderChange.RECEIPT)
        else:
            if has_lapsed(order.hold_expires_at, now):
                _hold_again(tx, context, also, now)
            orders.enter(order, OrderStatus.IN_REVIEW, actor_name, now)
            _set_review(context, is_kept=address is None, now=now)
            numbers.take(tx, tenant, order, now)
            open_pages.end(tx, tenant, order.checkout_id, now)
        order.receipt = receipt
        tx.save(order)

    def is_done(order: Order) -> bool:
        if order.status == OrderStatus.IN_REVIEW:
            return bool(order.receipt == receipt)
        ORDER_MOVES.check(order.status, OrderStatus.IN_REVIEW)
        return False

    return order_transitions.move(tenant, order_id, is_done, write, now, also=also)


def refuse(tenant: str, order_id: str, *, reason: str, seen: int | None, actor_name: str, now: datetime) -> Order:
    """Tell the buyer why the receipt does not count; the order keeps its numbers and its deadline, for another receipt.

    The same reason again changes nothing. ``seen`` is the version of If-Match: it protects a receipt that came since.
    Raises NotHere, WrongOrderState, Stale, Busy.
    """

    def write(tx: Transaction, context: OrderContext) -> None:
        order = context.order
        writes.check_version(order, seen)
        order.receipt_refusal = reason
        orders.record(order, now, actor_name, OrderChange.RECEIPT_REFUSED, reason=reason)
        tx.save(order)

    def is_done(order: Order) -> bool:
        _check_in_review(order)
        return bool(order.receipt_refusal == reason)

    return order_transitions.move(tenant, order_id, is_done, write, now)


def keep(tenant: str, order_id: str, *, actor_name: str, now: datetime) -> Order:
    """An order in review stays there until the raffle's sale cutoff; again changes nothing.

    Raises NotHere, WrongOrderState, Busy.
    """

    def write(tx: Transaction, context: OrderContext) -> None:
        order = context.order
        order.is_kept, order.review_due_at = True, raffles.sale_cutoff(context.raffle)
        order.due_pk, order.due_at = keys.due(order.id, raffles.freezes_at(context.raffle))
        orders.record(order, now, actor_name, OrderChange.KEPT)
        tx.save(order)

    def is_done(order: Order) -> bool:
        _check_in_review(order)
        return bool(order.is_kept)

    return order_transitions.move(tenant, order_id, is_done, write, now)


def _check_in_review(order: Order) -> None:
    if order.status != OrderStatus.IN_REVIEW:
        raise WrongOrderState(current=order.status, wanted=OrderStatus.IN_REVIEW.value)


def _set_review(context: OrderContext, *, is_kept: bool, now: datetime) -> None:
    """Set until when staff should look, and when the order ends if nobody does."""
    order, cutoff = context.order, raffles.sale_cutoff(context.raffle)
    hours = tenants.current(context.tenant, now=now).review_hours
    order.is_kept = is_kept or None
    order.review_due_at = reviews.due_at(hours, cutoff, now=now)
    is_last = is_kept or order.review_due_at == cutoff
    ends_at = raffles.freezes_at(context.raffle) if is_last else order.review_due_at
    order.due_pk, order.due_at = keys.due(order.id, ends_at)


def _hold_again(tx: Transaction, context: OrderContext, holds_keys: list[keys.Key], now: datetime) -> None:
    """Count the numbers for the address that declares a lapsed order paid; staff has none. Raises TooManyUnpaid."""
    tenant, order, raffle = tenants.current(context.tenant, now=now), context.order, context.raffle
    for key in holds_keys:
        before = context.other.get(key)
        held = public_limits.held(tenant, raffle, before, order.id, len(order.numbers), now=now)
        public_limits.write(tx, key, before, held, order, raffle=raffle)
