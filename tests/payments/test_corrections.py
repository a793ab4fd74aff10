"""A wrong payment is voided while its till is open; later it is corrected in the till of that day."""

import pytest

from mostrador.ledger import payments, till_records, tills
from mostrador.ledger.rules import tills as rules
from mostrador.people.rules.permissions import Role
from mostrador.scheduling import prices
from mostrador.scheduling.views.prices import PriceSetting
from mostrador.table import keys, reads
from tests.support.counter import DAY, close, correct, expected, kinds, opened, refund, take, visit, void


def test_a_wrong_click_is_voided_while_its_till_is_open(salon, now):
    till, booked = opened(now), visit(now)
    payment = take(booked, now)

    voided = void(payment, now)

    assert (voided.status, voided.reason, voided.refund_note) == ("REFUNDED", "VOIDED", "Otro turno")
    assert void(payment, now).version == voided.version
    assert reads.get_item(keys.appointment("salon", booked.id)).paid_amount is None
    assert kinds(till) == [("PAYMENT", "CASH", "10000"), ("VOID", "CASH", "-10000")]


def test_a_payment_outside_a_till_is_not_voided(salon, now):
    with pytest.raises(rules.NotInOpenTill):
        void(take(visit(now), now), now)


def test_a_refund_of_the_day_before_corrects_in_the_till_of_today(salon, now):
    before, booked = opened(now), visit(now)
    payment = take(booked, now)
    closed = close(before, now, CASH="110000")
    today = opened(now + DAY)

    refunded = refund(payment, now + DAY)

    assert (refunded.till_id, refunded.refund_till_id) == (before.id, today.id)
    assert kinds(today) == [("CORRECTION", "CASH", "-10000")]
    assert kinds(before) == [("PAYMENT", "CASH", "10000")]
    assert tills.get("salon", before.id, now=now + DAY).version == closed.version


def test_a_wrong_method_is_corrected_in_the_till_of_today(salon, now):
    before, booked = opened(now), visit(now)
    payment = take(booked, now)
    close(before, now, CASH="110000")
    with pytest.raises(rules.NoOpenTill):
        correct(payment, now)
    today = opened(now + DAY)

    corrected = correct(payment, now + DAY)

    assert (corrected.method, corrected.corrected_method) == ("CASH", "CARD")
    assert correct(payment, now + DAY).version == corrected.version
    assert sorted(kinds(today)) == [("CORRECTION", "CARD", "10000"), ("CORRECTION", "CASH", "-10000")]
    (first, _) = till_records.movements("salon", today.id)
    assert (first.by, first.reason, first.payment_id) == ("ana", "Se marcó mal", payment.id)


def test_money_that_was_corrected_goes_back_by_the_right_method(salon, now):
    till, booked = opened(now), visit(now)
    payment = take(booked, now)
    correct(payment, now)

    refund(payment, now)

    assert expected(till, now) == {"CASH": "100000", "CARD": "0"}


def test_a_part_given_back_for_a_lower_price_leaves_the_till_when_it_is_handed_out(salon, now):
    till, booked = opened(now), visit(now)
    payment = take(booked, now, "80000")
    form = PriceSetting(amount="60000", reason="Cortesía", surplus="refund")
    prices.set_price("salon", booked.id, form, role=Role.ADMIN, actor_name="eva", now=now)
    (part,) = payments.refunds_due("salon", 10)
    assert expected(till, now)["CASH"] == "180000"

    payments.mark_refunded("salon", part.id, actor_name="eva", now=now)
    correct(payment, now)

    assert expected(till, now) == {"CASH": "100000", "CARD": "60000"}
    assert ("REFUND", "CASH", "-20000") in kinds(till)


def test_a_tip_moves_with_the_money_of_its_payment(salon, now):
    till, booked = opened(now), visit(now)
    payment = take(booked, now, "90000", tip="10000")

    correct(payment, now)
    assert expected(till, now) == {"CASH": "100000", "CARD": "90000"}
    refund(payment, now)

    assert expected(till, now) == {"CASH": "100000", "CARD": "0"}
