from datetime import date, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.scheduling.rules import series

TUESDAY = date(2026, 12, 1)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(("weekday", "day"), [(None, 0), (0, -1), (1, 0), (6, 5)])
def test_a_date_moves_within_its_week_from_monday(weekday, day):
    assert series.moved_day(TUESDAY, weekday) == TUESDAY + timedelta(days=day)


@given(DAYS, DAYS, st.none() | st.integers(0, 6))
def test_a_date_that_an_earlier_call_moved_still_belongs_to_the_call(planned, first, weekday):
    """So the same call gives the same dates, and the same targets."""
    moved = series.moved_day(planned, weekday)

    assert series.moved_day(moved, weekday) == moved
    if series.is_from(planned, first, weekday):
        assert series.is_from(moved, first, weekday)


def test_what_is_before_the_date_stays():
    assert not series.is_from(TUESDAY, TUESDAY + timedelta(days=1), weekday=3)
    assert not series.is_from(TUESDAY - timedelta(weeks=1), TUESDAY, weekday=1)


def test_the_next_dates_keep_the_step_and_begin_no_earlier_than_asked():
    def days(every_weeks, first=None):
        return [(day - TUESDAY).days for day in islice(series.next_days(TUESDAY, every_weeks, first), 3)]

    assert days(1) == [7, 14, 21]
    assert days(2, TUESDAY + timedelta(days=15)) == [28, 42, 56]
