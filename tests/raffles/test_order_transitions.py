"""The transitions of an order: receipt, cancellation, the end of its hold; and what the sale cutoff forbids."""

from datetime import timedelta

import pytest

from mostrador.background import sweeper
from mostrador.ledger import payments
from mostrador.payments import refunds
from mostrador.payments.rules.checkout import NothingDue
from mostrador.raffles import order_links, order_transitions, orders, public_orders, raffles, reservations
from mostrador.raffles.order_transitions import HoldLapsed, SaleOver
from mostrador.raffles.rules.sale_window import WRITERS_FINISH_WITHIN
from mostrador.raffles.rules.states import ORDER_MOVES, OrderStatus, WrongOrderState
from mostrador.raffles.views.orders import OrderListing
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support import orders as shop
from tests.support.lines import sweep, trips

HOLD = timedelta(minutes=10)
SECOND = timedelta(seconds=1)


@pytest.fixture
def raffle(salon, now):
    return shop.on_sale(now)


def ended(raffle, now):
    """The raffle, closed at ``now``, and when its sale cutoff comes."""
    return raffles.sale_cutoff(raffles.close("salon", raffle.id, now=now))


def test_a_receipt_stops_the_hold_of_the_order_and_of_each_number(raffle, now):
    order = shop.receive(shop.sell(raffle, 1, 2, now=now), now=now)

    assert (order.status, order.hold_expires_at) == ("IN_REVIEW", None)
    assert order.due_at == keys.at(raffles.freezes_at(raffle))
    assert order.receipt == {"method": "TRANSFER", "reference": "T-1", "url": None}
    assert {one.hold_expires_at for one in shop.held(raffle).values()} == {None}


def test_a_receipt_shows_until_when_to_look_at_it(raffle, now):
    tenants.change("salon", TenantOperationChanges(review_hours=5), seen=None, now=now)
    order = shop.receive(shop.sell(raffle, 1, now=now), now=now)

    assert order.review_due_at == now + timedelta(hours=5)


def test_a_receipt_is_looked_at_before_the_sale_cutoff(raffle, now):
    late = raffle.sale_closes_at - SECOND
    order = shop.receive(shop.sell(raffle, 1, now=late), now=late)

    assert order.review_due_at == raffles.sale_cutoff(raffle)


def test_a_receipt_again_changes_nothing_and_another_replaces_it(raffle, now):
    first = shop.receive(shop.sell(raffle, 1, now=now), now=now)

    again = shop.receive(first, now=now + HOLD)
    other = shop.receive(first, now=now + HOLD, reference="T-2")

    assert (again.version, other.receipt["reference"]) == (first.version, "T-2")
    assert other.review_due_at == first.review_due_at
    assert [one["change"] for one in other.history] == ["IN_REVIEW", "RECEIPT"]


def test_a_receipt_after_the_hold_takes_the_numbers_again_where_they_are_free(raffle, now):
    order = shop.sell(raffle, 1, 2, now=now)

    assert shop.receive(order, now=now + HOLD + SECOND).status == "IN_REVIEW"
    with pytest.raises(reservations.NumbersTaken):
        shop.sell(raffle, 1, buyer=2, now=now + 2 * HOLD)


def test_a_receipt_after_the_hold_says_which_numbers_others_have(raffle, now):
    order = shop.sell(raffle, 1, 2, now=now)
    shop.sell(raffle, 2, buyer=2, now=now + HOLD + SECOND)

    with pytest.raises(HoldLapsed) as refusal:
        shop.receive(order, now=now + HOLD + SECOND)

    assert refusal.value.facts["numbers"] == "002"
    assert shop.status(order, now=now) == "RESERVED"


def test_a_receipt_is_taken_until_the_sale_cutoff_and_not_from_it_on(raffle, now):
    one, two = shop.sell(raffle, 1, now=now), shop.sell(raffle, 2, now=now)
    sale_cutoff = ended(raffle, now)

    assert shop.receive(one, now=sale_cutoff - SECOND).status == "IN_REVIEW"
    with pytest.raises(SaleOver) as refusal:
        shop.receive(two, now=sale_cutoff)
    assert refusal.value.facts["sale_cutoff"] == sale_cutoff.isoformat()


def test_a_receipt_of_a_cancelled_raffle_is_not_taken(raffle, now):
    order = shop.sell(raffle, 1, now=now)
    raffles.cancel("salon", raffle.id, reason="Sin permiso", now=now)

    with pytest.raises(SaleOver):
        shop.receive(order, now=now)


@pytest.mark.parametrize("before", [None, shop.receive], ids=["reserved", "in review"])
def test_a_cancellation_frees_the_numbers(raffle, now, before):
    order = shop.sell(raffle, 1, 2, now=now)
    if before:
        before(order, now=now)

    cancelled = shop.cancel(order, now=now)

    assert (cancelled.status, cancelled.hold_expires_at, cancelled.due_pk) == ("CANCELLED", None, None)
    assert shop.held(raffle) == {}


def test_a_cancellation_keeps_reason_time_and_user(raffle, now):
    order = shop.sell(raffle, 1, now=now)

    cancelled = order_transitions.cancel("salon", order.id, reason="Se equivocó", actor_name="eva", now=now)

    expected = {"at": keys.at(now), "by": "eva", "change": "CANCELLED", "reason": "Se equivocó"}
    assert cancelled.history == [expected]


def test_a_cancellation_again_changes_nothing(raffle, now):
    first = shop.cancel(shop.sell(raffle, 1, now=now), now=now)

    assert shop.cancel(first, now=now + HOLD).version == first.version


def test_a_cancellation_leaves_others_what_they_took_over(raffle, now):
    order = shop.sell(raffle, 1, 2, now=now)
    other = shop.sell(raffle, 2, buyer=2, now=now + HOLD + SECOND)

    shop.cancel(order, now=now + HOLD + SECOND)

    assert shop.owners(raffle) == {2: other.id}


def test_a_cancellation_lets_go_what_is_not_sold_after_the_sale_cutoff_too(raffle, now):
    order = shop.receive(shop.sell(raffle, 1, now=now), now=now)
    sale_cutoff = ended(raffle, now)

    assert shop.cancel(order, now=sale_cutoff).status == "CANCELLED"
    assert shop.held(raffle) == {}


def test_the_end_of_a_hold_comes_by_itself_at_its_very_second(raffle, now):
    order = shop.sell(raffle, 1, 2, now=now)

    assert sweep(now + HOLD - SECOND)["expired"] == 0
    assert sweep(now + HOLD)["expired"] == 1

    assert shop.status(order, now=now) == "EXPIRED"
    assert shop.held(raffle) == {}
    assert sweep(now + 2 * HOLD)["expired"] == 0


def test_the_end_of_a_hold_leaves_others_what_they_took_over(raffle, now):
    order = shop.sell(raffle, 1, 2, now=now)
    other = shop.sell(raffle, 2, buyer=2, now=now + HOLD + SECOND)

    assert shop.expire(order, now=now + HOLD + SECOND).status == "EXPIRED"
    assert shop.owners(raffle) == {2: other.id}


@pytest.mark.parametrize("change", [shop.receive, shop.confirm, shop.cancel])
def test_the_end_of_a_hold_does_not_come_to_what_was_looked_after(raffle, now, change):
    order = shop.sell(raffle, 1, now=now)
    change(order, now=now)
    before = shop.stored(order, now=now)

    after = shop.expire(order, now=now + 2 * HOLD)

    assert (after.status, after.version) == (before.status, before.version)


def test_the_end_of_a_hold_of_a_suspended_tenant_waits(raffle, now):
    order = shop.sell(raffle, 1, now=now)
    tenants.suspend("salon", now=now)

    assert sweep(now + 2 * HOLD)["suspended"] >= 1
    tenants.resume("salon", now=now)
    assert shop.status(order, now=now) == "RESERVED"


CHANGES = {
    OrderStatus.IN_REVIEW: shop.receive,
    OrderStatus.CANCELLED: shop.cancel,
    OrderStatus.REFUNDED: shop.refund,
}


def brought_to(status, raffle, now):
    """An order in that state."""
    order = shop.sell(raffle, 1, now=now)
    if status is OrderStatus.EXPIRED:
        shop.expire(order, now=now + HOLD + SECOND)
    if status in (OrderStatus.PAID, OrderStatus.REFUNDED):
        shop.confirm(order, now=now)
    if status in CHANGES:
        CHANGES[status](order, now=now)
    return shop.stored(order, now=now)


@pytest.mark.parametrize("to", CHANGES)
@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_makes_the_moves_of_the_table_and_no_other(raffle, now, status, to):
    order = brought_to(status, raffle, now)

    if ORDER_MOVES.allows(status, to) or to is status:
        CHANGES[to](order, now=now)
        assert shop.status(order, now=now) == to
    else:
        with pytest.raises(WrongOrderState):
            CHANGES[to](order, now=now)
        assert shop.status(order, now=now) == status


def test_a_cancelled_raffle_ends_its_orders_by_itself_and_owes_what_was_paid(raffle, now):
    reserved, reviewed = shop.sell(raffle, 1, now=now), shop.receive(shop.sell(raffle, 2, now=now), now=now)
    paid = shop.sell(raffle, 3, now=now, paid=shop.CASH)
    raffles.cancel("salon", raffle.id, reason="Sin permiso", now=now)

    sweep(now)

    states = [shop.status(one, now=now) for one in (reserved, reviewed, paid)]
    assert states == ["CANCELLED", "CANCELLED", "REFUNDED"]
    assert shop.held(raffle) == {}
    payment = reads.get_item(keys.payment("salon", paid.payment_id))
    assert (payment.status, payment.reason) == ("REFUND_DUE", "RAFFLE_CANCELLED")


def test_a_cancelled_raffle_is_looked_at_until_nobody_can_be_at_work_who_saw_it_open(raffle, now):
    raffles.cancel("salon", raffle.id, reason="Sin permiso", now=now)

    assert sweep(now + WRITERS_FINISH_WITHIN)["raffles"] == 1
    assert sweep(now + WRITERS_FINISH_WITHIN + SECOND)["raffles"] == 1
    assert sweep(now + WRITERS_FINISH_WITHIN + 2 * SECOND)["raffles"] == 0


def test_a_cancelled_raffle_is_wound_up_in_parts(raffle, now, monkeypatch):
    monkeypatch.setattr("mostrador.payments.refunds.MOST_ORDERS", 2)
    for number in range(1, 6):
        shop.sell(raffle, number, now=now)
    raffles.cancel("salon", raffle.id, reason="Sin permiso", now=now)

    left = []
    for _ in range(3):
        sweeper.run(lambda: now, until=now + HOLD)
        left.append(len(shop.held(raffle)))

    assert left == [3, 1, 0]


@pytest.mark.parametrize(
    ("change", "more"),
    [(shop.receive, []), (shop.confirm, ["Query"]), (shop.cancel, [])],  # money at the counter asks for the open till
    ids=["receive", "confirm", "cancel"],
)
def test_a_change_takes_two_round_trips_once_the_raffle_is_known(raffle, now, change, more):
    shop.receive(shop.sell(raffle, 1, now=now), now=now)
    order = shop.sell(raffle, 2, 3, now=now)

    with trips() as seen:
        change(order, now=now)

    assert seen == ["BatchGetItem", *more, "TransactWriteItems"]


def test_an_order_of_a_raffle_that_was_not_met_takes_one_more(raffle, now):
    met = [shop.receive(shop.sell(shop.on_sale(now), 1, now=now), now=now) for _ in range(3)]
    order = shop.sell(raffle, 1, now=now)

    with trips() as seen:
        shop.cancel(order, now=now)

    assert seen == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    assert {shop.status(one, now=now) for one in met} == {"IN_REVIEW"}


def owed(raffle, now):
    """The orders on the list of what is perhaps owed."""
    return {one.id for one in orders.listing("salon", raffle.id, OrderListing(perhaps_owed=True), now=now).items}


def called_off(raffle, now):
    raffles.cancel("salon", raffle.id, reason="Sin permiso", now=now)
    refunds.refund_cancelled_raffle("salon", raffle.id, now=now)


def test_a_cancelled_raffle_perhaps_owes_what_was_in_review(raffle, now):
    in_review, reserved = (shop.sell(raffle, number, now=now) for number in (1, 2))
    shop.receive(in_review, now=now)

    called_off(raffle, now)

    assert {shop.status(one, now=now) for one in (in_review, reserved)} == {"CANCELLED"}
    assert owed(raffle, now) == {in_review.id}


def test_staff_finds_that_no_money_came_and_it_is_owed_no_more(raffle, now):
    order = shop.receive(shop.sell(raffle, 1, now=now), now=now)
    called_off(raffle, now)

    looked_at = shop.cancel(order, now=now)

    assert (looked_at.status, owed(raffle, now)) == ("CANCELLED", set())
    assert shop.cancel(order, now=now).version == looked_at.version


def test_staff_finds_the_money_and_it_is_due_back_instead(raffle, now):
    order = shop.receive(shop.sell(raffle, 1, now=now), now=now)
    called_off(raffle, now)

    settled = shop.confirm(order, now=now)

    assert (settled.payment.status, settled.payment.reason) == ("REFUND_DUE", "RAFFLE_CANCELLED")
    assert owed(raffle, now) == set()


def test_what_staff_rejects_is_not_owed_and_what_a_buyer_takes_back_perhaps_is(raffle, now):
    rejected, taken_back = (shop.receive(shop.sell(raffle, number, now=now), now=now) for number in (1, 2))

    shop.cancel(rejected, now=now)
    token = order_links.token_of("salon", taken_back.id)
    public_orders.cancel("salon", token, reason="", now=now)
    public_orders.cancel("salon", token, reason="", now=now)

    assert owed(raffle, now) == {taken_back.id}


def test_a_free_raffle_owes_nothing(salon, now):
    free = shop.on_sale(now, price="0")
    in_review, paid, late = (shop.sell(free, number, now=now) for number in (1, 2, 3))
    shop.receive(in_review, now=now)
    shop.confirm(paid, now=now)

    called_off(free, now)

    assert (owed(free, now), payments.refunds_due("salon", 10)) == (set(), [])
    assert shop.status(paid, now=now) == "REFUNDED"
    with pytest.raises(NothingDue):
        shop.confirm(late, now=now)
    assert payments.refunds_due("salon", 10) == []


def test_at_the_freeze_an_order_in_review_ends_and_is_perhaps_owed(raffle, now):
    order = shop.receive(shop.sell(raffle, 1, now=now), now=now)
    freezes_at = raffles.freezes_at(raffle)

    sweep(freezes_at - SECOND)
    assert shop.status(order, now=now) == "IN_REVIEW"
    sweep(freezes_at)

    ended = shop.stored(order, now=freezes_at)
    assert (ended.status, ended.due_at, shop.held(raffle)) == ("CANCELLED", None, {})
    assert ended.history[-1]["reason"] == order_transitions.NOT_REVIEWED
    assert owed(raffle, freezes_at) == {order.id}
    assert raffles.freezes_at(raffle) < raffle.draw_at
