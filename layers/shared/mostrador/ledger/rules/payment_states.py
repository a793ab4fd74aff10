"""Payments: their states, the moves between them, and whether money pays its order or appointment.

Money either pays its target or is due back. No paid money is dropped, and no unpaid target is confirmed.
"""

from datetime import timedelta
from decimal import ROUND_UP, Decimal
from enum import StrEnum
from typing import Final

from mostrador.raffles.rules.states import ORDER_MOVES, OrderStatus, RaffleStatus
from mostrador.scheduling.rules.agenda import Loss
from mostrador.scheduling.rules.appointment_states import REVIVABLE, AppointmentStatus, PaymentStatus
from mostrador.values import money
from mostrador.values.next_actions import NextAction
from mostrador.values.state_machine import StateMachine, WrongState
from mostrador.values.wording import Reader


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
    """How a payment without a provider was made."""

    CASH = "CASH"
    CARD = "CARD"
    QR = "QR"
    TRANSFER = "TRANSFER"
    OTHER = "OTHER"


class Target(StrEnum):
    """The kind of thing that a payment is for."""

    ORDER = "ORDER"
    APPOINTMENT = "APPOINTMENT"


class RefundReason(StrEnum):
    """Why money is due back."""

    ALREADY_PAID = "ALREADY_PAID"
    APPOINTMENT_CANCELLED = "APPOINTMENT_CANCELLED"
    SLOT_GONE = "SLOT_GONE"
    TARGET_GONE = "TARGET_GONE"
    GIVEN_BACK = "GIVEN_BACK"
    PRICE_LOWERED = "PRICE_LOWERED"
    VOIDED = "VOIDED"
    ROLLED_BACK = "ROLLED_BACK"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDER_REFUNDED = "ORDER_REFUNDED"
    RAFFLE_CANCELLED = "RAFFLE_CANCELLED"
    TOO_LATE = "TOO_LATE"
    WRONG_AMOUNT = "WRONG_AMOUNT"
    NUMBERS_GONE = "NUMBERS_GONE"
    TOO_MANY_NUMBERS = "TOO_MANY_NUMBERS"
    CLOSED = "CLOSED"
    RESOURCE_GONE = "RESOURCE_GONE"
    SERVICE_GONE = "SERVICE_GONE"


class WrongPaymentState(WrongState):
    code = "wrong_payment_state"
    en = "a payment that is {current:payment} cannot become {wanted:payment}"
    es = "un pago en estado «{current:payment}» no puede pasar a «{wanted:payment}»"

    def suggests(self, _reader: Reader) -> NextAction:
        is_unpaid = (self.facts["current"], self.facts["wanted"]) == (PaymentState.PENDING, PaymentState.PAID)
        return NextAction.PAY if is_unpaid else NextAction.READ_AGAIN


PAYMENT_MOVES: Final = StateMachine(
    {
        PaymentState.PENDING: {PaymentState.PAID, PaymentState.REFUND_DUE, PaymentState.FAILED, PaymentState.EXPIRED},
        # The money came after the payment was closed.
        PaymentState.FAILED: {PaymentState.PAID, PaymentState.REFUND_DUE},
        PaymentState.EXPIRED: {PaymentState.PAID, PaymentState.REFUND_DUE},
        # Its target is unpaid from REFUND_DUE on; REFUNDED follows, even in the same request.
        PaymentState.PAID: {PaymentState.REFUND_DUE},
        PaymentState.REFUND_DUE: {PaymentState.REFUNDED},
    },
    WrongPaymentState,
)
RETURNS: Final = StateMachine({PaymentState.REFUND_DUE: {PaymentState.PAID}}, WrongPaymentState)
"""A refund that was a mistake and has not begun. It is no ``PAYMENT_MOVES``: only an undone cancellation does it."""
UNPAID: Final = frozenset({PaymentState.PENDING, PaymentState.FAILED, PaymentState.EXPIRED})
"""The states of a payment that was requested and not received, or not yet."""
SETTLED: Final = frozenset({PaymentState.PAID, PaymentState.REFUND_DUE, PaymentState.REFUNDED})
"""The states of a payment that was received and decided about."""
FIRST_CHECK: Final = timedelta(seconds=60)
"""How long after a payment request the provider is asked for the first time."""
LAST_CHECK: Final = timedelta(hours=1)
"""The longest wait between two questions."""
WHILE_OPEN: Final = timedelta(minutes=2)
"""The longest wait while the provider's page can still be paid."""

_CLOSED_ORDER: Final = {
    OrderStatus.PAID: RefundReason.ALREADY_PAID,
    OrderStatus.CANCELLED: RefundReason.ORDER_CANCELLED,
    OrderStatus.REFUNDED: RefundReason.ORDER_REFUNDED,
}


LOST: Final = {
    Loss.TAKEN: RefundReason.SLOT_GONE,
    Loss.CLOSED: RefundReason.CLOSED,
    Loss.RESOURCE_GONE: RefundReason.RESOURCE_GONE,
    Loss.SERVICE_GONE: RefundReason.SERVICE_GONE,
}
"""Why a lapsed hold's time cannot be taken again -> why its late money is due back."""


def order_refund_reason(
    order: OrderStatus, raffle: RaffleStatus, *, is_over: bool, is_whole: bool, is_gone: bool
) -> RefundReason | None:
    """Why money cannot pay an order; None where it does.

    ``is_over``: the raffle's sale cutoff has passed. ``is_whole``: the amount equals the order's price. ``is_gone``:
    another order has one of its numbers.
    """
    if raffle is RaffleStatus.CANCELLED:
        return RefundReason.RAFFLE_CANCELLED
    if not ORDER_MOVES.allows(order, OrderStatus.PAID):
        return _CLOSED_ORDER[order]
    if is_over:
        return RefundReason.TOO_LATE
    if not is_whole:
        return RefundReason.WRONG_AMOUNT
    return RefundReason.NUMBERS_GONE if is_gone else None


def appointment_refund_reason(
    status: AppointmentStatus, *, amount: Decimal, due: Decimal, is_as_requested: bool, is_over: bool, loss: Loss | None
) -> RefundReason | None:
    """Why money cannot pay an appointment; None where it does, in full or in part.

    ``due`` is the unpaid part of its price. ``is_as_requested``: the amount equals the one requested from the
    provider. ``is_over``: it has begun. ``loss``: its hold has lapsed, and its time cannot be taken again. The last
    two count only where the time must be taken again.
    """
    if status is AppointmentStatus.CANCELLED:
        return RefundReason.APPOINTMENT_CANCELLED
    if due <= 0:
        return RefundReason.ALREADY_PAID
    if not is_as_requested or not 0 < amount <= due:
        return RefundReason.WRONG_AMOUNT
    if loss and status in REVIVABLE:
        return RefundReason.TOO_LATE if is_over else LOST[loss]
    return None


def paid_status(paid: Decimal, total: Decimal, *, empty: PaymentStatus = PaymentStatus.REFUNDED) -> PaymentStatus:
    """An appointment's payment status once ``paid`` of its ``total`` is paid; ``empty`` where nothing is.

    One that costs nothing is PAID without any payment.
    """
    if paid >= total:
        return PaymentStatus.PAID
    return PaymentStatus.PARTIAL if paid > 0 else empty


def deposit(total: Decimal, percent: float, currency: str) -> Decimal:
    """The amount to be paid beforehand, rounded up to the currency's digits."""
    exact = total * Decimal(int(percent)) / 100
    return exact.quantize(Decimal(1).scaleb(-money.digits(currency)), rounding=ROUND_UP)


def next_check(checks: int, *, is_open: bool = False) -> timedelta:
    """The wait before the next question to a provider that was asked ``checks`` times: 1, 2, 4 ... 60 minutes.

    While its page ``is_open``, two minutes at most: a payment made in time is known in time.
    """
    longest = WHILE_OPEN if is_open else LAST_CHECK
    return min(longest, FIRST_CHECK * (1 << min(checks, 12)))
