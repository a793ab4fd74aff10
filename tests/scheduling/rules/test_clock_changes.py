"""Shifts that another booking is in the way of, without a table."""

from mostrador.scheduling.rules import clock_changes as rules
from mostrador.scheduling.rules.agenda import Demand
from mostrador.scheduling.rules.clock_changes import Shift
from tests.support import growth

SERVICE = "0" * 32
HOUR = 60


def shift(name, start, to, *, duration=HOUR, capacity=1, resources=("eva",)):
    return Shift(name * 32, resources, Demand(SERVICE, duration, capacity=capacity), start, to)


def booked(*shifts, new=()):
    lines = [one.demand.booking(one.appointment_id, one.start) for one in shifts]
    return {"eva": [*lines, *(one.demand.booking(one.appointment_id, one.start) for one in new)]}


def test_each_takes_the_place_of_the_one_before():
    day = [shift(f"{n}", HOUR * n, HOUR * (n - 1)) for n in range(1, 9)]

    assert rules.stuck(day, booked(*day)) == {}


def test_one_that_stays_is_in_the_way_of_the_next():
    first, second, third = shift("a", 60, 0), shift("b", 120, 60), shift("c", 300, 240)
    new = shift("f", 0, 0)

    found = rules.stuck([first, second, third], booked(first, second, third, new=[new]))

    assert found == {first.appointment_id: new.appointment_id, second.appointment_id: first.appointment_id}


def test_a_class_does_not_stand_in_its_own_way():
    seats = [shift(name, 60, 0, duration=120, capacity=3) for name in "abc"]

    assert rules.stuck(seats, booked(*seats)) == {}


def test_a_class_that_filled_up_meanwhile_is_in_the_way():
    seats, new = [shift(name, 60, 0, capacity=2) for name in "ab"], shift("f", 0, 0, capacity=2)

    assert set(rules.stuck(seats, booked(*seats, new=[new]))) == {seat.appointment_id for seat in seats}


def test_a_booking_that_passes_midnight_is_seen_from_both_days():
    late, new = shift("a", 1500, 1440), shift("f", 1400, 1400)

    assert rules.stuck([late], booked(late, new=[new])) == {late.appointment_id: new.appointment_id}


def test_a_year_of_appointments_is_judged_in_linear_time():
    def judge(text):
        day = [shift(f"{n:032x}"[-1], HOUR * n, HOUR * (n - 1)) for n in range(1, len(text))]
        named = [one._replace(appointment_id=f"{n:032x}") for n, one in enumerate(day)]
        rules.stuck(named, booked(*named))

    assert growth.is_linear(judge, "a", 1000)
