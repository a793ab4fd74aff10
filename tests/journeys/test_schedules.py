"""What runs each minute by its schedule, and not because a test calls it.

What is due is made ready at the beginning of all journeys and looked at at their end, so nobody waits for a schedule
meanwhile (the order is made in conftest.py). Where another test called the function in between, it is made due anew.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from tests.journeys import days
from tests.journeys.conftest import called, eventually
from tests.journeys.test_calendar import break_off, connect, connecting
from tests.journeys.test_waiting import fill, massage_on, wait_for

pytestmark = pytest.mark.journey
EVERY_MINUTE = 300
"""Seconds within which a schedule has run, also on a slow machine; MiniStack looks at its rules each 10 s."""


class Due:
    """Something that the schedule of one function brings about; ``make`` makes it due, and tells how one sees it."""

    def __init__(self, function: str, make: Callable[[], Callable[[], bool]]) -> None:
        self._function, self._make = function, make
        self._begin()

    def _begin(self) -> None:
        self._is_done = self._make()
        self._calls = called[self._function]

    def comes_about(self) -> bool:
        """Wait for it; whether nothing but the schedule can have done it."""
        if called[self._function] != self._calls:
            self._begin()
        eventually(self._is_done, EVERY_MINUTE, pause=0.5)
        return called[self._function] == self._calls


@pytest.fixture(scope="session")
def offer(found: Any) -> Due:
    """A time that somebody waits for is free."""
    business, day = found("Salón en espera"), days.today() + timedelta(days=4)

    def make() -> Callable[[], bool]:
        service = massage_on(business, day)
        full = fill(business, service, day)
        entry = wait_for(business, service, day, 1).json()
        cancelled = business.staff.call("POST", f"{business.api}/appointments/{full[1]['id']}/cancel")
        assert cancelled.status_code == 200, cancelled.text
        one = f"{business.api}/waiting/{entry['id']}"
        return lambda: business.staff.call("GET", one).json()["status"] == "OFFERED"

    return Due("SweeperFunction", make)


@pytest.fixture(scope="session")
def events(found: Any, stack: Any) -> Iterator[Due]:
    """Appointments are to be in a calendar that was out of reach when they were booked."""
    business = found("Salón con agenda")
    with ExitStack() as open_until_the_end:
        google = open_until_the_end.enter_context(connecting(stack, business))

        def make() -> Callable[[], bool]:
            booked = break_off(google, business)
            connect(google, business)
            return lambda: set(booked) <= set(google.events())

        yield Due("CalendarSyncFunction", make)


def test_what_is_due_waits_for_the_schedules(offer: Due, events: Due) -> None:
    assert offer
    assert events


def test_the_sweeper_runs_each_minute(offer: Due) -> None:
    assert offer.comes_about()


def test_the_calendars_are_followed_each_minute(events: Due) -> None:
    assert events.comes_about()
