"""A mother and her children book with one phone: each keeps the own name, e-mail and notes."""

from datetime import datetime, timedelta

import pytest

from mostrador.people import customers
from mostrador.people.views.customers import CustomerListing
from mostrador.scheduling import appointments, booking, public_booking, recurring, waiting_list
from mostrador.scheduling.views.appointments import AppointmentListing, NewAppointment
from mostrador.scheduling.views.public_booking import PublicBooking
from mostrador.scheduling.views.recurring import NewSeries
from tests.support.days import shifted
from tests.support.lines import cancel, fill, join, open_for, sweep

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
HOUR = timedelta(hours=1)
PHONE = "0981 123 456"
ANA = {"name": "Ana López", "phone": PHONE, "email": "ana@example.com", "notes": "Alergia al amoníaco"}
BETO = {"name": "Beto Núñez", "phone": PHONE, "email": "beto@example.com", "notes": "Tiene seis años"}


def book(service, at, now, who, **more):
    form = {"service_id": service.id, "scheduled_at": at, "customer_data": who} | more
    return booking.book("salon", NewAppointment.model_validate(form), actor_name="eva", key=None, now=now)


def found(q, now):
    page = appointments.listing("salon", AppointmentListing.model_validate({"q": q}), now=now)
    return [one.id for one in page.items]


def record(now):
    (customer,) = customers.listing("salon", CustomerListing(limit=100), now=now).items
    return customer.name, customer.email, customer.notes


def given(one):
    return one.booked_as, one.booked_email, one.booked_notes


@pytest.fixture
def family(haircut, now):
    return book(haircut, NINE, now, ANA), book(haircut, NINE + HOUR, now, BETO)


def test_the_second_person_stays_on_the_booking_and_the_first_on_record(family, now):
    ana, beto = family

    assert given(ana) == (None, None, None)
    assert given(beto) == ("Beto Núñez", "beto@example.com", "Tiene seis años")
    assert beto.customer_id == ana.customer_id
    assert record(now) == ("Ana López", "ana@example.com", "Alergia al amoníaco")


def test_search_finds_both_names_and_the_phone(family, now):
    ana, beto = family

    assert found("beto", now) == found("nunez", now) == [beto.id]
    assert found("ana lop", now) == found("0981 123", now) == [ana.id, beto.id]


def test_the_same_person_again_is_no_other_one(family, haircut, now):
    again = book(haircut, NINE + 2 * HOUR, now, {"name": "Ana López", "phone": PHONE})

    assert given(again) == (None, None, None)


def test_without_an_account_it_is_the_same(family, haircut, now):
    who = {"name": "Caro Núñez", "phone": PHONE, "email": "caro@example.com"}
    form = {"service_id": haircut.id, "scheduled_at": NINE + 2 * HOUR, "customer_data": who}

    booked = public_booking.book(
        "salon", PublicBooking.model_validate(form), address="192.0.2.1", key=None, now=now
    ).appointment

    assert given(booked) == ("Caro Núñez", "caro@example.com", None)
    assert found("caro", now) == [booked.id]
    assert record(now)[0] == "Ana López"


def test_each_date_of_a_series_keeps_the_person(family, haircut, now):
    form = {"service_id": haircut.id, "scheduled_at": NINE + 3 * HOUR, "customer_data": BETO, "count": 2}

    made = recurring.book("salon", NewSeries.model_validate(form), actor_name="eva", key=None, now=now)

    assert {one.booked_as for one in made.booked} == {"Beto Núñez"}


def test_a_wait_and_the_offer_that_it_gets_keep_the_person(haircut, now):
    book(haircut, NINE + 24 * HOUR, now, ANA)
    open_for(1, now=now)
    taken = fill(haircut, now=now)
    entry = join(haircut, 1, now=now, customer_data=BETO)
    assert (entry.booked_as, entry.customer_name) == ("Beto Núñez", "Ana López")
    cancel(taken[0], now=now)

    sweep(now)

    offer = waiting_list.get("salon", entry.id, now=now).appointment_id
    assert given(appointments.get("salon", offer, now=now)) == given(entry)
