"""How many numbers one address may hold, and one phone, until they are paid."""

from datetime import timedelta

import pytest

from mostrador.errors import Conflict
from mostrador.ledger.views.receipts import Receipt
from mostrador.raffles import order_reviews, order_transitions, public_limits, public_orders, raffles
from mostrador.raffles.numbers import TooManyForCustomer
from mostrador.raffles.public_limits import TooManyUnpaid
from mostrador.raffles.views.orders import PublicOrder
from mostrador.tenancy import public_holds, tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support import orders as shop
from tests.support.lines import trips

HOME, OFFICE = "203.0.113.7", "198.51.100.9"
HOLD = timedelta(minutes=10)


@pytest.fixture
def raffle(salon, now):
    return shop.on_sale(now)


def order(raffle, *numbers, now, buyer=1, address=HOME, key=None, count=None):
    wanted = {"count": count} if count else {"numbers": list(numbers)}
    form = PublicOrder(name=f"Cliente {buyer}", phone=f"0981 {100000 + buyer}", **wanted)
    return public_orders.order("salon", raffle.id, form, address=address, key=key, now=now)


def receive(made, *, now, address=HOME, reference="T-1"):
    form = Receipt(reference=reference)
    return public_orders.receive("salon", made.token, form, address=address, now=now).order


def settle(now, **changes):
    tenants.change("salon", TenantOperationChanges(**changes), seen=None, now=now)


def blocked_by_a_stranger(raffle, now):
    """The numbers that ten orders from one address, all declared paid, take out of the sale."""
    for buyer in range(10):
        try:
            receive(order(raffle, count=10, now=now, buyer=buyer), now=now)
        except Conflict:
            continue
    for buyer in range(10):
        try:
            receive(order(raffle, count=1, now=now, buyer=buyer), now=now)
        except Conflict:
            continue
    return len(shop.held(raffle))


def test_a_stranger_blocks_five_numbers_of_a_hundred(raffle, now):
    assert blocked_by_a_stranger(raffle, now) == 5


def test_red_control_without_the_share_a_stranger_blocks_the_raffle(raffle, now, monkeypatch):
    monkeypatch.setattr(public_limits, "limit_of", lambda *_: 1000)

    assert blocked_by_a_stranger(raffle, now) == 100


def test_the_refusal_says_how_many_are_left(raffle, now):
    order(raffle, 1, 2, now=now)

    with pytest.raises(TooManyUnpaid) as caught:
        order(raffle, 3, 4, 5, 6, now=now, buyer=2)

    assert caught.value.facts == {"limit": 5, "left": 3}
    assert order(raffle, 3, 4, 5, now=now, buyer=2)
    assert order(raffle, 6, now=now, buyer=3, address=OFFICE)


def test_a_small_raffle_still_sells_one(salon, now):
    small = shop.on_sale(now, last_number=10)

    assert order(small, 1, now=now)
    with pytest.raises(TooManyUnpaid):
        order(small, 2, now=now)


def test_25_honest_buyers_behind_one_address_are_served(salon, now):
    large = shop.on_sale(now, last_number=1000)

    for buyer in range(25):
        receive(order(large, count=2, now=now, buyer=buyer), now=now)


def test_25_honest_buyers_who_pay_are_served_in_a_small_raffle_too(raffle, now):
    for buyer in range(25):
        shop.confirm(order(raffle, count=2, now=now, buyer=buyer).order, now=now)


@pytest.mark.parametrize("end", ["cancel", "lapse", "pay", "keep"])
def test_what_is_paid_kept_or_free_again_counts_no_longer(raffle, now, end):
    made = order(raffle, 1, 2, 3, 4, 5, now=now)
    later = now
    match end:
        case "cancel":
            shop.cancel(made.order, now=now)
        case "lapse":
            later = made.order.hold_expires_at
        case "pay":
            shop.confirm(made.order, now=now)
        case "keep":
            receive(made, now=now)
            order_reviews.keep("salon", made.order.id, actor_name="eva", now=now)

    assert order(raffle, 6, now=later, buyer=2)


def test_a_declared_payment_counts_until_somebody_looked(raffle, now):
    receive(order(raffle, 1, 2, 3, 4, 5, now=now), now=now)

    with pytest.raises(TooManyUnpaid):
        order(raffle, 6, now=now + 2 * HOLD, buyer=2)


def test_a_hold_that_lapsed_is_not_declared_paid_beyond_the_share(raffle, now):
    late = now + HOLD
    lapsed = order(raffle, 1, 2, 3, now=now)
    order(raffle, 4, 5, 6, now=late, buyer=2)

    with pytest.raises(TooManyUnpaid):
        receive(lapsed, now=late)
    assert receive(lapsed, now=late, address=OFFICE).status == "IN_REVIEW"
    with pytest.raises(TooManyUnpaid):
        order(raffle, 7, 8, 9, now=late, buyer=3, address=OFFICE)


def test_a_payment_within_the_hold_may_be_declared_from_a_full_address(raffle, now):
    """Somebody orders at home, pays, and declares it through the carrier whose other customers hold numbers too."""
    mine = order(raffle, 1, 2, 3, now=now, address=OFFICE)
    order(raffle, 4, 5, 6, 7, 8, now=now, buyer=2)

    assert receive(mine, now=now).status == "IN_REVIEW"


def test_each_raffle_has_its_share_and_an_address_so_many_orders(raffle, now):
    settle(now, public_pending_limit=2)
    other = shop.on_sale(now)
    order(raffle, 1, 2, 3, 4, 5, now=now)
    order(other, 1, 2, 3, 4, 5, now=now)

    with pytest.raises(public_holds.TooManyHeld):
        order(shop.on_sale(now), 1, now=now)


def test_sellers_are_not_limited(raffle, now):
    assert shop.sell(raffle, count=20, now=now)


def test_a_repeat_is_the_same_order_and_somebody_elses_key_another(raffle, now):
    mine = order(raffle, 1, now=now, key="k" * 16)

    assert order(raffle, 1, now=now, key="k" * 16).token == mine.token
    with pytest.raises(Conflict):  # the number is taken, and no link is told
        order(raffle, 1, now=now, key="k" * 16, address=OFFICE)


def test_an_order_costs_no_round_trip_more(raffle, now):
    order(raffle, 1, now=now)
    with trips() as counted:
        order(raffle, 2, now=now, buyer=2)

    assert counted == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]  # the first: was it ever opened?


@pytest.fixture
def limited(salon, now):
    return shop.on_sale(now, numbers_per_customer=3)


def test_somebody_elses_orders_under_my_phone_never_stop_me(limited, now):
    order(limited, 1, 2, 3, now=now, address=OFFICE)

    mine = order(limited, 4, 5, 6, now=now)

    assert shop.confirm(mine.order, now=now).target.status == "PAID"
    assert shop.confirm(order(limited, 7, now=now, address=OFFICE, buyer=2).order, now=now)


def test_within_one_address_a_phone_has_the_raffles_limit(limited, now):
    first = order(limited, 1, 2, now=now)

    with pytest.raises(TooManyForCustomer):
        order(limited, 3, 4, now=now)
    shop.cancel(first.order, now=now)
    assert order(limited, 3, 4, now=now)


def test_paid_numbers_count_for_the_phone_whatever_the_address(limited, now):
    shop.confirm(order(limited, 1, 2, now=now, address=OFFICE).order, now=now)

    with pytest.raises(TooManyForCustomer) as caught:
        order(limited, 3, 4, now=now)
    assert caught.value.facts == {"limit": 3}
    assert order(limited, 3, now=now)


def test_money_beyond_the_raffles_limit_is_due_back(limited, now):
    first, second = order(limited, 1, 2, now=now), order(limited, 3, 4, now=now, address=OFFICE)
    shop.confirm(first.order, now=now)

    settled = shop.confirm(second.order, now=now)

    assert (settled.payment.status, settled.payment.reason) == ("REFUND_DUE", "TOO_MANY_NUMBERS")
    shop.check(limited, now=now)


def test_the_end_of_the_sale_ends_what_is_kept_of_an_address(raffle, now):
    made = order(raffle, 1, now=now)

    assert raffles.sale_cutoff(raffle) > made.order.hold_expires_at
    order_transitions.expire("salon", made.order.id, now=made.order.hold_expires_at)
    assert shop.held(raffle) == {}
