"""The numbers of a raffle: written and freed within an order's transaction, counted for their buyer, picked at random.

There is one item for each number that an order holds or owns. A write that takes a number puts this item, on condition
that no other order has it: there is no item, its hold has lapsed, or it is the order's own. So nobody needs to clear a
lapsed hold.
"""

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mostrador.errors import Conflict
from mostrador.raffles import board
from mostrador.raffles.rules.states import OrderStatus
from mostrador.table import Condition, keys, reads, writes
from mostrador.table.items.raffles import Order, Raffle, RaffleBuyer, RaffleNumber
from mostrador.table.writes import Transaction
from mostrador.values.holds import has_lapsed
from mostrador.values.next_actions import NextAction

_BLOCK: Final = 10_000
"""Numbers that one Query reads: their keys differ only in the last four digits."""
_DIGITS: Final = 4
_MISSES: Final = 2
"""Picks that may meet numbers taken meanwhile, before the numbers themselves are read instead of the board."""
_dice: random.Random = random.SystemRandom()


class TooManyForCustomer(Conflict):
    code = "customer_limit"
    en = "a customer may have {limit} numbers of this raffle; with these it would be more"
    es = "un cliente puede tener {limit} números de esta rifa; con estos serían más"
    next_action = NextAction.ASK_FOR_FEWER


def take(tx: Transaction, tenant: str, order: Order, now: datetime) -> None:
    """Write the order's numbers as its state has them: held, in review or sold.

    The transaction is refused where another order has one of them.
    """
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


def can_be_taken(order_id: str, now: datetime) -> Condition:
    """The condition that no other order has the number at ``now``."""
    has_lapsed_by_now = RaffleNumber.hold_expires_at <= int(now.timestamp())
    condition: Condition = RaffleNumber.pk.does_not_exist() | has_lapsed_by_now | (RaffleNumber.order_id == order_id)
    return condition


def free(tx: Transaction, tenant: str, order: Order, numbers: Iterable[int]) -> None:
    """Free those numbers of an order; the transaction is refused where another order has taken one meanwhile."""
    for number in numbers:
        key = keys.raffle_number(tenant, order.raffle_id, number)
        tx.delete(RaffleNumber(*key), condition=RaffleNumber.order_id == order.id)


def is_free(held: RaffleNumber | None, now: datetime) -> bool:
    """Whether any order may take the number whose item is ``held``."""
    return held is None or has_lapsed(held.hold_expires_at, int(now.timestamp()))


def count_in(tx: Transaction, tenant: str, order: Order, limit: float | None) -> None:
    """Add the order's numbers to its buyer's count; the condition of the write keeps the raffle's limit.

    Raises TooManyForCustomer where the order alone exceeds it.
    """
    if limit is None:
        return
    count = len(order.numbers)
    if count > limit:
        raise TooManyForCustomer(limit=int(limit))
    actions = [RaffleBuyer.entity.set(RaffleBuyer), RaffleBuyer.numbers.add(count)]  # the update may create the item
    has_room = RaffleBuyer.pk.does_not_exist() | (RaffleBuyer.numbers <= limit - count)
    buyer = RaffleBuyer(*keys.raffle_buyer(tenant, order.raffle_id, order.customer_id))
    tx.update(buyer, actions=actions, condition=has_room, return_values=writes.RETURN_OLD)


def count_out(tx: Transaction, tenant: str, order: Order) -> None:
    """Take the order's numbers out of its buyer's count, if they are in it."""
    if not order.is_counted:
        return
    buyer = RaffleBuyer(*keys.raffle_buyer(tenant, order.raffle_id, order.customer_id))
    tx.update(buyer, actions=[RaffleBuyer.numbers.add(-len(order.numbers))], condition=RaffleBuyer.pk.exists())


@dataclass(slots=True)
class NumberPicker:
    """Picks free numbers of a raffle at random, but none of ``without``.

    ``free`` are first the free numbers of the board. Where the board has too few, or picks met taken numbers too often,
    the numbers themselves are read.
    """

    tenant: str
    raffle: Raffle
    now: datetime
    free: list[int]
    without: Collection[int] = ()
    misses: int = 0

    def pick(self, count: int) -> list[int]:
        """``count`` free numbers, in order, or as many as there are; each choice is equally likely."""
        if len(self.free) < count or self.misses == _MISSES:
            self.free, self.misses = _free_numbers(self, count), 0
        return sorted(_dice.sample(self.free, min(count, len(self.free))))

    def miss(self, taken: Collection[int]) -> None:
        """Leave out numbers that other orders have taken meanwhile."""
        self.free, self.misses = [number for number in self.free if number not in taken], self.misses + 1


def free_alternatives(tenant: str, raffle: Raffle, count: int, *, without: Collection[int], now: datetime) -> list[int]:
    """``count`` free numbers to propose instead of taken ones, or all that are left; none of ``without``."""
    picture = board.read(tenant, raffle)
    # A board without any change does not even know the taken numbers.
    shown = [number for number in picture.free() if number not in without] if picture.as_of else []
    return NumberPicker(tenant, raffle, now, shown, without).pick(count)


def _free_numbers(picker: NumberPicker, count: int) -> list[int]:
    """Numbers that are free at this moment: those of one block at random, and of more until ``count`` are found."""
    first, last = int(picker.raffle.first_number), int(picker.raffle.last_number)
    blocks = list(range(first // _BLOCK, last // _BLOCK + 1))
    free: list[int] = []
    for block in _dice.sample(blocks, len(blocks)):
        inside = range(max(first, block * _BLOCK), min(last, block * _BLOCK + _BLOCK - 1) + 1)
        free += set(inside).difference(
            _taken_numbers(picker.tenant, picker.raffle.id, block, picker.now), picker.without
        )
        if len(free) >= count:
            break
    return free


def _taken_numbers(tenant: str, raffle_id: str, block: int, now: datetime) -> set[int]:
    """The numbers of a block that orders have at ``now``; only their keys are read."""
    partition, begin = keys.raffle_number(tenant, raffle_id, block * _BLOCK)
    expires_at = RaffleNumber.hold_expires_at
    is_taken = expires_at.does_not_exist() | (expires_at > int(now.timestamp()))
    rows = reads.rows(partition, begin[:-_DIGITS], only=("pk", "sk"), keep=is_taken)
    return {keys.numbered((row["pk"]["S"], row["sk"]["S"]))[1] for row in rows}
