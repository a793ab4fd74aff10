"""Door: the table's stream, for Google Calendar; and every minute, what is due there."""

from datetime import timedelta
from typing import Any, Final

from mostrador import clock
from mostrador.calendars import sync
from mostrador.observability import logger

BUDGET: Final = timedelta(seconds=35)
"""After it Google, which may take 11 s to answer and 13 more to end, is asked nothing new; the function has 60."""


class NothingFollowed(Exception):
    """Not even the first record of the batch: Lambda brings the whole batch again."""


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Records of the stream, or ``{"due": true}``: what waits for its time."""
    until = clock.now() + BUDGET
    if "Records" not in event:
        counts = sync.run(clock.now, until=until)
        logger.info("calendars swept", extra=counts)
        return counts
    records = event["Records"]
    failed = sync.deliver(records, clock=clock.now, until=until)
    if records and len(failed) == len(records):
        raise NothingFollowed(failed[0])
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
