from decimal import Decimal
from itertools import product

import pytest

from mostrador.raffles.rules import states
from mostrador.raffles.rules.states import LIVE, ORDER_MOVES, RAFFLE_MOVES, OrderStatus, RaffleStatus


def test_a_raffle_moves_as_the_table_says_and_not_otherwise(subtests):
    for current, wanted in product(RaffleStatus, repeat=2):
        with subtests.test(current=current, wanted=wanted):
            if RAFFLE_MOVES.allows(current, wanted):
                RAFFLE_MOVES.check(current, wanted)
            else:
                with pytest.raises(states.WrongRaffleState, match=f"{current} cannot become {wanted}"):
                    RAFFLE_MOVES.check(current, wanted)


def test_an_order_moves_as_the_table_says_and_not_otherwise(subtests):
    for current, wanted in product(OrderStatus, repeat=2):
        with subtests.test(current=current, wanted=wanted):
            if ORDER_MOVES.allows(current, wanted):
                ORDER_MOVES.check(current, wanted)
            else:
                with pytest.raises(states.WrongOrderState, match=f"{current} cannot become {wanted}"):
                    ORDER_MOVES.check(current, wanted)


def test_nothing_drawn_or_cancelled_moves_again_and_only_live_orders_own_numbers():
    assert {one for one in RaffleStatus if not RAFFLE_MOVES.following(one)} == {
        RaffleStatus.DRAWN,
        RaffleStatus.CANCELLED,
    }
    assert {OrderStatus.RESERVED, OrderStatus.IN_REVIEW, OrderStatus.PAID} == LIVE


@pytest.mark.parametrize(
    ("count", "cost"), [(1, "10"), (4, "40"), (5, "40"), (6, "50"), (9, "80"), (10, "70"), (11, "80"), (15, "110")]
)
def test_numbers_cost_the_least_that_packages_and_single_ones_make(count, cost):
    packages = [(5, Decimal(40)), (10, Decimal(70))]

    assert states.price_of(count, Decimal(10), packages) == Decimal(cost)


@pytest.mark.parametrize(
    ("number", "last", "text"), [(7, 9, "7"), (7, 10, "07"), (42, 99999, "00042"), (100, 100, "100")]
)
def test_a_number_is_written_with_the_digits_of_the_last(number, last, text):
    assert states.printed_number(number, last) == text
