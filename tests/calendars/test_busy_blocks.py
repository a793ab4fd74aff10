"""Other people's events in the tenant's calendar take times of the agenda."""

from datetime import date
from uuid import uuid4

import pytest

from mostrador.calendars import connections, watches
from mostrador.scheduling import availability, busy_times
from mostrador.scheduling.views.appointments import AvailabilityQuery
from tests.support.calendars import connect
from tests.support.days import shifted

NOON = (shifted("2026-12-01T12:00:00-03:00"), shifted("2026-12-01T13:00:00-03:00"))
TWO = (shifted("2026-12-01T14:00:00-03:00"), shifted("2026-12-01T14:30:00-03:00"))


@pytest.fixture
def connection(shop, now):
    found = connect(now)
    watches.wake("salon", found, now=now)
    return found


def free(shop):
    query = AvailabilityQuery(service=shop.service.id, date=shifted(date(2026, 12, 1)))
    found = availability.find("salon", query, now=shop.clock())
    return {slot.starts_at.strftime("%H:%M") for slot in found.slots}


def come_round(shop):
    shop.clock.pass_(minutes=6)
    shop.sweep()


def test_an_event_blocks_its_time_and_frees_it_when_it_goes(shop, google, connection):
    before = free(shop)
    google.foreign("lunch", *NOON)
    come_round(shop)
    assert before - free(shop) >= {"12:00", "12:30"}

    google.edit("lunch", start={"dateTime": TWO[0]}, end={"dateTime": TWO[1]})
    come_round(shop)
    assert {"12:00", "12:30"} <= free(shop)
    assert "14:00" not in free(shop)

    google.trash("lunch")
    come_round(shop)
    assert free(shop) == before


def test_our_own_events_block_nothing_twice(shop, google, connection):
    shop.book(9)
    shop.deliver()
    booked = free(shop)

    come_round(shop)

    assert free(shop) == booked


def test_who_does_not_want_that_is_not_blocked(shop, google, connection):
    before = free(shop)
    google.foreign("lunch", *NOON)
    come_round(shop)
    assert free(shop) != before

    connect(shop.clock(), two_way=False)
    come_round(shop)

    assert free(shop) == before


def test_a_calendar_that_is_disconnected_blocks_nothing(shop, google, connection):
    before = free(shop)
    google.foreign("lunch", *NOON)
    come_round(shop)

    connections.disconnect("salon", None, removes=False, seen=None, now=shop.clock())

    assert free(shop) == before


def test_a_resource_that_is_new_is_blocked_by_the_business_calendar_too(shop, google, connection):
    from mostrador.scheduling import resources, services
    from mostrador.scheduling.views.services import NewResource, ServiceChanges

    google.foreign("lunch", *NOON)
    come_round(shop)
    made = resources.create("salon", NewResource(name="Silla 2"), key=None, now=shop.clock())
    services.change("salon", shop.service.id, ServiceChanges(resource_ids=[made.id]), seen=None, now=shop.clock())

    come_round(shop)

    assert "12:00" not in free(shop)


def test_a_calendar_that_blocks_anew_is_read_whole_whatever_was_read_before(shop, google, connection):
    google.foreign("lunch", *NOON)
    come_round(shop)
    busy_times.clear("salon", "GOOGLE_CALENDAR", now=shop.clock())
    assert "12:00" in free(shop)

    come_round(shop)

    assert "12:00" not in free(shop)


@pytest.mark.parametrize("zone", ["Etc/Unknown", "../etc", "America", ""])
def test_whole_days_in_an_unknown_zone_are_those_of_the_tenant(shop, google, connection, monkeypatch, zone):
    changes = google.changes

    def odd(*told):
        answer = changes(*told)
        answer.content["timeZone"] = zone
        return answer

    monkeypatch.setattr(google, "changes", odd)
    google.foreign("lunch", *NOON)
    google.edit("lunch", start={"date": shifted("2026-12-01")}, end={"date": shifted("2026-12-02")})

    come_round(shop)

    assert free(shop) == set()


def test_what_another_tenant_made_in_the_same_calendar_blocks_until_it_goes(shop, google, connection):
    before = free(shop)
    marks = {"mostrador_appointment": "apt_1", "mostrador_tenant": "clinic"}
    theirs = f"{uuid4().hex}g0"
    google.foreign(theirs, *NOON, extendedProperties={"private": marks})
    come_round(shop)
    assert before - free(shop) >= {"12:00", "12:30"}

    google.trash(theirs)  # of which Google tells nothing but the id
    come_round(shop)
    assert free(shop) == before
