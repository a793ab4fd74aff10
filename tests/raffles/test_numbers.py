"""Which order has a number: picked, at random, held, lapsed, taken over; all numbers of an order or none."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.raffles import board, numbers, reservations
from mostrador.raffles.rules.board import NumberState
from mostrador.raffles.rules.numbers import NumberOutside, NumberTwice, TooManyNumbers
from mostrador.table import keys, reads
from tests.support import faults
from tests.support import orders as shop
from tests.support.boards import pictured
from tests.support.lines import trips

HOLD = timedelta(minutes=10)
SECOND = timedelta(seconds=1)


@pytest.fixture
def raffle(salon, now):
    return shop.on_sale(now)


def test_an_order_holds_its_numbers(raffle, now):
    order = shop.sell(raffle, 7, 3, now=now)

    assert (order.numbers, order.status, order.hold_expires_at) == ([3, 7], "RESERVED", now + HOLD)
    held = shop.held(raffle)
    assert set(held) == {3, 7}
    until = int((now + HOLD).timestamp())
    assert {(one.order_id, one.hold_expires_at, one.is_sold) for one in held.values()} == {(order.id, until, False)}


def test_reserving_takes_two_round_trips(raffle, now):
    shop.sell(raffle, 1, now=now)

    with trips() as seen:
        shop.sell(raffle, 2, 3, 4, now=now)

    assert seen == ["BatchGetItem", "TransactWriteItems"]


def test_numbers_at_random_take_two_round_trips_once_there_is_a_picture(raffle, now):
    shop.sell(raffle, 1, now=now)
    board.project("salon", raffle.id, [1], changed_at=now, now=now)

    with trips() as seen:
        order = shop.sell(raffle, count=3, now=now)

    assert seen == ["BatchGetItem", "TransactWriteItems"]
    assert len(set(order.numbers) - {1}) == 3


def test_ninety_numbers_with_all_that_goes_with_them_fit_into_one_transaction(salon, now):
    raffle = shop.on_sale(now, numbers_per_customer=90)

    order = shop.sell(raffle, *range(1, 91), now=now, paid=shop.CASH, seller="u-admin")

    assert (order.status, len(shop.held(raffle))) == ("PAID", 90)


def test_all_numbers_of_an_order_or_none(raffle, now):
    shop.sell(raffle, 5, now=now)

    with pytest.raises(reservations.NumbersTaken):
        shop.sell(raffle, 4, 5, 6, buyer=2, now=now)

    assert set(shop.held(raffle)) == {5}


def test_who_comes_too_late_learns_which_are_gone_and_which_are_free(raffle, now):
    shop.sell(raffle, 5, 6, now=now)

    with pytest.raises(reservations.NumbersTaken) as refusal:
        shop.sell(raffle, 4, 5, 6, buyer=2, now=now)

    facts = refusal.value.facts
    assert (facts["field"], facts["value"], facts["numbers"]) == ("body.numbers", [5, 6], "005, 006")
    assert len(facts["alternatives"]) == 2
    assert not {4, 5, 6} & set(facts["alternatives"])


def test_what_is_proposed_is_all_that_is_left_and_can_be_had(salon, now):
    raffle = shop.on_sale(now, last_number=10)
    shop.sell(raffle, *range(1, 9), now=now)

    with pytest.raises(reservations.NumbersTaken) as refusal:
        shop.sell(raffle, 6, 7, 8, 9, buyer=2, now=now)

    assert refusal.value.facts["alternatives"] == [10]
    assert shop.sell(raffle, 9, 10, buyer=2, now=now).numbers == [9, 10]


def test_a_hold_keeps_its_numbers_until_the_second_at_which_it_expires(raffle, now):
    shop.sell(raffle, 5, now=now)

    with pytest.raises(reservations.NumbersTaken):
        shop.sell(raffle, 5, buyer=2, now=now + HOLD - SECOND)


def test_a_lapsed_hold_is_taken_over_by_the_write_itself_at_that_very_second(raffle, now):
    shop.sell(raffle, 4, 5, now=now)

    second = shop.sell(raffle, 5, buyer=2, now=now + HOLD)

    assert shop.owners(raffle)[5] == second.id


@pytest.mark.parametrize("make_firm", [shop.receive, shop.confirm], ids=["in review", "sold"])
def test_what_is_in_review_or_sold_never_lapses(raffle, now, make_firm):
    make_firm(shop.sell(raffle, 5, now=now), now=now)

    with pytest.raises(reservations.NumbersTaken):
        shop.sell(raffle, 5, buyer=2, now=now + timedelta(hours=12))


def test_lucky_numbers_are_as_many_as_wanted_and_all_free(raffle, now):
    shop.sell(raffle, *range(1, 81), now=now)

    order = shop.sell(raffle, count=20, buyer=2, now=now)

    assert order.numbers == list(range(81, 101))


def test_lucky_numbers_come_from_all_over(raffle, now):
    chosen = {number for buyer in range(12) for number in shop.sell(raffle, count=5, buyer=buyer, now=now).numbers}

    assert len(chosen) == 60
    assert max(chosen) - min(chosen) > 60


def test_lapsed_numbers_are_lucky_too(salon, now):
    raffle = shop.on_sale(now, last_number=10)
    shop.sell(raffle, *range(1, 10), now=now)

    assert len(shop.sell(raffle, count=10, buyer=2, now=now + HOLD).numbers) == 10


def test_when_too_few_are_left_it_says_how_many(salon, now):
    raffle = shop.on_sale(now, last_number=10)
    shop.sell(raffle, *range(1, 9), now=now)

    with pytest.raises(reservations.NotEnoughNumbers) as refusal:
        shop.sell(raffle, count=3, buyer=2, now=now)

    assert (refusal.value.facts["value"], refusal.value.facts["left"]) == (3, 2)
    assert set(shop.held(raffle)) == set(range(1, 9))


def test_a_picture_that_lags_costs_a_try_and_sells_nothing_twice(salon, now):
    raffle = shop.on_sale(now, last_number=20)
    shop.sell(raffle, 1, now=now)
    board.project("salon", raffle.id, [1], changed_at=now, now=now)
    shop.sell(raffle, *range(2, 16), now=now)  # which the picture does not know

    order = shop.sell(raffle, count=5, buyer=2, now=now)

    assert order.numbers == [16, 17, 18, 19, 20]


def test_a_refusal_that_does_not_tell_what_was_in_the_way_is_read_again(raffle, now):
    with faults.answering("TransactWriteItems", faults.cancelled("ConditionalCheckFailed", "None")):
        order = shop.sell(raffle, 5, now=now)

    assert shop.owners(raffle) == {5: order.id}


def test_buyers_who_get_into_each_others_way_try_again(raffle, now):
    conflict = faults.cancelled("TransactionConflict", "None")
    with faults.answering("TransactWriteItems", conflict, conflict) as calls:
        order = shop.sell(raffle, 5, now=now)

    assert len(calls) == 3
    assert shop.owners(raffle) == {5: order.id}


def test_of_a_raffle_with_many_numbers_some_blocks_are_looked_at(salon, now):
    raffle = shop.on_sale(now, first_number=0, last_number=99_999)

    found = numbers.NumberPicker("salon", raffle, now, free=[]).pick(7)

    assert len(set(found)) == 7
    assert all(0 <= number <= 99_999 for number in found)
    assert shop.sell(raffle, count=90, now=now).numbers[-1] <= 99_999


@pytest.mark.parametrize(
    ("asked", "refusal", "field", "value"),
    [
        ({"numbers": [1, 101]}, NumberOutside, "body.numbers.1", 101),
        ({"numbers": [0]}, NumberOutside, "body.numbers.0", 0),
        ({"numbers": [1, 2, 1]}, NumberTwice, "body.numbers.2", 1),
        ({"numbers": [1, 2, 3, 4]}, TooManyNumbers, "body.numbers", 4),
        ({"count": 4}, TooManyNumbers, "body.count", 4),
    ],
)
def test_numbers_that_cannot_be_are_refused_with_field_and_value(salon, now, asked, refusal, field, value):
    raffle = shop.on_sale(now, numbers_per_order=3)

    with pytest.raises(refusal) as refused:
        shop.sell(raffle, now=now, **asked)

    assert (refused.value.facts["field"], refused.value.facts["value"]) == (field, value)
    assert shop.held(raffle) == {}


@pytest.fixture
def limited(salon, now):
    return shop.on_sale(now, numbers_per_customer=3)


def test_a_lapsed_order_stops_counting_for_its_buyer_before_the_sweep(limited, now):
    lapsed = shop.sell(limited, 1, 2, now=now)
    with pytest.raises(numbers.TooManyForCustomer):
        shop.sell(limited, 3, 4, now=now + timedelta(minutes=9))
    later = now + timedelta(minutes=10)

    shop.sell(limited, 3, 4, now=later)

    assert shop.status(lapsed, now=later) == "EXPIRED"
    assert shop.bought(limited, lapsed.customer_id) == 2
    with pytest.raises(numbers.TooManyForCustomer):
        shop.sell(limited, 5, 6, now=later)
    shop.check(limited, now=later)


def test_only_the_buyers_own_lapsed_orders_of_that_raffle_end(limited, now):
    other = shop.on_sale(now, title="Otra rifa")
    elsewhere, of_beto = shop.sell(other, 1, now=now), shop.sell(limited, 9, now=now, buyer=2)
    shop.sell(limited, 1, 2, now=now)
    later = now + timedelta(minutes=10)

    shop.sell(limited, 3, 4, now=later)

    assert {shop.status(one, now=later) for one in (elsewhere, of_beto)} == {"RESERVED"}


def test_the_limit_of_a_customer_holds_over_several_orders_at_the_same_phone(limited, now):
    first = shop.sell(limited, 1, 2, now=now)

    with pytest.raises(numbers.TooManyForCustomer) as refusal:
        shop.sell(limited, 3, 4, now=now)

    assert refusal.value.facts["limit"] == 3
    assert shop.bought(limited, first.customer_id) == 2
    assert shop.sell(limited, 3, now=now).status == "RESERVED"


def test_the_limit_of_a_customer_holds_for_one_order(limited, now):
    with pytest.raises(numbers.TooManyForCustomer):
        shop.sell(limited, 1, 2, 3, 4, now=now)

    assert shop.held(limited) == {}


@pytest.mark.parametrize("end", ["cancelled", "expired", "refunded"])
def test_the_limit_of_a_customer_counts_what_has_ended_no_longer(limited, now, end):
    order = shop.sell(limited, 1, 2, now=now)
    if end == "cancelled":
        shop.cancel(order, now=now)
    if end == "expired":
        shop.expire(order, now=now + HOLD + SECOND)
    if end == "refunded":
        shop.confirm(order, now=now)
        shop.refund(order, now=now)

    assert shop.bought(limited, order.customer_id) == 0
    assert shop.sell(limited, 1, 2, 3, now=now + HOLD + SECOND).status == "RESERVED"


def test_the_limit_of_a_customer_counts_an_order_once_whatever_becomes_of_it(limited, now):
    order = shop.sell(limited, 1, 2, now=now)
    shop.receive(order, now=now)
    shop.confirm(order, now=now)
    shop.confirm(order, now=now)

    assert shop.bought(limited, order.customer_id) == 2


def test_numbers_of_a_customer_are_not_counted_where_there_is_no_limit(salon, now):
    raffle = shop.on_sale(now)
    order = shop.sell(raffle, 1, now=now)

    assert shop.bought(raffle, order.customer_id) is None


def test_two_tenants_sell_the_same_number_each(salon, clinic, now):
    here = shop.on_sale(now)
    there = shop.on_sale(now, tenant="clinic", permit=None)
    usa = {"customer": {"name": "Bob", "phone": "+1 212 555 0123"}}

    shop.sell(here, 7, now=now)
    shop.sell(there, 7, now=now, tenant="clinic", **usa)

    assert shop.owners(here)[7] != shop.owners(there, "clinic")[7]
    assert reads.get_item(keys.raffle_number("clinic", here.id, 7)) is None


def picker(board, without=()):
    """A picker that has the free numbers of a board at hand."""
    free = [number for number in board.free() if number not in without]
    return numbers.NumberPicker("salon", None, None, free, without)


STATES = st.lists(st.sampled_from(NumberState), min_size=1, max_size=60)


@given(STATES, st.integers(0, 70), st.integers(), st.sets(st.integers(0, 59)))
def test_picked_numbers_are_free_different_and_not_excluded(states, count, seed, without):
    free = set(pictured(states).free()) - without

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbers, "_dice", Random(seed))  # noqa: S311 - dice of a test
        patch.setattr(numbers, "_free_numbers", lambda _picker, _count: sorted(free))
        picked = picker(pictured(states), without).pick(count)

    assert picked == sorted(set(picked))
    assert set(picked) <= free
    assert len(picked) == min(count, len(free))


def test_every_free_number_is_picked_as_often_as_any_other(monkeypatch):
    """Chi-square with 24 degrees of freedom: above 51.2 once in a thousand."""
    picture = pictured(
        [NumberState.FREE, NumberState.SOLD, NumberState.FREE, NumberState.RESERVED] * 12 + [NumberState.FREE]
    )
    monkeypatch.setattr(numbers, "_dice", Random(5))  # noqa: S311 - dice of a test
    rounds, each = 4_000, 3

    seen = Counter(number for _ in range(rounds) for number in picker(picture).pick(each))

    expected = rounds * each / 25
    # Three of a draw are different, so their counts vary a little less than those of independent draws.
    assert sum((seen[number] - expected) ** 2 / expected for number in picture.free()) < 51.2
    assert set(seen) == set(picture.free())
