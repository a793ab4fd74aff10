"""The days that the journeys book: from today on, or from a later day that MOSTRADOR_TEST_TODAY names (2026-12-31)."""

import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

TODAY = "MOSTRADOR_TEST_TODAY"
ZONE = ZoneInfo("America/Asuncion")
"""Of every tenant that the journeys make."""
FAR = 730
"""The most days ahead that a service may be booked: the journeys' services are open whatever today is."""


def today() -> date:
    """The earliest day to book from. The stack has the real clock, so a day that is over counts for nothing."""
    real = datetime.now(UTC).date()
    named = os.environ.get(TODAY)
    return max(date.fromisoformat(named), real) if named else real


def ahead() -> int:
    """How many days today is moved."""
    return (today() - datetime.now(UTC).date()).days


def moment() -> datetime:
    """Now, on the day that is today."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=ahead())


def weeks_later(starts_at: str, weeks: int) -> str:
    """The start that the clocks of the tenant show at the same hour, so many weeks later."""
    return (datetime.fromisoformat(starts_at).astimezone(ZONE) + timedelta(weeks=weeks)).isoformat()
