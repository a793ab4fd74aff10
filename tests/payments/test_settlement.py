"""Where money lands: on its order, or due back. Nothing paid is dropped, nothing unpaid is confirmed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from mostrador.errors import NotHere
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import Method, PaymentState, Target, WrongPaymentState
from mostrador.ledger.views.payments import Confirmation, PaymentListing
from mostrador.payments import counter_payments, settlement
from mostrador.payments.rules.checkout import NothingDue
from mostrador.raffles import order_transitions, raffles, reservations
from mostrador.raffles.rules.states import WrongOrderState
from mostrador.table import writes
from mostrador.values.money import BadAmount
from tests.support import bank as banks
from tests.support import orders as shop
from tests.support import till as tills

HOLD = timedelta(minutes=10)
SECOND = timedelta(seconds=1)
LATE = HOLD + SECOND


@pytest.fixture
def raffle(salon, now):
    return shop.on_sale(now)


def listed(now, tenant="salon", **query):
    return payments.listing(tenant, PaymentListing(**query), now=now).items


def due_back(now):
    """What is on the list of money due back: amount and reason of each."""
    return [(str(one.amount), one.reason) for one in listed(now, status="REFUND_DUE")]


@pytest.mark.parametrize("before", [None, shop.receive], ids=["reserved", "in review"])
def test_paid_in_time_it_pays_the_order_and_its_numbers_are_sold(raffle, now, before):
    order = shop.sell(raffle, 1, 2, now=now)
    if before:
        before(order, now=now)

    settled = shop.confirm(order, now=now, method="TRANSFER", reference="T-9")

    paid, payment = shop.stored(order, now=now), payments.get("salon", settled.payment.id, now=now)
    assert (paid.status, paid.paid_at, paid.payment_id, paid.due_pk) == ("PAID", now, payment.id, None)
    assert (payment.status, payment.amount, payment.currency) == ("PAID", 20_000, "PYG")
    assert (payment.provider, payment.method, payment.external_id, payment.taken_by) == (
        "MANUAL",
        "TRANSFER",
        "T-9",
        "eva",
    )
    assert {(one.order_id, one.is_sold, one.hold_expires_at) for one in shop.held(raffle).values()} == {
        (order.id, True, None)
    }
    assert due_back(now) == []


def test_paid_in_time_the_order_remembers_who_and_when(raffle, now):
    settled = shop.confirm(shop.sell(raffle, 1, now=now), now=now)

    (entry,) = settled.target.history
    assert (entry["by"], entry["change"], entry["payment"]) == ("eva", "PAID", settled.payment.id)


def test_paid_in_time_over_the_counter_it_is_sold_in_one_go(raffle, now):
    order = shop.sell(raffle, 1, 2, now=now, paid={"method": "CASH", "reference": "R-1"})

    payment = payments.get("salon", order.payment_id, now=now)
    assert (order.status, order.hold_expires_at, payment.status) == ("PAID", None, "PAID")
    assert (payment.amount, payment.external_id, payment.target_id) == (20_000, "R-1", order.id)
    assert all(one.is_sold for one in shop.held(raffle).values())


def test_paid_in_time_over_the_counter_again_under_the_same_key_is_one_sale(raffle, now):
    first = shop.sell(raffle, 1, now=now, key="k", paid=shop.CASH)

    assert shop.sell(raffle, 1, now=now, key="k", paid=shop.CASH).payment_id == first.payment_id
    assert len(listed(now)) == 1


def test_paid_in_time_over_the_counter_numbers_that_are_gone_cost_nothing(raffle, now):
    shop.sell(raffle, 1, now=now)

    with pytest.raises(reservations.NumbersTaken):
        shop.sell(raffle, 1, 2, buyer=2, now=now, paid=shop.CASH)

    assert listed(now) == []


def test_paid_in_time_until_the_cut_what_is_in_review_is_confirmed(raffle, now):
    order = shop.receive(shop.sell(raffle, 1, now=now), now=now)
    cut = raffles.sale_cutoff(raffles.close("salon", raffle.id, now=now))

    assert shop.confirm(order, now=cut - SECOND).payment.status == "PAID"


@pytest.mark.parametrize("sweep", [shop.expire, None], ids=["expired", "only lapsed"])
def test_paid_late_it_takes_the_numbers_again_where_they_are_free(raffle, now, sweep):
    order = shop.sell(raffle, 1, 2, now=now)
    if sweep:
        sweep(order, now=now + LATE)

    settled = shop.confirm(order, now=now + LATE)

    assert (settled.payment.status, shop.status(order, now=now)) == ("PAID", "PAID")
    assert shop.owners(raffle) == {1: order.id, 2: order.id}


def test_paid_late_it_takes_over_what_others_let_lapse(raffle, now):
    order = shop.sell(raffle, 1, now=now)
    shop.sell(raffle, 1, buyer=2, now=now + LATE)

    assert shop.confirm(order, now=now + 2 * LATE).payment.status == "PAID"


@pytest.mark.parametrize("sweep", [shop.expire, None], ids=["expired", "only lapsed"])
def test_paid_late_it_is_due_back_where_one_number_is_gone(raffle, now, sweep):
    order = shop.sell(raffle, 1, 2, now=now)
    other = shop.sell(raffle, 2, buyer=2, now=now + LATE)
    if sweep:
        sweep(order, now=now + LATE)
    before = shop.owners(raffle)

    settled = shop.confirm(order, now=now + LATE)

    assert (settled.payment.status, settled.payment.reason) == ("REFUND_DUE", "NUMBERS_GONE")
    assert shop.status(order, now=now) != "PAID"
    assert shop.owners(raffle) == before
    assert before[2] == other.id


def test_paid_late_it_is_due_back_where_the_buyer_would_have_too_many(salon, now):
    raffle = shop.on_sale(now, numbers_per_customer=3)
    order = shop.sell(raffle, 1, 2, now=now)
    shop.expire(order, now=now + LATE)
    shop.sell(raffle, 5, 6, now=now + LATE)

    settled = shop.confirm(order, now=now + LATE)

    assert (settled.payment.status, settled.payment.reason) == ("REFUND_DUE", "TOO_MANY_NUMBERS")
    assert shop.bought(raffle, order.customer_id) == 2


def test_paid_late_it_counts_for_the_buyer_again(salon, now):
    raffle = shop.on_sale(now, numbers_per_customer=3)
    order = shop.sell(raffle, 1, 2, now=now)
    shop.expire(order, now=now + LATE)

    shop.confirm(order, now=now + LATE)

    assert shop.bought(raffle, order.customer_id) == 2


def test_paid_late_from_the_cut_on_it_is_due_back(raffle, now):
    order = shop.receive(shop.sell(raffle, 1, now=now), now=now)
    cut = raffles.sale_cutoff(raffles.close("salon", raffle.id, now=now))

    settled = shop.confirm(order, now=cut)

    assert (settled.payment.status, settled.payment.reason) == ("REFUND_DUE", "TOO_LATE")
    assert (shop.status(order, now=now), [one.is_sold for one in shop.held(raffle).values()]) == (
        "IN_REVIEW",
        [False],
    )


def test_money_that_comes_twice_is_due_back(raffle, now):
    order = shop.sell(raffle, 1, now=now)
    shop.confirm(order, now=now)

    second = shop.confirm(order, now=now, method="TRANSFER", reference="T-1")

    assert (second.payment.status, second.payment.reason) == ("REFUND_DUE", "ALREADY_PAID")
    assert due_back(now) == [("10000", "ALREADY_PAID")]
    assert shop.stored(order, now=now).payment_id != second.payment.id


def test_nothing_for_an_order_is_no_payment(raffle, now):
    order = shop.sell(raffle, 1, now=now)

    with pytest.raises(NothingDue):
        shop.confirm(order, now=now, amount="0")

    assert listed(now) == []


@pytest.mark.parametrize("amount", ["9999", "10001", "1"])
def test_a_wrong_amount_is_due_back_and_the_order_stays(raffle, now, amount):
    order = shop.sell(raffle, 1, now=now)

    settled = shop.confirm(order, now=now, amount=amount)

    assert (settled.payment.status, settled.payment.reason) == ("REFUND_DUE", "WRONG_AMOUNT")
    assert (shop.status(order, now=now), due_back(now)) == ("RESERVED", [(amount, "WRONG_AMOUNT")])


def test_after_a_wrong_amount_the_right_one_pays(raffle, now):
    order = shop.sell(raffle, 1, now=now)
    shop.confirm(order, now=now, amount="9000")

    assert shop.confirm(order, now=now, amount="10000").payment.status == "PAID"


@pytest.mark.parametrize("amount", ["10.5", "1000000000000000"])
def test_what_is_no_amount_is_refused(raffle, now, amount):
    order = shop.sell(raffle, 1, now=now)
    form = Confirmation.model_construct(method=Method.CASH, reference=None, amount=amount)

    with pytest.raises(BadAmount) as refusal:
        counter_payments.record_order_payment("salon", order.id, form, actor_name="eva", key="k", now=now)

    assert refusal.value.facts["field"] == "body.amount"


def test_after_a_cancellation_it_is_due_back(raffle, now):
    order = shop.cancel(shop.sell(raffle, 1, now=now), now=now)

    settled = shop.confirm(order, now=now)

    assert (settled.payment.status, settled.payment.reason) == ("REFUND_DUE", "ORDER_CANCELLED")
    assert shop.held(raffle) == {}


def test_after_a_refund_it_is_due_back(raffle, now):
    order = shop.sell(raffle, 1, now=now, paid=shop.CASH)
    shop.refund(order, now=now, is_returned=True)

    settled = shop.confirm(order, now=now)

    assert (settled.payment.status, settled.payment.reason) == ("REFUND_DUE", "ORDER_REFUNDED")


@pytest.mark.parametrize("before", [None, shop.receive], ids=["reserved", "in review"])
def test_of_a_cancelled_raffle_it_is_due_back(raffle, now, before):
    order = shop.sell(raffle, 1, now=now)
    if before:
        before(order, now=now)
    raffles.cancel("salon", raffle.id, reason="Sin permiso", now=now)

    settled = shop.confirm(order, now=now)

    assert (settled.payment.status, settled.payment.reason) == ("REFUND_DUE", "RAFFLE_CANCELLED")
    assert not any(one.is_sold for one in shop.held(raffle).values())


def test_a_repeat_of_the_same_confirmation_changes_nothing(raffle, now):
    order = shop.sell(raffle, 1, now=now)
    first = shop.confirm(order, now=now)

    again = shop.confirm(order, now=now + SECOND)

    assert (again.payment.id, again.payment.version) == (first.payment.id, first.payment.version)
    assert [one.status for one in listed(now)] == ["PAID"]


def test_a_repeat_of_one_that_was_due_back_is_the_same(raffle, now):
    order = shop.cancel(shop.sell(raffle, 1, now=now), now=now)

    assert shop.confirm(order, now=now).payment.id == shop.confirm(order, now=now).payment.id


@pytest.mark.parametrize("key", ["the first", "another"])
def test_an_orders_late_cash_that_went_back_can_be_paid_again(raffle, now, key):
    order = shop.sell(raffle, 1, now=now)
    other = shop.sell(raffle, 1, buyer=2, now=now + LATE)
    late = shop.confirm(order, now=now + LATE, key="the first").payment
    payments.mark_refunded("salon", late.id, actor_name="eva", now=now + LATE)
    shop.cancel(other, now=now + LATE)

    again = shop.confirm(order, now=now + LATE, key=key)

    assert (late.reason, again.payment.status, again.target.status) == ("NUMBERS_GONE", "PAID", "PAID")
    assert again.payment.id != late.id
    assert shop.confirm(order, now=now + LATE, key=key).payment.id == again.payment.id


def test_a_repeat_under_the_same_key_is_the_same_and_another_form_is_refused(raffle, now):
    order = shop.sell(raffle, 1, now=now)
    first = shop.confirm(order, now=now, key="k")

    assert shop.confirm(order, now=now, key="k").payment.id == first.payment.id
    with pytest.raises(writes.KeyReused):
        shop.confirm(order, now=now, key="k", reference="T-2")


def test_a_repeat_of_a_providers_message_settles_once(raffle, now):
    """As a webhook will: the payment is stored as PENDING, what came in is told twice."""
    order = shop.sell(raffle, 1, now=now)
    pending = _pending(order, now)

    first = settlement.settle("salon", pending, actor_name="bancard", now=now)
    again = settlement.settle("salon", payments.get("salon", pending.id, now=now), actor_name="bancard", now=now)

    assert (first.payment.status, again.payment.version) == ("PAID", first.payment.version)


def test_money_for_a_payment_that_was_given_up_lands_all_the_same(raffle, now):
    order = shop.sell(raffle, 1, now=now)
    pending = _pending(order, now)
    with writes.transaction() as tx:
        payments.move(tx, pending, PaymentState.EXPIRED, now=now)

    assert settlement.settle("salon", pending, actor_name="bancard", now=now).payment.status == "PAID"


def test_what_came_in_is_what_counts(raffle, now):
    order = shop.sell(raffle, 1, now=now)
    pending = _pending(order, now)
    pending.amount = Decimal(1)

    settled = settlement.settle("salon", pending, actor_name="bancard", now=now)

    assert (settled.payment.reason, payments.get("salon", pending.id, now=now).amount) == ("WRONG_AMOUNT", 1)


def _pending(order, now):
    made = payments.draft_manual(
        "salon",
        "1" * 32,
        target=Target.ORDER,
        target_id=order.id,
        method=Method.OTHER,
        reference=None,
        actor_name="x",
        now=now,
    )
    made.amount, made.currency, made.time_zone = order.total_amount, order.currency, order.time_zone
    with writes.transaction() as tx:
        tx.save(made)
    return made


def test_a_refund_frees_the_numbers_before_the_cut_and_owes_the_money(raffle, now):
    order = shop.sell(raffle, 1, 2, now=now, paid=shop.CASH)

    settled = shop.refund(order, now=now)

    assert (settled.target.status, settled.payment.status) == ("REFUNDED", "REFUND_DUE")
    assert settled.payment.reason == "ORDER_REFUNDED"
    assert shop.held(raffle) == {}
    assert shop.sell(raffle, 1, buyer=2, now=now).status == "RESERVED"


def test_a_refund_records_money_that_was_given_back_at_once(raffle, now):
    settled = shop.refund(shop.sell(raffle, 1, now=now, paid=shop.CASH), now=now, is_returned=True)

    payment = settled.payment
    assert (payment.status, payment.refunded_at, payment.refunded_by) == ("REFUNDED", now, "eva")


def test_a_refund_again_changes_nothing(raffle, now):
    order = shop.sell(raffle, 1, now=now, paid=shop.CASH)
    first = shop.refund(order, now=now)

    again = shop.refund(order, now=now)

    assert (again.target.version, again.payment.version) == (first.target.version, first.payment.version)


def test_a_refund_from_the_cut_on_the_sold_list_keeps_the_numbers(raffle, now):
    order = shop.sell(raffle, 1, now=now, paid=shop.CASH)
    cut = raffles.sale_cutoff(raffles.close("salon", raffle.id, now=now))

    shop.refund(order, now=cut)

    assert shop.status(order, now=now) == "REFUNDED"
    assert [(one.order_id, one.is_sold) for one in shop.held(raffle).values()] == [(order.id, True)]


def test_a_refund_of_a_cancelled_raffle_frees_them_whenever_it_is(salon, now):
    raffle = shop.on_sale(now, method={"name": "drand"})
    order = shop.sell(raffle, 1, now=now, paid=shop.CASH)
    cut = raffles.sale_cutoff(raffles.close("salon", raffle.id, now=now))
    raffles.cancel("salon", raffle.id, reason="Sin permiso", now=cut)

    settled = shop.refund(order, now=cut)

    assert (settled.payment.reason, shop.held(raffle)) == ("RAFFLE_CANCELLED", {})


def test_a_refund_of_what_is_not_paid_is_refused(raffle, now):
    with pytest.raises(WrongOrderState):
        shop.refund(shop.sell(raffle, 1, now=now), now=now)


def test_payments_are_listed_the_newest_first_and_by_state_and_by_what_they_were_for(raffle, now):
    one = shop.confirm(shop.sell(raffle, 1, now=now), now=now)
    two = shop.confirm(shop.sell(raffle, 2, buyer=2, now=now), now=now + SECOND, amount="1")

    assert [payment.id for payment in listed(now)] == [two.payment.id, one.payment.id]
    assert [payment.id for payment in listed(now, status="PAID")] == [one.payment.id]
    assert [payment.id for payment in listed(now, target=two.target.id)] == [two.payment.id]
    assert [payment.id for payment in listed(now, provider="BANCARD")] == []
    assert len(listed(now, provider="MANUAL", status="REFUND_DUE")) == 1


def test_money_given_back_leaves_the_list_of_what_is_due(raffle, now):
    order = shop.cancel(shop.sell(raffle, 1, now=now), now=now)
    payment = shop.confirm(order, now=now).payment

    returned = _returned(payment, now, reference="D-1")

    assert (returned.status, returned.refunded_by, returned.refund_reference) == ("REFUNDED", "eva", "D-1")
    assert due_back(now) == []
    assert _returned(payment, now, reference="D-2").version == returned.version


def test_money_that_is_not_due_back_is_not_given_back(raffle, now):
    payment = shop.confirm(shop.sell(raffle, 1, now=now), now=now).payment

    with pytest.raises(WrongPaymentState):
        _returned(payment, now)


def test_the_list_of_payments_is_of_one_tenant(raffle, clinic, now):
    payment = shop.confirm(shop.sell(raffle, 1, now=now), now=now).payment

    assert listed(now, tenant="clinic") == []
    with pytest.raises(NotHere):
        payments.get("clinic", payment.id, now=now)


def _returned(payment, now, **form):
    return payments.mark_refunded("salon", payment.id, **form, actor_name="eva", now=now)


def test_a_card_that_goes_back_leaves_the_declared_transfer_perhaps_owed(salon, now):
    with banks.opened() as bank:
        banks.connect(now)
        till = tills.order(now)
        begun = till.start(now).payment
        bank.pay(begun.id)
        shop.receive(till.item, now=now)
        order_transitions.cancel("salon", till.item.id, reason="", is_decided=False, actor_name="public", now=now)

        tills.sweep(now + SECOND)

    assert (tills.payment(begun.id, now).reason, till.stored().is_perhaps_owed) == ("ORDER_CANCELLED", True)
    assert till.take_cash(now + SECOND).reason == "ORDER_CANCELLED"
    assert till.stored().is_perhaps_owed is None
