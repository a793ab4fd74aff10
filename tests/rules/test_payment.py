"""The moves of payments, and where the money for an order lands in every case that there is."""

from itertools import product

import pytest

from mostrador.rules.payment import (
    PAYMENT_MOVES,
    SETTLED,
    PaymentState,
    RefundReason,
    WrongPaymentState,
    landing,
    move_payment,
)
from mostrador.rules.raffle import OrderStatus, RaffleStatus

IN_ORDER = {"is_over": False, "is_whole": True, "is_gone": False}
PAYABLE = {OrderStatus.RESERVED, OrderStatus.IN_REVIEW, OrderStatus.EXPIRED}


@pytest.mark.parametrize(("current", "wanted"), list(product(PaymentState, repeat=2)))
def test_a_payment_makes_the_moves_of_the_table_and_no_other(current, wanted):
    if wanted in PAYMENT_MOVES[current]:
        move_payment(current, wanted)
    else:
        with pytest.raises(WrongPaymentState):
            move_payment(current, wanted)


def test_money_that_came_never_becomes_money_that_did_not():
    assert all(PAYMENT_MOVES[state] <= SETTLED for state in SETTLED)


@pytest.mark.parametrize(
    ("order", "raffle", "is_over", "is_whole", "is_gone"),
    list(product(OrderStatus, RaffleStatus, *[[False, True]] * 3)),
)
def test_money_pays_an_order_that_can_be_paid_just_once_in_time_and_whole(order, raffle, is_over, is_whole, is_gone):
    reason = landing(order, raffle, is_over=is_over, is_whole=is_whole, is_gone=is_gone)

    fits = order in PAYABLE and raffle is not RaffleStatus.CANCELLED and (is_over, is_whole, is_gone) == (0, 1, 0)
    assert (reason is None) is fits


@pytest.mark.parametrize(
    ("order", "raffle", "but", "reason"),
    [
        (OrderStatus.RESERVED, RaffleStatus.CANCELLED, {}, RefundReason.RAFFLE_CANCELLED),
        (OrderStatus.PAID, RaffleStatus.OPEN, {}, RefundReason.ALREADY_PAID),
        (OrderStatus.CANCELLED, RaffleStatus.OPEN, {}, RefundReason.ORDER_CANCELLED),
        (OrderStatus.REFUNDED, RaffleStatus.OPEN, {}, RefundReason.ORDER_REFUNDED),
        (OrderStatus.IN_REVIEW, RaffleStatus.CLOSED, {"is_over": True}, RefundReason.TOO_LATE),
        (OrderStatus.RESERVED, RaffleStatus.OPEN, {"is_whole": False}, RefundReason.WRONG_AMOUNT),
        (OrderStatus.EXPIRED, RaffleStatus.OPEN, {"is_gone": True}, RefundReason.NUMBERS_GONE),
    ],
)
def test_money_that_cannot_pay_says_why(order, raffle, but, reason):
    assert landing(order, raffle, **IN_ORDER | but) is reason
