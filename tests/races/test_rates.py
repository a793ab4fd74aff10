"""The limits of an address and of a phone, under real concurrency on dynoxide."""

from datetime import timedelta

import pytest

from mostrador.people import customers
from mostrador.people.views.customers import NewCustomer
from mostrador.scheduling import booking_limits
from mostrador.table.attributes import short
from mostrador.table.items.scheduling import ActiveBookings
from mostrador.tenancy import rate_limits, tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.races.test_one_slot import NINE, book, offer, shop, winners
from tests.support.at_once import at_once

__all__ = ["shop"]
pytestmark = pytest.mark.race


def count(now):
    rate_limits.count("salon", "book", "203.0.113.7", limit=5, now=now)


def counted(answers):
    return sum(answer is None for answer in answers)


def test_an_address_has_its_limit_whatever_comes_at_once(shop, now):
    answers = at_once(24, lambda _: count(now))

    assert counted(answers) == 5
    assert sum(isinstance(answer, rate_limits.TooOften) for answer in answers) == 19


def test_red_control_without_the_condition_all_pass(shop, now, monkeypatch):
    monkeypatch.setattr(rate_limits, "_room", lambda _limit: None)

    assert counted(at_once(24, lambda _: count(now))) == 24


def book_at_once(now):
    """Eight bookings of one known phone on eight days, so that nothing but the phone's ledger keeps them apart."""
    tenants.change("salon", TenantOperationChanges(max_active_bookings=2), seen=None, now=now)
    customers.create("salon", NewCustomer(name="Ana", phone="0981 100 007"), key=None, now=now)
    service = offer(now)
    return at_once(8, lambda number: book(service, NINE + timedelta(days=number), now, number=7))


def test_a_phone_has_its_limit_whatever_comes_at_once(shop, now):
    answers = book_at_once(now)

    assert len(winners(answers)) == 2
    assert sum(isinstance(answer, booking_limits.TooManyActive) for answer in answers) == 6


def test_red_control_without_the_ledgers_version_a_phone_gets_more(shop, now, monkeypatch):
    def add_without_looking(tx, key, before, booked, *, own=(), limit, now):
        lines = dict(before.lines) if before else {}
        if len(lines) + len(booked) > limit:
            raise booking_limits.TooManyActive(phone=key[1], limit=limit)
        lines |= {short(one.id): bytes(8) for one in booked}
        tx.save(ActiveBookings(*key, version=1, lines=lines))

    monkeypatch.setattr(booking_limits, "add", add_without_looking)

    assert len(winners(book_at_once(now))) > 2
