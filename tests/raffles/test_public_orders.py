"""Orders by anybody: what a link opens, to whom, and for how long."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.ledger.views.receipts import Receipt
from mostrador.raffles import order_links, order_transitions, public_orders, raffles
from mostrador.raffles.rules.states import WrongOrderState
from mostrador.raffles.views.orders import PublicOrder
from tests.support import orders as shop
from tests.support import raffles as drawn_raffles

HOME = "203.0.113.7"


@pytest.fixture
def raffle(salon, now):
    return shop.on_sale(now)


def order(raffle, *numbers, now, phone="0981 123 456", name="Ana", key=None, address=HOME, tenant="salon", **more):
    form = PublicOrder(numbers=list(numbers) or None, name=name, phone=phone, **more)
    return public_orders.order(tenant, raffle.id, form, address=address, key=key, now=now)


def numbers_of(mine):
    return [one.numbers for one in mine.orders]


def test_whoever_orders_gets_a_link_to_the_order(raffle, now):
    made = order(raffle, 7, now=now)

    found = public_orders.find("salon", made.token, now=now)
    assert (found.order.id, found.order.created_by, found.order.seller) == (made.order.id, "public", None)


def test_the_same_key_gives_the_same_order_and_link(raffle, now):
    first, again = (order(raffle, now=now, count=3, key="k") for _ in range(2))

    assert (again.order.id, again.token) == (first.order.id, first.token)


def test_a_key_of_the_public_is_none_of_the_staff(raffle, now):
    assert shop.sell(raffle, 1, now=now, key="k").id != order(raffle, 2, now=now, key="k").order.id


def test_a_raffle_that_never_opened_is_not_there(salon, now):
    with pytest.raises(NotHere):
        order(drawn_raffles.drafted(now), 1, now=now)


def test_by_link_a_payment_is_declared_and_what_is_not_paid_cancelled(raffle, now):
    made = order(raffle, 1, now=now)

    received = public_orders.receive("salon", made.token, Receipt(reference="T-1"), address=HOME, now=now)
    cancelled = public_orders.cancel("salon", made.token, reason="No\npuedo", now=now)

    assert (received.order.status, cancelled.order.status) == ("IN_REVIEW", "CANCELLED")
    assert cancelled.order.history[-1]["reason"] == "No puedo"


def test_by_link_what_is_paid_is_not_cancelled(raffle, now):
    made = order(raffle, 1, now=now)
    shop.confirm(made.order, now=now)

    with pytest.raises(WrongOrderState):
        public_orders.cancel("salon", made.token, reason="", now=now)


def test_whoever_knows_a_phone_sees_nothing_of_its_other_orders(raffle, now):
    shop.confirm(order(raffle, 1, 2, now=now).order, now=now)

    thief = order(raffle, 3, now=now, name="Otro")

    assert numbers_of(public_orders.mine("salon", thief.token, now=now)) == [[3]]


def test_the_buyers_link_shows_all_orders_of_the_customer_in_the_raffle(raffle, now):
    first = order(raffle, 1, 2, now=now).order
    second = order(raffle, 3, now=now + timedelta(minutes=1)).order
    order(raffle, 4, now=now, phone="0981 222 333")
    order(shop.on_sale(now), 5, now=now)

    told = order_links.of_buyer("salon", first.id, now=now)

    assert told.path == f"/tenant/salon/public/orders/{told.token}"
    assert numbers_of(public_orders.mine("salon", told.token, now=now)) == [second.numbers, first.numbers]
    assert public_orders.find("salon", told.token, now=now).order.id == first.id


def test_once_the_list_is_frozen_each_number_that_is_sold_comes_with_its_proof(raffle, now):
    sold, unsold = order(raffle, 7, 8, now=now), order(raffle, 9, now=now)
    shop.confirm(sold.order, now=now)
    assert public_orders.find("salon", sold.token, now=now).proofs == []
    raffles.close("salon", raffle.id, now=now)
    frozen = raffles.freeze("salon", raffle.id, now=raffles.freezes_at(raffle))

    told = public_orders.find("salon", sold.token, now=frozen.frozen_at).proofs

    assert [(one["number"], one["order"], one["root"]) for one in told] == [
        (7, sold.order.code, frozen.root),
        (8, sold.order.code, frozen.root),
    ]
    assert public_orders.find("salon", unsold.token, now=frozen.frozen_at).proofs == []


def test_the_end_of_a_hold_comes_to_orders_of_the_public_too(raffle, now):
    made = order(raffle, 1, now=now)

    expired = order_transitions.expire("salon", made.order.id, now=now + timedelta(minutes=11))

    assert public_orders.find("salon", made.token, now=now).order.status == expired.status == "EXPIRED"
