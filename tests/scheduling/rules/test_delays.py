"""Whose time a late visit takes, as plain rules."""

from datetime import UTC, datetime, timedelta

import pytest

from mostrador.scheduling.rules import delays
from mostrador.scheduling.rules.agenda import BLOCK, Booking

NINE = 9 * 60


def line(name, starts, duration=30, service="cut", **more):
    return Booking(name, service, starts, duration, **more)


def late(to, others, **more):
    return delays.late_by(line("own", NINE + to, **more), NINE, others)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (0, {}),
        (10, {"next": 10}),
        (25, {"next": 25}),
        (40, {"next": 40, "third": 10}),
    ],
)
def test_each_one_is_late_by_what_the_one_before_takes(to, expected):
    others = [line("third", NINE + 90), line("next", NINE + 30), line("earlier", NINE - 30)]

    assert late(to, others) == expected


def test_a_gap_takes_up_the_delay():
    assert late(20, [line("next", NINE + 60), line("third", NINE + 90)]) == {}


def test_buffers_of_both_count():
    assert late(0, [line("next", NINE + 40, before=5)], after=15) == {"next": 10}


def test_a_class_is_late_together_and_its_people_never_by_each_other():
    mates = [
        line("a", NINE, service="yoga"),
        line("b", NINE + 30, service="pilates"),
        line("c", NINE + 30, service="pilates"),
    ]

    assert delays.late_by(line("own", NINE + 10, service="yoga"), NINE, mates) == {"b": 10, "c": 10}


def test_a_block_is_no_appointment():
    assert late(20, [line("lunch", NINE + 30, service=BLOCK)]) == {}


def test_a_delay_ends_twelve_hours_after_the_agreed_start():
    agreed = datetime(2026, 12, 1, 12, tzinfo=UTC)
    delays.check_target(agreed + delays.NEAR, agreed, agreed, "body.starts_at")

    for wrong in (agreed - timedelta(minutes=1), agreed + delays.NEAR + timedelta(minutes=1)):
        with pytest.raises(delays.DelayOutside):
            delays.check_target(wrong, agreed, agreed, "body.starts_at")
