"""Prices under real concurrency, on dynoxide: money and price agree, whoever comes at once."""

import pytest

from mostrador.errors import ServiceError
from mostrador.ledger import payments
from mostrador.scheduling import prices
from mostrador.scheduling.rules.prices import price_of
from mostrador.scheduling.views.prices import Discounting, NewExtra
from mostrador.table.items.scheduling import Appointment
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.support import days
from tests.support import till as tills
from tests.support.at_once import at_once

pytestmark = pytest.mark.race
CLIENTS = 8


@pytest.fixture
def booked(dynoxide, now):
    tenants.create(
        NewTenant(slug="salon", name="Salón", country="PY", currency="PYG", business_hours=days.EVERY_DAY), now=now
    )
    of = tills.service(now)
    return tills.Till(tills.Target.APPOINTMENT, tills.book(of, now, status="CONFIRMED"), of)


def discount(till, now, percent):
    form = Discounting(percent=percent, reason="x", surplus="refund")
    return prices.discount("salon", till.item.id, form, role="admin", actor_name="eva", now=now)


def add(till, now, place):
    form = NewExtra(description=f"Extra {place}", amount="1000")
    return prices.add_extra("salon", till.item.id, form, key=None, role="admin", actor_name="eva", now=now)


def check(till):
    """The lines make the total, and the payments the paid amount."""
    one = till.stored()
    worths = [payments.worth(paid) for paid in tills.all_payments() if paid.status == "PAID"]
    assert price_of(one).total == one.total_amount
    assert sum(worths) == (one.paid_amount or 0) <= one.total_amount


def unversioned(monkeypatch):
    """Take the guard away: a save without the condition on the version."""
    counted_up = Appointment._handle_version_attribute

    def unconditionally(self, **given):
        counted_up(self, **given)

    monkeypatch.setattr(Appointment, "_handle_version_attribute", unconditionally)


def test_a_discount_and_a_payment_at_once_leave_books_that_add_up(booked, now):
    at_once(2, lambda place: discount(booked, now, 50) if place else booked.take_cash(now))

    check(booked)
    assert (booked.stored().total_amount, booked.stored().payment_status) == (40_000, "PAID")


def test_two_discounts_at_once_are_one(booked, now):
    at_once(CLIENTS, lambda place: discount(booked, now, 10 + place))

    check(booked)
    told = [entry for entry in booked.stored().history if entry["change"] == "PRICED"]
    assert len(told) == CLIENTS
    assert booked.stored().discount["percent"] == round(100 - booked.stored().total_amount / 800)


def test_extras_at_once_all_count(booked, now):
    answers = at_once(CLIENTS, lambda place: add(booked, now, place))

    assert not [one for one in answers if isinstance(one, ServiceError)]
    assert booked.stored().total_amount == 80_000 + CLIENTS * 1000
    check(booked)


def test_red_control_without_the_version_an_extra_is_lost(booked, now, monkeypatch):
    unversioned(monkeypatch)
    at_once(CLIENTS, lambda place: add(booked, now, place))

    assert booked.stored().total_amount < 80_000 + CLIENTS * 1000
