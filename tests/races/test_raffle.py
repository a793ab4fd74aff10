"""Real concurrency on dynoxide: each number is sold once, none is lost, no order is half-written (P11, in small)."""

from collections import Counter
from datetime import timedelta

import pytest

from mostrador.errors import Busy, Conflict, ServiceError
from mostrador.raffles import numbers
from mostrador.table import base
from mostrador.table.items.raffles import Order
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.support import orders as shop
from tests.support.at_once import at_once

pytestmark = pytest.mark.race
BUYERS = 16
HOLD = timedelta(minutes=10)
LATE = HOLD + timedelta(seconds=1)


@pytest.fixture
def salon(dynoxide, now):
    return tenants.create(NewTenant(slug="salon", name="Salón"), now=now)


def until_sold_out(raffle, now, count, most=1000):
    """Each buyer orders so many numbers at random again and again, until there are no more; what all got."""

    def buy(buyer):
        got = []
        while len(got) < most:
            try:
                got.append(shop.sell(raffle, count=count, buyer=buyer, now=now))
            except Busy:
                continue
            except ServiceError:
                break
        return got

    return [order for got in at_once(BUYERS, buy) for order in got]


def winners(answers):
    return [one for one in answers if isinstance(one, Order)]


@pytest.mark.parametrize("count", [1, 3])
def test_buyers_at_once_choosing_at_random_sell_out_each_number_once(salon, now, count):
    raffle = shop.on_sale(now, last_number=150)

    bought = until_sold_out(raffle, now, count)

    assert sorted(number for order in bought for number in order.numbers) == list(range(1, 151))
    assert set(shop.held(raffle)) == set(range(1, 151))
    assert set(shop.check(raffle, now=now)) == {order.id for order in bought}


def test_red_control_without_the_condition_numbers_are_sold_again_and_again(salon, now, monkeypatch):
    monkeypatch.setattr(numbers, "can_be_taken", lambda *_: base.Item.pk != "")
    raffle = shop.on_sale(now, last_number=60)

    bought = until_sold_out(raffle, now, 3, most=5)

    sold = Counter(number for order in bought for number in order.numbers)
    assert max(sold.values()) > 1
    with pytest.raises(AssertionError):
        shop.check(raffle, now=now)


def test_of_many_who_pick_the_same_numbers_one_has_them_all(salon, now):
    raffle = shop.on_sale(now)

    answers = at_once(BUYERS, lambda buyer: shop.sell(raffle, 1, 2 + buyer, now=now, buyer=buyer))

    (winner,) = winners(answers)
    assert set(shop.held(raffle)) == set(winner.numbers)
    others = [answer.facts for answer in answers if answer is not winner]
    assert all(facts["value"] == [1] and len(facts["alternatives"]) == 1 for facts in others)


def test_numbers_that_overlap_cross_wise_leave_no_order_half_written(salon, now):
    raffle = shop.on_sale(now)

    answers = at_once(
        BUYERS,
        lambda buyer: shop.sell(raffle, *range(buyer + 1, buyer + 6), now=now, buyer=buyer),
    )

    assert winners(answers)
    shop.check(raffle, now=now)


def test_the_limit_of_a_customer_holds(salon, now):
    raffle = shop.on_sale(now, numbers_per_customer=5)
    shop.sell(raffle, 99, now=now, buyer=1)

    answers = at_once(BUYERS, lambda number: shop.sell(raffle, 2 * number + 1, 2 * number + 2, now=now, buyer=1))

    assert len(winners(answers)) == 2
    shop.check(raffle, now=now)


def test_the_same_key_at_once_is_one_order(salon, now):
    raffle = shop.on_sale(now)

    answers = at_once(BUYERS, lambda _: shop.sell(raffle, count=3, now=now, key="k"))

    assert len({answer.id for answer in winners(answers)}) == 1
    assert len(winners(answers)) == BUYERS
    assert len(shop.held(raffle)) == 3


def test_of_many_who_want_a_lapsed_number_and_who_pays_for_it_late_one_has_it(salon, now):
    for _ in range(3):
        raffle = shop.on_sale(now)
        order = shop.sell(raffle, 1, 2, now=now)

        def either(buyer, raffle=raffle, order=order):
            if buyer:
                return shop.sell(raffle, 2, buyer=buyer + 1, now=now + LATE)
            return shop.confirm(order, now=now + LATE).target

        answers = at_once(6, either)

        assert sum(one.status in ("RESERVED", "PAID") and one.id != order.id for one in winners(answers)) <= 1
        shop.check(raffle, now=now + LATE)


def test_a_payment_a_receipt_a_cancellation_and_the_end_of_the_hold_at_once_end_in_one_state(salon, now):
    calls = [shop.confirm, shop.receive, shop.cancel, shop.expire]
    for _ in range(3):
        raffle = shop.on_sale(now, numbers_per_customer=4)
        order = shop.sell(raffle, 1, 2, now=now, seller="u-eva")

        answers = at_once(8, lambda number, order=order: calls[number % 4](order, now=now + LATE))

        assert all(not isinstance(one, ServiceError) or isinstance(one, Conflict) for one in answers), answers
        shop.check(raffle, now=now + LATE)


def test_the_same_confirmation_at_once_is_one_payment(salon, now):
    order = shop.sell(shop.on_sale(now), 1, now=now)

    answers = at_once(8, lambda _: shop.confirm(order, now=now).payment)

    assert len({one.id for one in answers}) == 1
    assert {one.status for one in answers} == {"PAID"}


def test_different_money_at_once_pays_once_and_is_due_back_otherwise(salon, now):
    raffle = shop.on_sale(now)
    order = shop.sell(raffle, 1, now=now)

    answers = at_once(8, lambda number: shop.confirm(order, now=now, reference=f"T-{number}").payment)

    assert Counter(one.status for one in answers) == {"PAID": 1, "REFUND_DUE": 7}
    shop.check(raffle, now=now)
