"""The only reader of the clock; everything else is told the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, aware, in UTC, to the second: what is stored is what is answered."""
    return datetime.now(UTC).replace(microsecond=0)
