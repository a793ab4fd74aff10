"""Door: once a day, the comparison of Bancard's books with ours."""

from datetime import timedelta
from typing import Final

from mostrador import clock
from mostrador.observability import logger
from mostrador.payments import daily_report

BUDGET: Final = timedelta(minutes=13)


def handler(_event: object, _context: object) -> dict[str, int]:
    """Returns the counts; each payment that differs is an error in the log, which an alarm counts."""
    counts = daily_report.compare_all(clock.now, until=clock.now() + BUDGET, in_turn=True)
    logger.info("compared", extra=counts)
    return counts
