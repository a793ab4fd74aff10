"""Raffles and their orders: the states, the moves between them, the price of numbers and how they are printed."""

from base64 import b32encode
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Final

from mostrador.values.state_machine import StateMachine, WrongState

FEWEST_NUMBERS: Final = 10
MOST_NUMBERS: Final = 100_000
"""How many numbers a raffle may have."""
MOST_PER_ORDER: Final = 90
"""Numbers of one order: with the rest of its transaction they fit into DynamoDB's 100 actions."""


class RaffleStatus(StrEnum):
    DRAFT = "DRAFT"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    DRAWN = "DRAWN"
    CANCELLED = "CANCELLED"


class OrderStatus(StrEnum):
    RESERVED = "RESERVED"
    IN_REVIEW = "IN_REVIEW"
    PAID = "PAID"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REFUNDED = "REFUNDED"


class OrderChange(StrEnum):
    """An entry of an order's history: a state it entered, or what happened to it in review."""

    IN_REVIEW = OrderStatus.IN_REVIEW.value
    PAID = OrderStatus.PAID.value
    CANCELLED = OrderStatus.CANCELLED.value
    EXPIRED = OrderStatus.EXPIRED.value
    REFUNDED = OrderStatus.REFUNDED.value
    RECEIPT = "RECEIPT"
    RECEIPT_REFUSED = "RECEIPT_REFUSED"
    KEPT = "KEPT"


class WrongRaffleState(WrongState):
    code = "wrong_raffle_state"
    en = "a raffle that is {current:raffle} cannot become {wanted:raffle}"
    es = "una rifa en estado «{current:raffle}» no puede pasar a «{wanted:raffle}»"


class WrongOrderState(WrongState):
    code = "wrong_order_state"
    en = "an order that is {current:order} cannot become {wanted:order}"
    es = "una orden en estado «{current:order}» no puede pasar a «{wanted:order}»"


RAFFLE_MOVES: Final = StateMachine(
    {
        RaffleStatus.DRAFT: {RaffleStatus.OPEN, RaffleStatus.CANCELLED},
        RaffleStatus.OPEN: {RaffleStatus.CLOSED, RaffleStatus.CANCELLED},
        RaffleStatus.CLOSED: {RaffleStatus.DRAWN, RaffleStatus.CANCELLED},
    },
    WrongRaffleState,
)
ORDER_MOVES: Final = StateMachine(
    {
        OrderStatus.RESERVED: {OrderStatus.IN_REVIEW, OrderStatus.PAID, OrderStatus.CANCELLED, OrderStatus.EXPIRED},
        OrderStatus.IN_REVIEW: {OrderStatus.PAID, OrderStatus.CANCELLED, OrderStatus.EXPIRED},
        OrderStatus.PAID: {OrderStatus.REFUNDED},
        # Paid late: its numbers are taken again where they are still free.
        OrderStatus.EXPIRED: {OrderStatus.PAID},
    },
    WrongOrderState,
)
LIVE: Final = frozenset({OrderStatus.RESERVED, OrderStatus.IN_REVIEW, OrderStatus.PAID})
"""The states of an order that owns its numbers; RESERVED only until its hold lapses."""


def price_of(count: int, price: Decimal, packages: Iterable[tuple[int, Decimal]] = ()) -> Decimal:
    """The lowest price of ``count`` numbers, at ``price`` each or in ``packages`` of (numbers, price)."""
    offers: Sequence[tuple[int, Decimal]] = [(1, price), *packages]
    least = [Decimal(0)]
    for size in range(1, count + 1):
        least.append(min(least[size - numbers] + cost for numbers, cost in offers if numbers <= size))
    return least[count]


def printed_number(number: int, last_number: int) -> str:
    """A number as it is printed: with as many digits as the raffle's last number."""
    return str(number).zfill(len(str(last_number)))


def public_code(order_id: str) -> str:
    """The name of an order on receipts, in the sold list and in the proof: 10 letters and digits, and nothing else."""
    return b32encode(sha256(f"order {order_id}".encode()).digest())[:10].decode()
