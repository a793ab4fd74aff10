"""Giving back a part of what was paid: the newest money first, and the books add up."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mostrador.ledger import partial_refunds, payments
from mostrador.ledger.views.payments import Refunding
from mostrador.payments import refunds
from mostrador.table import writes
from tests.support import till as tills


@pytest.fixture
def booked(salon, now):
    of = tills.service(now)
    return tills.Till(tills.Target.APPOINTMENT, tills.book(of, now, status="CONFIRMED"), of)


def give_back(payment_ids, amount, now):
    with writes.transaction() as tx:
        return partial_refunds.give_back(tx, "salon", payment_ids, Decimal(amount), actor_name="eva", now=now)


def worths():
    return {
        status: sum((payments.worth(one) for one in tills.all_payments() if one.status == status), Decimal(0))
        for status in ("PAID", "REFUND_DUE")
    }


def test_whole_payments_go_back_themselves_and_the_last_in_part(booked, now):
    taken = [
        booked.take_cash(now + tills.timedelta(minutes=n), amount=amount)
        for n, amount in enumerate(("30000", "20000", "10000"))
    ]

    paying = give_back([one.id for one in taken], 25_000, now)

    assert paying == [taken[0].id, taken[1].id]
    assert worths() == {"PAID": 35_000, "REFUND_DUE": 25_000}
    assert [one.status for one in tills.all_payments() if one.id == taken[2].id] == ["REFUND_DUE"]


def test_the_rest_of_a_payment_is_refunded_by_itself(booked, now):
    paid = booked.take_cash(now)
    give_back([paid.id], 30_000, now)

    form = Refunding(reason="x", is_returned=True)
    refunds.refund_payment("salon", paid.id, form, actor_name="eva", now=now)

    lines = sorted((line.state, line.amount) for line in tills.ledger() if hasattr(line, "state"))
    back = [("REFUNDED", 50_000), ("REFUND_DUE", 30_000), ("REFUND_DUE", 50_000)]
    assert lines == [("PAID", 80_000), *back]


def test_the_ledger_says_that_the_part_was_paid_before(booked, now):
    give_back([booked.take_cash(now).id], 30_000, now)

    lines = [(line.state, line.before, line.amount) for line in tills.ledger() if hasattr(line, "before")]
    assert sorted(lines) == [("PAID", "PENDING", 80_000), ("REFUND_DUE", "PAID", 30_000)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.integers(1, 20_000), min_size=1, max_size=4), shares=st.tuples(st.floats(0, 1), st.floats(0, 1))
)
def test_nothing_is_lost_and_nothing_is_made(case, salon, now, parts, shares):
    first = max(1, int(sum(parts) * shares[0]))
    second = int((sum(parts) - first) * shares[1])
    with case():
        of = tills.service(now)
        booked = tills.Till(tills.Target.APPOINTMENT, tills.book(of, now, status="CONFIRMED"), of)
        taken = [
            booked.take_cash(now + tills.timedelta(seconds=n), amount=str(part)).id for n, part in enumerate(parts)
        ]
        paying = give_back(taken, first, now)
        if second:
            give_back(paying, second, now)

        assert worths() == {"PAID": sum(parts) - first - second, "REFUND_DUE": first + second}
