"""Door: the table's stream; and, from time to time, what it did not bring."""

from datetime import timedelta
from typing import Any, Final

from mostrador import clock
from mostrador.background import outbox
from mostrador.observability import logger

BUDGET: Final = timedelta(seconds=45)


class NothingDelivered(Exception):
    """Not even the first record of the batch: Lambda brings the whole batch again."""


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Records of the stream, or ``{"days": 2}``: what was not brought in the last days."""
    if "Records" not in event:
        now = clock.now()
        counts = outbox.catch_up(clock.now, since=now - timedelta(days=event["days"]), until=now + BUDGET)
        logger.info("caught up", extra=counts)
        return counts
    records = event["Records"]
    failed = outbox.deliver(records)
    if records and len(failed) == len(records):
        raise NothingDelivered(failed[0])
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
