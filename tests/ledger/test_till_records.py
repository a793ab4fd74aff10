"""Money of payments counts in the open till, once, and in the right one."""

import pytest

from mostrador.errors import NotHere
from mostrador.ledger import payments
from mostrador.ledger.rules import tills as rules
from mostrador.table import keys, reads
from tests.support import orders as shop
from tests.support import till as support
from tests.support.counter import expected, kinds, opened, settings, take, visit


def test_each_method_counts_in_the_open_till(salon, now):
    till, booked = opened(now), visit(now)

    for method in ("CASH", "CARD", "QR", "TRANSFER", "OTHER"):
        payment = take(booked, now, method=method, note="Vale" if method == "OTHER" else None)
        assert (payment.till_id, payment.method, payment.taken_by) == (till.id, method, "eva")

    assert expected(till, now) == {
        "CASH": "110000", "CARD": "10000", "QR": "10000", "TRANSFER": "10000", "OTHER": "10000"
    }  # fmt: skip


def test_a_payment_split_over_two_methods_pays_the_appointment(salon, now):
    till, booked = opened(now), visit(now)

    take(booked, now, "30000", "CASH")
    take(booked, now, "50000", "CARD")

    paid = reads.get_item(keys.appointment("salon", booked.id))
    assert (paid.payment_status, paid.paid_amount) == ("PAID", 80_000)
    assert expected(till, now) == {"CASH": "130000", "CARD": "50000"}


def test_the_same_payment_again_counts_once(salon, now):
    till, booked = opened(now), visit(now)

    assert take(booked, now).id == take(booked, now).id
    assert kinds(till) == [("PAYMENT", "CASH", "10000")]


def test_money_that_cannot_pay_is_in_the_till_until_it_goes_back(salon, now):
    till, booked = opened(now), visit(now)
    support.Till(support.Target.APPOINTMENT, booked, None).cancel(now)

    due = take(booked, now)
    assert (due.status, expected(till, now)["CASH"]) == ("REFUND_DUE", "110000")
    payments.mark_refunded("salon", due.id, actor_name="eva", now=now)

    assert expected(till, now)["CASH"] == "100000"


def test_money_for_a_raffle_counts_too(salon, now):
    till, raffle = opened(now), shop.on_sale(now)

    sold = shop.sell(raffle, 1, now=now, paid={"method": "CASH"})
    confirmed = shop.confirm(shop.sell(raffle, 2, buyer=2, now=now), now=now, method="QR")

    assert payments.get("salon", sold.payment_id, now=now).till_id == confirmed.payment.till_id == till.id
    assert expected(till, now) == {"CASH": "110000", "QR": "10000"}


def test_where_several_are_open_the_payment_names_one(salon, now):
    front, bar = opened(now), opened(now, "Barra")
    booked = visit(now)

    with pytest.raises(rules.WhichTill) as refused:
        take(booked, now)
    assert refused.value.facts["drawers"] == "Barra, Caja"
    with pytest.raises(NotHere):
        take(booked, now, till="Patio")

    assert take(booked, now, till="barra").till_id == bar.id
    assert expected(front, now) == {"CASH": "100000"}


def test_cash_without_a_till_is_outside_unless_the_business_requires_one(salon, now):
    booked = visit(now)
    assert take(booked, now).till_id is None

    settings(now, require_open_till=True)

    with pytest.raises(rules.NoOpenTill):
        take(booked, now, "20000")
    assert reads.get_item(keys.appointment("salon", booked.id)).paid_amount == 10_000
    assert take(booked, now, method="CARD").till_id is None


def test_money_in_another_currency_is_outside_the_till(salon, now):
    till = opened(now)
    booked = visit(now, price="10.00", currency="USD")

    assert take(booked, now, "10.00").till_id is None
    assert kinds(till) == []
