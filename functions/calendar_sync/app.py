"""Door: the table's stream, for Google Calendar; and every minute, what is due there."""

from datetime import timedelta
from typing import Final, NotRequired, TypedDict

from mostrador import clock
from mostrador.calendars import sync
from mostrador.observability import logger
from mostrador.table.stream_batches import BatchAnswer, StreamRecord

BUDGET: Final = timedelta(seconds=35)
"""After it Google, which may take 11 s to answer and 13 more to end, is asked nothing new; the function has 60."""


class Event(TypedDict):
    """Records of the stream; or ``{"due": true}``: do what waits for its time."""

    Records: NotRequired[list[StreamRecord]]
    due: NotRequired[bool]


def handler(event: Event, _context: object) -> BatchAnswer | dict[str, int]:
    """Deliver the records, or do what is due."""
    until = clock.now() + BUDGET
    if "Records" in event:
        return sync.deliver(event["Records"], clock=clock.now, until=until)
    counts = sync.run(clock.now, until=until)
    logger.info("calendars swept", extra=counts)
    return counts
