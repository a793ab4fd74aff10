"""A late declaration takes its time again only if nobody else does: real concurrency on dynoxide."""

from datetime import timedelta

import pytest

from mostrador.ledger.views.receipts import Receipt
from mostrador.scheduling import appointments, payment_reviews
from mostrador.table.items.scheduling import Appointment
from tests.races.test_one_slot import NINE, book, offer, shop
from tests.support import till as tills
from tests.support.at_once import at_once

pytestmark = pytest.mark.race
__all__ = ["shop"]
ROUNDS = 4
CLIENTS = 6


def winners_of_a_lapsed_hold(now, at):
    """How many have the time: the one who declares a transfer late, or somebody who books at the same moment."""
    service = offer(now, max_bookings_per_day=None)
    held = book(service, at, now, hold=True)
    late = now + tills.HOLD + timedelta(seconds=1)

    def act(number):
        if number == 0:
            return payment_reviews.receive("salon", held.id, Receipt(), actor_name="eva", now=late)
        return book(service, at, late, number)

    return [one for one in at_once(CLIENTS, act) if isinstance(one, Appointment)]


def test_one_has_the_time(shop, now):
    for round_ in range(ROUNDS):
        assert len(winners_of_a_lapsed_hold(now, NINE + timedelta(hours=round_))) == 1


def test_red_control_without_the_agenda_two_have_it(shop, now, monkeypatch):
    monkeypatch.setattr(appointments, "keep_time", lambda *_, **__: None)

    assert any(len(winners_of_a_lapsed_hold(now, NINE + timedelta(hours=n))) == 2 for n in range(ROUNDS))
