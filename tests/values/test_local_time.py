from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mostrador.values import local_time

ALL_ZONES = sorted(available_timezones())


def test_asuncion_stays_at_minus_three():
    assert (
        local_time.instant(local_time.minute(datetime(2026, 7, 1, tzinfo=UTC)), ZoneInfo("America/Asuncion")).hour == 21
    )


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 6, 1), 24)])
def test_a_day_is_as_long_as_its_clocks_make_it(day, hours):
    begins, ends = local_time.day_bounds(day, ZoneInfo("America/New_York"))

    assert ends - begins == hours * 60


def test_a_day_may_begin_at_one():
    begins, _ = local_time.day_bounds(date(2026, 3, 8), ZoneInfo("America/Havana"))

    assert local_time.instant(begins, ZoneInfo("America/Havana")).strftime("%H:%M") == "01:00"


@settings(max_examples=300)
@given(st.sampled_from(ALL_ZONES), st.dates(date(2024, 1, 1), date(2035, 12, 31)))
def test_days_follow_each_other_without_gap_or_overlap(name, day):
    zone, following = ZoneInfo(name), date.fromordinal(day.toordinal() + 1)

    begins, ends = local_time.day_bounds(day, zone)

    assert ends == local_time.day_bounds(following, zone)[0]
    assert local_time.local_day(begins, zone) == day == local_time.local_day(ends - 1, zone)


@settings(max_examples=300)
@given(st.sampled_from(ALL_ZONES), st.datetimes(datetime(2024, 1, 1), datetime(2035, 12, 31)))
def test_a_stretch_knows_the_wall_time_of_its_instants(name, when):
    zone, at = ZoneInfo(name), local_time.minute(when.replace(tzinfo=UTC))
    day = local_time.local_day(at, zone)
    (stretch,) = [one for one in local_time.stretches(zone, day, day) if one.begins <= at < one.ends]

    shown = local_time.instant(at, zone)

    assert at + stretch.offset == local_time.wall_midnight(day) + shown.hour * 60 + shown.minute
