"""Door: once a day, whether Bancard's books say what ours do."""

from datetime import timedelta
from typing import Any, Final

from mostrador import clock
from mostrador.observability import logger
from mostrador.payments import daily_report

BUDGET: Final = timedelta(minutes=13)


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """What was compared; each payment that differs is an error in the log, which an alarm counts."""
    counts = daily_report.compare_all(clock.now, until=clock.now() + BUDGET)
    logger.info("compared", extra=counts)
    return counts
