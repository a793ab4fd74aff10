"""Batches of the table's stream: one way to handle their records and to tell Lambda which must come again.

The stream brings a record at least once, and those of one item in order. Records of one group are handled together;
a group that fails does not stop the others. From the first failed record on all are reported, so the order holds.
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import dropwhile
from typing import Final, Literal, NotRequired, TypedDict, TypeVar

from mostrador import context
from mostrador.observability import log_failure
from mostrador.table import keys
from mostrador.values.wire import WireItem

GroupT = TypeVar("GroupT", bound=Hashable)
INSERT: Final = "INSERT"


class StreamChange(TypedDict):
    """The ``dynamodb`` of a record; one of the images is there."""

    Keys: WireItem
    SequenceNumber: str
    NewImage: NotRequired[WireItem]
    OldImage: NotRequired[WireItem]
    ApproximateCreationDateTime: NotRequired[float]  # AWS's own examples leave it out


class StreamRecord(TypedDict):
    eventName: Literal["INSERT", "MODIFY", "REMOVE"]
    dynamodb: StreamChange


class FailedRecord(TypedDict):
    itemIdentifier: str


class BatchAnswer(TypedDict):
    """Lambda brings the named records again."""

    batchItemFailures: list[FailedRecord]


class NothingDelivered(Exception):
    """Even the first record of the batch failed. An exception makes pollers without partial failures repeat it too."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one item: ``item`` is its new image, or its last one if it was removed; ``at`` is when, if known.

    ``before`` is the image before the change, None for a new item.
    """

    sequence_number: str
    event: str
    key: keys.Key
    item: WireItem
    at: datetime | None
    before: WireItem | None = None

    @property
    def entity(self) -> str:
        return str(self.item.get("entity", {}).get("S", ""))


def deliver(
    records: Sequence[StreamRecord],
    *,
    group_by: Callable[[Change], GroupT],
    handle: Callable[[str, Sequence[Change]], None],
    failure: str,
) -> BatchAnswer:
    """Call ``handle(tenant, changes)`` for each group, with that tenant in hand; log what it raises as ``failure``.

    A group is of one partition. Raises NothingDelivered.
    """
    changes = [_change(record) for record in records]
    groups: dict[GroupT, list[Change]] = {}
    for change in changes:
        groups.setdefault(group_by(change), []).append(change)
    failed = {group[0].sequence_number for group in groups.values() if not _is_handled(group, handle, failure)}
    again = list(dropwhile(lambda number: number not in failed, (change.sequence_number for change in changes)))
    if again and len(again) == len(changes):
        raise NothingDelivered(again[0])
    return {"batchItemFailures": [{"itemIdentifier": number} for number in again]}


def _change(record: StreamRecord) -> Change:
    change = record["dynamodb"]
    seconds = change.get("ApproximateCreationDateTime")
    return Change(
        sequence_number=change["SequenceNumber"],
        event=record["eventName"],
        key=(change["Keys"]["pk"]["S"], change["Keys"]["sk"]["S"]),
        item=change.get("NewImage") or change["OldImage"],
        at=datetime.fromtimestamp(seconds, UTC) if seconds else None,
        before=change.get("OldImage"),
    )


def _is_handled(group: Sequence[Change], handle: Callable[[str, Sequence[Change]], None], failure: str) -> bool:
    first, (partition, sort_key) = group[0], group[0].key
    try:
        tenant = keys.tenant_of(partition)
        with context.working(tenant, context.SYSTEM):
            handle(tenant, group)
    except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
        where = {"partition": partition, "key": sort_key, "entity": first.entity, "number": first.sequence_number}
        log_failure(failure, error, **where)
        return False
    return True
