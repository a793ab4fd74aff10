from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mostrador.scheduling.rules import agenda, availability, refused_starts
from mostrador.scheduling.rules.availability import Reason, Refusal, SlotRules
from mostrador.scheduling.rules.opening_hours import Hours
from mostrador.values import local_time
from tests.support import reference

ASUNCION, NEW_YORK = ZoneInfo("America/Asuncion"), ZoneInfo("America/New_York")
WEEKDAYS = dict.fromkeys(range(5), ((9 * 60, 12 * 60), (13 * 60, 18 * 60)))
HAIRCUT = agenda.Demand("cut", 30)
# Days with a clock change at 2:00, at midnight, by half an hour, and without any.
PLACES = [
    ("America/New_York", date(2026, 3, 7)),
    ("America/New_York", date(2026, 10, 31)),
    ("America/Havana", date(2026, 3, 7)),
    ("America/Havana", date(2026, 10, 31)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("Australia/Lord_Howe", date(2026, 10, 3)),
    ("America/Asuncion", date(2026, 10, 3)),
    ("Asia/Kathmandu", date(2026, 6, 1)),
]


def terms(demand=HAIRCUT, hours=WEEKDAYS, zone=ASUNCION, booked=(), step=30, earliest=0, counts=(), busy=()):
    hours = hours if isinstance(hours, Hours) else Hours(hours)
    return SlotRules(demand, hours, zone, step, earliest, date(2099, 1, 1), list(booked), Counter(dict(counts)), busy)


def reason_of(asked, start):
    refusal = availability.refusal(asked, start)
    return refusal.reason if refusal else None


def at(zone, *when):
    return local_time.minute(datetime(*when, tzinfo=zone))


def local(zone, minutes):
    return [local_time.instant(one, zone).strftime("%H:%M%z") for one in minutes]


def test_offers_the_grid_of_each_interval():
    day = date(2026, 12, 1)

    free = availability.starts(terms(step=60), day, day)

    assert local(ASUNCION, free) == [f"{hour:02}:00-0300" for hour in (9, 10, 11, 13, 14, 15, 16, 17)]


def test_asuncion_keeps_one_offset_all_year():
    for day in (date(2026, 1, 6), date(2026, 7, 7), date(2027, 7, 6)):
        assert local(ASUNCION, availability.starts(terms(step=180), day, day)[:1]) == ["09:00-0300"]


def test_a_skipped_hour_is_not_offered():
    sunday = {6: ((0, 5 * 60),)}
    day = date(2026, 3, 8)

    free = availability.starts(terms(hours=sunday, zone=NEW_YORK, step=60), day, day)

    assert local(NEW_YORK, free) == ["00:00-0500", "01:00-0500", "03:00-0400", "04:00-0400"]


def test_a_repeated_hour_is_two_slots():
    sunday = {6: ((0, 3 * 60),)}
    day = date(2026, 11, 1)

    free = availability.starts(terms(hours=sunday, zone=NEW_YORK, step=60), day, day)

    assert local(NEW_YORK, free) == ["00:00-0400", "01:00-0400", "01:00-0500", "02:00-0500"]


def test_hours_that_run_past_midnight_belong_to_both_days():
    night = {4: ((22 * 60, 26 * 60),)}
    friday, saturday = date(2026, 12, 4), date(2026, 12, 5)

    assert local(ASUNCION, availability.starts(terms(hours=night, step=60), friday, friday)) == [
        "22:00-0300",
        "23:00-0300",
    ]
    assert local(ASUNCION, availability.starts(terms(hours=night, step=60), saturday, saturday)) == [
        "00:00-0300",
        "01:00-0300",
    ]


@pytest.mark.parametrize(
    ("start", "changes", "reason"),
    [
        ((2026, 12, 1, 9, 0), {}, None),
        ((2026, 12, 1, 8, 30), {}, Reason.CLOSED),
        ((2026, 12, 1, 17, 45), {}, Reason.CLOSED),
        ((2026, 12, 1, 9, 10), {}, Reason.OFF_GRID),
        ((2026, 12, 5, 9, 0), {}, Reason.CLOSED),
        ((2026, 12, 1, 9, 0), {"earliest": at(ASUNCION, 2026, 12, 1, 9, 1)}, Reason.NOTICE),
        ((2026, 12, 1, 9, 0), {"booked": [HAIRCUT.booking("x", at(ASUNCION, 2026, 12, 1, 9, 0))]}, Reason.TAKEN),
        (
            (2026, 12, 1, 9, 0),
            {"demand": agenda.Demand("cut", 30, max_per_day=2), "counts": {date(2026, 12, 1): 2}},
            Reason.DAILY_LIMIT,
        ),
    ],
)
def test_says_why_a_start_is_not_free(start, changes, reason):
    assert reason_of(terms(**changes), at(ASUNCION, *start)) == reason


def test_past_the_advance_window_is_a_reason_of_its_own():
    early = SlotRules(HAIRCUT, Hours(WEEKDAYS), ASUNCION, 30, 0, date(2026, 11, 30), [], Counter())

    assert reason_of(early, at(ASUNCION, 2026, 12, 1, 9, 0)) == Reason.WINDOW
    assert availability.starts(early, date(2026, 12, 1), date(2026, 12, 1)) == []


def test_buffers_keep_their_distance():
    cleaned = agenda.Demand("cut", 30, before=10, after=20)
    booked = [cleaned.booking("x", at(ASUNCION, 2026, 12, 1, 10, 0))]
    day = date(2026, 12, 1)

    free = availability.starts(terms(demand=cleaned, booked=booked), day, day)

    assert local(ASUNCION, free)[:3] == ["09:00-0300", "11:00-0300", "11:30-0300"]


def test_a_class_shares_its_start_until_the_seats_are_gone():
    yoga = agenda.Demand("yoga", 60, capacity=2)
    start = at(ASUNCION, 2026, 12, 1, 9, 0)
    one, two = yoga.booking("a", start), yoga.booking("b", start)

    assert availability.refusal(terms(demand=yoga, booked=[one]), start) is None
    assert availability.refusal(terms(demand=yoga, booked=[one, two]), start) == Refusal(
        Reason.SEATS, {"booked": 2, "seats": 2}
    )
    assert availability.seats_left(terms(demand=yoga, booked=[one]), start) == 1
    assert reason_of(terms(demand=yoga, booked=[one]), start + 30) == Reason.TAKEN


def test_a_special_day_has_its_own_hours_or_none():
    christmas, eve = date(2026, 12, 25), date(2026, 12, 24)
    hours = Hours(WEEKDAYS, {christmas: (), eve: ((9 * 60, 10 * 60),)})

    assert availability.starts(terms(hours=hours), christmas, christmas) == []
    assert local(ASUNCION, availability.starts(terms(hours=hours), eve, eve)) == ["09:00-0300", "09:30-0300"]


def test_the_grid_may_begin_later_than_the_opening():
    day = date(2026, 12, 1)

    free = availability.starts(terms(hours=Hours(WEEKDAYS, offset=15), step=60), day, day)

    assert local(ASUNCION, free)[:3] == ["09:15-0300", "10:15-0300", "11:15-0300"]


def test_a_weekly_limit_closes_the_week_and_says_its_figures():
    limited = agenda.Demand("cut", 30, max_per_week=3)
    asked = terms(demand=limited, counts={date(2026, 12, 1): 2, date(2026, 12, 4): 1, date(2026, 12, 7): 2})

    assert availability.starts(asked, date(2026, 11, 30), date(2026, 12, 6)) == []
    assert availability.starts(asked, date(2026, 12, 7), date(2026, 12, 7)) != []
    assert availability.refusal(asked, at(ASUNCION, 2026, 12, 3, 9, 0)) == Refusal(
        Reason.WEEKLY_LIMIT, {"booked": 3, "limit": 3}
    )


def test_a_buffer_in_the_way_is_told_from_the_appointment_itself():
    cleaned = agenda.Demand("cut", 30, after=30)
    start = at(ASUNCION, 2026, 12, 1, 10, 0)
    asked = terms(demand=cleaned, booked=[cleaned.booking("x", start)])

    assert availability.refusal(asked, start).details == {
        "appointment_id": "x", "from": start, "until": start + 60, "only_its_buffer": False
    }  # fmt: skip
    assert availability.refusal(asked, start + 30).details["only_its_buffer"] is True


def test_a_busy_time_elsewhere_refuses_what_it_or_a_buffer_touches_however_many_seats_there_are():
    yoga = agenda.Demand("yoga", 30, before=10, after=20, capacity=9)
    ten = at(ASUNCION, 2026, 12, 1, 10, 0)
    asked, day = terms(demand=yoga, busy=[(ten, ten + 60)]), date(2026, 12, 1)

    free = availability.starts(asked, day, day)

    assert local(ASUNCION, free)[:2] == ["09:00-0300", "11:30-0300"]
    assert availability.refusal(asked, ten - 30) == Refusal(Reason.EXTERNAL, {"from": ten, "until": ten + 60})
    assert reason_of(asked, ten + 60) == Reason.EXTERNAL  # the ten minutes before it


def test_what_is_busy_touches_nothing_that_begins_when_it_ends():
    ten = at(ASUNCION, 2026, 12, 1, 10, 0)
    asked = terms(busy=[(ten, ten + 30)])

    assert [reason_of(asked, ten + minutes) for minutes in (-30, 0, 30)] == [None, Reason.EXTERNAL, None]


def test_our_own_booking_is_the_reason_where_both_are_in_the_way():
    ten = at(ASUNCION, 2026, 12, 1, 10, 0)

    assert reason_of(terms(booked=[HAIRCUT.booking("x", ten)], busy=[(ten, ten + 30)]), ten) == Reason.TAKEN


def test_everything_on_the_grid_is_either_offered_or_explained():
    day = date(2026, 12, 1)
    asked = terms(demand=agenda.Demand("cut", 60), booked=[HAIRCUT.booking("x", at(ASUNCION, *(2026, 12, 1, 10, 0)))])

    offered, explained = availability.starts(asked, day, day), refused_starts.explained(asked, day, day)

    assert sorted([*offered, *(start for start, _ in explained)]) == availability.starts(terms(), day, day)
    assert [why.reason for _, why in explained] == [Reason.TAKEN, Reason.TAKEN, Reason.CLOSED, Reason.CLOSED]


def test_nearest_are_by_distance_and_told_in_order():
    assert availability.nearest([0, 50, 90, 110, 200], 100) == [50, 90, 110]


minutes = st.integers(0, 1440)
intervals = st.lists(
    st.tuples(st.integers(0, 96), st.integers(1, 60)).map(lambda pair: (pair[0] * 15, (pair[0] + pair[1]) * 15)),
    max_size=3,
)
demands = st.builds(
    agenda.Demand,
    service_id=st.just("s"),
    duration=st.integers(1, 12).map(lambda n: n * 15),
    before=st.sampled_from([0, 10, 30]),
    after=st.sampled_from([0, 5, 45]),
    capacity=st.sampled_from([1, 1, 3]),
    max_per_day=st.sampled_from([None, 1]),
    max_per_week=st.sampled_from([None, None, 2]),
)


@st.composite
def questions(draw):
    """Some terms around a day of PLACES, with hours and bookings anywhere, and the days asked for."""
    name, first = draw(st.sampled_from(PLACES))
    zone, midnight = ZoneInfo(name), at(UTC, first.year, first.month, first.day)
    demand = draw(demands)
    others = st.builds(
        agenda.Booking,
        appointment_id=st.uuids().map(str),
        service=st.sampled_from(["s", "other"]),
        starts=st.integers(-8, 300).map(lambda n: midnight + n * 15),
        duration=st.sampled_from([15, 30, 60]),
        before=st.sampled_from([0, 0, 10]),
        after=st.sampled_from([0, 0, 20]),
        lapses_at=st.just(0),
    )
    step, day = draw(st.sampled_from([15, 20, 30])), date.fromordinal(first.toordinal() + 1)
    special = {day: tuple(draw(intervals))} if draw(st.booleans()) else {}
    hours = Hours({day: tuple(draw(intervals)) for day in range(7)}, special, draw(st.sampled_from([0, 5, 10])))
    spans = st.tuples(st.integers(-100, 4400), st.integers(1, 400))
    busy = [(midnight + begins, midnight + begins + length) for begins, length in draw(st.lists(spans, max_size=4))]
    return SlotRules(
        demand, hours, zone, step, midnight + draw(st.integers(-600, 1500)),
        date.fromordinal(first.toordinal() + draw(st.integers(0, 5))), draw(st.lists(others, max_size=6)),
        Counter({day: draw(st.integers(0, 2))}), busy,
    ), first, date.fromordinal(first.toordinal() + draw(st.integers(0, 2)))  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(questions())
def test_agrees_with_the_slot_by_slot_answer(question):
    asked, first, last = question

    fast = [local_time.instant(one, ZoneInfo("UTC")) for one in availability.starts(asked, first, last)]

    assert fast == reference.starts(asked, first, last)


@settings(max_examples=150, deadline=None)
@given(questions(), st.integers(0, 400))
def test_offers_exactly_what_it_does_not_refuse(question, number):
    asked, first, last = question
    offered = set(availability.starts(asked, first, last))
    begins, ends = local_time.day_bounds(first, asked.zone)[0], local_time.day_bounds(last, asked.zone)[1]

    for start in range(begins + number % 5, ends, 5):
        assert (availability.refusal(asked, start) is None) == (start in offered), local_time.instant(start, asked.zone)
