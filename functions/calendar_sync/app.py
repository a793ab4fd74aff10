"""Door: the table's stream, for Google Calendar; and every minute, everything due there."""

from datetime import timedelta
from typing import Final, NotRequired, TypedDict

from mostrador import clock
from mostrador.calendars import sync
from mostrador.observability import log_late, logger
from mostrador.table.stream_batches import BatchAnswer, StreamRecord

LATE: Final = timedelta(minutes=30)
"""The delay of an event or of a calendar's reading that wakes somebody."""
BUDGET: Final = timedelta(seconds=35)
"""Time for new calls to Google. A call may take 24 s, and the function has 60."""


class Event(TypedDict):
    """Records of the stream; or ``{"due": true}`` from the schedule."""

    Records: NotRequired[list[StreamRecord]]
    due: NotRequired[bool]


def handler(event: Event, _context: object) -> BatchAnswer | dict[str, int]:
    """Deliver the records, or do everything due and return counts by outcome."""
    until = clock.now() + BUDGET
    if "Records" in event:
        return sync.deliver(event["Records"], clock=clock.now, until=until)
    counts = sync.run(clock.now, until=until)
    logger.info("calendars swept", extra=counts)
    log_late("calendars", counts["lag_seconds"], after=LATE)
    return counts
