"""Differential: the starts of a range, their refusals and seats, against the plain decision about each start."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.scheduling.rules import agenda, availability, refused_starts
from mostrador.scheduling.rules.availability import SlotRules
from mostrador.scheduling.rules.opening_hours import Hours
from mostrador.values import local_time
from tests.support import plain_availability

ZONES = ["America/Asuncion", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu"]
DAYS = [date(2026, 3, 6), date(2026, 4, 3), date(2026, 10, 2), date(2026, 10, 30), date(2026, 12, 1)]
OWN, OTHER = "0" * 15 + "1", "0" * 15 + "2"
intervals = st.lists(
    st.tuples(st.integers(0, 26 * 60), st.integers(30, 14 * 60)).map(lambda span: (span[0], span[0] + span[1])),
    max_size=3,
).map(tuple)


@st.composite
def asked(draw):
    """Some days under some rules, with bookings, busy times, limits and clock changes among them."""
    zone, first = ZoneInfo(draw(st.sampled_from(ZONES))), draw(st.sampled_from(DAYS))
    days = [first + timedelta(days=number) for number in range(draw(st.integers(1, 5)))]
    begins, minute = local_time.day_bounds(first, zone)[0], st.integers(-600, len(days) * 1440 + 600)
    buffer = st.sampled_from([0, 0, 5, 10])
    demand = agenda.Demand(
        OWN,
        draw(st.sampled_from([5, 30, 45, 90, 300])),
        before=draw(buffer),
        after=draw(buffer),
        capacity=draw(st.sampled_from([1, 1, 2, 3, 30])),
        max_per_day=draw(st.none() | st.integers(1, 6)),
        max_per_week=draw(st.none() | st.integers(1, 9)),
    )
    step = draw(st.sampled_from([15, 20, 30, 60]))
    start = st.one_of(minute, st.integers(0, 12).map(lambda place: 9 * 60 + place * step))
    line = st.builds(
        agenda.Booking,
        st.uuids().map(lambda drawn: drawn.hex),
        st.sampled_from([OWN, OWN, OTHER]),
        start.map(lambda at: begins + at),
        st.sampled_from([30, 45, demand.duration]),
        buffer,
        buffer,
        st.just(0),
    )
    booked = draw(st.lists(line, max_size=40))
    counts = Counter(local_time.local_day(other.starts, zone) for other in booked if other.service == OWN)
    span = st.tuples(minute, st.integers(1, 200)).map(lambda one: (begins + one[0], begins + sum(one)))
    hours = Hours(
        draw(st.dictionaries(st.integers(0, 6), intervals)),
        draw(st.dictionaries(st.sampled_from(days), intervals, max_size=2)),
        draw(st.sampled_from([0, 0, 10])),
    )
    rules = SlotRules(
        demand,
        hours,
        zone,
        step,
        begins + draw(minute),
        days[0] + timedelta(days=draw(st.integers(0, 6))),
        booked,
        counts,
        sorted(draw(st.lists(span, max_size=5))),
    )
    return rules, days[0], days[-1]


def answers(rules, first, last):
    offered = availability.starts(rules, first, last)
    taken = availability.seats_taken(rules)
    seats = {start: rules.demand.capacity - taken[start] for start in offered}
    return offered, seats, refused_starts.explained(rules, first, last)


def plain_answers(rules, first, last):
    offered = plain_availability.starts(rules, first, last)
    seats = {start: plain_availability.seats_left(rules, start) for start in offered}
    return offered, seats, plain_availability.explained(rules, first, last)


@given(asked())
def test_all_starts_at_once_are_decided_as_each_by_itself(question):
    assert answers(*question) == plain_answers(*question)


@given(asked(), st.integers(0, 5 * 1440))
def test_a_start_alone_is_decided_by_the_same_rules(question, minute):
    rules, first, _ = question
    start = local_time.day_bounds(first, rules.zone)[0] + minute

    assert availability.refusal(rules, start) == plain_availability.refusal(rules, start)
    assert availability.seats_left(rules, start) == plain_availability.seats_left(rules, start)


class Count(list[agenda.Booking]):
    """Bookings that count how often they are gone through."""

    rounds = 0

    def __iter__(self):
        self.rounds += 1
        return super().__iter__()


@pytest.mark.parametrize("capacity", [1, 30])
def test_the_bookings_are_gone_through_a_few_times_however_many_starts_there_are(capacity):
    demand = agenda.Demand(OWN, 30, capacity=capacity, max_per_day=50)
    zone, first = ZoneInfo("America/Asuncion"), date(2026, 12, 1)
    begins, booked = local_time.day_bounds(first, zone)[0], Count()
    booked += [demand.booking(f"{n:032x}", begins + 30 * n) for n in range(200)]
    hours = Hours(dict.fromkeys(range(7), ((0, 1440),)))
    rules = SlotRules(demand, hours, zone, 15, 0, date(2027, 12, 1), booked, Counter())

    rounds = []
    for days in (1, 20):
        booked.rounds = 0
        answers(rules, first, first + timedelta(days=days))
        rounds.append(booked.rounds)

    assert rounds[0] == rounds[1] <= 10
    booked.rounds = 0
    plain_answers(rules, first, first + timedelta(days=1))
    assert booked.rounds > 100


def test_the_oracle_tells_a_wrong_answer():
    """The red control: rules that forget a booking, and seats that are not counted."""
    demand = agenda.Demand(OWN, 30, capacity=2)
    zone, first = ZoneInfo("America/Asuncion"), date(2026, 12, 1)
    begins = local_time.day_bounds(first, zone)[0]
    booked = [demand.booking(f"{n:032x}", begins + 600) for n in range(2)]
    rules = SlotRules(demand, Hours({1: ((540, 720),)}), zone, 30, 0, date(2027, 1, 1), booked, Counter())

    assert answers(rules, first, first) == plain_answers(rules, first, first)
    for forgetful in (replace(rules, booked=booked[:1]), replace(rules, booked=[])):
        assert answers(forgetful, first, first) != plain_answers(rules, first, first)
