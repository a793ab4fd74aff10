"""Sellers: the members whom orders name as the seller, with the totals of their paid orders."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mostrador.errors import Invalid
from mostrador.people.members import ACTIVE
from mostrador.raffles import raffles
from mostrador.table import keys, reads
from mostrador.table.items.people import Member
from mostrador.table.items.raffles import Order, RaffleSeller
from mostrador.table.writes import Transaction
from mostrador.values import money


class UnknownSeller(Invalid):
    code = "unknown_seller"
    en = "{value} is no active member of the business"
    es = "{value} no es un miembro activo del negocio"


@dataclass(frozen=True, slots=True)
class SellerTotal:
    """The paid sales of one member in a raffle; ``email`` is None after the member has left."""

    seller: str
    email: str | None
    orders: int
    numbers: int
    amount: str
    currency: str


def check(member: object, user: str) -> None:
    """Raise UnknownSeller unless the stored item is an active member."""
    if not isinstance(member, Member) or member.status != ACTIVE:
        raise UnknownSeller(field="body.seller", value=user)


def count(tx: Transaction, tenant: str, order: Order, sign: int) -> None:
    """Add a paid order to its seller's totals (``sign`` 1), or take it out (-1); nothing where it has no seller."""
    if not order.seller:
        return
    amount = int(order.total_amount.scaleb(money.digits(order.currency)))
    actions = [
        RaffleSeller.entity.set(RaffleSeller),  # the update may create the item
        RaffleSeller.orders.add(sign),
        RaffleSeller.numbers.add(sign * len(order.numbers)),
        RaffleSeller.amount.add(sign * amount),
    ]
    tx.update(RaffleSeller(*keys.raffle_seller(tenant, order.raffle_id, order.seller)), actions=actions)


def totals(tenant: str, raffle_id: str, *, now: datetime) -> list[SellerTotal]:
    """The total of each seller of a raffle, the most numbers first. Raises NotHere."""
    raffle = raffles.get(tenant, raffle_id, now=now)
    items = reads.everything(keys.raffle_partition(tenant, raffle_id), keys.SELLER_PREFIX)
    sellers = {item.sk.removeprefix(keys.SELLER_PREFIX): item for item in items}
    members = reads.batch(keys.member(tenant, user) for user in sellers) if sellers else {}
    emails = {member.user: member.email for member in members.values()}
    totals = [_total(user, emails.get(user), seller, raffle.currency) for user, seller in sellers.items()]
    return sorted(totals, key=lambda total: -total.numbers)


def _total(user: str, email: str | None, seller: RaffleSeller, currency: str) -> SellerTotal:
    amount = Decimal(int(seller.amount)).scaleb(-money.digits(currency))
    return SellerTotal(user, email, int(seller.orders), int(seller.numbers), money.text(amount, currency), currency)
