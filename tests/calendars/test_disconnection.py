"""The end of a connection: its events go if asked, its busy times and its grant always."""

import pytest

from mostrador.calendars import connections, google_access, watch_runs, watches
from mostrador.clients.kms import SecretsUnavailable
from mostrador.tenancy import integrations, tenants
from mostrador.tenancy.rules.integration_states import IntegrationType
from tests.support.calendars import connect, is_right
from tests.support.days import shifted

NOON = (shifted("2026-12-01T12:00:00-03:00"), shifted("2026-12-01T13:00:00-03:00"))


@pytest.fixture
def connection(shop, now):
    found = integrations.find("salon", IntegrationType.GOOGLE_CALENDAR)
    watches.wake("salon", found, now=now)
    return found


def watch():
    return watches.find("salon", "INTEGRATION#GOOGLE_CALENDAR")


def test_our_events_go_with_the_connection_if_asked(shop, google, connection):
    for hour in (9, 10, 11):
        shop.book(hour)
    shop.deliver()

    connections.disconnect("salon", None, removes=True, seen=None, now=shop.clock())
    assert integrations.find("salon", IntegrationType.GOOGLE_CALENDAR).status == "REMOVING"
    shop.sweep()

    assert google.alive() == {}
    assert integrations.find("salon", IntegrationType.GOOGLE_CALENDAR) is None
    assert watch() is None
    assert google.grants == set()


def test_what_cannot_be_removed_now_is_removed_later(shop, google, connection):
    shop.book(9)
    shop.deliver()
    google.is_down = True
    connections.disconnect("salon", None, removes=True, seen=None, now=shop.clock())
    shop.sweep()
    assert integrations.find("salon", IntegrationType.GOOGLE_CALENDAR) is not None

    google.is_down = False
    for _ in range(20):
        shop.clock.pass_(minutes=5)
        shop.sweep()

    assert google.alive() == {}
    assert integrations.find("salon", IntegrationType.GOOGLE_CALENDAR) is None


def test_what_is_left_is_adopted_when_the_same_calendar_is_connected_again(shop, google, connection, now):
    booked = shop.book(9)
    shop.deliver()
    connections.disconnect("salon", None, removes=False, seen=None, now=shop.clock())
    shop.confirm(booked)
    shop.deliver()
    assert [one["status"] for one in google.alive().values()] == ["tentative"]

    google.grants.add("refresh-1")
    shop.clock.pass_(minutes=1)
    again = connect(shop.clock())
    watches.wake("salon", again, now=shop.clock())
    shop.sweep()

    assert is_right(google)


def test_what_was_left_in_another_calendar_stays_there(shop, google, connection):
    shop.book(9)
    shop.deliver()
    connections.disconnect("salon", None, removes=False, seen=None, now=shop.clock())
    google.grants.add("refresh-1")
    google.calendars["other"] = {}
    shop.clock.pass_(minutes=1)

    watches.wake("salon", connect(shop.clock(), calendar_id="other"), now=shop.clock())
    shop.sweep()

    assert len(google.alive()) == 1
    assert is_right(google, calendar_id="other")


def test_another_calendar_of_the_same_connection_gets_the_events(shop, google, connection):
    shop.book(9)
    shop.deliver()
    google.calendars["other"] = {}

    watches.wake("salon", connect(shop.clock(), calendar_id="other"), now=shop.clock())
    shop.sweep()

    assert google.alive() == {}
    assert is_right(google, calendar_id="other")


def followed(shop):
    return tenants.find("salon", now=shop.clock()).calendars


def disconnect(shop, resource_id=None, *, removes=False):
    connections.disconnect("salon", resource_id, removes=removes, seen=None, now=shop.clock())


@pytest.fixture
def lunch(shop, google, connection):
    """Somebody's event that blocks noon."""
    google.foreign("lunch", *NOON)
    shop.sweep()
    shop.clock.pass_(minutes=6)
    return connection


def test_a_run_while_the_grant_is_given_back_follows_nothing_again(shop, google, lunch, monkeypatch):
    give_back = google_access.revoke_grant
    monkeypatch.setattr(google_access, "revoke_grant", lambda *told, **how: (shop.sweep(), give_back(*told, **how)))

    disconnect(shop)

    assert (followed(shop), watch(), google.grants) == (None, None, set())
    assert shop.book(12)


def test_a_run_that_has_begun_before_the_end_follows_nothing_again(shop, google, lunch, monkeypatch):
    choose = watch_runs._step

    def late(*told):
        monkeypatch.undo()
        disconnect(shop)
        return choose(*told)

    monkeypatch.setattr(watch_runs, "_step", late)
    shop.sweep()

    assert (followed(shop), watch()) == (None, None)
    assert shop.book(12)


def test_an_end_that_stopped_halfway_is_completed_by_the_watch(shop, google, lunch):
    integrations.remove("salon", IntegrationType.GOOGLE_CALENDAR, seen=None, now=shop.clock())
    assert followed(shop) == ["GOOGLE_CALENDAR"]

    assert shop.sweep()["failed"] == 0

    assert (followed(shop), watch()) == (None, None)
    assert shop.book(12)


def test_a_grant_that_cannot_be_opened_does_not_keep_the_connection(shop, google, lunch, monkeypatch):
    def closed(*_, **__):
        raise SecretsUnavailable

    monkeypatch.setattr(google_access, "revoke_grant", closed)

    disconnect(shop)

    assert integrations.find("salon", IntegrationType.GOOGLE_CALENDAR) is None
    assert followed(shop) is None


@pytest.mark.parametrize("removes", [False, True])
def test_what_a_resources_calendar_leaves_comes_into_the_tenants(shop, google, connection, removes):
    google.calendars["own"] = {}
    booked = shop.book(9)
    google.grants.add("refresh-2")
    own = connect(
        shop.clock(),
        resource_id=booked.resource_id,
        calendar_id="own",
        secret={"type": "oauth", "refresh_token": "refresh-2"},
    )
    watches.wake("salon", own, now=shop.clock())
    shop.deliver()
    shop.sweep()
    assert (len(google.alive("own")), len(google.alive())) == (1, 0)

    disconnect(shop, booked.resource_id, removes=removes)
    shop.sweep()

    assert is_right(google)
    assert len(google.alive("own")) == (0 if removes else 1)
