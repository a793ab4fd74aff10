"""Payments: the states, the moves between them, and where the money for an order or an appointment lands.

Nothing that was paid is dropped and nothing unpaid is confirmed: money either pays its target or is due back.
"""

from datetime import timedelta
from decimal import ROUND_UP, Decimal
from enum import StrEnum
from typing import Final

from mostrador.raffles.rules.states import ORDER_MOVES, OrderStatus, RaffleStatus
from mostrador.scheduling.rules.appointment_states import REVIVABLE, AppointmentStatus, PaymentStatus
from mostrador.values import money
from mostrador.values.state_machine import StateMachine, WrongState


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
    APPOINTMENT_CANCELLED = "APPOINTMENT_CANCELLED"
    SLOT_GONE = "SLOT_GONE"
    TARGET_GONE = "TARGET_GONE"
    GIVEN_BACK = "GIVEN_BACK"
    ROLLED_BACK = "ROLLED_BACK"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDER_REFUNDED = "ORDER_REFUNDED"
    RAFFLE_CANCELLED = "RAFFLE_CANCELLED"
    TOO_LATE = "TOO_LATE"
    WRONG_AMOUNT = "WRONG_AMOUNT"
    NUMBERS_GONE = "NUMBERS_GONE"
    TOO_MANY_NUMBERS = "TOO_MANY_NUMBERS"


class WrongPaymentState(WrongState):
    code = "wrong_payment_state"
    en = "a payment that is {current} cannot become {wanted}"
    es = "un pago en estado {current} no puede pasar a {wanted}"


PAYMENT_MOVES: Final = StateMachine(
    {
        PaymentState.PENDING: {PaymentState.PAID, PaymentState.REFUND_DUE, PaymentState.FAILED, PaymentState.EXPIRED},
        # Given up too early: the money came after all.
        PaymentState.FAILED: {PaymentState.PAID, PaymentState.REFUND_DUE},
        PaymentState.EXPIRED: {PaymentState.PAID, PaymentState.REFUND_DUE},
        # What it paid for ends with it; that the money is back is told after that, even where it is told at once.
        PaymentState.PAID: {PaymentState.REFUND_DUE},
        PaymentState.REFUND_DUE: {PaymentState.REFUNDED},
    },
    WrongPaymentState,
)
UNPAID: Final = frozenset({PaymentState.PENDING, PaymentState.FAILED, PaymentState.EXPIRED})
"""The states of what was asked for and has not come, or not yet."""
SETTLED: Final = frozenset({PaymentState.PAID, PaymentState.REFUND_DUE, PaymentState.REFUNDED})
"""The states of money that came and has landed."""

_LATE: Final = {
    OrderStatus.PAID: RefundReason.ALREADY_PAID,
    OrderStatus.CANCELLED: RefundReason.ORDER_CANCELLED,
    OrderStatus.REFUNDED: RefundReason.ORDER_REFUNDED,
}


def order_refund_reason(
    order: OrderStatus, raffle: RaffleStatus, *, is_over: bool, is_whole: bool, is_gone: bool
) -> RefundReason | None:
    """Why money for an order cannot pay it; None where it does.

    ``is_over``: the raffle's cut has come. ``is_whole``: it is just what the order costs. ``is_gone``: another order
    has one of its numbers.
    """
    if raffle is RaffleStatus.CANCELLED:
        return RefundReason.RAFFLE_CANCELLED
    if not ORDER_MOVES.allows(order, OrderStatus.PAID):
        return _LATE[order]
    if is_over:
        return RefundReason.TOO_LATE
    if not is_whole:
        return RefundReason.WRONG_AMOUNT
    return RefundReason.NUMBERS_GONE if is_gone else None


def appointment_refund_reason(
    status: AppointmentStatus, *, amount: Decimal, due: Decimal, is_as_asked: bool, is_over: bool, is_gone: bool
) -> RefundReason | None:
    """Why money for an appointment cannot pay it; None where it does, in full or in part.

    ``due`` is what it still costs; ``is_as_asked``: it is just what a provider was asked for; ``is_over``: it has
    begun; ``is_gone``: its hold has lapsed and its time is somebody else's. Those two count where the time must be
    taken again.
    """
    if status is AppointmentStatus.CANCELLED:
        return RefundReason.APPOINTMENT_CANCELLED
    if due <= 0:
        return RefundReason.ALREADY_PAID
    if not is_as_asked or not 0 < amount <= due:
        return RefundReason.WRONG_AMOUNT
    if is_gone and status in REVIVABLE:
        return RefundReason.TOO_LATE if is_over else RefundReason.SLOT_GONE
    return None


def paid_status(paid: Decimal, total: Decimal) -> PaymentStatus:
    """What an appointment's payment is once so much of its total was paid; REFUNDED where nothing is left of it."""
    if paid <= 0:
        return PaymentStatus.REFUNDED
    return PaymentStatus.PAID if paid >= total else PaymentStatus.PARTIAL


def deposit(total: Decimal, percent: float, currency: str) -> Decimal:
    """What is to be paid beforehand, rounded up to what the currency has."""
    exact = total * Decimal(int(percent)) / 100
    return exact.quantize(Decimal(1).scaleb(-money.digits(currency)), rounding=ROUND_UP)


FIRST_CHECK: Final = timedelta(seconds=60)
LAST_CHECK: Final = timedelta(hours=1)


WHILE_OPEN: Final = timedelta(minutes=2)


def next_check(checks: int, *, is_open: bool = False) -> timedelta:
    """How long to wait before a provider is asked once more, who was asked ``checks`` times: 1, 2, 4 ... 60 minutes.

    While its page ``is_open`` two minutes at most, so that what was paid in time is known in time.
    """
    if is_open:
        return min(WHILE_OPEN, FIRST_CHECK * (1 << min(checks, 12)))
    return min(LAST_CHECK, FIRST_CHECK * (1 << min(checks, 12)))
