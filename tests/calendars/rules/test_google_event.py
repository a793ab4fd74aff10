from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.calendars.rules import event_ids, google_event
from mostrador.calendars.rules.google_event import EventContent
from mostrador.scheduling.rules.busy_times import BusyTime, by_local_day
from mostrador.values import local_time

APPOINTMENT = "0192f3a15b7c7d119c2e0a1b2c3d4e5f"
ASUNCION = ZoneInfo("America/Asuncion")
NEW_YORK = ZoneInfo("America/New_York")
STARTS = datetime(2026, 11, 5, 15, 30, tzinfo=ASUNCION)
WANTED = EventContent(
    status="confirmed",
    summary="Corte: Ana",
    description="Primera vez.\nTraer foto.",
    starts_at=STARTS,
    ends_at=STARTS + timedelta(minutes=45),
    time_zone="America/Asuncion",
    attendees=("ana@example.com",),
    private={"tenant": "demo", "appointment": APPOINTMENT, "revision": 7},
)
# Zones whose clocks change, at midnight too (Havana, Beirut), by half an hour (Lord Howe), and one that never does.
CHANGING = ["America/New_York", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "America/Asuncion"]

zone_names = st.sampled_from(CHANGING)
instants = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def timed(starts, ends, **more):
    return {"id": "abcde", "start": {"dateTime": starts}, "end": {"dateTime": ends}, **more}


def all_day(starts, ends):
    return {"id": "abcde", "start": {"date": str(starts)}, "end": {"date": str(ends)}}


A_MEETING = timed("2026-11-05T10:00:00Z", "2026-11-05T11:00:00Z")


# What the calendar should say


def test_the_event_carries_times_with_offset_and_zone_guests_and_our_ids_as_strings():
    event = google_event.body(WANTED, "abcde")

    assert event == {
        "id": "abcde",
        "status": "confirmed",
        "summary": "Corte: Ana",
        "description": "Primera vez.\nTraer foto.",
        "start": {"dateTime": "2026-11-05T15:30:00-03:00", "timeZone": "America/Asuncion"},
        "end": {"dateTime": "2026-11-05T16:15:00-03:00", "timeZone": "America/Asuncion"},
        "attendees": [{"email": "ana@example.com"}],
        "extendedProperties": {
            "private": {
                "mostrador_tenant": "demo",
                "mostrador_appointment": APPOINTMENT,
                "mostrador_revision": "7",
            }
        },
    }


def test_the_offset_is_the_one_that_the_zone_has_that_day():
    summer = replace(WANTED, time_zone="America/New_York", starts_at=datetime(2026, 7, 1, 12, tzinfo=UTC))

    assert google_event.body(summer, "abcde")["start"]["dateTime"] == "2026-07-01T08:00:00-04:00"


def test_an_event_without_guests_names_none_for_a_service_account_may_not():
    assert "attendees" not in google_event.body(replace(WANTED, attendees=()), "abcde")


def test_an_event_is_private_only_where_that_is_wanted():
    assert google_event.body(replace(WANTED, is_private=True), "abcde")["visibility"] == "private"
    assert "visibility" not in google_event.body(WANTED, "abcde")


@pytest.mark.parametrize("private", [{"k" * 35: "x"}, {"k": "x" * 1025}], ids=["key", "value"])
def test_a_private_property_that_google_would_cut_is_refused(private):
    with pytest.raises(ValueError, match="private property mostrador_k+ of"):
        google_event.body(replace(WANTED, private=private), "abcde")


def test_the_longest_private_property_passes():
    private = google_event.body(replace(WANTED, private={"k" * 34: "x" * 1024}), "abcde")["extendedProperties"][
        "private"
    ]

    assert [(len(name), len(value)) for name, value in private.items()] == [(44, 1024)]


@given(st.integers(), st.sampled_from(["revision", "version"]))
def test_a_fingerprint_does_not_see_the_revision(revision, name):
    changed = replace(WANTED, private={**WANTED.private, name: revision})

    assert google_event.fingerprint(changed) == google_event.fingerprint(WANTED)


@given(zone_names)
def test_a_fingerprint_does_not_see_in_which_zone_or_order_things_were_written(name):
    same = replace(
        WANTED,
        starts_at=WANTED.starts_at.astimezone(ZoneInfo(name)),
        ends_at=WANTED.ends_at.astimezone(UTC),
        private=dict(reversed(WANTED.private.items())),
        summary=f" {WANTED.summary}",
    )

    assert google_event.fingerprint(same) == google_event.fingerprint(WANTED)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "tentative"},
        {"summary": "Corte: Eva"},
        {"description": ""},
        {"starts_at": STARTS + timedelta(minutes=1)},
        {"ends_at": STARTS + timedelta(minutes=46)},
        {"time_zone": "America/Sao_Paulo"},
        {"attendees": ()},
        {"is_private": True},
        {"private": {**WANTED.private, "tenant": "other"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_fingerprint_sees_everything_else(change):
    assert google_event.fingerprint(replace(WANTED, **change)) != google_event.fingerprint(WANTED)


def test_a_fingerprint_stays_what_it_was_for_it_is_stored():
    assert google_event.fingerprint(WANTED) == "350a9e94efe7a092d59cfc67a6480bf0"


# What differs


@given(zone_names, instants, st.integers(1, 500))
def test_what_we_wrote_does_not_differ_in_whatever_offset_google_tells_it(name, starts_at, minutes):
    wanted = replace(WANTED, time_zone=name, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes))
    event = google_event.body(wanted, "abcde")
    event["start"] = {"dateTime": starts_at.replace(microsecond=0).isoformat().replace("+00:00", "Z")}

    assert google_event.differs(wanted, event) == []


@pytest.mark.parametrize("fold", [0, 1])
def test_the_hour_that_the_clocks_repeat_does_not_differ_from_itself(fold):
    starts_at = datetime(2026, 11, 1, 1, 30, fold=fold, tzinfo=NEW_YORK)
    wanted = replace(WANTED, time_zone="America/New_York", starts_at=starts_at)
    event = google_event.body(wanted, "abcde")

    assert starts_at != datetime.fromisoformat(event["start"]["dateTime"])  # as Python compares across zones
    assert google_event.differs(wanted, event) == []


def test_what_google_adds_does_not_differ():
    added = {
        "etag": '"3"', "kind": "calendar#event", "sequence": 4, "transparency": "opaque", "hangoutLink": "x",
        "attendees": [{"email": "ana@example.com", "responseStatus": "accepted"}, {"email": "eva@example.com"}],
    }  # fmt: skip

    assert google_event.differs(WANTED, google_event.body(WANTED, "abcde") | added) == []


def test_what_google_leaves_out_when_it_is_empty_or_usual_does_not_differ():
    wanted = replace(WANTED, summary="", description="")
    event = google_event.body(wanted, "abcde")
    del event["summary"], event["description"], event["status"]

    assert google_event.differs(wanted, event) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "tentative"),
        ("summary", "Otra cosa"),
        ("description", None),
        ("start", {"dateTime": "2026-11-05T15:31:00-03:00"}),
        ("start", {"dateTime": "2026-11-05T15:30:00Z"}),
        ("start", {"date": "2026-11-05"}),
        ("end", {"dateTime": "soon"}),
        ("end", None),
        ("recurrence", ["RRULE:FREQ=DAILY"]),
    ],
)
def test_every_field_that_is_not_as_wanted_is_named(name, value):
    assert google_event.differs(WANTED, google_event.body(WANTED, "abcde") | {name: value}) == [name]


def test_a_time_without_offset_is_read_by_its_own_zone():
    event = google_event.body(WANTED, "abcde")
    event["start"] = {"dateTime": "2026-11-05T13:30:00", "timeZone": "America/New_York"}

    assert google_event.differs(WANTED, event) == []


def test_of_a_deleted_event_only_the_status_differs_for_google_tells_no_more():
    assert google_event.differs(WANTED, {"id": "abcde", "status": "cancelled"}) == ["status"]


# Whose it is


def test_what_we_wrote_is_ours_by_its_id_and_by_its_private_properties():
    event = google_event.body(WANTED, event_ids.event_id(APPOINTMENT, 3))
    tombstone = {"id": event["id"], "status": "cancelled"}
    instance = event | {"id": f"{event['id']}_20261105T183000Z"}

    assert google_event.is_ours(event)
    assert google_event.is_ours(tombstone)
    assert google_event.is_ours(instance)


def test_of_what_two_tenants_made_only_ones_own_is_ours():
    event = google_event.body(WANTED, event_ids.event_id(APPOINTMENT, 3))
    of = WANTED.private["tenant"]

    assert google_event.is_ours(event, of)
    assert not google_event.is_ours(event, "clinic")
    assert google_event.is_ours({"id": event["id"], "status": "cancelled"}, "clinic")  # it does not tell whose it was
    assert google_event.busy_of(event, ASUNCION, of) is None
    assert google_event.busy_of(event, ASUNCION, "clinic")


def test_an_instance_of_a_series_that_a_person_made_of_ours_is_not_ours_and_takes_no_time_either():
    event = google_event.body(WANTED, event_ids.event_id(APPOINTMENT, 3))
    instance = event | {"id": f"{event['id']}_20261105T183000Z", "recurringEventId": event["id"]}

    assert not google_event.is_ours(instance, WANTED.private["tenant"])
    assert google_event.busy_of(instance, ASUNCION, WANTED.private["tenant"]) is None


def test_an_appointment_of_another_program_is_not_ours():
    assert not google_event.is_ours({"id": "abcde", "extendedProperties": {"private": {"appointment": APPOINTMENT}}})


# Whose time is taken


def test_a_meeting_takes_its_whole_minutes():
    event = timed("2026-11-05T10:00:59.5-03:00", "2026-11-05T11:00:00.5-03:00")

    at = local_time.minute(datetime(2026, 11, 5, 13, tzinfo=UTC))
    assert google_event.busy_of(event, NEW_YORK) == BusyTime("abcde", at, at + 61)


@pytest.mark.parametrize(
    "more",
    [
        {"status": "tentative"},
        {"eventType": "focusTime"},
        {"eventType": "outOfOffice"},
        {"transparency": "opaque"},
        {"attendees": [{"self": True, "responseStatus": "needsAction"}]},
        {"attendees": [{"email": "eva@example.com", "responseStatus": "declined"}]},
    ],
)
def test_an_event_that_blocks_takes_time(more):
    assert google_event.busy_of(A_MEETING | more, ASUNCION)


@pytest.mark.parametrize(
    "more",
    [
        {"status": "cancelled"},
        {"transparency": "transparent"},
        {"eventType": "workingLocation"},
        {"eventType": "birthday"},
        {"id": event_ids.event_id(APPOINTMENT, 0)},
        {"extendedProperties": {"private": {"mostrador_appointment": APPOINTMENT}}},
        {"attendees": [{"email": "eva@example.com"}, {"self": True, "responseStatus": "declined"}]},
    ],
)
def test_an_event_that_does_not_block_takes_none(more):
    assert google_event.busy_of(A_MEETING | more, ASUNCION) is None


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"id": "abcde"},
        A_MEETING | {"id": 7},
        timed("2026-11-05T10:00:00Z", "2026-11-05T10:00:00Z"),
        timed("2026-11-05T10:00:30Z", "2026-11-05T10:00:30Z"),
        timed("2026-11-05T10:00:00Z", "2026-11-05T09:00:00Z"),
        timed("2026-11-05T10:00:00Z", "2026-11-05T24:01:00Z"),
        timed(5, None),
        all_day("2026-11-05", "2026-11-05"),
        all_day("2026-02-30", "2026-03-05"),
        all_day("1900-01-01", "1999-01-01"),
        A_MEETING | {"start": {"dateTime": "2026-11-05T10:00:00", "timeZone": "America"}},
        A_MEETING | {"start": {"dateTime": "2026-11-05T10:00:00", "timeZone": "../../etc/passwd"}},
        A_MEETING | {"start": {"dateTime": "2026-11-05T10:00:00", "timeZone": ["x"]}},
        A_MEETING | {"start": {"dateTime": "2026-11-05T10:00:00", "timeZone": 7}},
        A_MEETING | {"start": {"dateTime": "0001-01-01T00:00:00+14:00"}},
    ],
)
def test_what_cannot_be_read_or_is_empty_takes_none(event):
    assert google_event.busy_of(event, ASUNCION) is None


FIELDS = ["id", "status", "start", "end", "attendees", "eventType", "transparency", "extendedProperties", "summary"]
TIMES = st.fixed_dictionaries(
    {}, optional={"dateTime": st.datetimes().map(str) | json_values, "timeZone": json_values,
                  "date": st.dates().map(str) | json_values}
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), json_values | TIMES))
def test_no_event_whatever_it_says_makes_us_fall(event):
    event = A_MEETING | event

    google_event.is_ours(event)
    google_event.differs(WANTED, event)
    busy = google_event.busy_of(event, NEW_YORK)
    assert busy is None or 0 < busy.starts < busy.ends
    assert by_local_day([busy] if busy else [], NEW_YORK, last=date(2000, 1, 3)) is not None


@given(zone_names, st.dates(date(2025, 1, 1), date(2030, 1, 1)), st.integers(1, 40))
def test_all_day_is_every_minute_that_the_clocks_show_those_dates(name, first, length):
    zone, after = ZoneInfo(name), first + timedelta(days=length)

    busy = google_event.busy_of(all_day(first, after), zone)

    assert local_time.local_day(busy.starts, zone) == first > local_time.local_day(busy.starts - 1, zone)
    assert local_time.local_day(busy.ends, zone) == after > local_time.local_day(busy.ends - 1, zone)


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("America/Havana", date(2026, 3, 8), 23),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Asuncion", date(2026, 10, 4), 24),
    ],
)
def test_a_day_off_is_as_long_as_its_clocks_make_it(name, day, hours):
    busy = google_event.busy_of(all_day(day, day + timedelta(days=1)), ZoneInfo(name))

    assert busy.ends - busy.starts == hours * 60


def test_an_event_without_end_is_cut_where_no_agenda_reaches():
    busy = google_event.busy_of(all_day("0001-01-01", "9999-12-31"), ASUNCION)

    assert local_time.instant(busy.starts, ASUNCION).year == 2000
    assert local_time.instant(busy.ends, ASUNCION).year <= 2200


# Busy by day


@given(zone_names, st.lists(st.tuples(instants, st.integers(1, 6000)), max_size=4))
def test_the_days_of_busy_times_hold_every_minute_of_them_once(name, spans):
    zone = ZoneInfo(name)
    busies = [
        BusyTime(f"event{place}", local_time.minute(at), local_time.minute(at) + minutes)
        for place, (at, minutes) in enumerate(spans)
    ]

    days = by_local_day(busies, zone)

    pieces = [piece for pieces in days.values() for piece in pieces]
    for busy in busies:
        mine = sorted((one.starts, one.ends) for one in pieces if one.event_id == busy.event_id)
        assert [mine[0][0], *(ends for _, ends in mine)] == [*(starts for starts, _ in mine), busy.ends]
    for day, within in days.items():
        begins, ends = local_time.day_bounds(day, zone)
        assert all(begins <= one.starts < one.ends <= ends for one in within)


def test_busy_times_come_in_order_whatever_order_they_came_in():
    busies = [BusyTime("b", 30_000_000, 30_000_060), BusyTime("a", 30_000_000, 30_000_030)]

    (day,) = by_local_day(busies, ASUNCION).values()

    assert [busy.event_id for busy in day] == ["a", "b"]


def test_an_event_of_years_fills_only_the_days_that_were_named():
    busy = google_event.busy_of(all_day("2020-01-01", "2150-01-01"), ASUNCION)

    days = by_local_day([busy], ASUNCION, first=date(2026, 11, 5), last=date(2026, 11, 7))

    assert list(days) == [date(2026, 11, 5), date(2026, 11, 6), date(2026, 11, 7)]


def test_a_day_that_the_zone_skipped_has_no_busy_time():
    busy = google_event.busy_of(all_day("2011-12-29", "2012-01-01"), ZoneInfo("Pacific/Apia"))

    assert list(by_local_day([busy], ZoneInfo("Pacific/Apia"))) == [date(2011, 12, 29), date(2011, 12, 31)]


def test_a_meeting_until_midnight_does_not_touch_the_next_day():
    busy = google_event.busy_of(timed("2026-11-05T23:00:00-03:00", "2026-11-06T00:00:00-03:00"), ASUNCION)

    assert list(by_local_day([busy], ASUNCION)) == [date(2026, 11, 5)]
