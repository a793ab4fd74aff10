"""Door: the table's stream; once a day also the audit lines that the stream did not bring."""

from datetime import timedelta
from typing import Final, NotRequired, TypedDict

from mostrador import clock
from mostrador.background import outbox
from mostrador.observability import logger
from mostrador.table.stream_batches import BatchAnswer, StreamRecord

BUDGET: Final = timedelta(seconds=45)


class Event(TypedDict):
    """Records of the stream; or ``days``: catch up with the last days, ``in_turn``: with those left today."""

    Records: NotRequired[list[StreamRecord]]
    days: NotRequired[int]
    in_turn: NotRequired[bool]


def handler(event: Event, _context: object) -> BatchAnswer | dict[str, int]:
    """Deliver the records, or catch up."""
    if "Records" in event:
        return outbox.deliver(event["Records"])
    now = clock.now()
    since, in_turn = now - timedelta(days=event["days"]), event.get("in_turn", False)
    counts = outbox.catch_up(clock.now, since=since, until=now + BUDGET, in_turn=in_turn)
    logger.info("caught up", extra=counts)
    return counts
