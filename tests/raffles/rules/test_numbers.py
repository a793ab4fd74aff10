"""Which numbers may be asked for."""

import pytest

from mostrador.raffles.rules.numbers import (
    NumberOutside,
    NumberTwice,
    TooManyNumbers,
    check_count,
    check_numbers,
)


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
