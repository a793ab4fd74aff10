"""Payments: the states, the moves between them, and where the money for an order lands.

Nothing that was paid is dropped and nothing unpaid is confirmed: money either pays its target or is due back.
"""

from enum import StrEnum
from typing import Final

from mostrador.errors import Conflict
from mostrador.rules.raffle import ORDER_MOVES, OrderStatus, RaffleStatus


class PaymentState(StrEnum):
    PENDING = "PENDING"
    PAID = "PAID"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    REFUND_DUE = "REFUND_DUE"


class Provider(StrEnum):
    MANUAL = "MANUAL"
    BANCARD = "BANCARD"


class Method(StrEnum):
    """How money changes hands without a provider."""

    CASH = "CASH"
    TRANSFER = "TRANSFER"
    OTHER = "OTHER"


class Target(StrEnum):
    """What a payment is for."""

    ORDER = "ORDER"
    APPOINTMENT = "APPOINTMENT"


class RefundReason(StrEnum):
    """Why money is due back."""

    ALREADY_PAID = "ALREADY_PAID"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDER_REFUNDED = "ORDER_REFUNDED"
    RAFFLE_CANCELLED = "RAFFLE_CANCELLED"
    TOO_LATE = "TOO_LATE"
    WRONG_AMOUNT = "WRONG_AMOUNT"
    NUMBERS_GONE = "NUMBERS_GONE"
    TOO_MANY_NUMBERS = "TOO_MANY_NUMBERS"


PAYMENT_MOVES: Final[dict[PaymentState, frozenset[PaymentState]]] = {
    PaymentState.PENDING: frozenset(
        {PaymentState.PAID, PaymentState.REFUND_DUE, PaymentState.FAILED, PaymentState.EXPIRED}
    ),
    # Given up too early: the money came after all.
    PaymentState.FAILED: frozenset({PaymentState.PAID, PaymentState.REFUND_DUE}),
    PaymentState.EXPIRED: frozenset({PaymentState.PAID, PaymentState.REFUND_DUE}),
    # What it paid for ends with it; that the money is back is told after that, even where it is told at once.
    PaymentState.PAID: frozenset({PaymentState.REFUND_DUE}),
    PaymentState.REFUND_DUE: frozenset({PaymentState.REFUNDED}),
    PaymentState.REFUNDED: frozenset(),
}
SETTLED: Final = frozenset({PaymentState.PAID, PaymentState.REFUND_DUE, PaymentState.REFUNDED})
"""The states of money that came and has landed."""

_LATE: Final = {
    OrderStatus.PAID: RefundReason.ALREADY_PAID,
    OrderStatus.CANCELLED: RefundReason.ORDER_CANCELLED,
    OrderStatus.REFUNDED: RefundReason.ORDER_REFUNDED,
}


class WrongPaymentState(Conflict):
    code = "wrong_payment_state"
    en = "a payment that is {current} cannot become {wanted}"
    es = "un pago en estado {current} no puede pasar a {wanted}"


def move_payment(current: PaymentState, wanted: PaymentState) -> None:
    """Raise WrongPaymentState unless the move is in the table."""
    if wanted not in PAYMENT_MOVES[current]:
        raise WrongPaymentState(current=current.value, wanted=wanted.value)


def landing(
    order: OrderStatus, raffle: RaffleStatus, *, is_over: bool, is_whole: bool, is_gone: bool
) -> RefundReason | None:
    """Why money for an order cannot pay it; None where it does.

    ``is_over``: the raffle's cut has come. ``is_whole``: it is just what the order costs. ``is_gone``: another order
    has one of its numbers.
    """
    if raffle is RaffleStatus.CANCELLED:
        return RefundReason.RAFFLE_CANCELLED
    if OrderStatus.PAID not in ORDER_MOVES[order]:
        return _LATE[order]
    if is_over:
        return RefundReason.TOO_LATE
    if not is_whole:
        return RefundReason.WRONG_AMOUNT
    return RefundReason.NUMBERS_GONE if is_gone else None
