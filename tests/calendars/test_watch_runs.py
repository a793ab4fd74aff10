"""Calendars read with sync tokens, and proved at night."""

from datetime import timedelta

import pytest

from mostrador import context
from mostrador.calendars import watch_runs, watches
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType
from tests.support.calendars import connect, is_right, record
from tests.support.days import shifted

NOON = (shifted("2026-12-01T12:00:00-03:00"), shifted("2026-12-01T13:00:00-03:00"))


@pytest.fixture
def connection(shop, now):
    found = integrations.find("salon", IntegrationType.GOOGLE_CALENDAR)
    watches.wake("salon", found, now=now)
    return found


def watch():
    return watches.find("salon", "INTEGRATION#GOOGLE_CALENDAR")


def lists(google):
    return [path for method, path in google.asked if method == "GET" and path.endswith("/events")]


def test_it_is_read_whole_once_and_then_what_changed(shop, google, connection):
    for _ in range(3):
        shop.sweep()
        shop.clock.pass_(minutes=5)

    assert len(lists(google)) == 3
    assert watch().cursor is not None
    assert shop.clock() - watch().read_at == timedelta(minutes=5)


def test_appointments_from_before_the_connection_come_into_the_calendar(ticking, google, haircut, now):
    from tests.support import stream
    from tests.support.calendars import Shop

    shop = Shop(ticking, haircut, stream.Stream())
    shop.book(9)
    cancelled = shop.book(10)
    shop.cancel(cancelled)
    shop.deliver()
    watches.wake("salon", connect(now), now=now)

    shop.sweep()

    assert len(google.alive()) == 1
    assert is_right(google)


def test_a_dead_sync_token_has_everything_read_again(shop, google, connection):
    shop.sweep()
    google.foreign("fff", *NOON)
    google.keeps_from = google.count + 1
    shop.clock.pass_(minutes=5)

    assert shop.sweep()["failed"] == 0

    assert watch().proved_at == shop.clock()


def test_each_page_is_read(shop, google, connection):
    for hour in range(9, 16):
        shop.book(hour)
    shop.deliver()
    google.page_size = 2
    google.asked.clear()

    shop.sweep()

    assert len(lists(google)) == 4
    assert watch().found == {}


def test_the_cursor_stays_where_it_was_when_something_fails(shop, google, connection, monkeypatch):
    booked = shop.book(9)
    shop.deliver()
    shop.sweep()
    before = watch().cursor
    google.edit(record(booked).event_id, summary="x")
    shop.clock.pass_(minutes=5)
    with monkeypatch.context() as patched:
        patched.setattr(watch_runs, "resolve", lambda *_, **__: 1 / 0)
        assert shop.sweep()["failed"] == 1
    assert watch().cursor == before

    shop.clock.pass_(minutes=1)
    shop.sweep()

    assert is_right(google)
    assert [one["summary"] for one in google.alive().values()] == ["Corte · Ana 1"]


def test_a_proof_cut_short_goes_on_the_next_minute(shop, google, connection):
    booked = shop.book(9)
    shop.deliver()
    shop.sweep()
    google.trash(record(booked).event_id)
    google.keeps_from = google.count + 1
    with context.working("salon", context.SYSTEM):
        assert not watch_runs.advance("salon", watch(), clock=shop.clock, until=shop.clock())
    google.keeps_from = 0

    shop.sweep()

    assert is_right(google)
