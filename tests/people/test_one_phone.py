"""One mobile is one customer, in whatever way people write it."""

from datetime import datetime, timedelta

import pytest

from mostrador.people import customers
from mostrador.people.views.customers import CustomerChanges, CustomerListing, NewCustomer
from mostrador.scheduling import appointments, booking, booking_limits, services, waiting_list
from mostrador.scheduling.views.appointments import NewAppointment
from mostrador.scheduling.views.services import NewService
from mostrador.scheduling.views.waiting_list import NewWaiting
from mostrador.table import attempts, keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant, TenantChanges
from tests.support import days, orders
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


@pytest.mark.parametrize("first", WAYS)
def test_every_way_of_writing_books_for_the_same_customer(cut, now, first):
    ana = book(cut, first, now).customer_id

    hours = [NINE.replace(hour=10 + number) for number in range(len(WAYS))]
    assert {book(cut, way, now, start, "Anita").customer_id for way, start in zip(WAYS, hours, strict=True)} == {ana}
    assert names(now) == ["Ana"]


@pytest.mark.parametrize(("first", "then"), [(WAYS[0], WAYS[1]), (WAYS[1], WAYS[0])])
def test_a_wait_an_order_and_a_new_customer_know_the_phone_too(cut, now, first, then):
    ana = new(first, now)
    data = {"name": "Anita", "phone": then}

    wait = waiting_list.join(
        "shop",
        NewWaiting(service_id=cut.id, date=NINE.date(), customer_data=data),
        actor_name="eva",
        key=None,
        now=now,
    )
    raffle = orders.on_sale(now, "shop")
    order = orders.sell(raffle, 7, now=now, tenant="shop", customer=data)

    assert wait.customer_id == order.customer_id == ana.id
    with pytest.raises(customers.PhoneTaken):
        new(then, now, "Anita")
    beto = new("+54 9 351 456 7890", now, "Beto")
    with pytest.raises(customers.PhoneTaken):
        customers.change("shop", beto.id, CustomerChanges(phone=then), seen=None, now=now)


def test_a_customer_may_change_to_another_form_of_the_own_phone(shop, now):
    ana = new(PLAIN, now)

    changed = customers.change("shop", ana.id, CustomerChanges(phone=WITH_NINE), seen=None, now=now)

    assert (changed.phone, reads.get_item(keys.phone("shop", PLAIN))) == (WITH_NINE, None)
    assert reads.get_item(keys.phone("shop", WITH_NINE)).customer_id == ana.id


def test_two_who_were_two_before_stay_found_each_by_the_own_form(cut, now, monkeypatch):
    """As earlier versions stored them."""
    with monkeypatch.context() as earlier:
        earlier.setattr(customers, "_check_no_other_form", lambda *_, **__: None)
        plain, nine = new(PLAIN, now), new(WITH_NINE, now, "Ana B")

    assert book(cut, PLAIN, now).customer_id == plain.id
    assert book(cut, WITH_NINE, now, NINE.replace(hour=10)).customer_id == nine.id


def meanwhile(monkeypatch, service, now):
    """While the first booking is decided, the same person books with the other form."""
    identified, booked = customers.identified, []
    monkeypatch.setattr(attempts, "pause", lambda *_: None)

    def late(*sent, **named):
        found = identified(*sent, **named)
        if not booked:
            booked.append(None)
            booked[0] = book(service, PLAIN, now, NINE + timedelta(days=1))  # no other day in common
        return found

    monkeypatch.setattr(customers, "identified", late)
    return booked


def test_two_first_bookings_at_once_are_of_one_customer(cut, now, monkeypatch):
    others = meanwhile(monkeypatch, cut, now)

    mine = book(cut, WITH_NINE, now)

    assert mine.customer_id == others[0].customer_id
    assert names(now) == ["Ana"]


def test_red_control_without_the_check_of_the_other_form_they_are_two(cut, now, monkeypatch):
    others = meanwhile(monkeypatch, cut, now)
    monkeypatch.setattr(customers, "_check_no_other_form", lambda *_, **__: None)

    mine = book(cut, WITH_NINE, now)

    assert mine.customer_id != others[0].customer_id
    assert names(now) == ["Ana", "Ana"]


@pytest.mark.parametrize("first", WAYS)
def test_the_limit_of_a_phone_counts_all_its_forms(cut, now, first):
    tenants.change("shop", TenantChanges(max_active_bookings=1), seen=None, now=now)
    booked = book(cut, first, now)

    for way in WAYS:
        with pytest.raises(booking_limits.TooManyActive):
            book(cut, way, now, NINE.replace(hour=11))

    appointments.cancel("shop", booked.id, reason="", actor_name="eva", now=now)
    assert book(cut, WAYS[-1], now, NINE.replace(hour=11)).customer_id == booked.customer_id
