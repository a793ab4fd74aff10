"""Our own client, and how it is let in, against the stand-in."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from mostrador import clock
from mostrador.calendars.rules import event_ids
from mostrador.calendars.rules import google_event as rules
from mostrador.clients import google_calendar, google_oauth
from mostrador.clients.google_calendar import (
    Calendar,
    CalendarBusy,
    CalendarGone,
    CalendarUnauthorized,
    EventChanged,
    EventExists,
    SyncTokenDead,
)
from mostrador.clients.google_oauth import Grant, GrantDead
from tests.support.google import CLIENT, EMAIL, REDIRECT, VERIFIER, own_agenda, served

google, agenda = served, own_agenda
ID = event_ids.event_id("0192f3a15b7c7d119c2e0a1b2c3d4e5f", 0)
WANTED = rules.EventContent(
    status="confirmed",
    summary="Corte de Ana",
    description="Con lavado",
    starts_at=datetime(2026, 12, 1, 18, tzinfo=UTC),
    ends_at=datetime(2026, 12, 1, 18, 30, tzinfo=UTC),
    time_zone="America/Asuncion",
    private={"appointment": "0192f3a15b7c7d119c2e0a1b2c3d4e5f"},
)
BODY = rules.body(WANTED, ID)


@pytest.fixture
def grant(google, agenda):
    location = google.consent(scope=google_oauth.SCOPE, code_challenge=google_oauth.challenge(VERIFIER))
    [code] = parse_qs(urlsplit(location).query)["code"]
    exchanged, _ = google_oauth.exchange(
        f"{google.base_url}/token", **CLIENT, code=code, redirect_uri=REDIRECT, code_verifier=VERIFIER, now=clock.now()
    )
    return exchanged


@pytest.fixture
def calendar(google, grant: Grant):
    access = google_oauth.access_token(f"{google.base_url}/token", grant, clock.now())
    return Calendar(f"{google.base_url}/calendar/v3", EMAIL, access.token)


def test_what_it_writes_is_what_the_calendar_says(calendar):
    inserted = google_calendar.insert(calendar, BODY)

    assert rules.differs(WANTED, inserted) == []
    assert google_calendar.get(calendar, ID) == inserted
    assert google_calendar.update(calendar, ID, BODY, inserted["etag"])["etag"] != inserted["etag"]


def test_it_knows_every_refusal(google, calendar):
    etag = google_calendar.insert(calendar, BODY)["etag"]
    google_calendar.patch(calendar, ID, {"summary": "Color"})

    with pytest.raises(EventExists):
        google_calendar.insert(calendar, BODY)
    with pytest.raises(EventChanged):
        google_calendar.patch(calendar, ID, {"summary": "Otra"}, etag)
    with pytest.raises(CalendarGone):
        google_calendar.changes(Calendar(calendar.base_url, "nobody@example.com", calendar.token))
    google.goes_wrong("403_rate")
    with pytest.raises(CalendarBusy):
        google_calendar.get(calendar, ID)


def test_it_follows_what_changes(google, calendar):
    google_calendar.insert(calendar, BODY)
    first = google_calendar.changes(calendar)
    assert google_calendar.delete(calendar, ID) is True
    assert google_calendar.delete(calendar, ID) is False

    changed = google_calendar.changes(calendar, sync_token=first.next_sync)

    assert [(one["id"], one["status"]) for one in changed.events] == [(ID, "cancelled")]
    google.portal("DELETE", f"/calendars/{EMAIL}")
    with pytest.raises(SyncTokenDead):
        google_calendar.changes(calendar, sync_token=first.next_sync)


def test_it_sees_that_it_was_shut_out(google, grant, calendar):
    google_oauth.revoke(f"{google.base_url}/revoke", grant.refresh_token)

    with pytest.raises(CalendarUnauthorized):
        google_calendar.get(calendar, ID)
    with pytest.raises(GrantDead):
        google_oauth.access_token(f"{google.base_url}/token", grant, clock.now())
