"""How many numbers of a raffle one address may hold, and one phone within it, before they are paid.

An address holds at most ``public_share_percent`` of a raffle's numbers, or one. A phone proves nothing about its
owner, so unpaid numbers ordered by strangers count for it only within one address.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from mostrador.errors import Conflict
from mostrador.raffles import raffles
from mostrador.raffles.rules.states import OrderStatus
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import Order, Raffle, RaffleBuyer
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy import public_holds
from mostrador.tenancy.public_holds import Line, Lines
from mostrador.values.holds import has_lapsed
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.values.wording import Reader


class TooManyUnpaid(Conflict):
    """``left`` is how many numbers more the address may hold now."""

    code = "too_many_unpaid"
    en = "{limit} numbers at most may be reserved from one connection until they are paid; {left} are left"
    es = "desde una misma conexión se pueden reservar hasta {limit} números sin pagar; quedan {left}"

    def suggests(self, _reader: "Reader") -> NextAction:
        return NextAction.ASK_FOR_FEWER if self.facts["left"] else NextAction.CONTACT_BUSINESS


def held(tenant: Tenant, raffle: Raffle, item: object, order_id: str, count: int, *, now: datetime) -> dict[str, Line]:
    """The orders that the address of ``item`` holds besides; ``count`` numbers more are within its limits.

    Raises TooManyHeld, TooManyUnpaid.
    """
    lines = public_holds.lines_of(item, now, without=order_id)
    if public_holds.has_room(tenant, lines) and _numbers(raffle, lines) + count <= limit_of(tenant, raffle):
        return lines
    lines = still_held(tenant.slug, lines, now)
    public_holds.check_room(tenant, lines)
    limit = limit_of(tenant, raffle)
    left = max(0, limit - _numbers(raffle, lines))
    if count > left:
        raise TooManyUnpaid(limit=limit, left=left)
    return lines


def limit_of(tenant: Tenant, raffle: Raffle) -> int:
    """The numbers of the raffle that one address may hold unpaid."""
    size = int(raffle.last_number) - int(raffle.first_number) + 1
    return max(1, size * int(tenant.public_share_percent) // 100)


def write(tx: Transaction, key: keys.Key, before: object, lines: Lines, order: Order, *, raffle: Raffle) -> None:
    """Write what the address holds, the order included, as it was read (``before``)."""
    line = Line(
        tag=_tag(raffle),
        phone=public_holds.phone_tag(order.customer_phone),
        amount=len(order.numbers),
        until=int(raffles.sale_cutoff(raffle).timestamp()),
    )
    public_holds.write(tx, key, before, {**lines, order.id: line})


def of_phone(raffle: Raffle, lines: Lines, phone: str | None) -> int:
    """The numbers of the raffle that the address holds for a phone."""
    tag = public_holds.phone_tag(phone)
    return _numbers(raffle, {id_: line for id_, line in lines.items() if line.phone == tag})


def check_buyer(tx: Transaction, tenant: str, order: Order, limit: int, own: int) -> None:
    """Refuse the transaction where the order's numbers, the buyer's and ``own`` more are beyond the raffle's limit.

    The order does not enter the count of its buyer before it is paid: the phone may be anybody's.
    """
    key = keys.raffle_buyer(tenant, order.raffle_id, order.customer_id)
    has_room = RaffleBuyer.pk.does_not_exist() | (RaffleBuyer.numbers <= limit - own - len(order.numbers))
    tx.condition_check(RaffleBuyer, *key, condition=has_room, ReturnValuesOnConditionCheckFailure=writes.RETURN_OLD)


def still_held(tenant: str, lines: Lines, now: datetime) -> dict[str, Line]:
    """The lines whose order still holds its numbers unpaid and unchecked; one round trip for each 100."""
    found = reads.batch(keys.order(tenant, order_id) for order_id in lines)
    return {order_id: line for order_id, line in lines.items() if _holds(found.get(keys.order(tenant, order_id)), now)}


def _holds(order: object, now: datetime) -> bool:
    if not isinstance(order, Order):
        return False
    if order.status == OrderStatus.IN_REVIEW:
        return not order.is_kept
    return bool(order.status == OrderStatus.RESERVED) and not has_lapsed(order.hold_expires_at, now)


def _numbers(raffle: Raffle, lines: Lines) -> int:
    tag = _tag(raffle)
    return sum(line.amount for line in lines.values() if line.tag == tag)


def _tag(raffle: Raffle) -> str:
    return str(raffle.id)[-16:]
