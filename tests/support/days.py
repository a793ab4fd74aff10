"""The day on which the tests take place, and the days around it.

The tests are written as if today were Monday 30 November 2026. MOSTRADOR_TEST_TODAY says another day, and ``shifted``
moves what is written by as many days. A test whose date is the point says its own time and moves nothing.
"""

import os
import re
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from mostrador.tenancy.views.opening_hours import WEEKDAYS

D = TypeVar("D", str, date, datetime)
MONDAY = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
"""For a test whose date is the point: that day, whatever day is today."""
_WRITTEN = MONDAY.date()
TODAY = date.fromisoformat(os.environ.get("MOSTRADOR_TEST_TODAY", _WRITTEN.isoformat()))
NOW = datetime(TODAY.year, TODAY.month, TODAY.day, 13, 0, tzinfo=UTC)
"""10:00 in Asuncion."""
_FURTHER = TODAY - _WRITTEN
EVERY_DAY = {day: [{"opens": "09:00", "closes": "18:00"}] for day in WEEKDAYS}
"""Business hours of a tenant of the tests: today may be any day of the week, so a closed one is a test's own matter."""


def shifted(written: D) -> D:
    """A date or a time as many days later as today is; in a text, each date that is written there."""
    if isinstance(written, str):
        return re.sub(r"\d{4}-\d\d-\d\d", lambda found: str(date.fromisoformat(found[0]) + _FURTHER), written)
    return written + _FURTHER


def ahead(days: int) -> date:
    """The date so many days after today."""
    return TODAY + timedelta(days=days)


def weekday(day: date) -> str:
    """As the business hours call it."""
    return WEEKDAYS[day.weekday()]


def open_but_on(closed: date) -> dict[str, list[dict[str, str]]]:
    """Business hours from nine to six on every day of the week but one."""
    return EVERY_DAY | {weekday(closed): []}
