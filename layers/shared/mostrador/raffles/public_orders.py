"""Orders by buyers without an account: they reserve numbers, and manage the order by its link.

The buyer gets the link of that order alone, because a phone typed into a form proves nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from mostrador.context import PUBLIC
from mostrador.people.views.customers import NewCustomer
from mostrador.raffles import (
    claims,
    draws,
    order_links,
    order_reviews,
    order_transitions,
    orders,
    raffles,
    reservations,
)
from mostrador.raffles.claims import OwnPrize
from mostrador.raffles.rules.proofs import ReceiptDocument
from mostrador.raffles.rules.states import OrderStatus
from mostrador.raffles.views.orders import NewOrder
from mostrador.table.items.raffles import Order, Raffle
from mostrador.table.items.tenants import TransferDetails
from mostrador.tenancy import public_holds, tenants
from mostrador.values.phones import BadPhone

if TYPE_CHECKING:
    from mostrador.ledger.views.receipts import Receipt
    from mostrador.raffles.views.orders import PublicOrder

ACTOR: Final = PUBLIC
MOST_ORDERS: Final = 100


@dataclass(frozen=True, slots=True)
class ManagedOrder:
    """An order as its link shows it; ``proofs`` are the receipts of its numbers, once the sold list is frozen.

    ``transfer_details`` name the account to transfer to, while the order can be paid. ``prizes`` are those that it won.
    """

    tenant: str
    order: Order
    token: str
    proofs: list[ReceiptDocument]
    transfer_details: TransferDetails | None
    prizes: list[OwnPrize]


@dataclass(frozen=True, slots=True)
class BuyerOrders:
    """The orders of one raffle that a link shows, the newest first."""

    raffle_id: str
    raffle_title: str
    orders: list[Order]


def order(
    tenant: str, raffle_id: str, form: "PublicOrder", *, address: str, key: str | None, now: datetime
) -> ManagedOrder:
    """Reserve numbers; the same ``key`` from the same ``address`` with the same form gives the same order.

    Raises NotHere, and what ``reservations.sell`` raises.
    """
    tenants.current(tenant, now=now)
    raffles.get_published(tenant, raffle_id, now=now)
    new_order = NewOrder(
        **form.model_dump(include={"numbers", "count"}, exclude_unset=True),
        customer=NewCustomer(name=form.name, phone=form.phone, email=form.email),
    )
    own_key = public_holds.own_key(address, key) if key else None
    with _fields_of_public_form():
        placed = reservations.sell(
            tenant, raffle_id, new_order, actor_name=ACTOR, key=own_key, now=now, public_address=address
        )
    return _managed(tenant, placed, order_links.token_of(tenant, placed.id), None, now)


def find(tenant: str, token: str, *, now: datetime) -> ManagedOrder:
    """The order behind a link. Raises NotHere (tenant), DeadOrderLink."""
    linked, raffle, _ = order_links.verify_token(tenant, token, now=now)
    return _managed(tenant, linked, token, raffle, now)


def claim(tenant: str, token: str, *, now: datetime) -> ManagedOrder:
    """Claim the prizes that the link's orders won; again changes nothing.

    By the buyer's link they are those of all the customer's orders. Raises DeadOrderLink, NothingToClaim, ClaimOver.
    """
    linked, raffle, is_buyers = order_links.verify_token(tenant, token, now=now)
    order_ids = [linked.id]
    if is_buyers:
        others = orders.of_customer(tenant, linked.raffle_id, linked.customer_id, most=MOST_ORDERS)
        order_ids += [other.id for other in others]
    raffle = claims.claim(tenant, raffle.id, order_ids, now=now)
    return _managed(tenant, linked, token, raffle, now)


def receive(tenant: str, token: str, form: "Receipt", *, address: str, now: datetime) -> ManagedOrder:
    """Declare that the order was paid. Raises DeadOrderLink, and as ``order_reviews.receive``."""
    linked, raffle, _ = order_links.verify_token(tenant, token, now=now)
    received = order_reviews.receive(tenant, linked.id, form, actor_name=ACTOR, now=now, public_address=address)
    return _managed(tenant, received, token, raffle, now)


def cancel(tenant: str, token: str, *, reason: str, now: datetime) -> ManagedOrder:
    """Cancel an unpaid order by its link; again changes nothing. Raises DeadOrderLink, WrongOrderState."""
    linked, raffle, _ = order_links.verify_token(tenant, token, now=now)
    reason = " ".join(reason.split())
    cancelled = order_transitions.cancel(tenant, linked.id, reason=reason, is_decided=False, actor_name=ACTOR, now=now)
    return _managed(tenant, cancelled, token, raffle, now)


def mine(tenant: str, token: str, *, now: datetime) -> BuyerOrders:
    """The orders that a link shows: all of the customer in the raffle, or by the link of one order that one.

    Raises NotHere (tenant), DeadOrderLink.
    """
    linked, _, is_buyers = order_links.verify_token(tenant, token, now=now)
    shown = [linked]
    if is_buyers:
        others = orders.of_customer(tenant, linked.raffle_id, linked.customer_id, most=MOST_ORDERS)
        shown += [other for other in others if other.id != linked.id]
    shown.sort(key=lambda order: order.created_at, reverse=True)
    return BuyerOrders(linked.raffle_id, linked.raffle_title, shown)


def _managed(tenant: str, order: Order, token: str, raffle: Raffle | None, now: datetime) -> ManagedOrder:
    """The order as its link shows it; without ``raffle`` one that was made just now."""
    is_open = order.status in (OrderStatus.RESERVED, OrderStatus.IN_REVIEW) and order.total_amount > 0
    details = tenants.current(tenant, now=now).transfer_details if is_open else None
    proofs = draws.receipts(tenant, raffle, order.code) if raffle and order.paid_at else []
    won = claims.of_orders(raffle, [order.id]) if raffle else []
    return ManagedOrder(tenant, order, token, proofs, details, won)


@contextmanager
def _fields_of_public_form() -> Iterator[None]:
    """Name the phone's field as the public form has it."""
    try:
        yield
    except BadPhone as error:
        raise BadPhone(**error.facts | {"field": "body.phone"}) from error
