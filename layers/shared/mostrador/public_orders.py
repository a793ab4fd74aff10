"""Orders by anybody without an account: numbers are reserved, and the order is managed by its link.

There are two links to an order. Whoever orders gets that of the order alone: a phone typed into a form proves nothing.
The buyer's link, which staff hands to the customer, shows all numbers that this customer has in the raffle.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from itsdangerous import BadSignature, Signer

from mostrador import order_states, orders, raffle_draws, raffles, rates, sales, settings, tenants
from mostrador.errors import NotFound
from mostrador.rules.phones import BadPhone
from mostrador.table import keys, reads
from mostrador.table.raffle_items import Order, Raffle
from mostrador.views.customers import NewCustomer
from mostrador.views.orders import NewOrder, PublicOrder, Receipt

BY: Final = "public"
ORDERS_AN_HOUR: Final = 20
RECEIPTS_AN_HOUR: Final = 20
KEPT: Final = timedelta(days=30)
"""How long a link is good after the prizes can be claimed no longer."""
MOST_ORDERS: Final = 100
_OF_ORDER: Final = "order"
_OF_BUYER: Final = "buyer"


class DeadOrderLink(NotFound):
    """Forged, expired, of another tenant: the same answer."""

    code = "not_found"
    en = "this link leads to no order, or no longer"
    es = "este enlace no corresponde a ninguna orden, o ya venció"


@dataclass(frozen=True, slots=True)
class Managed:
    """An order for whoever holds its link; ``proofs`` of its numbers in the sold list, once that is frozen."""

    tenant: str
    order: Order
    token: str
    proofs: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Mine:
    """What a link shows of one raffle, the newest order first."""

    raffle_id: str
    raffle_title: str
    orders: list[Order]


@dataclass(frozen=True, slots=True)
class BuyerLink:
    token: str
    path: str


def link(tenant: str, order_id: str, *, now: datetime) -> BuyerLink:
    """The buyer's link, for staff to hand to the customer of the order. Raises NotHere."""
    token = _signer(tenant, _OF_BUYER).sign(orders.get(tenant, order_id, now=now).id).decode()
    return BuyerLink(token, f"/tenant/{tenant}/public/orders/{token}")


def order(tenant: str, raffle_id: str, form: PublicOrder, *, address: str, key: str | None, now: datetime) -> Managed:
    """Reserve numbers; the same ``key`` with the same form gives the same order.

    Raises TooOften (by ``address``), NotHere, and what ``sales.sell`` raises.
    """
    tenants.current(tenant, now=now)
    rates.count(tenant, "order", address, limit=ORDERS_AN_HOUR, now=now)
    raffles.published(tenant, raffle_id, now=now)
    wanted = NewOrder(
        **form.model_dump(include={"numbers", "count"}, exclude_unset=True),
        customer=NewCustomer(name=form.name, phone=form.phone, email=form.email),
    )
    own_key = f"{BY} {key}" if key else None  # never a key of the staff, which holds no space
    with _fit_for_the_public():
        made = sales.sell(tenant, raffle_id, wanted, by=BY, key=own_key, now=now)
    return Managed(tenant, made, _signer(tenant, _OF_ORDER).sign(made.id).decode(), [])


def find(tenant: str, token: str, *, now: datetime) -> Managed:
    """The order behind a link. Raises NotHere (tenant), DeadOrderLink."""
    found, raffle, _ = _opened(tenant, token, now)
    return _managed(tenant, found, raffle, token)


def receive(tenant: str, token: str, form: Receipt, *, address: str, now: datetime) -> Managed:
    """Declare that the order was paid. Raises TooOften, and as ``order_states.receive``."""
    found, raffle, _ = _opened(tenant, token, now)
    rates.count(tenant, "receipt", address, limit=RECEIPTS_AN_HOUR, now=now)
    return _managed(tenant, order_states.receive(tenant, found.id, form, by=BY, now=now), raffle, token)


def cancel(tenant: str, token: str, *, reason: str, now: datetime) -> Managed:
    """Cancel by link what is not paid; again changes nothing. Raises DeadOrderLink, WrongOrderState."""
    found, raffle, _ = _opened(tenant, token, now)
    cancelled = order_states.cancel(tenant, found.id, reason=" ".join(reason.split()), by=BY, now=now)
    return _managed(tenant, cancelled, raffle, token)


def mine(tenant: str, token: str, *, now: datetime) -> Mine:
    """All orders of the customer in the raffle by the buyer's link; by that of one order, that one. Raises as find."""
    found, _, is_buyers = _opened(tenant, token, now)
    known = [found]
    if is_buyers:
        others = orders.of_customer(tenant, found.raffle_id, found.customer_id, most=MOST_ORDERS)
        known += [one for one in others if one.id != found.id]
    known.sort(key=lambda one: one.created_at, reverse=True)
    return Mine(found.raffle_id, found.raffle_title, known)


def _managed(tenant: str, found: Order, raffle: Raffle, token: str) -> Managed:
    return Managed(tenant, found, token, raffle_draws.receipts(tenant, raffle, found.code) if found.paid_at else [])


def _opened(tenant: str, token: str, now: datetime) -> tuple[Order, Raffle, bool]:
    """The order behind a link, its raffle, and whether the link is the buyer's. Raises NotHere, DeadOrderLink."""
    tenants.current(tenant, now=now)
    order_id, is_buyers = _order_id(tenant, token)
    found = reads.one(keys.order(tenant, order_id))
    if not isinstance(found, Order):
        raise DeadOrderLink
    raffle = raffles.get(tenant, found.raffle_id, now=now)
    if now > raffle.draw_at + timedelta(days=int(raffle.claim_days)) + KEPT:
        raise DeadOrderLink
    return found, raffle, is_buyers


def _order_id(tenant: str, token: str) -> tuple[str, bool]:
    for of in (_OF_ORDER, _OF_BUYER):
        try:
            return _signer(tenant, of).unsign(token).decode(), of == _OF_BUYER
        except (BadSignature, ValueError):
            continue
    raise DeadOrderLink


def _signer(tenant: str, of: str) -> Signer:
    return Signer(settings.signing_key(), salt=f"{of} {tenant}", digest_method=hashlib.sha256)


@contextmanager
def _fit_for_the_public() -> Iterator[None]:
    """Name the field as the public form has it."""
    try:
        yield
    except BadPhone as error:
        raise BadPhone(**error.facts | {"field": "body.phone"}) from error
