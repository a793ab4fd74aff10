from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mostrador.scheduling.rules import busy_times
from mostrador.scheduling.rules.busy_times import Freshness

ASUNCION = ZoneInfo("America/Asuncion")
NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "expected"), [("GOOGLE_CALENDAR", True), ("GOOGLE_CALENDAR#r1", True), ("GOOGLE_CALENDAR#r2", False)]
)
def test_a_calendar_blocks_every_resource_or_its_own(source, expected):
    assert busy_times.blocks(source, "r1") is expected


def test_busy_times_are_kept_from_yesterday_to_750_days_ahead_by_the_tenants_clock():
    late = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)  # still the evening before in Asuncion

    assert busy_times.horizon(late, ASUNCION) == (date(2026, 11, 29), date(2028, 12, 19))


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ([], Freshness(None, False)),
        ([5], Freshness(NOW - timedelta(minutes=5), False)),
        ([30], Freshness(NOW - timedelta(minutes=30), False)),
        ([5, 31], Freshness(NOW - timedelta(minutes=31), True)),
        ([5, None], Freshness(None, True)),
    ],
)
def test_what_is_known_is_as_old_as_the_calendar_that_was_read_longest_ago(ages, expected):
    as_ofs = [None if age is None else NOW - timedelta(minutes=age) for age in ages]

    assert busy_times.freshness(as_ofs, NOW) == expected
