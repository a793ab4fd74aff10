"""Who of the business sells numbers of a raffle: named by an order, with totals of what is paid."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

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
    """What a member sold; ``email`` is None for who has left."""

    seller: str
    email: str | None
    orders: int
    numbers: int
    amount: str
    currency: str


def check(member: Any, user: str) -> None:
    """Raise UnknownSeller unless ``member``, as the table has it, is active."""
    if not isinstance(member, Member) or member.status != ACTIVE:
        raise UnknownSeller(field="body.seller", value=user)


def count(tx: Transaction, tenant: str, order: Order, sign: int) -> None:
    """Count an order that is paid (1), or no longer (-1), for its seller; nothing where it has none."""
    if not order.seller:
        return
    of, amount = RaffleSeller, int(order.total_amount.scaleb(money.digits(order.currency)))
    actions = [
        of.entity.set(of),  # the update may be what makes the item
        of.orders.add(sign),
        of.numbers.add(sign * len(order.numbers)),
        of.amount.add(sign * amount),
    ]
    tx.update(of(*keys.raffle_seller(tenant, order.raffle_id, order.seller)), actions=actions)


def totals(tenant: str, raffle_id: str, *, now: datetime) -> list[SellerTotal]:
    """What each seller sold of a raffle, the most first: as many as the business has had members. Raises NotHere."""
    raffle = raffles.get(tenant, raffle_id, now=now)
    found = reads.everything(keys.raffle_partition(tenant, raffle_id), keys.SELLER_PREFIX)
    users = {one.sk.removeprefix(keys.SELLER_PREFIX): one for one in found}
    members = reads.batch(keys.member(tenant, user) for user in users) if users else {}
    emails = {one.user: one.email for one in members.values()}
    places = -money.digits(raffle.currency)
    told = [
        SellerTotal(
            user,
            emails.get(user),
            int(one.orders),
            int(one.numbers),
            money.text(Decimal(int(one.amount)).scaleb(places), raffle.currency),
            raffle.currency,
        )
        for user, one in users.items()
    ]
    return sorted(told, key=lambda one: -one.numbers)
