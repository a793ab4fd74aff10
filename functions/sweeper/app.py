"""Door: every minute, the items whose deadline has come."""

from datetime import timedelta
from typing import Final

from mostrador import clock
from mostrador.background import sweeper
from mostrador.observability import log_late, logger

BUDGET: Final = timedelta(seconds=45)
LATE: Final = timedelta(minutes=5)
"""The delay of a hold, a payment or a raffle that wakes somebody."""
LINES_LATE: Final = timedelta(minutes=30)


def handler(_event: object, _context: object) -> dict[str, int]:
    """Returns the counts by outcome; an item that failed is an error in the log, which the alarm counts."""
    counts = sweeper.run(clock.now, until=clock.now() + BUDGET)
    logger.info("swept", extra=counts)
    log_late("sweeper", counts["lag_seconds"], after=LATE)
    log_late("waiting lines", counts["lines_lag_seconds"], after=LINES_LATE)
    return counts
