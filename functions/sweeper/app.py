"""Door: every minute, the items whose deadline has come."""

from datetime import timedelta
from typing import Final

from mostrador import clock
from mostrador.background import sweeper
from mostrador.observability import logger

BUDGET: Final = timedelta(seconds=45)


def handler(_event: object, _context: object) -> dict[str, int]:
    """Returns the counts by outcome; an item that failed is an error in the log, which the alarm counts."""
    counts = sweeper.run(clock.now, until=clock.now() + BUDGET)
    logger.info("swept", extra=counts)
    return counts
