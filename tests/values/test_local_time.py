from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mostrador.values import local_time
from tests.support import clocks

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


def test_a_time_on_the_clock_that_is_skipped_counts_with_the_offset_before_it():
    """RFC 5545, section 3.3.5; Asuncion went from -04:00 to -03:00 at midnight of 6 October 2024."""
    before = clocks.of(clocks.BEFORE)

    skipped = local_time.at_wall("2024-10-06T00:30", before, nearest=0)

    assert local_time.wall(skipped, before) == "2024-10-06T01:30"


def test_a_repeated_time_on_the_clock_keeps_its_instant_or_is_the_first():
    before = clocks.of(clocks.BEFORE)  # back to -04:00 at midnight, so 23:30 of 23 March comes twice
    first, second = local_time.instants(date(2024, 3, 23), 23 * 60 + 30, before)

    assert second - first == 60
    for nearest, expected in ((first, first), (second, second), (0, first)):
        assert local_time.at_wall("2024-03-23T23:30", before, nearest=nearest) == expected
