"""Guests of an event: only on an e-mail that staff stands for, and only where Google lets us invite."""

import json

import pytest

from mostrador import context
from mostrador.calendars import event_sync
from mostrador.people import customers
from mostrador.people.views.customers import CustomerChanges
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType
from tests.support.calendars import connect, record
from tests.support.days import shifted
from tests.support.http import admin, anybody, staff
from tests.support.logs import written

ONE = "/tenant/salon/api/integrations/GOOGLE_CALENDAR"
ANA = {"name": "Ana", "phone": "0981 555 000", "email": "ana@example.com"}


@pytest.fixture
def inviting(shop, now):
    return connect(now, attendees=True)


def publicly(shop):
    """Ana books for herself, without an account."""
    visitor = context.Actor(context.PUBLIC, context.PUBLIC, context.PUBLIC)
    with context.working("salon", visitor):
        return shop.book(customer_data=ANA)


def guests(google):
    return [[guest["email"] for guest in event.get("attendees", [])] for event in google.alive().values()]


def test_an_email_that_staff_wrote_is_invited(shop, google, inviting):
    shop.book(customer_data=ANA)
    shop.deliver()

    assert guests(google) == [["ana@example.com"]]


def test_nobody_is_invited_to_a_visit_that_was_recorded_afterwards(shop, google, inviting):
    yesterday = shifted("2026-11-29T10:00:00-03:00")
    shop.book(customer_data=ANA, scheduled_at=yesterday, override=["past"])
    shop.deliver()

    assert guests(google) == [[]]


def test_an_email_that_was_given_publicly_is_not_invited(shop, google, inviting):
    booked = publicly(shop)
    shop.confirm(booked)
    shop.deliver()

    assert guests(google) == [[]]
    shown = staff.call("GET", f"/tenant/salon/api/customers/{booked.customer_id}").json
    assert (shown["email"], shown["email_is_confirmed"]) == ("ana@example.com", False)


def test_an_email_of_before_is_not_invited(shop, google, inviting, now):
    """Stored without saying whether anybody stands for it."""
    booked = shop.book(customer_data=ANA)
    customer = customers.stored("salon", booked.customer_id, now=now)
    customer.email_is_confirmed = None
    customer.save()
    shop.deliver()

    assert guests(google) == [[]]


def test_the_same_through_the_doors(shop, google, inviting, haircut, next_day_at_10):
    form = {"service_id": haircut.id, "scheduled_at": next_day_at_10, "customer_data": ANA}
    assert anybody.call("POST", "/tenant/salon/public/appointments", form).status == 201
    shop.deliver()

    assert guests(google) == [[]]


@pytest.fixture
def next_day_at_10():
    return shifted("2026-12-01T10:00:00-03:00")


@pytest.mark.parametrize("changes", [{"email_is_confirmed": True}, {"email": "otra@example.com"}])
def test_an_email_that_staff_confirms_or_corrects_is_invited(shop, google, inviting, changes):
    booked = publicly(shop)
    shop.deliver()

    answer = staff.call("PATCH", f"/tenant/salon/api/customers/{booked.customer_id}", changes)
    shop.move(booked, 11)
    shop.deliver()

    assert answer.json["email_is_confirmed"] is True
    assert guests(google) == [[answer.json["email"]]]


def test_a_correction_of_the_name_confirms_no_email(shop, inviting):
    customer = f"/tenant/salon/api/customers/{publicly(shop).customer_id}"

    staff.call("PATCH", customer, {"name": "Ana María"})
    shown = staff.call("PUT", customer, {**staff.call("GET", customer).json, "notes": "puntual"})

    assert (shown.status, shown.json["email_is_confirmed"]) == (200, False), shown.text


def test_there_is_nothing_to_confirm_without_an_email(shop):
    customer = f"/tenant/salon/api/customers/{shop.book().customer_id}"

    answer = staff.call("PATCH", customer, {"email_is_confirmed": True})

    assert (answer.status, answer.json["code"]) == (422, "no_email_to_confirm")
    assert answer.json["errors"][0]["field"] == "body.email_is_confirmed"


def test_an_email_that_is_taken_away_is_confirmed_no_more(shop, now):
    booked = shop.book(customer_data=ANA)

    customers.change("salon", booked.customer_id, CustomerChanges(email=None), seen=None, now=now)

    assert not customers.stored("salon", booked.customer_id, now=now).email_is_confirmed


def test_where_google_lets_us_invite_nobody_the_event_comes_without_guests(shop, google, inviting):
    """A connection of before, whose credentials we did not look at: Google's refusal tells."""
    google.invites = False
    booked = shop.book(customer_data=ANA)
    shop.deliver()
    assert record(booked).state == "PENDING"

    shop.settle()

    assert guests(google) == [[]]
    assert record(booked).state == "SYNCED"
    shown = admin.call("GET", ONE).json
    assert (shown["attendees"], shown["can_invite"], shown["parked_events"]) == (True, False, 0)


def test_red_control_without_the_note_on_the_connection_it_never_comes(shop, google, inviting, monkeypatch):
    monkeypatch.setattr(event_sync.google_access, "mark_cannot_invite", lambda _: None)
    google.invites = False
    shop.book(customer_data=ANA)

    shop.settle(minutes=5)

    assert guests(google) == []


def test_a_parked_event_shows_on_the_connection_and_rings(shop, google):
    google.refusal = (400, "invalid")
    booked = shop.book()
    with written() as lines:
        shop.deliver()

    shown = admin.call("GET", ONE).json
    assert (shown["status"], shown["parked_events"], shown["parked_reason"]) == ("ACTIVE", 1, "invalid")
    (rung,) = [line for line in lines.lines("ERROR") if line["message"] == "calendar event parked"]
    assert (rung["tenant"], rung["appointment"], rung["reason"]) == ("salon", booked.id, "invalid")


def test_an_event_that_is_parked_no_more_shows_no_more(shop, google):
    google.refusal = (400, "invalid")
    booked = shop.book()
    shop.deliver()
    google.refusal = None

    shop.move(booked, 11)
    shop.deliver()

    assert admin.call("GET", ONE).json["parked_events"] == 0


def test_the_note_stays_with_the_credentials_alone(shop, inviting, now):
    """A person who connects anew is tried again."""
    found = integrations.find("salon", IntegrationType.GOOGLE_CALENDAR)
    event_sync.google_access.mark_cannot_invite(found)
    assert admin.call("GET", ONE).json["can_invite"] is False

    assert admin.call("PUT", ONE, {"attendees": True}).json["can_invite"] is True

    assert json.loads(integrations.secrets(found, now=now)[0])["type"] == "oauth"
