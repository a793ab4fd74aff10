"""Money at the moment of the close is in one till or outside, and one of two opens a drawer: real concurrency."""

from decimal import Decimal

import pytest

from mostrador.ledger import till_records, tills
from mostrador.ledger.rules.tills import TillAlreadyOpen
from mostrador.ledger.views.payments import Confirmation
from mostrador.ledger.views.tills import NewTill, TillClosing
from mostrador.payments import counter_payments
from mostrador.table import writes
from mostrador.table.items.payments import Payment
from mostrador.table.items.tills import OpenTill, Till
from tests.races.test_one_slot import NINE, book, offer, shop
from tests.support.at_once import at_once

pytestmark = pytest.mark.race
__all__ = ["shop"]
CLIENTS = 5
ROUNDS = 2


def opened(now, drawer="Caja"):
    return tills.open_till("salon", NewTill(drawer=drawer, opening_float="0"), actor_name="eva", key=None, now=now)


def differences(now):
    """By how much each closed till's books differ from the payments that name it; the close meets the payments."""
    booked = book(offer(now, max_bookings_per_day=None, price="80000"), NINE, now)
    return [_difference(booked, now, number) for number in range(ROUNDS)]


def _difference(booked, now, round_):
    till = opened(now)

    def act(number):
        if number == 0:
            form = TillClosing(counted={"CASH": "0"}, note="A ciegas")
            return tills.close("salon", till.id, form, actor_name="eva", now=now)
        form = Confirmation(method="CASH", amount="1000")
        return counter_payments.record_appointment_payment(
            "salon", booked.id, form, actor_name="eva", key=f"{round_} {number}", now=now
        ).payment

    done = at_once(CLIENTS, act)
    taken = [one for one in done if isinstance(one, Payment)]
    assert len(taken) == CLIENTS - 1
    closed = tills.get("salon", till.id, now=now)
    (row,) = closed.counts
    return Decimal(row["expected"]) - sum(one.amount for one in taken if one.till_id == till.id)


def test_a_payment_at_the_close_is_in_the_till_or_outside(shop, now):
    assert differences(now) == [0] * ROUNDS


def test_red_control_without_the_count_of_movements_the_close_misses_money(shop, now, monkeypatch):
    monkeypatch.setattr(tills, "_is_unmoved", lambda till_id, _count: OpenTill.till_id == till_id)
    monkeypatch.setattr(till_records, "write", lambda tx, _till, *movements: [tx.save(one) for one in movements])

    assert any(differences(now))


def winners(now):
    return [one for one in at_once(CLIENTS, lambda _: opened(now)) if isinstance(one, Till)]


def test_one_of_several_opens_the_drawer(shop, now):
    done = at_once(CLIENTS, lambda _: opened(now))

    assert len([one for one in done if isinstance(one, Till)]) == 1
    assert len([one for one in done if isinstance(one, TillAlreadyOpen)]) == CLIENTS - 1


def test_red_control_without_the_condition_several_open_it(shop, now, monkeypatch):
    save = writes.Transaction.save

    def careless(tx, item, condition=None, return_values=None):
        save(tx, item, None if isinstance(item, OpenTill) else condition, return_values)

    monkeypatch.setattr(writes.Transaction, "save", careless)

    assert len(winners(now)) > 1
