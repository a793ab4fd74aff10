"""Events page by page, and what changed since."""

from datetime import timedelta

import pytest

from mostrador import clock
from tests.support.google import at, own_agenda, served

google, agenda = served, own_agenda

SYNC_REFUSED = "Sync token cannot be used with other request restrictions."


@pytest.fixture
def three(agenda):
    """Events that begin at 9, 10 and 11."""
    for hour, event_id in ((11, "event11"), (9, "event09"), (10, "event10")):
        agenda.insert(id=event_id, summary=f"A las {hour}", **at(hour))
    return agenda


def everything(agenda, **query):
    """Every page: the ids, and the sync token at the end."""
    ids, token = [], None
    while True:
        told = agenda.list(**query, **({"pageToken": token} if token else {})).told
        ids += [one["id"] for one in told["items"]]
        token = told.get("nextPageToken")
        if token is None:
            return ids, told.get("nextSyncToken")
        assert "nextSyncToken" not in told


def test_a_list_says_whose_it_is(three):
    told = three.list().told

    assert (told["kind"], told["timeZone"], told["accessRole"]) == ("calendar#events", "America/Asuncion", "owner")
    assert told["summary"] == three.calendar_id
    assert [one["kind"] for one in told["items"]] == ["calendar#event"] * 3


@pytest.mark.parametrize(
    ("bounds", "hours"),
    [
        ({"timeMin": "2026-12-01T10:00:00-03:00"}, ["10", "11"]),
        ({"timeMax": "2026-12-01T14:00:00Z"}, ["09", "10"]),
        ({"timeMin": "2026-12-01T10:30:00-03:00", "timeMax": "2026-12-01T11:00:00-03:00"}, ["10"]),
    ],
)
def test_bounds_are_exclusive_and_about_end_and_start(three, bounds, hours):
    assert sorted(three.ids(**bounds)) == [f"event{hour}" for hour in hours]


@pytest.mark.parametrize("bound", ["2026-12-01T10:00:00", "2026-12-01", "soon", ""])
@pytest.mark.parametrize("name", ["timeMin", "timeMax", "updatedMin"])
def test_a_bound_needs_an_offset(three, name, bound):
    assert three.list(**{name: bound}).reason == (400, "badRequest")


def test_bounds_with_nothing_between_are_refused(three):
    reply = three.list(timeMin="2026-12-01T10:00:00Z", timeMax="2026-12-01T10:00:00Z")

    assert reply.reason == (400, "timeRangeEmpty")
    assert reply.told["error"]["errors"][0] | {"message": ""} == {
        "domain": "calendar",
        "reason": "timeRangeEmpty",
        "message": "",
        "locationType": "parameter",
        "location": "timeMax",
    }


def test_single_events_can_be_had_in_the_order_of_their_starts(three):
    assert three.ids(orderBy="startTime", singleEvents="true") == ["event09", "event10", "event11"]
    refused = three.list(orderBy="startTime")
    assert refused.told["error"]["message"] == "The requested ordering is not available for the particular query."


def test_events_can_be_had_in_the_order_of_their_changes(three):
    three.patch("event11", summary="Otra")

    assert three.ids(orderBy="updated") == ["event09", "event10", "event11"]


def test_deleted_events_are_shown_on_request_and_say_no_more_than_that(three):
    three.delete("event10")

    assert three.ids() == ["event09", "event11"]
    [deleted] = [one for one in three.list(showDeleted="true").told["items"] if one["status"] == "cancelled"]
    assert deleted.keys() == {"kind", "etag", "id", "status"}


def test_words_are_looked_for_in_what_a_person_reads(three):
    three.patch("event09", description="Con LAVADO")

    assert three.ids(q="lavado las") == ["event09"]
    assert three.ids(q="lavado 10") == []


def test_every_property_asked_for_must_match(three):
    three.patch("event09", extendedProperties={"private": {"tenant": "salon", "appointment": "1"}})
    three.patch("event10", extendedProperties={"private": {"tenant": "salon", "appointment": "2"}})

    assert three.ids(privateExtendedProperty="tenant=salon") == ["event09", "event10"]
    assert three.ids(privateExtendedProperty=["tenant=salon", "appointment=2"]) == ["event10"]
    assert three.ids(sharedExtendedProperty="tenant=salon") == []
    assert three.list(privateExtendedProperty="tenant").reason == (400, "invalidParameter")


def test_what_changed_since_an_instant_has_the_deleted_ones_too(three, monkeypatch):
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    three.delete("event10")

    assert three.ids(updatedMin=later.isoformat()) == ["event10"]
    long_ago = (later - timedelta(days=29)).isoformat()
    assert three.list(updatedMin=long_ago).reason == (410, "updatedMinTooLongAgo")


def test_an_event_is_found_by_its_ical_uid(three):
    assert three.ids(iCalUID="event10@google.com") == ["event10"]


@pytest.mark.parametrize("order", [{}, {"orderBy": "startTime", "singleEvents": "true"}, {"orderBy": "updated"}])
def test_pages_hold_each_event_once(three, order):
    ids, _ = everything(three, maxResults=2, **order)

    assert sorted(ids) == ["event09", "event10", "event11"]


@pytest.mark.parametrize("most", ["0", "-1", "many", ""])
def test_a_page_has_a_size(three, most):
    expected = 200 if most == "" else 400
    assert three.list(maxResults=most).status == expected


def test_a_page_token_goes_on_with_its_own_list(google, three):
    token = three.list(maxResults=2).told["nextPageToken"]
    other = google.agenda("otra@example.com")

    assert three.list(pageToken=token, q="otra").reason == (400, "invalidParameter")
    assert other.list(pageToken=token).reason == (400, "invalidParameter")
    assert three.list(pageToken="token").reason == (400, "invalidParameter")


def test_only_the_last_page_has_a_sync_token(three):
    _, token = everything(three, maxResults=2)

    assert token


@pytest.mark.parametrize(
    "query", [{"q": "a"}, {"orderBy": "updated"}, {"privateExtendedProperty": "a=b"}, {"iCalUID": "a"}]
)
def test_some_lists_have_no_sync_token_at_all(three, query):
    assert "nextSyncToken" not in three.list(**query).told


def test_a_sync_token_tells_what_changed_since_and_what_was_deleted(three):
    _, token = everything(three, timeMin="2026-01-01T00:00:00Z")
    three.delete("event09")
    three.patch("event11", summary="Otra")
    three.insert(id="event12")

    told = three.list(syncToken=token).told

    assert {one["id"]: one["status"] for one in told["items"]} == {
        "event09": "cancelled",
        "event11": "confirmed",
        "event12": "confirmed",
    }
    assert three.ids(syncToken=told["nextSyncToken"]) == []
    assert len(three.ids(syncToken=token)) == 3


def test_changes_come_page_by_page_too(three):
    _, token = everything(three)
    for event_id in ("event09", "event10", "event11"):
        three.delete(event_id)

    ids, following = everything(three, syncToken=token, maxResults=2)

    assert ids == ["event09", "event10", "event11"]
    assert three.ids(syncToken=following) == []


def test_what_changes_between_two_pages_is_told_the_next_time(three):
    first = three.list(maxResults=2).told
    three.patch("event09", summary="Otra")

    last = three.list(maxResults=2, pageToken=first["nextPageToken"]).told

    assert three.ids(syncToken=last["nextSyncToken"]) == ["event09"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iCalUID", "a"),
        ("orderBy", "updated"),
        ("privateExtendedProperty", "a=b"),
        ("q", "a"),
        ("sharedExtendedProperty", "a=b"),
        ("timeMin", "2026-12-01T10:00:00Z"),
        ("timeMax", "2026-12-01T10:00:00Z"),
        ("updatedMin", "2026-12-01T10:00:00Z"),
        ("showDeleted", "false"),
    ],
)
def test_a_sync_token_goes_with_no_other_restriction(three, name, value):
    _, token = everything(three)

    reply = three.list(syncToken=token, **{name: value})

    assert reply.reason == (400, "badRequest")
    assert reply.told["error"]["message"] == SYNC_REFUSED


def test_a_sync_token_dies_of_age(three, monkeypatch):
    _, token = everything(three)
    later = clock.now() + timedelta(days=29)
    monkeypatch.setattr(clock, "now", lambda: later)

    reply = three.google.agenda().list(syncToken=token)

    assert reply.reason == (410, "fullSyncRequired")
    assert reply.told["error"]["message"] == "Sync token is no longer valid, a full sync is required."


def test_a_sync_token_is_for_one_calendar(google, three):
    _, token = everything(three)

    assert google.agenda("otra@example.com").list(syncToken=token).reason == (410, "fullSyncRequired")
    assert three.list(syncToken="made-up").reason == (410, "fullSyncRequired")


def test_a_sync_token_does_not_outlive_an_emptied_calendar(google, three):
    _, token = everything(three)

    google.portal("DELETE", f"/calendars/{three.calendar_id}")

    assert three.list(syncToken=token).reason == (410, "fullSyncRequired")
    assert three.ids(showDeleted="true") == []
