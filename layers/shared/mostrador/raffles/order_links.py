"""Links to an order for whoever has no account.

That of an order shows it alone. The buyer's link, which staff hands to the customer, shows all numbers that this
customer has in the raffle.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from itsdangerous import BadSignature, Signer

from mostrador import settings
from mostrador.errors import NotFound
from mostrador.raffles import orders, raffles
from mostrador.table import keys, reads
from mostrador.table.items.raffles import Order, Raffle
from mostrador.tenancy import tenants

KEPT: Final = timedelta(days=30)
"""How long a link is good after the prizes can be claimed no longer."""
_OF_ORDER: Final = "order"
_OF_BUYER: Final = "buyer"


class DeadOrderLink(NotFound):
    """Forged, expired, of another tenant: the same answer."""

    code = "not_found"
    en = "this link leads to no order, or no longer"
    es = "este enlace no corresponde a ninguna orden, o ya venció"


@dataclass(frozen=True, slots=True)
class BuyerLink:
    token: str
    path: str


def token_of(tenant: str, order_id: str) -> str:
    """What the link of the order alone ends in."""
    return _signer(tenant, _OF_ORDER).sign(order_id).decode()


def of_buyer(tenant: str, order_id: str, *, now: datetime) -> BuyerLink:
    """The buyer's link, for staff to hand to the customer of the order. Raises NotHere."""
    token = _signer(tenant, _OF_BUYER).sign(orders.get(tenant, order_id, now=now).id).decode()
    return BuyerLink(token, f"/tenant/{tenant}/public/orders/{token}")


def verify_token(tenant: str, token: str, *, now: datetime) -> tuple[Order, Raffle, bool]:
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
