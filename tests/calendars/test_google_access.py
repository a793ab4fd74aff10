"""The way into a calendar: tokens kept and renewed, what broken credentials and a silent Google mean."""

import json
from datetime import timedelta

import pytest

from mostrador.calendars import google_access
from mostrador.calendars.google_access import CalendarBroken, CalendarResting
from mostrador.clients import google_calendar
from mostrador.clients.google_calendar import CalendarBusy, CalendarUnreachable
from mostrador.clients.google_oauth import Answer, GoogleUnavailable
from mostrador.observability import logger
from mostrador.table import keys, reads
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType
from tests.support.calendars import GRANT, connect


@pytest.fixture
def connection(shop):
    return integrations.find("salon", IntegrationType.GOOGLE_CALENDAR)


def ask(connection, now):
    return google_access.ask(connection, lambda calendar: google_calendar.get(calendar, "x" * 5), now=now)


def posts(google):
    return [path for _, path in google.asked].count("/token")


def test_an_access_token_is_asked_for_once_an_hour(connection, google, now):
    for minutes in (0, 10, 57):
        ask(connection, now + timedelta(minutes=minutes))
    assert posts(google) == 1

    ask(connection, now + timedelta(minutes=59))

    assert posts(google) == 2


def test_a_token_that_is_refused_is_renewed_once(connection, google, now):
    ask(connection, now)
    google.tokens.clear()

    ask(connection, now)

    assert posts(google) == 2


def test_a_dead_grant_marks_the_connection_and_wakes_somebody_up(connection, google, now, monkeypatch):
    told = []
    monkeypatch.setattr(logger, "error", lambda event, **facts: told.append((event, facts.get("reason"))))
    google.grants.clear()

    with pytest.raises(CalendarBroken):
        ask(connection, now)

    stored = integrations.find("salon", IntegrationType.GOOGLE_CALENDAR)
    assert (stored.status, stored.reason) == ("BROKEN", "calendar_grant_dead: invalid_grant")
    assert told == [("integration broken", "calendar_grant_dead: invalid_grant")]
    with pytest.raises(CalendarBroken):
        ask(stored, now)
    assert posts(google) == 1


def test_that_google_does_not_know_us_is_no_tenants_fault(connection, google, now):
    google.crash = (0, "400 x")
    google.wrong = lambda *_: google_access.google_oauth.Answer(400, {}, {"error": "invalid_client"})

    with pytest.raises(GoogleUnavailable):
        ask(connection, now)

    assert integrations.find("salon", IntegrationType.GOOGLE_CALENDAR).status == "ACTIVE"


def test_a_calendar_that_is_not_shared_any_more_is_a_broken_connection(connection, google, now):
    google.calendars.clear()

    with pytest.raises(CalendarBroken):
        google_access.ask(connection, google_calendar.changes, now=now)


def test_a_silent_google_is_not_asked_for_some_seconds_by_anybody(connection, google, now, haircut):
    other = connect(now, resource_id=haircut.resource_ids[0])
    ask(connection, now)
    google.is_down = True
    with pytest.raises(CalendarUnreachable):
        ask(connection, now)
    asked = len(google.asked)

    with pytest.raises(CalendarResting):
        ask(other, now + timedelta(seconds=9))

    assert len(google.asked) == asked
    google.is_down = False
    assert ask(other, now + timedelta(seconds=10)) is None


BAD = {
    "a grant's own 400": ("token", Answer(400, {}, {"error": "invalid_scope"})),
    "no token": ("token", Answer(200, {}, {})),
    "no page": ("changes", Answer(200, {}, [])),
    "a page that is too long": ("changes", GoogleUnavailable(reason="more than 8388608 bytes")),
}


@pytest.mark.parametrize(("what", "said"), BAD.values(), ids=BAD)
def test_a_bad_answer_about_one_calendar_rests_that_one_alone(connection, google, now, monkeypatch, what, said):
    def bad(*_):
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr(google, what, bad)
    with pytest.raises((CalendarUnreachable, GoogleUnavailable)):
        google_access.ask(connection, google_calendar.changes, now=now)

    assert google_access.rests(connection, now=now)
    assert not google_access.rests(None, now=now)


def test_a_token_endpoint_that_fails_rests_everybody(connection, google, now, monkeypatch):
    monkeypatch.setattr(google, "token", lambda _: Answer(503, {}, None))

    with pytest.raises(GoogleUnavailable):
        ask(connection, now)

    assert google_access.rests(None, now=now)


@pytest.mark.parametrize("reason", ["forbidden", "insufficientPermissions", "requiredAccessLevel"])
def test_a_calendar_that_we_may_not_write_in_is_a_broken_connection(connection, google, now, reason):
    google.refusal = (403, reason)

    with pytest.raises(CalendarBroken):
        ask(connection, now)

    assert integrations.find("salon", IntegrationType.GOOGLE_CALENDAR).reason == f"calendar_forbidden: {reason}"


def test_an_api_that_we_did_not_switch_on_is_no_tenants_fault(connection, google, now, monkeypatch):
    told = []
    monkeypatch.setattr(logger, "error", lambda event, **facts: told.append((event, facts["reason"])))
    google.refusal = (403, "accessNotConfigured")

    with pytest.raises(CalendarBusy):
        ask(connection, now)

    assert integrations.find("salon", IntegrationType.GOOGLE_CALENDAR).status == "ACTIVE"
    assert told == [("Google does not know us", "accessNotConfigured")]


def test_who_asked_too_much_rests_and_nobody_else(connection, google, now, haircut):
    other = connect(now, resource_id=haircut.resource_ids[0])
    ask(connection, now)
    ask(other, now)
    google.crash = (len(google.asked), "403 userRateLimitExceeded")
    with pytest.raises(CalendarBusy):
        ask(connection, now)

    assert google_access.rests(connection, now=now)
    assert ask(other, now) is None


def test_a_resources_own_connection_goes_before_the_tenants(connection, now, haircut):
    own = haircut.resource_ids[0]

    def counting(resource_id):
        found = reads.batch(google_access.keys_of("salon", resource_id))
        return google_access.effective_connection("salon", resource_id, found).resource_id

    assert counting(own) is None
    connect(now, resource_id=own)
    assert counting(own) == own
    assert counting("f" * 32) is None


def test_a_connection_without_credentials_does_not_count(salon, now):
    integrations.put("salon", IntegrationType.GOOGLE_CALENDAR, settings={}, secret=None, actor_name="eva", now=now)

    found = reads.batch(google_access.keys_of("salon", None))

    assert google_access.effective_connection("salon", None, found) is None


def test_a_grant_is_given_back(connection, google, now):
    google_access.revoke_grant(connection, now=now)

    assert google.grants == set()
    google.is_down = True
    google_access.revoke_grant(connection, now=now)  # is no reason to keep the connection


def test_credentials_are_sealed(connection):
    item = reads.get_item(keys.integration("salon", IntegrationType.GOOGLE_CALENDAR))

    assert json.dumps(GRANT) not in item.sealed
    assert "refresh-1" not in str(item.serialize())
