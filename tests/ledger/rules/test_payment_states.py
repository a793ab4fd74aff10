"""The moves of payments, and where the money for an order or an appointment lands in every case that there is."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.ledger.rules.payment_states import (
    FIRST_CHECK,
    LAST_CHECK,
    PAYMENT_MOVES,
    SETTLED,
    UNPAID,
    PaymentState,
    RefundReason,
    WrongPaymentState,
    appointment_refund_reason,
    deposit,
    next_check,
    order_refund_reason,
    paid_status,
)
from mostrador.raffles.rules.states import OrderStatus, RaffleStatus
from mostrador.scheduling.rules.agenda import Loss
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus
from mostrador.values import money

IN_ORDER = {"is_over": False, "is_whole": True, "is_gone": False}
PAYABLE = {OrderStatus.RESERVED, OrderStatus.IN_REVIEW, OrderStatus.EXPIRED}


def test_a_payment_makes_the_moves_of_the_table_and_no_other(subtests):
    for current, wanted in product(PaymentState, repeat=2):
        with subtests.test(current=current, wanted=wanted):
            if PAYMENT_MOVES.allows(current, wanted):
                PAYMENT_MOVES.check(current, wanted)
            else:
                with pytest.raises(WrongPaymentState):
                    PAYMENT_MOVES.check(current, wanted)


def test_money_that_came_never_becomes_money_that_did_not():
    assert all(PAYMENT_MOVES.following(state) <= SETTLED for state in SETTLED)


def test_money_pays_an_order_that_can_be_paid_just_once_in_time_and_whole(subtests):
    for order, raffle, is_over, is_whole, is_gone in product(OrderStatus, RaffleStatus, *[[False, True]] * 3):
        with subtests.test(order=order, raffle=raffle, is_over=is_over, is_whole=is_whole, is_gone=is_gone):
            reason = order_refund_reason(order, raffle, is_over=is_over, is_whole=is_whole, is_gone=is_gone)

            is_payable = order in PAYABLE and raffle is not RaffleStatus.CANCELLED
            fits = is_payable and (is_over, is_whole, is_gone) == (0, 1, 0)
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
    assert order_refund_reason(order, raffle, **IN_ORDER | but) is reason


def test_every_state_is_either_of_money_that_came_or_of_money_that_did_not():
    assert set(PaymentState) == UNPAID | SETTLED
    assert not UNPAID & SETTLED


IN_TIME = {"amount": Decimal(80), "due": Decimal(80), "is_as_requested": True, "is_over": False, "loss": None}
HELD = {AppointmentStatus.PENDING, AppointmentStatus.IN_REVIEW, AppointmentStatus.EXPIRED}
STANDS = set(AppointmentStatus) - {AppointmentStatus.CANCELLED}


def lands(status, **but):
    told = {name: Decimal(value) if name in ("amount", "due") else value for name, value in but.items()}
    return appointment_refund_reason(status, **IN_TIME | told)


LANDINGS = [
    ({}, None, STANDS),
    ({"amount": 79}, None, STANDS),
    ({"amount": 1}, None, STANDS),
    ({"amount": "0.01", "due": "0.01"}, None, STANDS),
    ({"amount": 81}, RefundReason.WRONG_AMOUNT, STANDS),
    ({"amount": "80.01"}, RefundReason.WRONG_AMOUNT, STANDS),
    ({"amount": 0}, RefundReason.WRONG_AMOUNT, STANDS),
    ({"amount": -1}, RefundReason.WRONG_AMOUNT, STANDS),
    ({"is_as_requested": False}, RefundReason.WRONG_AMOUNT, STANDS),
    ({"due": 0}, RefundReason.ALREADY_PAID, STANDS),
    ({"due": -1}, RefundReason.ALREADY_PAID, STANDS),
    ({"due": 0, "is_as_requested": False}, RefundReason.ALREADY_PAID, STANDS),
    ({"due": 0, "loss": Loss.TAKEN}, RefundReason.ALREADY_PAID, STANDS),
    ({"loss": Loss.TAKEN}, RefundReason.SLOT_GONE, HELD),
    ({"loss": Loss.CLOSED}, RefundReason.CLOSED, HELD),
    ({"loss": Loss.RESOURCE_GONE}, RefundReason.RESOURCE_GONE, HELD),
    ({"loss": Loss.SERVICE_GONE}, RefundReason.SERVICE_GONE, HELD),
    ({"loss": Loss.TAKEN, "is_over": True}, RefundReason.TOO_LATE, HELD),
    ({"loss": Loss.TAKEN, "amount": 81}, RefundReason.WRONG_AMOUNT, HELD),
    ({"loss": Loss.TAKEN}, None, STANDS - HELD),
    ({"loss": Loss.TAKEN, "is_over": True}, None, STANDS - HELD),
    ({"is_over": True}, None, STANDS),
    ({}, RefundReason.APPOINTMENT_CANCELLED, {AppointmentStatus.CANCELLED}),
    (
        {"due": 0, "is_as_requested": False, "loss": Loss.TAKEN},
        RefundReason.APPOINTMENT_CANCELLED,
        {AppointmentStatus.CANCELLED},
    ),
]


def test_money_for_an_appointment_lands_or_says_why_not(subtests):
    for status, but, reason in [(status, but, reason) for but, reason, of in LANDINGS for status in sorted(of)]:
        with subtests.test(status=status, but=but, reason=reason):
            assert lands(status, **but) is reason


def test_money_pays_an_appointment_that_stands_in_part_or_whole_and_never_more_than_is_due(subtests):
    for status, is_as_requested, is_over, loss in product(AppointmentStatus, *[[False, True]] * 2, [None, *Loss]):
        told = {"is_as_requested": is_as_requested, "is_over": is_over, "loss": loss}
        with subtests.test(status=status, **told):
            amounts = list(product((-1, 0, 1, 79, 80, 81), (-1, 0, 1, 80)))

            paying = [(amount, due) for amount, due in amounts if lands(status, amount=amount, due=due, **told) is None]

            may_pay = status in STANDS and is_as_requested and not (status in HELD and loss)
            assert paying == [(amount, due) for amount, due in amounts if may_pay and 1 <= amount <= due]


@pytest.mark.parametrize(
    ("paid", "total", "status"),
    [
        (-1, 80, PaymentStatus.REFUNDED),
        (0, 80, PaymentStatus.REFUNDED),
        (1, 80, PaymentStatus.PARTIAL),
        (79, 80, PaymentStatus.PARTIAL),
        (80, 80, PaymentStatus.PAID),
        (81, 80, PaymentStatus.PAID),
        ("79.99", 80, PaymentStatus.PARTIAL),
        ("0.01", 80, PaymentStatus.PARTIAL),
    ],
)
def test_so_much_of_the_total_is_a_part_or_all_of_it(paid, total, status):
    assert paid_status(Decimal(paid), Decimal(total)) is status


@pytest.mark.parametrize(
    ("total", "percent", "currency", "beforehand"),
    [
        ("80000", 20, "PYG", "16000"),
        ("80001", 20, "PYG", "16001"),
        ("1", 1, "PYG", "1"),
        ("25.00", 33, "USD", "8.25"),
        ("25.01", 33, "USD", "8.26"),
        ("0.01", 1, "USD", "0.01"),
        ("10.001", 50, "KWD", "5.001"),
        ("80000", 100, "PYG", "80000"),
        ("0", 50, "PYG", "0"),
    ],
)
def test_a_deposit_is_rounded_up_to_what_the_currency_has(total, percent, currency, beforehand):
    assert str(deposit(Decimal(total), percent, currency)) == beforehand


@given(
    currency=st.sampled_from(["PYG", "USD", "KWD", "CLF"]), units=st.integers(0, 10**13), percent=st.integers(1, 100)
)
def test_a_deposit_is_never_less_than_its_exact_share_nor_a_whole_unit_more(currency, units, percent):
    unit = Fraction(1, 10 ** money.digits(currency))
    total = Decimal(units).scaleb(-money.digits(currency))

    beforehand = deposit(total, percent, currency)

    share = Fraction(total) * percent / 100
    assert 0 <= Fraction(beforehand) - share < unit
    assert Fraction(beforehand) % unit == 0
    assert beforehand <= total


def test_a_provider_is_asked_again_after_a_minute_then_two_then_four_and_at_last_every_hour():
    minutes = [next_check(checks) // timedelta(minutes=1) for checks in range(9)]

    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (next_check(0), next_check(10)) == (FIRST_CHECK, LAST_CHECK)


def test_the_longer_it_takes_the_less_often_a_provider_is_asked_but_once_an_hour():
    waits = [next_check(checks) for checks in [*range(40), 10**6, 10**18]]

    assert all(one <= later for one, later in pairwise(waits))
    assert max(waits) == LAST_CHECK
