"""Orders by anybody without an account: numbers are reserved, and the order is managed by its link.

Whoever orders gets the link of that order alone: a phone typed into a form proves nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from mostrador.people.views.customers import NewCustomer
from mostrador.raffles import draws, order_links, order_transitions, orders, raffles, reservations
from mostrador.raffles.views.orders import NewOrder
from mostrador.table.items.raffles import Order, Raffle
from mostrador.tenancy import rate_limits, tenants
from mostrador.values.phones import BadPhone

if TYPE_CHECKING:
    from mostrador.raffles.views.orders import PublicOrder, Receipt

ACTOR: Final = "public"
ORDERS_AN_HOUR: Final = 20
RECEIPTS_AN_HOUR: Final = 20
MOST_ORDERS: Final = 100


@dataclass(frozen=True, slots=True)
class ManagedOrder:
    """An order for whoever holds its link; ``proofs`` of its numbers in the sold list, once that is frozen."""

    tenant: str
    order: Order
    token: str
    proofs: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class BuyerOrders:
    """What a link shows of one raffle, the newest order first."""

    raffle_id: str
    raffle_title: str
    orders: list[Order]


def order(
    tenant: str, raffle_id: str, form: "PublicOrder", *, address: str, key: str | None, now: datetime
) -> ManagedOrder:
    """Reserve numbers; the same ``key`` with the same form gives the same order.

    Raises TooOften (by ``address``), NotHere, and what ``sales.sell`` raises.
    """
    tenants.current(tenant, now=now)
    rate_limits.count(tenant, "order", address, limit=ORDERS_AN_HOUR, now=now)
    raffles.get_published(tenant, raffle_id, now=now)
    wanted = NewOrder(
        **form.model_dump(include={"numbers", "count"}, exclude_unset=True),
        customer=NewCustomer(name=form.name, phone=form.phone, email=form.email),
    )
    own_key = f"{ACTOR} {key}" if key else None  # never a key of the staff, which holds no space
    with _fit_for_the_public():
        made = reservations.sell(tenant, raffle_id, wanted, actor_name=ACTOR, key=own_key, now=now)
    return ManagedOrder(tenant, made, order_links.token_of(tenant, made.id), [])


def find(tenant: str, token: str, *, now: datetime) -> ManagedOrder:
    """The order behind a link. Raises NotHere (tenant), DeadOrderLink."""
    found, raffle, _ = order_links.verify_token(tenant, token, now=now)
    return _managed(tenant, found, raffle, token)


def receive(tenant: str, token: str, form: "Receipt", *, address: str, now: datetime) -> ManagedOrder:
    """Declare that the order was paid. Raises TooOften, and as ``order_states.receive``."""
    found, raffle, _ = order_links.verify_token(tenant, token, now=now)
    rate_limits.count(tenant, "receipt", address, limit=RECEIPTS_AN_HOUR, now=now)
    return _managed(tenant, order_transitions.receive(tenant, found.id, form, actor_name=ACTOR, now=now), raffle, token)


def cancel(tenant: str, token: str, *, reason: str, now: datetime) -> ManagedOrder:
    """Cancel by link what is not paid; again changes nothing. Raises DeadOrderLink, WrongOrderState."""
    found, raffle, _ = order_links.verify_token(tenant, token, now=now)
    cancelled = order_transitions.cancel(tenant, found.id, reason=" ".join(reason.split()), actor_name=ACTOR, now=now)
    return _managed(tenant, cancelled, raffle, token)


def mine(tenant: str, token: str, *, now: datetime) -> BuyerOrders:
    """All orders of the customer in the raffle by the buyer's link; by that of one order, that one. Raises as find."""
    found, _, is_buyers = order_links.verify_token(tenant, token, now=now)
    known = [found]
    if is_buyers:
        others = orders.of_customer(tenant, found.raffle_id, found.customer_id, most=MOST_ORDERS)
        known += [one for one in others if one.id != found.id]
    known.sort(key=lambda one: one.created_at, reverse=True)
    return BuyerOrders(found.raffle_id, found.raffle_title, known)


def _managed(tenant: str, found: Order, raffle: Raffle, token: str) -> ManagedOrder:
    return ManagedOrder(tenant, found, token, draws.receipts(tenant, raffle, found.code) if found.paid_at else [])


@contextmanager
def _fit_for_the_public() -> Iterator[None]:
    """Name the field as the public form has it."""
    try:
        yield
    except BadPhone as error:
        raise BadPhone(**error.facts | {"field": "body.phone"}) from error
