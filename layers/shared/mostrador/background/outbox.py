"""The outbox: it hands each change that the table's stream brings to the use case of the change's entity.

A record may come more than once. A repeated record changes nothing.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from mostrador import clock, context
from mostrador.audit import chain
from mostrador.audit.rules.chain import line_of
from mostrador.observability import log_failure, logger
from mostrador.scheduling import freed_time
from mostrador.table import keys, stream_batches
from mostrador.table.stream_batches import INSERT, BatchAnswer, Change, StreamRecord
from mostrador.tenancy import rounds

SETTLED: Final = timedelta(hours=1)
"""The stream has brought older records, or dropped them: MaximumRecordAgeInSeconds in template.yaml."""


def deliver(records: Sequence[StreamRecord]) -> BatchAnswer:
    """Hand the records to their handlers, those of one partition and entity together. Raises NothingDelivered."""
    return stream_batches.deliver(
        records, group_by=lambda change: (change.key[0], change.entity), handle=_handle, failure="outbox failed"
    )


def _handle(tenant: str, changes: Sequence[Change]) -> None:
    _HANDLERS[changes[0].entity](tenant, changes)


def _chain(tenant: str, changes: Sequence[Change]) -> None:
    """Link the new lines of the audit log, and do what follows from them.

    The sweeper checks the waiting lines for the times that they freed; corrected customers reach their copies.
    """
    _alert(tenant, changes)
    new = [change for change in changes if change.event == INSERT]
    chain.link(tenant, {line_of(change.item): change.at for change in new})
    told = [freed_time.Change(*one) for line in new for one in json.loads(line.item["changes"]["S"])]
    if told:
        freed_time.wake(tenant, told, now=clock.now())
    if told:
        from mostrador.scheduling import customer_copies  # noqa: PLC0415 - a board's records do not need it

        customer_copies.follow(tenant, told, now=clock.now())


def _alert(tenant: str, changes: Sequence[Change]) -> None:
    """Log an error for each change of an item that is written once and must never change."""
    for change in changes:
        if change.event != INSERT:
            logger.error("audit tampered", tenant=tenant, event=change.event, key=change.key[1])


def _board(tenant: str, changes: Sequence[Change]) -> None:
    """Show the reserved, sold and freed numbers on their raffle's board."""
    from mostrador.raffles import board  # noqa: PLC0415 - it needs pydantic, and most records do not

    numbers = [keys.numbered(change.key) for change in changes]
    (raffle_id, _), now = numbers[0], clock.now()
    board.project(tenant, raffle_id, {number for _, number in numbers}, changed_at=changes[0].at or now, now=now)


_HANDLERS: Final[dict[str, Callable[[str, Sequence[Change]], None]]] = {
    "AUDIT": _chain,
    "LINK": _alert,
    "NUMBER": _board,
}


def catch_up(
    clock: Callable[[], datetime], *, since: datetime, until: datetime, in_turn: bool = False
) -> dict[str, int]:
    """Link the audit lines since then that the stream did not bring, of every tenant, and stop at ``until``.

    Returns counts. The next run does what was left where tenants are taken ``in_turn``, each once a day.
    """
    turn = rounds.begin("outbox", now=clock()) if in_turn else rounds.all_tenants()
    counts = {"tenants": 0, "linked": 0, "failed": 0, "unfinished": 0}
    for tenant in turn.left:
        if clock() >= until:
            counts["unfinished"] = 1
            break
        counts["tenants"] += 1
        try:
            with context.working(tenant.slug, context.SYSTEM):
                counts["linked"] += chain.catch_up(tenant.slug, since=since, until=clock() - SETTLED)
        except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
            log_failure("outbox failed", error, partition=tenant.pk)
            counts["failed"] += 1
    rounds.end(turn, reached=counts["tenants"])
    return counts
