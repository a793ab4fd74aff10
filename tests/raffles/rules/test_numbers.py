"""Which numbers may be asked for, and how long a hold keeps them."""

from datetime import UTC, datetime, timedelta

import pytest

from mostrador.raffles.rules.numbers import (
    NumberOutside,
    NumberTwice,
    TooManyNumbers,
    check_count,
    check_numbers,
    has_lapsed,
)

NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)


def test_the_first_and_the_last_number_may_be_asked_for():
    check_numbers([0, 99, 50], 0, 99)


@pytest.mark.parametrize(("numbers", "place", "value"), [([0, 1], 0, 0), ([1, 101], 1, 101)])
def test_a_number_outside_is_named_with_its_place(numbers, place, value):
    with pytest.raises(NumberOutside) as refusal:
        check_numbers(numbers, 1, 100)

    assert (refusal.value.facts["field"], refusal.value.facts["value"]) == (f"body.numbers.{place}", value)


def test_a_number_that_is_there_twice_is_named_with_its_second_place():
    with pytest.raises(NumberTwice) as refusal:
        check_numbers([3, 4, 3], 1, 100)

    assert refusal.value.facts["field"] == "body.numbers.2"


def test_as_many_as_the_limit_are_not_too_many():
    check_count(5, 5, field="body.count")
    with pytest.raises(TooManyNumbers, match="6 numbers are too many"):
        check_count(6, 5, field="body.count")


@pytest.mark.parametrize(("seconds", "expected"), [(-1, True), (0, False), (1, False)])
def test_a_hold_keeps_to_the_end_of_its_last_second(seconds, expected):
    assert has_lapsed(NOW + timedelta(seconds=seconds), NOW) is expected


def test_what_is_not_held_does_not_lapse():
    assert not has_lapsed(None, NOW)
