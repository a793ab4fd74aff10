"""Door: the table's stream, for Google Calendar; and every minute, everything due there."""

from datetime import timedelta
from typing import Final, NotRequired, TypedDict

from mostrador import clock
from mostrador.calendars import sync
from mostrador.observability import logger
from mostrador.table.stream_batches import BatchAnswer, StreamRecord

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
    return counts
