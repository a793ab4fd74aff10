"""Money above the price: change or a tip, as the counter says; tips are apart and go back with their money."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mostrador.errors import NotHere
from mostrador.ledger import payments
from mostrador.ledger.rules.surpluses import SurplusUnexplained
from mostrador.ledger.views.payments import AppointmentPayment, PaymentView, Refunding
from mostrador.payments import counter_payments, refunds
from mostrador.payments.rules.checkout import NothingDue
from mostrador.scheduling import appointments, prices
from mostrador.scheduling.rules.appointment_states import NotDeletable
from mostrador.scheduling.views.appointments import AppointmentView
from mostrador.scheduling.views.prices import Discounting
from mostrador.values.money import BadAmount
from tests.support import faults
from tests.support import till as tills

SECOND = timedelta(seconds=1)
crash = faults.points_of(4)


@pytest.fixture
def held(salon, now):
    return tills.appointment(now)


@pytest.fixture
def booked(salon, now):
    of = tills.service(now)
    return tills.Till(tills.Target.APPOINTMENT, tills.book(of, now, status="CONFIRMED"), of)


def take(till, now, key=None, method="CASH", **form):
    told = AppointmentPayment.model_validate({"method": method} | form)
    key = key or f"{told.as_sent()} {now.isoformat()}"
    return counter_payments.record_appointment_payment(
        "salon", till.item.id, told, actor_name="eva", key=key, now=now
    ).payment


def shown(till):
    view = AppointmentView.model_validate(till.stored())
    return view.paid_amount, view.amount_due, view.tips_amount, view.payment_status


def test_taking_more_than_is_due_asks_what_the_rest_is(booked, now):
    with pytest.raises(SurplusUnexplained) as asked:
        take(booked, now, amount="85000")

    assert asked.value.facts == {"surplus": "5000 PYG", "choices": ["change", "tip", "refund"]}
    assert tills.all_payments() == []
    assert shown(booked) == ("0", "80000", "0", "PENDING")


def test_change_was_given_back_at_once(booked, now):
    paid = take(booked, now, amount="85000", surplus="change")

    view = PaymentView.model_validate(paid)
    assert (view.amount, view.received_amount, view.change_amount) == ("80000", "85000", "5000")
    assert shown(booked) == ("80000", "0", "0", "PAID")


def test_a_tip_is_apart_and_for_the_professional(booked, now):
    paid = take(booked, now, amount="85000", surplus="tip")

    assert (paid.status, paid.amount, paid.tip_amount, paid.tip_for) == (
        "PAID", 85_000, 5_000, booked.item.resource_id,
    )  # fmt: skip
    assert shown(booked) == ("80000", "0", "5000", "PAID")
    (line,) = tills.ledger()
    assert (line.amount, line.tip_amount) == (85_000, 5_000)


def test_a_tip_may_be_named_beforehand_and_for_another(booked, now):
    other = tills.service(now, name="Color").resource_ids[0]
    paid = take(booked, now, tip="5000", tip_for=other)

    assert (paid.amount, shown(booked)) == (85_000, ("80000", "0", "5000", "PAID"))
    with pytest.raises(NotHere):
        take(booked, now + SECOND, tip="5000", tip_for="0" * 32)


def test_a_tip_alone_confirms_and_pays_nothing(held, now):
    take(held, now, amount="5000", tip="5000")

    assert (held.stored().status, shown(held)) == ("PENDING", ("0", "80000", "5000", "PENDING"))
    with pytest.raises(NotDeletable):
        appointments.delete("salon", held.item.id, seen=None, now=now)


def test_a_tip_after_all_is_paid_is_a_payment_of_its_own(booked, now):
    take(booked, now)

    with pytest.raises(SurplusUnexplained):
        take(booked, now, amount="5000")
    take(booked, now, amount="5000", surplus="tip")
    take(booked, now + SECOND, tip="3000")

    assert shown(booked) == ("80000", "0", "8000", "PAID")
    with pytest.raises(NothingDue):
        take(booked, now, amount="4000", surplus="change")


def test_a_tip_is_no_more_than_was_handed_over(booked, now):
    with pytest.raises(BadAmount) as error:
        take(booked, now, amount="4000", tip="5000")

    assert error.value.facts["field"] == "body.tip"


def test_the_same_key_takes_it_once(booked, now):
    first, again = (take(booked, now, key="k", amount="85000", surplus="tip") for _ in range(2))

    assert first.id == again.id
    assert shown(booked) == ("80000", "0", "5000", "PAID")


def test_a_split_payment_with_a_tip_in_its_last_part(booked, now):
    take(booked, now, amount="30000", method="CASH")
    take(booked, now, amount="55000", method="TRANSFER", surplus="tip")

    assert shown(booked) == ("80000", "0", "5000", "PAID")


def test_a_refund_gives_the_tip_back_with_its_money(booked, now):
    paid = take(booked, now, amount="85000", surplus="tip")

    form = Refunding(reason="x", is_returned=True)
    refunds.refund_payment("salon", paid.id, form, actor_name="eva", now=now)

    assert shown(booked) == ("0", "80000", "0", "REFUNDED")
    assert sorted((line.state, line.amount) for line in tills.ledger()) == [
        ("PAID", 85_000), ("REFUNDED", 85_000), ("REFUND_DUE", 85_000),
    ]  # fmt: skip


def test_the_refund_of_a_tip_alone_leaves_the_price_paid(booked, now):
    take(booked, now)
    tip = take(booked, now, tip="5000")

    refunds.refund_payment("salon", tip.id, Refunding(reason="x"), actor_name="eva", now=now)

    assert shown(booked) == ("80000", "0", "0", "PAID")


def test_a_cancellation_owes_the_tip_too(booked, now):
    take(booked, now, amount="85000", surplus="tip")

    booked.cancel(now)

    assert [(one.status, one.amount) for one in tills.all_payments()] == [("REFUND_DUE", 85_000)]
    assert shown(booked)[2] == "0"


def test_money_for_a_cancelled_appointment_is_due_back_as_a_whole(booked, now):
    booked.cancel(now)

    paid = take(booked, now, amount="85000", surplus="tip")

    assert (paid.status, paid.reason, paid.amount) == ("REFUND_DUE", "APPOINTMENT_CANCELLED", 85_000)


def test_a_lower_price_gives_back_no_tip(booked, now):
    take(booked, now, amount="85000", surplus="tip")

    form = Discounting(percent=100, reason="x", surplus="refund")
    prices.discount("salon", booked.item.id, form, role="admin", actor_name="eva", now=now)

    assert {one.amount: one.status for one in tills.all_payments()} == {85_000: "PAID", 80_000: "REFUND_DUE"}
    assert shown(booked)[2] == "5000"


def test_a_tip_is_written_once_whatever_call_fails(booked, now, crash):
    crash(lambda: take(booked, now, key="k", amount="85000", surplus="tip"))

    assert (shown(booked), len(tills.all_payments())) == (("80000", "0", "5000", "PAID"), 1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 60_000), st.sampled_from(["change", "tip"])), min_size=1, max_size=5))
def test_all_that_was_handed_over_is_paid_tip_or_change(case, salon, now, handed):
    with case():
        of = tills.service(now)
        booked = tills.Till(tills.Target.APPOINTMENT, tills.book(of, now, status="CONFIRMED"), of)
        given_back = 0
        for n, (amount, surplus) in enumerate(handed):
            try:
                paid = take(booked, now + n * SECOND, amount=str(amount), surplus=surplus)
            except NothingDue:
                given_back += amount
            else:
                given_back += (paid.received_amount or paid.amount) - paid.amount

        one = booked.stored()
        kept = tills.all_payments()
        tips = sum((paid.tip_amount or Decimal(0) for paid in kept), Decimal(0))
        assert sum(amount for amount, _ in handed) == (one.paid_amount or 0) + tips + given_back
        assert sum(payments.worth(paid) for paid in kept) == (one.paid_amount or 0) <= one.total_amount
        assert AppointmentView.model_validate(one).tips_amount == str(tips)
