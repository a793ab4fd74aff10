"""One event at a time, over real HTTP."""

import re

import pytest

from tests.support.google import EMAIL, at, event, own_agenda, served

google, agenda = served, own_agenda

ID = "0192f3a15b7c7d119c2e0a1b2c3d4e5fg0"


def test_an_event_comes_back_with_all_that_google_fills_in(agenda):
    reply = agenda.insert(id=ID)

    told = reply.told
    assert (reply.status, reply.headers["ETag"]) == (200, told["etag"])
    assert told["etag"].startswith('"')
    assert told["htmlLink"].startswith("https://www.google.com/calendar/event?eid=")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["created"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["updated"])
    assert {name: told[name] for name in told.keys() - {"etag", "htmlLink", "created", "updated"}} == {
        **event(id=ID),
        "kind": "calendar#event",
        "status": "confirmed",
        "creator": {"email": EMAIL, "self": True},
        "organizer": {"email": EMAIL, "self": True},
        "iCalUID": f"{ID}@google.com",
        "sequence": 0,
        "reminders": {"useDefault": True},
        "eventType": "default",
    }


def test_an_event_without_an_id_gets_one(agenda):
    told = agenda.insert().told

    assert agenda.get(told["id"]).told == told


@pytest.mark.parametrize("event_id", ["abcd", "wxyz9", "ABCDE", "abc-de", "a" * 1025, 12345])
def test_an_id_is_five_or_more_letters_of_base32hex(agenda, event_id):
    reply = agenda.insert(id=event_id)

    assert reply.reason == (400, "invalid")
    assert reply.told["error"]["message"] == "Invalid resource id value."


def test_an_id_is_taken_once(agenda):
    agenda.insert(id=ID)

    again = agenda.insert(id=ID)

    assert again.status == 409
    assert again.told == {
        "error": {
            "errors": [
                {"domain": "global", "reason": "duplicate", "message": "The requested identifier already exists."}
            ],
            "code": 409,
            "message": "The requested identifier already exists.",
        }
    }


def test_a_deleted_event_keeps_its_id(agenda):
    agenda.insert(id=ID)
    agenda.delete(ID)

    assert agenda.insert(id=ID).reason == (409, "duplicate")
    assert agenda.get(ID).told["status"] == "cancelled"


def test_two_calendars_may_have_the_same_id(google, agenda):
    agenda.insert(id=ID)

    other = google.agenda("otra@example.com")

    assert other.get(ID).reason == (404, "notFound")
    assert other.insert(id=ID).status == 200


def test_an_event_is_deleted_once(agenda):
    agenda.insert(id=ID)

    first, second = agenda.delete(ID), agenda.delete(ID)

    assert (first.status, first.body) == (204, b"")
    assert second.reason == (410, "deleted")
    assert second.told["error"]["message"] == "Resource has been deleted"


@pytest.mark.parametrize("ask", ["get", "patch", "update", "delete"])
def test_what_never_was_is_not_found(agenda, ask):
    assert getattr(agenda, ask)("aaaaa").reason == (404, "notFound")


def test_every_change_gives_another_etag(agenda):
    etags = [agenda.insert(id=ID).told["etag"]]
    etags += [agenda.patch(ID, summary=summary).told["etag"] for summary in "abc"]
    etags.append(agenda.update(ID).told["etag"])
    agenda.delete(ID)
    etags.append(agenda.get(ID).told["etag"])

    assert len(set(etags)) == 6


@pytest.mark.parametrize("ask", ["patch", "update", "delete"])
def test_a_stale_etag_changes_nothing(agenda, ask):
    stale = agenda.insert(id=ID).told["etag"]
    current = agenda.patch(ID, summary="Otra").told

    reply = getattr(agenda, ask)(ID, etag=stale)

    assert reply.reason == (412, "conditionNotMet")
    assert reply.told["error"]["errors"][0]["location"] == "If-Match"
    assert agenda.get(ID).told == current


@pytest.mark.parametrize("ask", ["patch", "update", "delete"])
def test_the_current_etag_lets_a_change_through(agenda, ask):
    etag = agenda.insert(id=ID).told["etag"]

    assert getattr(agenda, ask)(ID, etag=etag).status in (200, 204)


def test_what_one_has_already_is_not_told_again(agenda):
    etag = agenda.insert(id=ID).told["etag"]

    reply = agenda.get(ID, If_None_Match=etag)

    assert (reply.status, reply.body, reply.headers["ETag"]) == (304, b"", etag)
    assert agenda.get(ID, If_None_Match='"1"').status == 200


def test_a_patch_merges_objects_replaces_lists_and_removes_what_is_null(agenda):
    guests = [{"email": "ana@example.com"}, {"email": "eva@example.com"}]
    private = {"private": {"appointment": "1", "revision": "1"}}
    agenda.insert(id=ID, description="Con lavado", attendees=guests, extendedProperties=private)

    told = agenda.patch(
        ID,
        description=None,
        attendees=[{"email": "leo@example.com"}],
        extendedProperties={"private": {"revision": "2", "appointment": None}, "shared": {"a": "b"}},
    ).told

    assert "description" not in told
    assert told["summary"] == "Corte de Ana"
    assert told["attendees"] == [{"email": "leo@example.com", "responseStatus": "needsAction"}]
    assert told["extendedProperties"] == {"private": {"revision": "2"}, "shared": {"a": "b"}}


def test_an_update_leaves_nothing_of_before(agenda):
    created = agenda.insert(id=ID, description="Con lavado", location="Sala 2").told

    told = agenda.update(ID, summary="Color").told

    assert not {"description", "location"} & told.keys()
    assert (told["summary"], told["created"], told["iCalUID"]) == ("Color", created["created"], created["iCalUID"])


def test_an_update_brings_a_deleted_event_back(agenda):
    agenda.insert(id=ID)
    agenda.delete(ID)

    assert agenda.update(ID).told["status"] == "confirmed"
    assert agenda.ids() == [ID]


def test_the_sequence_counts_moves_and_not_words(agenda):
    agenda.insert(id=ID)

    assert agenda.patch(ID, summary="Color").told["sequence"] == 0
    assert agenda.patch(ID, **at(16)).told["sequence"] == 1
    assert agenda.update(ID).told["sequence"] == 2
    assert agenda.patch(ID, status="cancelled").told["sequence"] == 3


def test_a_sequence_that_others_left_behind_is_refused(agenda):
    seen = agenda.insert(id=ID).told
    agenda.patch(ID, **at(16))

    reply = agenda.update(ID, sequence=seen["sequence"])

    assert reply.reason == (400, "invalid")
    assert "Invalid sequence value" in reply.told["error"]["message"]


NINE, TEN = {"dateTime": "2026-12-01T09:00:00-03:00"}, {"dateTime": "2026-12-01T10:00:00-03:00"}
LOCAL = {"dateTime": "2026-12-01T10:00:00"}
DAY = {"date": "2026-12-01"}


@pytest.mark.parametrize(
    ("start", "end", "reason", "message"),
    [
        (TEN, NINE, "timeRangeEmpty", "The specified time range is empty."),
        ({"date": "2026-12-02"}, DAY, "timeRangeEmpty", "The specified time range is empty."),
        (NINE, None, "required", "Missing end time."),
        (None, TEN, "required", "Missing start time."),
        ({}, TEN, "required", "Missing start time."),
        (NINE, LOCAL, "required", "Missing time zone definition for end time."),
        (LOCAL | {"timeZone": "America/Nowhere"}, TEN, "invalid", "Invalid time zone definition for start time."),
        (LOCAL | {"timeZone": "America"}, TEN, "invalid", "Invalid time zone definition for start time."),
        ({"dateTime": "tomorrow"}, TEN, "invalid", "Invalid start time."),
        ({"dateTime": "2026-13-01T10:00:00Z"}, TEN, "invalid", "Invalid start time."),
        ({"date": "0001-01-01"}, DAY, "invalid", "Invalid start time."),
        (NINE | DAY, TEN, "invalid", "Invalid start time."),
        (DAY, TEN, "invalid", "Start and end times must either both be date or both be dateTime."),
    ],
)
def test_times_that_cannot_be_are_refused(agenda, start, end, reason, message):
    reply = agenda.insert(start=start, end=end)

    assert reply.reason == (400, reason)
    assert reply.told["error"]["message"] == message


def test_a_local_time_is_read_in_its_own_zone_and_told_in_the_calendars(agenda):
    zone = "America/New_York"
    moments = ({"dateTime": f"2026-12-01T{hour}:00:00", "timeZone": zone} for hour in ("08", "09"))

    told = agenda.insert(**dict(zip(("start", "end"), moments, strict=True))).told

    assert told["start"] == {"dateTime": "2026-12-01T10:00:00-03:00", "timeZone": zone}
    assert agenda.get(told["id"], query={"timeZone": "UTC"}).told["start"]["dateTime"] == "2026-12-01T13:00:00Z"


def test_an_event_may_take_whole_days(agenda):
    told = agenda.insert(start={"date": "2026-12-24"}, end={"date": "2026-12-26"}).told

    assert (told["start"], told["end"]) == ({"date": "2026-12-24"}, {"date": "2026-12-26"})


def test_a_whole_day_becomes_an_hour_only_when_the_date_is_taken_away(agenda):
    agenda.insert(id=ID, start={"date": "2026-12-24"}, end={"date": "2026-12-25"})
    hour = at(9, "2026-12-24")

    assert agenda.patch(ID, **hour).reason == (400, "invalid")
    cleared = {name: moment | {"date": None} for name, moment in hour.items()}
    assert agenda.patch(ID, **cleared).told["start"]["dateTime"] == "2026-12-24T09:00:00-03:00"


def test_a_recurring_event_names_its_zone_and_is_kept(agenda):
    rule = ["RRULE:FREQ=WEEKLY;COUNT=3"]

    assert agenda.insert(recurrence=rule, **at(9)).reason == (400, "required")
    assert agenda.insert(recurrence=rule).told["recurrence"] == rule


def test_private_properties_too_long_are_dropped_or_cut_in_silence(agenda):
    private = {"k" * 44: "kept", "k" * 45: "dropped", "long": "v" * 1025}

    told = agenda.insert(extendedProperties={"private": private}).told

    assert told["extendedProperties"]["private"] == {"k" * 44: "kept", "long": "v" * 1024}


@pytest.mark.parametrize("private", [{"a": 1}, {f"k{n}": "v" for n in range(301)}, "text", ["a"]])
def test_properties_are_at_most_300_texts(agenda, private):
    assert agenda.insert(extendedProperties={"private": private}).reason == (400, "invalid")


@pytest.mark.parametrize("field", [{"status": "maybe"}, {"summary": 7}, {"attendees": "ana"}, {"visibility": "secret"}])
def test_fields_of_another_kind_are_refused(agenda, field):
    assert agenda.insert(**field).reason == (400, "invalid")


def test_what_says_nothing_is_not_told(agenda):
    told = agenda.insert(description="", location="", transparency="opaque", visibility="default").told

    assert not {"description", "location", "transparency", "visibility"} & told.keys()


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"[" * 100_000])
def test_a_body_is_a_json_object(agenda, body):
    assert agenda.send("POST", body=body).reason == (400, "parseError")


def test_a_body_that_no_event_needs_is_too_large(agenda):
    assert agenda.insert(description="x" * 200_001).reason == (400, "badRequest")


def test_an_imported_event_is_the_same_one_the_second_time(agenda):
    body = event(iCalUID="7@otra.example", organizer={"email": "otra@example.com"})

    first = agenda.send("POST", "/import", body).told
    second = agenda.send("POST", "/import", body | {"summary": "Otro nombre"}).told

    assert first["id"] == second["id"]
    assert (second["iCalUID"], second["organizer"]) == ("7@otra.example", {"email": "otra@example.com"})
    assert agenda.send("POST", "/import", event()).reason == (400, "required")


def test_an_event_of_ours_has_no_other_ical_uid(agenda):
    assert agenda.insert(id=ID, iCalUID="7@otra.example").reason == (400, "invalid")
