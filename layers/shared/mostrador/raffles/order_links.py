"""Signed links to an order, for buyers without an account.

The order's link shows that order alone. The buyer's link, which staff hands to the customer, shows all numbers that
the customer has in the raffle. Both are good until 30 days after the prizes, also those of a redraw, can be claimed no
longer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mostrador import signed_links
from mostrador.errors import NotFound
from mostrador.raffles import orders, raffles
from mostrador.raffles.rules import instants, prize_outcome
from mostrador.table import keys, reads
from mostrador.table.items.raffles import Order, Raffle
from mostrador.tenancy import tenants
from mostrador.values.next_actions import NextAction

_OF_ORDER: Final = "order"
_OF_BUYER: Final = "buyer"


class DeadOrderLink(NotFound):
    """The link is forged, expired or another tenant's: the answer is the same."""

    code = "not_found"
    en = "this link leads to no order, or no longer"
    es = "este enlace no corresponde a ninguna orden, o ya venció"
    next_action = NextAction.ASK_FOR_LINK


@dataclass(frozen=True, slots=True)
class BuyerLink:
    token: str
    path: str


def token_of(tenant: str, order_id: str) -> str:
    """The token of the order's link."""
    return signed_links.token(tenant, _OF_ORDER, order_id)


def of_buyer(tenant: str, order_id: str, *, now: datetime) -> BuyerLink:
    """The buyer's link, for staff to hand to the customer of the order. Raises NotHere."""
    token = signed_links.token(tenant, _OF_BUYER, orders.get(tenant, order_id, now=now).id)
    return BuyerLink(token, f"/tenant/{tenant}/public/orders/{token}")


def verify_token(tenant: str, token: str, *, now: datetime) -> tuple[Order, Raffle, bool]:
    """The order behind a link, its raffle, and whether the link is the buyer's. Raises NotHere, DeadOrderLink."""
    tenants.current(tenant, now=now)
    order_id, is_buyers = _order_id(tenant, token)
    order = reads.get_item(keys.order(tenant, order_id))
    if not isinstance(order, Order):
        raise DeadOrderLink
    raffle = raffles.get(tenant, order.raffle_id, now=now)
    if signed_links.is_expired(_claims_end(raffle), now):
        raise DeadOrderLink
    return order, raffle, is_buyers


def _claims_end(raffle: Raffle) -> datetime:
    """When the last prize can be claimed no longer; a redraw to come has its time to claim before it."""
    claim_days = timedelta(days=int(raffle.claim_days))
    redraws = [one["redraw"]["draw_at"] for one in raffle.draws or [] if one["redraw"]]
    ends = [raffle.draw_at, *map(instants.parse, redraws)]
    held = prize_outcome.outcomes(raffle.draws or [], int(raffle.claim_days)).values()
    return max([*(end + claim_days for end in ends), *(one.claim_by for one in held)])


def _order_id(tenant: str, token: str) -> tuple[str, bool]:
    """The order's id, and whether the link is the buyer's. Raises DeadOrderLink."""
    for purpose in (_OF_ORDER, _OF_BUYER):
        order_id = signed_links.verified_id(tenant, purpose, token)
        if order_id is not None:
            return order_id, purpose == _OF_BUYER
    raise DeadOrderLink
