"""The client against a stand-in for Google Calendar, over real HTTP."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3

from mostrador.clients import google_calendar, google_oauth
from mostrador.clients.google_calendar import (
    Calendar,
    CalendarBusy,
    CalendarForbidden,
    CalendarGone,
    CalendarRefused,
    CalendarUnauthorized,
    CalendarUnreachable,
    EventChanged,
    EventExists,
    EventGone,
    Page,
    SyncTokenDead,
)
from mostrador.errors import ServiceError
from tests.support import calendar_double
from tests.support.calendar_double import Says, error

EVENT = {"id": "abcde", "etag": '"31"', "status": "confirmed", "summary": "Corte: Ana"}
CANCELLED = {"id": "abcde", "status": "cancelled"}
PAGE = {"kind": "calendar#events", "timeZone": "America/Asuncion", "items": [EVENT], "nextSyncToken": "CPDAlvWDx70="}
BODY = {"id": "abcde", "summary": "Corte: Ana"}
SINCE, UNTIL = datetime(2026, 11, 30, 13, tzinfo=UTC), datetime(2027, 2, 28, 13, tzinfo=UTC)
# What section 2.4 of protocols.md forbids beside a sync token.
FORBIDDEN = {
    "iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax", "updatedMin",
}  # fmt: skip

CALLS = {
    "insert": lambda calendar: google_calendar.insert(calendar, BODY),
    "get": lambda calendar: google_calendar.get(calendar, "abcde"),
    "update": lambda calendar: google_calendar.update(calendar, "abcde", BODY, '"31"'),
    "patch": lambda calendar: google_calendar.patch(calendar, "abcde", {"summary": "Eva"}, '"31"'),
    "delete": lambda calendar: google_calendar.delete(calendar, "abcde", '"31"'),
    "changes": lambda calendar: google_calendar.changes(calendar, sync_token="CPDAlvWDx70="),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@pytest.fixture
def google():
    with calendar_double.running() as server:
        yield server


@pytest.fixture
def calendar(google):
    return Calendar(f"{google.url}/calendar/v3", "ana@business.test", "ya29.token")


# What is asked


def test_an_event_is_inserted_without_mail_to_its_guests(google, calendar):
    google.says(Says(body=EVENT))

    assert google_calendar.insert(calendar, BODY) == EVENT

    (asked,) = google.asked
    assert (asked.method, asked.path) == ("POST", "/calendar/v3/calendars/ana%40business.test/events")
    assert asked.query == {"sendUpdates": "none"}
    assert asked.headers["Authorization"] == "Bearer ya29.token"
    assert (asked.headers["Content-Type"], asked.body) == (
        "application/json",
        '{"id": "abcde", "summary": "Corte: Ana"}',
    )


@pytest.mark.parametrize(("name", "method"), [("update", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")])
def test_a_change_is_made_only_where_the_etag_still_holds(google, calendar, name, method):
    google.says(Says(body=EVENT))

    CALLS[name](calendar)

    (asked,) = google.asked
    assert (asked.method, asked.path) == (method, "/calendar/v3/calendars/ana%40business.test/events/abcde")
    assert asked.headers["If-Match"] == '"31"'


def test_without_an_etag_a_change_is_made_anyway(google, calendar):
    google.says(Says(body=EVENT))

    google_calendar.update(calendar, "abcde", BODY)
    google_calendar.patch(calendar, "abcde", BODY)
    google_calendar.delete(calendar, "abcde")

    assert not [asked for asked in google.asked if "If-Match" in asked.headers]


def test_guests_get_mail_where_the_tenant_wants_it(google, calendar):
    google.says(Says(body=EVENT))

    google_calendar.insert(calendar, BODY, send_updates="all")
    google_calendar.update(calendar, "abcde", BODY, send_updates="all")
    google_calendar.patch(calendar, "abcde", BODY, send_updates="all")
    google_calendar.delete(calendar, "abcde", send_updates="all")

    assert [asked.query for asked in google.asked] == [{"sendUpdates": "all"}] * 4


@pytest.mark.parametrize(
    ("calendar_id", "event_id", "path"),
    [
        ("ana+turnos@business.test", "abcde", "ana%2Bturnos%40business.test/events/abcde"),
        ("a/b?c#d%e f", "x/../y", "a%2Fb%3Fc%23d%25e%20f/events/x%2F..%2Fy"),
        ("..", ".", "%2E%2E/events/%2E"),
        ("niño", "abcde", "ni%C3%B1o/events/abcde"),
    ],
)
def test_no_id_leads_out_of_its_part_of_the_path(google, calendar, calendar_id, event_id, path):
    google.says(Says(body=EVENT))

    google_calendar.get(replace(calendar, calendar_id=calendar_id), event_id)

    assert google.asked[0].target == f"/calendar/v3/calendars/{path}"


@every_call
def test_tenants_of_one_service_account_have_a_quota_each(google, calendar, call):
    google.says(Says(body=EVENT | PAGE))

    call(replace(calendar, quota_user="peluquería-" + "x" * 60))
    call(calendar)

    assert google.asked[0].query["quotaUser"] == "peluquería-" + "x" * 29
    assert "quotaUser" not in google.asked[1].query


def test_calls_share_one_connection(google, calendar):
    google.says(Says(body=EVENT), Says(404, error("notFound")), Says(204), Says(body=PAGE))

    google_calendar.insert(calendar, BODY)
    google_calendar.get(calendar, "abcde")
    google_calendar.delete(calendar, "abcde")
    google_calendar.changes(calendar)

    assert len({asked.caller for asked in google.asked}) == 1


# Lists


def test_a_first_reading_names_its_bounds_with_an_offset(google, calendar):
    google.says(Says(body=PAGE | {"nextSyncToken": None, "nextPageToken": "page-2"}))

    page = google_calendar.changes(calendar, time_min=SINCE, time_max=UNTIL)

    assert page == Page((EVENT,), "page-2", None, "America/Asuncion")
    assert google.asked[0].query == {
        "singleEvents": "true",
        "showDeleted": "true",
        "maxResults": "250",
        "fields": google_calendar.READ,
        "timeMin": "2026-11-30T13:00:00+00:00",
        "timeMax": "2027-02-28T13:00:00+00:00",
    }


def test_a_list_tells_what_is_read_and_no_more(google, calendar):
    google.says(Says(body=PAGE))

    google_calendar.changes(calendar)

    told = google.asked[0].query["fields"]
    assert told.count("(") == told.count(")") == 2
    assert set(re.findall(r"\w+", told)) == {
        *("items", "nextPageToken", "nextSyncToken", "timeZone"),
        *("id", "status", "etag", "summary", "description", "start", "end", "visibility", "transparency"),
        *("eventType", "recurrence", "recurringEventId", "attendees", "email", "self", "responseStatus"),
        *("extendedProperties", "private"),
    }


def test_the_next_page_is_asked_for_as_the_first_was(google, calendar):
    google.says(Says(body=PAGE))

    google_calendar.changes(calendar, time_min=SINCE, page_size=10)
    page = google_calendar.changes(calendar, time_min=SINCE, page_size=10, page_token="page-2")

    first, second = (asked.query for asked in google.asked)
    assert second == first | {"pageToken": "page-2"}
    assert page.next_sync == "CPDAlvWDx70="


def test_a_sync_token_goes_with_none_of_the_parameters_that_google_forbids(google, calendar):
    google.says(Says(body=PAGE))

    google_calendar.changes(calendar, sync_token="CPDAlvWDx70=", time_min=SINCE, time_max=UNTIL, page_token="page-2")

    assert google.asked[0].query == {
        "singleEvents": "true",
        "showDeleted": "true",
        "maxResults": "250",
        "fields": google_calendar.READ,
        "syncToken": "CPDAlvWDx70=",
        "pageToken": "page-2",
    }
    assert not FORBIDDEN & set(google.asked[0].query)


def test_a_page_without_changes_still_says_how_to_go_on(google, calendar):
    google.says(Says(body={"nextSyncToken": "later"}))

    assert google_calendar.changes(calendar, sync_token="CPDAlvWDx70=") == Page((), None, "later", None)


@pytest.mark.parametrize(
    "told", [[], {}, {"items": [EVENT]}, PAGE | {"items": {}}, PAGE | {"items": [None]}, PAGE | {"nextSyncToken": 7}]
)
def test_what_is_not_a_page_does_not_pass_for_all_there_is(google, calendar, told):
    google.says(Says(body=told))

    with pytest.raises(CalendarUnreachable, match="not a page of events"):
        google_calendar.changes(calendar)


def test_a_page_may_be_long_and_an_event_may_not(google, calendar, monkeypatch):
    monkeypatch.setattr(google_calendar, "LARGEST_PAGE", 600_000)
    long = PAGE | EVENT | {"description": "x" * 300_000}
    google.says(Says(body=long), Says(body=long), Says(body=long | {"summary": "x" * 300_000}))

    assert google_calendar.changes(calendar).next_sync
    with pytest.raises(CalendarUnreachable, match="more than 262144 bytes"):
        google_calendar.get(calendar, "abcde")
    with pytest.raises(CalendarUnreachable, match="more than 600000 bytes"):
        google_calendar.changes(calendar)


# Answers that are no errors


def test_a_deleted_event_is_told_as_such_and_an_unknown_one_is_none(google, calendar):
    google.says(Says(body=CANCELLED), Says(404, error("notFound")), Says(410, error("deleted")))

    assert google_calendar.get(calendar, "abcde") == CANCELLED
    assert google_calendar.get(calendar, "abcde") is None
    assert google_calendar.get(calendar, "abcde") is None


def test_a_deletion_says_whether_the_event_was_there(google, calendar):
    google.says(Says(204), Says(410, error("deleted")), Says(404, error("notFound")))

    assert [google_calendar.delete(calendar, "abcde") for _ in range(3)] == [True, False, False]


def test_an_insert_whose_answer_was_lost_finds_its_event_and_after_a_deletion_a_cancelled_one(google, calendar):
    duplicate = Says(409, error("duplicate"))
    google.says(Says(hangs_up=True), duplicate, Says(body=EVENT), duplicate, Says(body=CANCELLED))

    with pytest.raises(CalendarUnreachable):
        google_calendar.insert(calendar, BODY)
    with pytest.raises(EventExists):
        google_calendar.insert(calendar, BODY)
    assert google_calendar.get(calendar, "abcde") == EVENT
    with pytest.raises(EventExists):
        google_calendar.insert(calendar, BODY)
    assert google_calendar.get(calendar, "abcde") == CANCELLED


# Errors


ANSWERED = "answered"  # the call answers instead of raising
EVERYWHERE = [
    (400, "timeRangeEmpty", "calendar", CalendarRefused),
    (400, "required", "global", CalendarRefused),
    (400, "invalid", "global", CalendarRefused),
    (400, "badRequest", "global", CalendarRefused),
    (401, "authError", "global", CalendarUnauthorized),
    (403, "userRateLimitExceeded", "usageLimits", CalendarBusy),
    (403, "rateLimitExceeded", "usageLimits", CalendarBusy),
    (403, "quotaExceeded", "usageLimits", CalendarBusy),
    (403, "forbidden", "global", CalendarForbidden),
    (403, "forbiddenForNonOrganizer", "calendar", CalendarRefused),
    (403, "insufficientPermissions", "global", CalendarForbidden),
    (403, "requiredAccessLevel", "calendar", CalendarForbidden),
    (403, "accessNotConfigured", "usageLimits", CalendarBusy),
    (409, "duplicate", "global", EventExists),
    (412, "conditionNotMet", "global", EventChanged),
    (429, "rateLimitExceeded", "usageLimits", CalendarBusy),
    (500, "backendError", "global", CalendarBusy),
    (503, "backendError", "global", CalendarBusy),
]
MISSING = {
    "insert": CalendarGone, "get": ANSWERED, "update": EventGone, "patch": EventGone, "delete": ANSWERED,
}  # fmt: skip
TABLE: list[Any] = [(name, *line) for name in CALLS for line in EVERYWHERE]
TABLE += [(name, 404, "notFound", "global", refusal) for name, refusal in MISSING.items()]
TABLE += [(name, 410, "deleted", "global", refusal) for name, refusal in MISSING.items()]
TABLE += [
    ("changes", 404, "notFound", "global", CalendarGone),
    ("changes", 410, "deleted", "global", SyncTokenDead),
    ("changes", 410, "fullSyncRequired", "calendar", SyncTokenDead),
    ("changes", 410, "updatedMinTooLongAgo", "calendar", SyncTokenDead),
]


def test_every_error_of_the_table_is_one_refusal(google, calendar, subtests):
    for name, status, reason, domain, refusal in TABLE:
        with subtests.test(name=name, status=status, reason=reason, domain=domain):
            google.asked.clear()
            google.says(Says(status, error(reason, domain, code=status)))

            assert outcome(CALLS[name], calendar) is refusal
            assert len(google.asked) == 1  # nothing is tried twice here


def outcome(call, calendar):
    try:
        call(calendar)
    except ServiceError as refused:
        return type(refused)
    return ANSWERED


@pytest.mark.parametrize(
    "refusal",
    [
        *(CalendarBusy, CalendarUnreachable, CalendarUnauthorized, CalendarRefused, CalendarForbidden),
        *(CalendarGone, EventExists, EventChanged, EventGone, SyncTokenDead),
    ],
)
def test_every_refusal_is_said_in_both_languages(refusal):
    said = refusal(reason="quotaExceeded", retry_after=None)

    assert said.says("es") != said.says("en") == str(said)


def test_any_reason_may_be_the_one_that_counts(google, calendar):
    google.says(Says(403, error("forbidden", also=["rateLimitExceeded"])))

    with pytest.raises(CalendarBusy, match="forbidden, rateLimitExceeded"):
        google_calendar.insert(calendar, BODY)


@pytest.mark.parametrize(
    ("written", "seconds"), [("30", 30), ("", None), ("soon", None), ("-1", None), ("²", None), ("9" * 5000, None)]
)
def test_a_busy_calendar_says_how_long_to_wait_where_google_does(google, calendar, written, seconds):
    google.says(Says(429, error("rateLimitExceeded"), {"Retry-After": written} if written else {}))

    with pytest.raises(CalendarBusy) as refused:
        google_calendar.insert(calendar, BODY)

    assert refused.value.facts["retry_after"] == seconds


def test_a_refusal_gives_the_reason_shortened_and_nothing_of_what_google_wrote_beside_it(google, calendar):
    google.says(Says(400, error("x" * 500)))

    with pytest.raises(CalendarRefused) as refused:
        google_calendar.insert(calendar, BODY)

    assert refused.value.facts == {"reason": "x" * 80}
    assert "It is so" not in str(refused.value)


UNKNOWN = {
    "html": Says(200, "<html>Hello</html>"),
    "empty": Says(200, ""),
    "no utf-8": Says(200, b"\xff\xfe{}"),
    "nested": Says(200, "[" * 50_000),
    "list": Says(200, []),
    "no id": Says(200, {"kind": "calendar#event"}),
    "truncated": Says(200, '{"id": "abcde", "nextSyncToken": "x"}', claims=20),
    "a truncated error": Says(403, error("rateLimitExceeded"), claims=20),
    "closed": Says(hangs_up=True),
    "a proxy's 400": Says(400, "<html>Bad request</html>"),
    "a proxy's 403": Says(403, "<html>Forbidden</html>"),
    "a proxy's 404": Says(404, "<html>Not found</html>"),
    "a bare 409": Says(409),
}
# For a deletion the status alone is an answer.
TELLING = [name for name in CALLS if name != "delete"]
UNKNOWN_OF = [(name, said) for name in TELLING for said in UNKNOWN] + [
    ("delete", said) for said in UNKNOWN if "proxy" in said or "trunc" in said or said in ("closed", "a bare 409")
]


def test_what_does_not_come_from_the_api_leaves_the_outcome_unknown(google, calendar, subtests):
    for name, said in UNKNOWN_OF:
        with subtests.test(name=name, said=said):
            google.asked.clear()
            google.says(UNKNOWN[said])

            with pytest.raises(CalendarUnreachable):
                CALLS[name](calendar)

            assert len(google.asked) == 1


@every_call
def test_no_redirect_is_followed_for_it_would_take_the_token_along(google, calendar, call, subtests):
    for status in [301, 302, 307, 308]:
        with subtests.test(status=status):
            google.says(Says(status, "", {"Location": "/elsewhere"}))

            with pytest.raises(CalendarBusy, match=f"status {status}"):
                call(calendar)

            assert [asked for asked in google.asked if asked.path == "/elsewhere"] == []


def test_a_pool_without_our_settings_would_follow_it(google):
    google.says(Says(302, "", {"Location": "/elsewhere"}), Says(body=EVENT))

    with urllib3.PoolManager() as pool:
        pool.request("GET", google.url)

    assert google.asked[-1].path == "/elsewhere"


@every_call
def test_a_calendar_that_is_slow_leaves_the_outcome_unknown(google, calendar, call, monkeypatch):
    monkeypatch.setattr(google_oauth, "_TIMEOUT", urllib3.Timeout(connect=1, read=0.05))
    google.says(Says(body=EVENT, delay=0.2))

    with pytest.raises(CalendarUnreachable, match="ReadTimeoutError"):
        call(calendar)


@every_call
def test_a_calendar_that_is_not_there_is_unreachable(calendar, call):
    with pytest.raises(CalendarUnreachable, match="NewConnectionError"):
        call(replace(calendar, base_url="http://127.0.0.1:9"))


def test_google_gets_three_seconds_to_be_found_and_eight_to_answer():
    assert (google_oauth._TIMEOUT.connect_timeout, google_oauth._TIMEOUT.read_timeout) == (3, 8)


def test_neither_the_token_nor_the_events_show_where_something_is_printed(google, calendar, capfd):
    google.says(Says(body=PAGE), Says(401, error("authError")))

    page = google_calendar.changes(calendar)
    with pytest.raises(CalendarUnauthorized) as refused:
        google_calendar.insert(calendar, BODY)

    printed = "".join(capfd.readouterr())
    shown = f"{calendar!r} {page!r} {refused.value!r} {refused.value.facts} {printed}"
    assert "ana@business.test" in shown
    assert not [secret for secret in ("ya29", "Corte") if secret in shown]
