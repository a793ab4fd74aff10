from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.raffles.rules import sale_window
from mostrador.raffles.rules.states import price_of

CLOSES = datetime(2026, 12, 24, 22, tzinfo=UTC)
HOLD = timedelta(minutes=15)


@pytest.mark.parametrize(("first", "last"), [(1, 10), (0, 99_999), (500, 1499)])
def test_ten_to_a_hundred_thousand_numbers_are_a_raffle(first, last):
    sale_window.check_range(first, last, prizes=3)


@pytest.mark.parametrize(("first", "last", "count"), [(1, 9, 9), (0, 100_000, 100_001), (9, 1, -7)])
def test_fewer_or_more_are_none(first, last, count):
    with pytest.raises(sale_window.BadRange, match=f"{first} to {last} are {count} numbers"):
        sale_window.check_range(first, last, prizes=1)


def test_there_are_no_more_prizes_than_numbers():
    with pytest.raises(sale_window.TooManyPrizes):
        sale_window.check_range(1, 10, prizes=11)


def test_a_package_is_cheaper_than_its_numbers_and_than_other_packages():
    sale_window.check_packages([(5, Decimal(40)), (10, Decimal(75))], Decimal(10), currency="PYG", most=10)

    for packages in ([(5, Decimal(50))], [(5, Decimal(40)), (10, Decimal(80))], [(11, Decimal(90))]):
        with pytest.raises(sale_window.BadPackage):
            sale_window.check_packages(packages, Decimal(10), currency="PYG", most=10)


@given(
    price=st.integers(1, 50),
    packages=st.lists(st.tuples(st.integers(2, 20), st.integers(1, 500)), max_size=4),
    count=st.integers(1, 40),
)
def test_with_packages_that_are_taken_more_numbers_never_cost_more_each_than_alone(price, packages, count):
    offers = [(numbers, Decimal(cost)) for numbers, cost in packages]
    try:
        sale_window.check_packages(offers, Decimal(price), currency="PYG", most=20)
    except sale_window.BadPackage:
        return

    assert price_of(count, Decimal(price), offers) <= count * Decimal(price)
    assert all(price_of(numbers, Decimal(price), offers) == cost for numbers, cost in offers)


def test_the_freeze_of_a_sale_that_ends_by_the_clock_comes_before_its_draw_with_time_to_spare():
    earliest = CLOSES + HOLD + sale_window.BEFORE_DRAW

    sale_window.check_times(None, CLOSES, earliest, HOLD)

    assert earliest - (sale_window.sale_cutoff(CLOSES, HOLD) + sale_window.WRITERS_FINISH_WITHIN) >= timedelta(
        minutes=5
    )
    with pytest.raises(sale_window.BadTimes):
        sale_window.check_times(None, CLOSES, earliest - timedelta(seconds=1), HOLD)


def test_a_sale_closes_after_it_opens():
    with pytest.raises(sale_window.BadTimes):
        sale_window.check_times(CLOSES, CLOSES, CLOSES + timedelta(days=1), HOLD)
