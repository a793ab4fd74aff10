"""What follows from a change once it is in the table: the stream's records, handed to whom their entity concerns.

The stream brings a record at least once, and those of one item in order. Whoever is handed records takes repeats and
changes nothing by them; after the first that fails all that come later count as failed too, so the order holds.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import dropwhile
from typing import Any, Final

from mostrador import clock, context
from mostrador.audit import chain
from mostrador.audit.rules.chain import Wire, line_of
from mostrador.observability import logger
from mostrador.table import keys, reads

INSERT: Final = "INSERT"
SETTLED: Final = timedelta(hours=1)
"""What is older the stream has brought, or given up: MaximumRecordAgeInSeconds in template.yaml."""


@dataclass(frozen=True, slots=True)
class Record:
    """A change of one item: ``item`` is what it became, or what it was where it is gone; ``at`` is when, if told."""

    number: str
    event: str
    item: Wire
    at: datetime | None

    @property
    def partition(self) -> str:
        return str(self.item["pk"]["S"])

    @property
    def entity(self) -> str:
        return str(self.item["entity"]["S"])


def deliver(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """Hand on records as Lambda brings them; gives the sequence numbers of those to be brought again, in order."""
    records = [_record(one) for one in told]
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record.partition, record.entity), []).append(record)
    failed = {group[0].number for of, group in groups.items() if not _is_handled(*of, group)}
    return [record.number for record in dropwhile(lambda one: one.number not in failed, records)]


def _record(told: Mapping[str, Any]) -> Record:
    change = told["dynamodb"]
    item = change.get("NewImage") or change["OldImage"]
    seconds = change.get("ApproximateCreationDateTime")  # what AWS's own examples leave out
    at = datetime.fromtimestamp(seconds, UTC) if seconds else None
    return Record(change["SequenceNumber"], told["eventName"], item, at)


def _is_handled(partition: str, entity: str, records: Sequence[Record]) -> bool:
    try:
        tenant = keys.tenant_of(partition)
        with context.working(tenant, context.SYSTEM):
            _HANDLERS[entity](tenant, records)
    except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
        _tell(error, partition=partition, entity=entity, number=records[0].number)
        return False
    return True


def _tell(error: Exception, **where: Any) -> None:
    """Log a failure: not its message, which may hold somebody's data."""
    stack = [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)]
    logger.error("outbox failed", **where, error=type(error).__name__, stack=stack)


def _chain(tenant: str, records: Sequence[Record]) -> None:
    """New lines of the audit log are linked."""
    _alert(tenant, records)
    chain.link(tenant, {line_of(record.item): record.at for record in records if record.event == INSERT})


def _alert(tenant: str, records: Sequence[Record]) -> None:
    """What is written once and was touched all the same wakes somebody up."""
    for record in records:
        if record.event != INSERT:
            logger.error("audit tampered", tenant=tenant, event=record.event, key=record.item["sk"]["S"])


def _board(tenant: str, records: Sequence[Record]) -> None:
    """Numbers that were reserved, sold or freed are brought into the picture of their raffle."""
    from mostrador.raffles import board  # noqa: PLC0415 - with pydantic and more, which most records do without

    changed = [keys.numbered((record.partition, record.item["sk"]["S"])) for record in records]
    (raffle_id, _), now = changed[0], clock.now()
    board.project(tenant, raffle_id, {one for _, one in changed}, changed_at=records[0].at or now, now=now)


_HANDLERS: Final[dict[str, Callable[[str, Sequence[Record]], None]]] = {
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
            _tell(error, partition=shop.pk)
            counts["failed"] += 1
    return counts
