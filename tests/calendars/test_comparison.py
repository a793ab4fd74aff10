"""A calendar beside its appointments: everything that can be wrong is named, and put right."""

import pytest

from mostrador.calendars import changes_feed, comparison
from mostrador.calendars.rules import event_ids
from mostrador.calendars.rules.event_plan import DifferenceKind
from mostrador.scheduling import appointments
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType as System
from tests.support.calendars import connect, is_right, record
from tests.support.days import shifted


@pytest.fixture
def booked(shop, google):
    made = [shop.book(hour) for hour in range(9, 14)]
    shop.deliver()
    return made


def found(shop):
    connection = integrations.find("salon", System.GOOGLE_CALENDAR)
    events = changes_feed.read_all(connection, now=shop.clock())
    return list(comparison.differences("salon", connection, events, now=shop.clock()))


def kinds(shop):
    return sorted((one.kind, one.appointment_id) for one in found(shop))


def repair(shop):
    connection = integrations.find("salon", System.GOOGLE_CALENDAR)
    for one in found(shop):
        assert comparison.repair("salon", connection, one, clock=shop.clock)


def stray(booked, **private):
    """An event that looks like ours."""
    told = {"mostrador_tenant": "salon", "mostrador_appointment": booked.id} | private
    times = {
        "start": {"dateTime": shifted("2026-12-01T12:00:00Z")},
        "end": {"dateTime": shifted("2026-12-01T12:30:00Z")},
    }
    return {"extendedProperties": {"private": told}} | times


def test_a_right_calendar_has_no_differences(shop, booked):
    assert found(shop) == []


def test_all_that_can_be_wrong_is_named_and_put_right(shop, google, booked, now):
    missing, purged, differing, parked, dead = booked
    google.trash(record(missing).event_id)
    del google.calendars["primary"][record(purged).event_id]
    google.edit(
        record(differing).event_id, summary="Otra cosa", start={"dateTime": shifted("2026-12-01T07:00:00-03:00")}
    )
    google.refusal = (400, "invalid")
    shop.move(parked, 16)
    shop.deliver()
    google.refusal = None
    google.is_down = True
    shop.cancel(dead)
    late = shop.book(17)
    shop.deliver()
    google.is_down = False
    shop.clock.pass_(minutes=1)
    google.store(
        "primary", event_ids.event_id(missing.id, 7), {"id": event_ids.event_id(missing.id, 7)} | stray(missing)
    )

    assert kinds(shop) == sorted(
        [
            (DifferenceKind.MISSING, missing.id),
            (DifferenceKind.MISSING, purged.id),
            (DifferenceKind.DIFFERS, differing.id),
            (DifferenceKind.PARKED, parked.id),
            (DifferenceKind.STRAY, dead.id),
            (DifferenceKind.PENDING, late.id),
            (DifferenceKind.STRAY, missing.id),
        ]
    )
    assert [one.fields for one in found(shop) if one.kind is DifferenceKind.DIFFERS] == [("summary", "start")]
    repair(shop)
    assert is_right(google)
    assert found(shop) == []


def test_events_of_another_tenant_in_the_same_calendar_are_left(shop, google, booked):
    other = event_ids.event_id("f" * 32, 0)
    google.store("primary", other, {"id": other} | stray(booked[0], mostrador_tenant="clinic"))

    assert found(shop) == []
    assert other in google.alive()


def test_an_event_with_nothing_but_an_id_like_ours_is_left(shop, google, booked):
    other = event_ids.event_id("f" * 32, 0)
    google.foreign(other, shifted("2026-12-01T12:00:00Z"), shifted("2026-12-01T13:00:00Z"))

    assert found(shop) == []


def test_events_of_two_connections_in_one_calendar_are_not_taken_for_strays(shop, google, booked, haircut, now):
    own = connect(now, resource_id=haircut.resource_ids[0])
    events = changes_feed.read_all(own, now=now)
    before = list(comparison.differences("salon", own, events, now=now))
    for one in before:
        comparison.repair("salon", own, one, clock=shop.clock)

    assert found(shop) == []
    assert is_right(google)
    events = changes_feed.read_all(own, now=now)
    assert list(comparison.differences("salon", own, events, now=now)) == []


def test_an_event_that_is_taken_away_during_the_comparison_is_no_stray(shop, google, booked, monkeypatch):
    appointments.delete("salon", booked[0].id, seen=None, now=shop.clock())
    recorded = comparison._recorded

    def recorded_before_the_event_goes(*args):
        names = recorded(*args)
        assert list(names.values()) == [(booked[0].id, "main")]
        shop.deliver()
        return names

    monkeypatch.setattr(comparison, "_recorded", recorded_before_the_event_goes)

    assert found(shop) == []
    assert is_right(google)


def test_customers_who_are_invited_are_read_by_fifties(shop, google, booked, now):
    from mostrador.people import customers
    from mostrador.people.views.customers import CustomerChanges
    from tests.support.lines import trips

    for one in booked:
        changes = CustomerChanges(email=f"ana{one.id[-4:]}@example.com")
        customers.change("salon", one.customer_id, changes, seen=None, now=now)
    connect(now, attendees=True)
    with trips() as made:
        differing = found(shop)

    assert made.count("BatchGetItem") == 3  # the connection, appointments with records, customers
    assert len(differing) == 5
    repair(shop)
    assert all(len(event["attendees"]) == 1 for event in google.alive().values())


def test_guests_keep_their_answers(shop, google, booked, now):
    from mostrador.people import customers
    from mostrador.people.views.customers import CustomerChanges

    customers.change("salon", booked[0].customer_id, CustomerChanges(email="ana@example.com"), seen=None, now=now)
    connect(now, attendees=True)
    name = record(booked[0]).event_id
    guests = [{"email": "ANA@example.com", "responseStatus": "accepted"}, {"email": "beto@example.com"}]
    google.edit(name, attendees=guests)

    shop.move(booked[0], 17)
    shop.deliver()

    assert google.alive()[name]["attendees"] == guests
    assert is_right(google)
