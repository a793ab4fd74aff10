"""Calendars: whose they are, who else sees them, and when they are busy."""

from urllib.parse import quote

import pytest

from tests.support.google import EMAIL, Agenda, at, own_agenda, served

google, agenda = served, own_agenda
OTHER = "otra@example.com"
DAY = {"timeMin": "2026-12-01T00:00:00-03:00", "timeMax": "2026-12-02T00:00:00-03:00"}


@pytest.fixture
def other(google):
    return google.agenda(OTHER)


def share(google, role):
    google.portal("POST", f"/calendars/{EMAIL}/shares", {"account": OTHER, "role": role})


def seen_by(other):
    """The business's calendar, with the other account's access."""
    return Agenda(other.google, EMAIL, other.token)


def test_a_calendar_of_somebody_elses_is_not_there(agenda, other):
    for reply in (seen_by(other).list(), seen_by(other).insert(), seen_by(other).get("aaaaa")):
        assert reply.reason == (404, "notFound")


def test_whom_a_calendar_is_shared_with_to_read_writes_nothing(google, agenda, other):
    agenda.insert(id="event09")
    share(google, "reader")

    assert seen_by(other).ids() == ["event09"]
    assert seen_by(other).insert().reason == (403, "requiredAccessLevel")
    assert seen_by(other).delete("event09").reason == (403, "requiredAccessLevel")


def test_a_share_can_be_taken_back(google, agenda, other):
    share(google, "writer")
    assert seen_by(other).insert().told["creator"] == {"email": OTHER}

    share(google, "none")

    assert seen_by(other).list().status == 404


def test_primary_is_the_callers_own_calendar(google, agenda):
    agenda.insert(id="event09")

    assert Agenda(google, "primary", agenda.token).ids() == ["event09"]


def test_an_account_may_have_more_calendars_whose_ids_need_encoding(google, agenda):
    body = {"summary": "Sala 2", "timeZone": "America/New_York"}
    made = google.send("POST", "/calendar/v3/calendars", body, token=agenda.token).told

    path = f"/calendar/v3/calendars/{quote(made['id'], safe='')}"
    assert made["id"].endswith("@group.calendar.google.com")
    assert google.send("GET", path, token=agenda.token).told == made
    inserted = Agenda(google, made["id"], agenda.token).insert().told
    assert inserted["organizer"] == {"email": made["id"], "self": True}
    assert inserted["start"]["dateTime"] == "2026-12-01T13:00:00-05:00"


def test_a_calendar_id_may_hold_any_sign(google):
    agenda = google.agenda("es.py#holiday@group.v.calendar.google.com")

    assert agenda.insert(id="event09").status == 200
    assert agenda.stored()["writes"] == {"insert": 1}


@pytest.mark.parametrize("body", [{}, {"summary": "Sala 2", "timeZone": "America/Nowhere"}])
def test_a_new_calendar_has_a_name_and_a_real_zone(google, agenda, body):
    assert google.send("POST", "/calendar/v3/calendars", body, token=agenda.token).status == 400


def test_the_list_has_ones_own_calendars_and_those_shared(google, agenda, other):
    share(google, "freeBusyReader")

    told = google.send("GET", "/calendar/v3/users/me/calendarList", token=other.token).told

    found = {one["id"]: (one["accessRole"], one.get("primary", False)) for one in told["items"]}
    assert found == {EMAIL: ("freeBusyReader", False), OTHER: ("owner", True)}


def test_busy_times_are_merged_and_clipped_and_leave_out_what_takes_no_time(google, agenda):
    for hour in (9, 10, 14):
        agenda.insert(**at(hour))
    agenda.insert(transparency="transparent", **at(18))
    deleted = agenda.insert(**at(20)).told["id"]
    agenda.delete(deleted)
    asked = {**DAY, "timeMax": "2026-12-01T14:30:00-03:00", "items": [{"id": EMAIL}]}

    told = google.send("POST", "/calendar/v3/freeBusy", asked, token=agenda.token).told

    assert told == {
        "kind": "calendar#freeBusy",
        "timeMin": "2026-12-01T03:00:00.000Z",
        "timeMax": "2026-12-01T17:30:00.000Z",
        "calendars": {
            EMAIL: {
                "busy": [
                    {"start": "2026-12-01T12:00:00Z", "end": "2026-12-01T14:00:00Z"},
                    {"start": "2026-12-01T17:00:00Z", "end": "2026-12-01T17:30:00Z"},
                ]
            }
        },
    }


def test_whose_busy_times_may_not_be_seen_is_not_found(google, agenda, other):
    asked = {**DAY, "items": [{"id": OTHER}]}

    told = google.send("POST", "/calendar/v3/freeBusy", asked, token=agenda.token).told

    assert told["calendars"] == {OTHER: {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"timeMin": None}, "required"),
        ({"timeMax": DAY["timeMin"]}, "timeRangeEmpty"),
        ({"timeMin": "2026-12-01T00:00:00"}, "badRequest"),
        ({"items": [{"id": str(number)} for number in range(51)]}, "invalid"),
        ({"timeZone": "America/Nowhere"}, "invalidParameter"),
    ],
)
def test_a_question_about_busy_times_has_bounds_and_at_most_50_calendars(google, agenda, changed, reason):
    asked = {**DAY, "items": [], **changed}

    assert google.send("POST", "/calendar/v3/freeBusy", asked, token=agenda.token).reason == (400, reason)
