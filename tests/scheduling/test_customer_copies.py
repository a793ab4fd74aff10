"""A corrected name, phone or e-mail reaches the appointments to come, their search, waits and calendar events."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from functions.outbox import app as outbox
from mostrador import clock
from mostrador.people import customers
from mostrador.people.views.customers import CustomerChanges, NewCustomer
from mostrador.scheduling import appointments, booking, customer_copies, recurring, waiting_list
from mostrador.scheduling.booking_limits import TooManyActive
from mostrador.scheduling.freed_time import Change
from mostrador.scheduling.views.appointments import AppointmentListing, NewAppointment
from mostrador.scheduling.views.recurring import NewSeries
from mostrador.table import TableFailure, attempts, keys, reads
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support import calendars, faults, stream
from tests.support.days import shifted
from tests.support.lines import join

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
HOUR = timedelta(hours=1)
PHONE, OTHER = "0981 123 456", "0982 222 333"
ANA = {"name": "Ana Lopes", "phone": PHONE}


@pytest.fixture
def source(salon, haircut):
    return stream.Stream()


@pytest.fixture(autouse=True)
def quick(monkeypatch, now):
    monkeypatch.setattr(attempts, "pause", lambda *_: None)
    monkeypatch.setattr(clock, "now", lambda: now)


def book(service, at, now, who=ANA, **more):
    form = {"service_id": service.id, "scheduled_at": at, "customer_data": who} | more
    return booking.book("salon", NewAppointment.model_validate(form), actor_name="eva", key=None, now=now)


def correct(customer_id, now, tenant="salon", **changes):
    return customers.change(tenant, customer_id, CustomerChanges.model_validate(changes), seen=None, now=now)


def deliver(source):
    """Bring what was written to the outbox, until nothing more comes; gives the dead letters."""
    dead = []
    while records := stream.let_by("OutboxFunction", source.new()):
        dead += stream.pump(outbox.handler, records)
    return dead


def stored(one):
    return reads.get_item((one.pk, one.sk))


def copies(one):
    return stored(one).customer_name, stored(one).customer_phone


def found(q, now):
    page = appointments.listing("salon", AppointmentListing.model_validate({"q": q}), now=now)
    return [one.id for one in page.items]


def test_a_correction_reaches_what_is_to_come_and_its_search(source, haircut, now):
    booked = [book(haircut, NINE + number * HOUR, now) for number in range(3)]
    correct(booked[0].customer_id, now, name="Ana López", phone=OTHER)

    assert deliver(source) == []

    assert {copies(one) for one in booked} == {("Ana López", "+595982222333")}
    assert found("ana lópez", now) == found("982222333", now) == [one.id for one in booked]
    assert found("lopes", now) == found("981123456", now) == []


def test_what_is_over_stays_as_it_was_agreed(source, haircut, now):
    past, coming = book(haircut, NINE, now), book(haircut, NINE + 26 * HOUR, now)
    off = book(haircut, NINE + 27 * HOUR, now)
    appointments.cancel("salon", off.id, reason="", actor_name="eva", now=now)
    told = [Change("customer", past.customer_id, "customer.changed", {"name": ["Ana Lopes", "Ana López"]})]
    correct(past.customer_id, now, name="Ana López")

    assert customer_copies.follow("salon", told, now=NINE + HOUR) == 1

    assert [copies(one)[0] for one in (past, coming, off)] == ["Ana Lopes", "Ana López", "Ana Lopes"]


def test_a_name_that_it_was_booked_as_stays_unless_it_is_the_corrected_one(source, haircut, now):
    mother = book(haircut, NINE, now)
    child = book(haircut, NINE + HOUR, now, {"name": "Beto", "phone": PHONE})
    right = book(haircut, NINE + 2 * HOUR, now, {"name": "Ana López", "phone": PHONE})
    correct(mother.customer_id, now, name="Ana López")

    deliver(source)

    assert [stored(one).booked_as for one in (mother, child, right)] == [None, "Beto", None]
    assert found("beto", now) == [child.id]
    assert found("ana lópez", now) == [mother.id, child.id, right.id]


def test_a_correction_is_repeated_without_another_write(source, haircut, now):
    booked = book(haircut, NINE, now)
    correct(booked.customer_id, now, name="Ana López")
    records = stream.let_by("OutboxFunction", source.new())
    stream.pump(outbox.handler, records)
    version = stored(booked).version

    stream.pump(outbox.handler, records)

    assert stored(booked).version == version


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("kind", ["before", "after"])
def test_a_crash_between_two_writes_is_finished_by_the_repeat(source, haircut, now, number, kind):
    booked = [book(haircut, NINE + number * HOUR, now) for number in range(3)]
    correct(booked[0].customer_id, now, name="Ana López", phone=OTHER)
    told = [Change("customer", booked[0].customer_id, "customer.changed", {"name": ["", ""], "phone": ["", ""]})]
    with faults.crashing(number, kind), suppress(TableFailure):
        customer_copies.follow("salon", told, now=now)

    customer_copies.follow("salon", told, now=now)

    assert {copies(one) for one in booked} == {("Ana López", "+595982222333")}


def corrected_while_the_index_lags(source, haircut, now, monkeypatch):
    """A booking that the index does not list yet while its customer is corrected; both lines reach the outbox."""
    first = book(haircut, NINE, now)
    deliver(source)
    booked = book(haircut, NINE + HOUR, now)
    correct(first.customer_id, now, name="Ana López", phone=OTHER)
    listed = customer_copies._of_customer
    late = lambda *args: [one for one in listed(*args) if one.id != booked.id]  # noqa: E731
    monkeypatch.setattr(customer_copies, "_of_customer", late)
    assert deliver(source) == []
    return booked


def test_a_booking_that_the_index_did_not_list_yet_is_corrected_too(source, haircut, now, monkeypatch):
    booked = corrected_while_the_index_lags(source, haircut, now, monkeypatch)

    assert copies(booked) == ("Ana López", "+595982222333")


def test_red_control_without_the_look_at_new_bookings_it_is_missed(source, haircut, now, monkeypatch):
    monkeypatch.setattr(customer_copies, "concerns", lambda change: change.action == "customer.changed")

    assert copies(corrected_while_the_index_lags(source, haircut, now, monkeypatch))[0] == "Ana Lopes"


def test_a_deleted_appointment_is_left_alone(source, haircut, now):
    booked = book(haircut, NINE, now)
    appointments.delete("salon", booked.id, seen=None, now=now)

    assert deliver(source) == []
    assert stored(booked) is None


def test_many_appointments_are_all_reached(source, haircut, now):
    form = {"service_id": haircut.id, "scheduled_at": NINE, "customer_data": ANA, "count": 30}
    made = [
        recurring.book(
            "salon",
            NewSeries.model_validate(form | {"scheduled_at": NINE + number * HOUR}),
            actor_name="eva",
            key=None,
            now=now,
        )
        for number in range(4)
    ]
    customer_id = made[0].booked[0].customer_id
    correct(customer_id, now, name="Ana López")

    assert deliver(source) == []

    listed = appointments.listing("salon", AppointmentListing(customer=customer_id, limit=100), now=now).items
    assert {one.customer_name for one in listed} == {"Ana López"}


def test_an_older_run_does_not_set_a_newer_correction_back(haircut, now, monkeypatch):
    booked = book(haircut, NINE, now)
    corrected_between(booked, now, monkeypatch)

    assert copies(booked)[0] == "Ana Tres"


def corrected_between(booked, now, monkeypatch):
    """Between the look and the write of a run the customer is corrected again, and another run finishes."""
    told = [Change("customer", booked.customer_id, "customer.changed", {"name": ["", ""]})]
    correct(booked.customer_id, now, name="Ana Dos")
    read, batch = [], reads.batch

    def late(wanted, **how):
        wanted = list(wanted)
        if keys.customer("salon", booked.customer_id) in wanted and len(wanted) == 2 and not read:
            read.append(True)
            old = batch([keys.customer("salon", booked.customer_id)])
            correct(booked.customer_id, now, name="Ana Tres")
            customer_copies.follow("salon", told, now=now)
            return batch(wanted) | old
        return batch(wanted, **how)

    monkeypatch.setattr(reads, "batch", late)
    customer_copies.follow("salon", told, now=now)
    assert read


def test_red_control_without_the_check_of_the_customer_it_would(haircut, now, monkeypatch):
    booked = book(haircut, NINE, now)
    monkeypatch.setattr(Transaction, "condition_check", lambda *_args, **_how: None)
    corrected_between(booked, now, monkeypatch)

    assert copies(booked)[0] == "Ana Dos"


def test_a_booking_that_read_the_old_name_begins_again(haircut, now, monkeypatch):
    first = book(haircut, NINE, now)
    identified, seen = customers.identified, []

    def late(*args, **how):
        answer = identified(*args, **how)
        if not seen:
            correct(first.customer_id, now, name="Ana López")
        seen.append(answer)
        return answer

    monkeypatch.setattr(customers, "identified", late)

    second = book(haircut, NINE + HOUR, now, customer_data={"name": "Ana López", "phone": PHONE})

    assert (len(seen), second.customer_name, second.booked_as) == (2, "Ana López", None)


def test_the_limit_of_appointments_to_come_follows_the_phone(source, haircut, now):
    tenants.change("salon", TenantChanges(max_active_bookings=2), seen=None, now=now)
    booked = [book(haircut, NINE + number * HOUR, now) for number in range(2)]
    correct(booked[0].customer_id, now, phone=OTHER)

    deliver(source)

    with pytest.raises(TooManyActive):
        book(haircut, NINE + 3 * HOUR, now, {"name": "Ana", "phone": OTHER})
    assert book(haircut, NINE + 3 * HOUR, now, {"name": "Beto", "phone": PHONE}).customer_phone == "+595981123456"
    appointments.cancel("salon", booked[0].id, reason="", actor_name="eva", now=now)
    assert book(haircut, NINE + 4 * HOUR, now, {"name": "Ana", "phone": OTHER}).customer_name == "Ana Lopes"


def test_a_phone_that_is_taken_away_is_counted_no_more(source, haircut, now):
    tenants.change("salon", TenantChanges(max_active_bookings=1), seen=None, now=now)
    booked = book(haircut, NINE, now)
    correct(booked.customer_id, now, phone=None)

    assert deliver(source) == []

    assert (copies(booked), stored(booked).is_counted) == (("Ana Lopes", None), None)
    assert appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=now).status == "CANCELLED"
    assert book(haircut, NINE + HOUR, now, {"name": "Beto", "phone": PHONE}).customer_name == "Beto"


def test_a_wait_shows_the_corrected_name(source, haircut, now):
    entry = join(haircut, 1, now=now, customer_data=ANA)
    correct(entry.customer_id, now, name="Ana López", phone=OTHER)

    deliver(source)

    told = waiting_list.get("salon", entry.id, now=now)
    assert (told.customer_name, told.customer_phone) == ("Ana López", "+595982222333")


def test_notes_of_a_customer_touch_no_appointment(source, haircut, now):
    booked = book(haircut, NINE, now)
    version = stored(booked).version
    correct(booked.customer_id, now, notes="Prefiere la mañana")

    deliver(source)

    assert (stored(booked).version, stored(booked).customer_version) == (version, None)


def test_an_email_touches_what_is_to_come_without_a_version(source, haircut, now):
    booked = book(haircut, NINE, now)
    changed = correct(booked.customer_id, now, email="ana@example.com")

    deliver(source)

    assert (stored(booked).version, stored(booked).customer_version) == (booked.version, changed.version)


def test_another_tenants_customer_of_the_same_phone_is_left_alone(source, haircut, clinic, now):
    booked = book(haircut, NINE, now)
    other = customers.create("clinic", NewCustomer(name="Ann", phone="+595 981 123 456"), key=None, now=now)
    correct(other.id, now, tenant="clinic", name="Anna")

    deliver(source)

    assert copies(booked)[0] == "Ana Lopes"


def test_the_calendar_shows_the_corrected_customer_and_invites_the_new_address(shop, google, now):
    calendars.connect(now, attendees=True)
    booked = shop.book()
    shop.settle()
    changes = {"name": "Ana López", "email": "ana@example.com"}
    correct(booked.customer_id, now, **changes)
    told = [Change("customer", booked.customer_id, "customer.changed", {name: ["", ""] for name in changes})]

    customer_copies.follow("salon", told, now=now)
    shop.settle()

    (event,) = google.alive().values()
    assert "Ana López" in event["summary"]
    assert [guest["email"] for guest in event["attendees"]] == ["ana@example.com"]


def test_an_email_alone_reaches_the_calendar(shop, google, now):
    calendars.connect(now, attendees=True)
    booked = shop.book()
    shop.settle()
    told = [Change("customer", booked.customer_id, "customer.changed", {"email": [None, "ana@example.com"]})]
    correct(booked.customer_id, now, email="ana@example.com")

    customer_copies.follow("salon", told, now=now)
    shop.settle()

    (event,) = google.alive().values()
    assert [guest["email"] for guest in event["attendees"]] == ["ana@example.com"]
