"""The day on which the tests take place, and the days around it.

The tests are written as if today were Monday 30 November 2026. MOSTRADOR_TEST_TODAY says another day, and ``moved``
moves what is written by as many days. A test whose date is the point says its own time and moves nothing.
"""

import os
import re
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

Told = TypeVar("Told", str, date, datetime)
MONDAY = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
"""For a test whose date is the point: that day, whatever day is today."""
_WRITTEN = MONDAY.date()
TODAY = date.fromisoformat(os.environ.get("MOSTRADOR_TEST_TODAY", _WRITTEN.isoformat()))
NOW = datetime(TODAY.year, TODAY.month, TODAY.day, 13, 0, tzinfo=UTC)
"""10:00 in Asuncion."""
_FURTHER = TODAY - _WRITTEN


def moved(told: Told) -> Told:
    """A date or a time as many days later as today is; in a text, each date that is written there."""
    if isinstance(told, str):
        return re.sub(r"\d{4}-\d\d-\d\d", lambda found: str(date.fromisoformat(found[0]) + _FURTHER), told)
    return told + _FURTHER


def ahead(days: int) -> date:
    """The date so many days after today."""
    return TODAY + timedelta(days=days)


def weekday(day: date) -> str:
    """As the business hours call it."""
    return day.strftime("%A").lower()
