"""The numbers of a raffle: taken and freed within somebody's transaction, counted for their buyer, found when free.

One item for each number that an order holds or owns. What takes a number puts that item, on the condition that nobody
else has it: there is none, its hold has lapsed, or it is the order's own. So a lapsed hold needs nobody to clear it.
"""

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mostrador.errors import Conflict
from mostrador.raffles import board
from mostrador.raffles.rules.states import OrderStatus
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import Order, Raffle, RaffleBuyer, RaffleNumber
from mostrador.table.writes import Transaction
from mostrador.values.holds import has_lapsed

_BLOCK: Final = 10_000
"""Numbers that one look at the truth reads: those whose keys differ in the last four digits."""
_DIGITS: Final = 4
_MISSES: Final = 2
"""How often others may have been quicker before the numbers themselves are asked."""
_dice: random.Random = random.SystemRandom()


class TooManyForCustomer(Conflict):
    code = "customer_limit"
    en = "a customer may have {limit} numbers of this raffle; with these it would be more"
    es = "un cliente puede tener {limit} números de esta rifa; con estos serían más"


def take(tx: Transaction, tenant: str, order: Order, now: datetime) -> None:
    """Give the order its numbers as its state has them: held, in review or sold; refused where another has one."""
    expires_at = int(order.hold_expires_at.timestamp()) if order.hold_expires_at else None
    condition = can_be_taken(order.id, now)
    for number in order.numbers:
        taken = RaffleNumber(
            *keys.raffle_number(tenant, order.raffle_id, number),
            order_id=order.id,
            hold_expires_at=expires_at,
            is_sold=order.status == OrderStatus.PAID,
        )
        tx.save(taken, condition=condition, return_values=writes.RETURN_OLD)


def can_be_taken(order_id: str, now: datetime) -> Any:
    """The condition that no other order has the number at ``now``."""
    of = RaffleNumber
    return of.pk.does_not_exist() | (of.hold_expires_at <= int(now.timestamp())) | (of.order_id == order_id)


def free(tx: Transaction, tenant: str, order: Order, numbers: Iterable[int]) -> None:
    """Free those numbers of an order; refused where another has taken one meanwhile."""
    for number in numbers:
        key = keys.raffle_number(tenant, order.raffle_id, number)
        tx.delete(RaffleNumber(*key), condition=RaffleNumber.order_id == order.id)


def is_free(held: RaffleNumber | None, now: datetime) -> bool:
    """Whether anybody may take the number that ``held`` stands for."""
    return held is None or has_lapsed(held.hold_expires_at, int(now.timestamp()))


def count_in(tx: Transaction, tenant: str, order: Order, limit: float | None) -> None:
    """Count the order for its buyer, within the raffle's limit in the write itself. Raises TooManyForCustomer."""
    if limit is None:
        return
    count, of = len(order.numbers), RaffleBuyer
    if count > limit:
        raise TooManyForCustomer(limit=int(limit))
    actions = [of.entity.set(of), of.numbers.add(count)]  # the update may be what makes the item
    room = of.pk.does_not_exist() | (of.numbers <= limit - count)
    buyer = of(*keys.raffle_buyer(tenant, order.raffle_id, order.customer_id))
    tx.update(buyer, actions=actions, condition=room, return_values=writes.RETURN_OLD)


def count_out(tx: Transaction, tenant: str, order: Order) -> None:
    """Count the order no longer, where it was."""
    if not order.is_counted:
        return
    buyer = RaffleBuyer(*keys.raffle_buyer(tenant, order.raffle_id, order.customer_id))
    tx.update(buyer, actions=[RaffleBuyer.numbers.add(-len(order.numbers))], condition=RaffleBuyer.pk.exists())


@dataclass(slots=True)
class NumberPicker:
    """Free numbers of a raffle to choose from at random, but none of ``without``.

    ``free`` are those that a picture shows, until it misses too often or has too few; then those that are free.
    """

    tenant: str
    raffle: Raffle
    now: datetime
    free: list[int]
    without: Collection[int] = ()
    misses: int = 0

    def pick(self, count: int) -> list[int]:
        """``count`` free numbers, in order, or as many as there are."""
        if len(self.free) < count or self.misses == _MISSES:
            self.free, self.misses = _free_numbers(self, count), 0
        return sorted(_dice.sample(self.free, min(count, len(self.free))))

    def miss(self, gone: Collection[int]) -> None:
        """Leave out numbers that others were quicker to take."""
        self.free, self.misses = [number for number in self.free if number not in gone], self.misses + 1


def free_alternatives(tenant: str, raffle: Raffle, count: int, *, without: Collection[int], now: datetime) -> list[int]:
    """As many free numbers to propose instead of some that are gone; fewer where no more are free."""
    picture = board.read(tenant, raffle)
    # Before anything was projected the picture does not even know those that are gone.
    shown = [number for number in picture.free() if number not in without] if picture.as_of else []
    return NumberPicker(tenant, raffle, now, shown, without).pick(count)


def _free_numbers(picker: NumberPicker, wanted: int) -> list[int]:
    """Free numbers as they are at this moment: of one block at random, of more where it has fewer than ``wanted``."""
    first, last = int(picker.raffle.first_number), int(picker.raffle.last_number)
    blocks = list(range(first // _BLOCK, last // _BLOCK + 1))
    found: list[int] = []
    for block in _dice.sample(blocks, len(blocks)):
        inside = range(max(first, block * _BLOCK), min(last, block * _BLOCK + _BLOCK - 1) + 1)
        found += set(inside).difference(
            _taken_numbers(picker.tenant, picker.raffle.id, block, picker.now), picker.without
        )
        if len(found) >= wanted:
            break
    return found


def _taken_numbers(tenant: str, raffle_id: str, block: int, now: datetime) -> set[int]:
    partition, begin = keys.raffle_number(tenant, raffle_id, block * _BLOCK)
    expires = RaffleNumber.hold_expires_at
    kept = expires.does_not_exist() | (expires > int(now.timestamp()))
    rows = reads.rows(partition, begin[:-_DIGITS], only=("pk", "sk"), keep=kept)
    return {keys.numbered((one["pk"]["S"], one["sk"]["S"]))[1] for one in rows}
