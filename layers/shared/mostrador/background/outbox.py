"""The outbox: changes of the table, as its stream brings them, are handed to the use case that their entity concerns.

A record may come more than once. Handlers take repeats, and change nothing by them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from mostrador import clock, context
from mostrador.audit import chain
from mostrador.audit.rules.chain import line_of
from mostrador.observability import log_failure, logger
from mostrador.table import keys, reads, stream_batches
from mostrador.table.stream_batches import INSERT, BatchAnswer, Change, StreamRecord

SETTLED: Final = timedelta(hours=1)
"""What is older the stream has brought, or given up: MaximumRecordAgeInSeconds in template.yaml."""


def deliver(records: Sequence[StreamRecord]) -> BatchAnswer:
    """Hand on the stream's records, those of one partition and entity together. Raises NothingDelivered."""
    return stream_batches.deliver(
        records, group_by=lambda change: (change.key[0], change.entity), handle=_handle, failure="outbox failed"
    )


def _handle(tenant: str, changes: Sequence[Change]) -> None:
    _HANDLERS[changes[0].entity](tenant, changes)


def _chain(tenant: str, changes: Sequence[Change]) -> None:
    """New lines of the audit log are linked."""
    _alert(tenant, changes)
    chain.link(tenant, {line_of(change.item): change.at for change in changes if change.event == INSERT})


def _alert(tenant: str, changes: Sequence[Change]) -> None:
    """What is written once and was touched all the same wakes somebody up."""
    for change in changes:
        if change.event != INSERT:
            logger.error("audit tampered", tenant=tenant, event=change.event, key=change.key[1])


def _board(tenant: str, changes: Sequence[Change]) -> None:
    """Numbers that were reserved, sold or freed are brought into the picture of their raffle."""
    from mostrador.raffles import board  # noqa: PLC0415 - with pydantic and more, which most records do without

    numbers = [keys.numbered(change.key) for change in changes]
    (raffle_id, _), now = numbers[0], clock.now()
    board.project(tenant, raffle_id, {number for _, number in numbers}, changed_at=changes[0].at or now, now=now)


_HANDLERS: Final[dict[str, Callable[[str, Sequence[Change]], None]]] = {
    "AUDIT": _chain,
    "LINK": _alert,
    "NUMBER": _board,
}


def catch_up(clock: Callable[[], datetime], *, since: datetime, until: datetime) -> dict[str, int]:
    """Do for every tenant what the stream did not bring since then, and stop at ``until``; tells how much.

    What failed or was left is done the next time.
    """
    counts = {"tenants": 0, "linked": 0, "failed": 0, "unfinished": 0}
    for shop in reads.span(keys.TENANTS, "-", "~", index="gsi1"):
        if clock() >= until:
            counts["unfinished"] = 1
            break
        counts["tenants"] += 1
        try:
            with context.working(shop.slug, context.SYSTEM):
                counts["linked"] += chain.catch_up(shop.slug, since=since, until=clock() - SETTLED)
        except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
            log_failure("outbox failed", error, partition=shop.pk)
            counts["failed"] += 1
    return counts
