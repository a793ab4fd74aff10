"""An appointment's event: made, moved and taken away once, whatever Google or the table do in between."""

from datetime import timedelta

import pytest

from mostrador import process_cache
from mostrador.calendars import connections, event_sync, google_access
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType
from tests.support.calendars import connect, is_right, record, stored
from tests.support.days import shifted


@pytest.fixture
def own(shop, google, now, haircut):
    """A resource's own calendar, by a grant of its own."""
    google.calendars["own"] = {}
    google.grants.add("refresh-2")
    secret = {"type": "oauth", "refresh_token": "refresh-2"}
    return connect(now, resource_id=haircut.resource_ids[0], calendar_id="own", secret=secret)


def found(connection):
    return integrations.find("salon", IntegrationType.GOOGLE_CALENDAR, connection.resource_id)


def test_a_confirmed_appointment_is_an_event(shop, google):
    booked = shop.book(status="CONFIRMED")

    shop.deliver()

    (event,) = google.alive().values()
    assert event["summary"] == "Corte · Ana 1"
    assert event["start"] == {"dateTime": shifted("2026-12-01T09:00:00-03:00"), "timeZone": "America/Asuncion"}
    assert event["extendedProperties"]["private"]["mostrador_appointment"] == booked.id
    assert stored(booked).google_calendar_event_id == event["id"] == f"{booked.id}g0"
    assert record(booked).state == "SYNCED"


def test_it_follows_through_its_life(shop, google):
    booked = shop.book()
    shop.deliver()
    assert [one["status"] for one in google.alive().values()] == ["tentative"]

    shop.confirm(booked)
    shop.move(booked, 11)
    shop.deliver()
    assert is_right(google)

    shop.cancel(booked)
    shop.deliver()
    assert google.alive() == {}
    assert stored(booked).google_calendar_event_id is None


def test_a_deleted_appointment_leaves_no_event(shop, google):
    booked = shop.book()
    shop.deliver()

    shop.delete(booked)
    shop.deliver()

    assert google.alive() == {}


def test_records_per_change_are_bounded(shop, google):
    booked = shop.book()
    counts = [len(shop.deliver()[0])]
    for change in (lambda: shop.confirm(booked), lambda: shop.move(booked, 10), lambda: shop.cancel(booked)):
        change()
        counts.append(len(shop.deliver()[0]))

    assert counts == [2, 1, 1, 2]


def overtaken(shop, google):
    """A worker is held up by Google for longer than its lease, and another says something newer."""
    booked = shop.book(status="CONFIRMED")
    shop.deliver()
    shop.move(booked, 10)

    def meanwhile():
        shop.clock.pass_(seconds=61)
        shop.move(booked, 15)
        shop.deliver()

    google.meanwhile = meanwhile
    event_sync.follow("salon", booked.id, clock=shop.clock, resource_ids=[booked.resource_id])
    return booked


def test_who_was_held_up_for_longer_than_the_lease_does_not_have_the_last_word(shop, google):
    booked = overtaken(shop, google)

    assert google.alive()[record(booked).event_id]["start"]["dateTime"] == shifted("2026-12-01T15:00:00-03:00")
    assert is_right(google)


def test_without_a_look_at_the_lease_it_does(shop, google, monkeypatch):
    """The red control of the test above."""
    monkeypatch.setattr(event_sync, "_check_lease", lambda *_: None)
    booked = overtaken(shop, google)

    assert google.alive()[record(booked).event_id]["start"]["dateTime"] == shifted("2026-12-01T10:00:00-03:00")


def test_the_lease_is_longer_than_what_google_may_take():
    timeout = google_access.google_oauth._TIMEOUT

    assert event_sync.LEASE.total_seconds() > 4 * (timeout.connect_timeout + timeout.read_timeout)


@pytest.mark.parametrize("how", ["broken", "resting"])
def test_an_event_stays_where_it_is_until_the_calendar_where_it_belongs_takes_it(
    shop, google, haircut, now, request, how
):
    booked = shop.book(status="CONFIRMED")
    shop.deliver()
    own = request.getfixturevalue("own")
    if how == "broken":
        integrations.mark_broken(own, "x", now=now)
    else:
        google_access._resting.put(google_access._name(own), now + timedelta(days=365))
    shop.move(booked, 11)
    shop.deliver()

    assert (len(google.alive()), len(google.alive("own"))) == (1, 0)
    assert record(booked).state == "PENDING"


def leaving(shop, own):
    """A resource's calendar with two events is being disconnected; one of them has moved to the tenant's already."""
    booked = [shop.book(hour, status="CONFIRMED") for hour in (9, 11)]
    shop.deliver()
    connections.disconnect("salon", own.resource_id, removes=True, seen=None, now=shop.clock())
    event_sync.follow("salon", booked[0].id, clock=shop.clock, resource_ids=[own.resource_id])
    return booked


def test_what_breaks_while_it_is_leaving_is_no_target_again(shop, google, own):
    booked = leaving(shop, own)
    integrations.mark_broken(found(own), "x", now=shop.clock())

    shop.move(booked[0], 15)
    shop.deliver()

    assert google_access.is_leaving(found(own))
    assert (len(google.alive()), len(google.alive("own"))) == (1, 1)


def test_what_breaks_while_it_is_leaving_goes_and_leaves_what_it_cannot_take_along(shop, google, own):
    leaving(shop, own)
    google.grants.discard("refresh-2")
    process_cache.clear_all()

    for _ in range(4):
        shop.sweep()
        shop.deliver()
        shop.clock.pass_(minutes=6)

    assert found(own) is None
    assert is_right(google)
    assert len(google.alive("own")) == 1


def test_the_same_id_is_never_in_two_calendars(shop, google, own):
    """What was left in a calendar that is disconnected keeps its id; elsewhere the event has another."""
    booked = shop.book(status="CONFIRMED")
    shop.deliver()
    connections.disconnect("salon", own.resource_id, removes=False, seen=None, now=shop.clock())
    shop.move(booked, 11)
    shop.deliver()

    assert list(google.alive("own")) == [f"{booked.id}g0"]
    assert list(google.alive()) == [f"{booked.id}g1"]


def test_a_repetition_that_somebody_made_of_it_is_taken_away(shop, google):
    booked = shop.book(status="CONFIRMED")
    shop.deliver()
    google.edit(record(booked).event_id, recurrence=["RRULE:FREQ=DAILY"])

    event_sync.follow("salon", booked.id, clock=shop.clock, resource_ids=[booked.resource_id], is_forced=True)

    (event,) = google.alive().values()
    assert not event["recurrence"]


def test_where_we_may_not_write_the_events_wait_and_the_connection_is_broken(shop, google, now):
    booked = shop.book(status="CONFIRMED")
    google.refusal = (403, "insufficientPermissions")
    shop.deliver()
    stuck = integrations.find("salon", IntegrationType.GOOGLE_CALENDAR)
    assert (record(booked).state, stuck.status) == ("PENDING", "BROKEN")

    google.refusal = None
    integrations.mark_mended(stuck, now=now)
    shop.clock.pass_(hours=6)
    shop.sweep()

    assert is_right(google)
