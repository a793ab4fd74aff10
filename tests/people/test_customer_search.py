"""A phone is found in every way of writing it, a name with letters such as ł by those of a keyboard."""

from datetime import datetime

import pytest

from mostrador.people import customers
from mostrador.people.views.customers import CustomerChanges, CustomerListing, NewCustomer
from mostrador.scheduling import appointments, booking, services
from mostrador.scheduling.views.appointments import AppointmentListing, NewAppointment
from mostrador.scheduling.views.services import NewService
from mostrador.table import writes
from mostrador.table.items.people import Customer
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.support import days
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
WITH_NINE, PLAIN = "+5491123456789", "+541123456789"
WAYS = ["11 2345-6789", "011 15-2345-6789", "+54 9 11 2345 6789", "5491123456789"]


@pytest.fixture
def shop(table, now):
    there = {"country": "AR", "time_zone": "America/Argentina/Buenos_Aires", "currency": "ARS"}
    return tenants.create(NewTenant(slug="shop", name="Barbería", business_hours=days.EVERY_DAY, **there), now=now)


@pytest.fixture
def cut(shop, now):
    return services.create("shop", NewService(name="Corte", duration_minutes=30, price="1"), key=None, now=now)


def book(service, phone, now, start=NINE, name="Ana"):
    form = NewAppointment(service_id=service.id, scheduled_at=start, customer_data={"name": name, "phone": phone})
    return booking.book("shop", form, actor_name="eva", key=None, now=now)


def new(phone, now, name="Ana"):
    return customers.create("shop", NewCustomer(name=name, phone=phone), key=None, now=now)


def names(now, q=None):
    return [one.name for one in customers.listing("shop", CustomerListing(q=q, limit=100), now=now).items]


@pytest.mark.parametrize("stored", [PLAIN, WITH_NINE])
@pytest.mark.parametrize("q", [*WAYS, "2345-6789", "11 15 2345 6789"])
def test_a_phone_is_found_in_every_way(cut, now, stored, q):
    book(cut, stored, now)

    assert names(now, q) == ["Ana"]
    listed = appointments.listing("shop", AppointmentListing(q=q), now=now)
    assert len(listed.items) == 1


def test_letters_with_a_stroke_are_found_by_plain_ones(shop, now):
    new(WITH_NINE, now, "Łukasz Sørensen")

    for q in ("lukasz", "ŁUKASZ", "sorensen", "Sørensen"):
        assert names(now, q) == ["Łukasz Sørensen"]


def test_a_customer_of_before_is_found_as_before_and_by_plain_letters_after_a_change(shop, now):
    made = new(WITH_NINE, now, "Łukasz")
    writes.update_attribute(made, Customer.folded.set("łukasz 5491123456789"), condition=Customer.pk.exists())
    assert names(now, "Łukasz") == ["Łukasz"]

    customers.change("shop", made.id, CustomerChanges(notes="x"), seen=None, now=now)

    assert names(now, "lukasz") == ["Łukasz"]
