"""What one address holds, under real concurrency on dynoxide: the last place is taken once."""

from datetime import timedelta

import pytest

from mostrador.raffles import public_limits as number_limits
from mostrador.raffles.public_orders import ManagedOrder
from mostrador.scheduling import public_booking
from mostrador.scheduling.public_limits import TooManyUnconfirmed
from mostrador.scheduling.views.public_booking import PublicBooking
from mostrador.table.items.tenants import PublicHolds
from mostrador.tenancy import public_holds
from tests.races.test_one_slot import NINE, offer, shop
from tests.raffles.test_public_limits import order
from tests.support import orders
from tests.support.at_once import at_once

__all__ = ["shop"]
pytestmark = pytest.mark.race
HALF_HOUR = timedelta(minutes=30)


def book_at_once(now):
    """Twelve customers behind one address, each another start of one day and another phone."""
    service = offer(now)

    def book(number):
        customer = {"name": f"Cliente {number}", "phone": f"0981 {100000 + number}"}
        form = PublicBooking(service_id=service.id, scheduled_at=NINE + number * HALF_HOUR, customer_data=customer)
        return public_booking.book("salon", form, address="203.0.113.7", key=None, now=now)

    return at_once(12, book)


def booked(answers):
    return [one for one in answers if isinstance(one, public_booking.ManagedAppointment)]


def write_without_looking(tx, item_key, _before, lines):
    packed = {public_holds.short(id_): public_holds._packed(line) for id_, line in lines.items()}
    tx.save(PublicHolds(*item_key, version=1, lines=packed, expires_at=1))


def test_an_address_gets_its_share_of_a_day_whatever_comes_at_once(shop, now):
    answers = book_at_once(now)

    assert len(booked(answers)) == 1
    assert sum(isinstance(one, TooManyUnconfirmed) for one in answers) == 11


def test_an_address_gets_its_share_of_a_raffle_whatever_comes_at_once(shop, now):
    raffle = orders.on_sale(now)

    answers = at_once(12, lambda buyer: order(raffle, buyer + 1, now=now, buyer=buyer))

    refused = [one for one in answers if isinstance(one, number_limits.TooManyUnpaid)]
    assert (len(answers) - len(refused), len(orders.held(raffle))) == (5, 5)


def test_red_control_without_the_version_an_address_gets_more(shop, now, monkeypatch):
    monkeypatch.setattr(public_holds, "write", write_without_looking)
    raffle = orders.on_sale(now)

    answers = at_once(12, lambda buyer: order(raffle, buyer + 1, now=now, buyer=buyer))

    assert sum(isinstance(one, ManagedOrder) for one in answers) > 5
