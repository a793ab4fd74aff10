"""A change that may free time wakes the waiting lines of its days: the next run of the sweeper checks them.

The outbox calls it for each new line of the audit log, so every kind of change is seen in one place. A wake that is
lost costs a wait: ``waiting_list_offers.CHECK_AGAIN``.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from mostrador import ids
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import Appointment, WaitingLine
from mostrador.values.wire import JSON

NEAR: Final = timedelta(days=2)
"""A line's day and the UTC day of a freed time differ by no more: by a zone, and by hours that pass midnight."""
_OF_ALL_DAYS: Final = frozenset({"tenant", "service", "resource"})
_FREEING: Final = frozenset({"status", "scheduled_at", "ends_at", "service_id", "resource_id", "second_resource_id"})


class Change(NamedTuple):
    """One change of a line of the audit log; ``fields`` have the values before and after."""

    entity: str
    id: str
    action: str
    fields: dict[str, list[JSON]]


def wake(tenant: str, changes: Sequence[Change], *, now: datetime) -> int:
    """Make the lines due whose days these changes may have freed; returns how many.

    One that is due already is touched too: a check under way may have read the day before the change.
    """
    freeing = [change for change in changes if _may_free(change)]
    lines = _lines(tenant) if freeing else []
    if not lines:
        return 0
    if any(change.entity in _OF_ALL_DAYS for change in freeing):
        return sum(_woken(line, now) for line in lines)
    days = _days(tenant, freeing)
    return sum(_woken(line, now) for line in lines if _is_near(date.fromisoformat(line.date), days))


def _lines(tenant: str) -> list[WaitingLine]:
    partition, prefix = keys.waiting_line(tenant, "", "")
    return reads.everything(partition, prefix.removesuffix("#"))


def _may_free(change: Change) -> bool:
    if change.entity in _OF_ALL_DAYS:
        return True
    is_new = change.action == "appointment.created"
    if change.entity == "block":
        return change.action in ("block.deleted", "block.changed")
    return change.entity == "appointment" and not is_new and bool(_FREEING & change.fields.keys())


def _days(tenant: str, changes: Iterable[Change]) -> set[date]:
    """The UTC days on which the appointments are and were."""
    found = reads.batch((keys.appointment(tenant, change.id) for change in changes), consistent=False)
    days = {item.scheduled_at.date() for item in found.values() if isinstance(item, Appointment)}
    return days.union(day for change in changes for day in _told_days(change))


def _told_days(change: Change) -> Iterator[date]:
    if change.entity == "block":
        told = [*change.fields.get("starts_at", []), *change.fields.get("ends_at", [])]
        days = [date.fromisoformat(str(value)[:10]).toordinal() for value in told if value is not None]
        yield from (date.fromordinal(day) for day in range(min(days, default=0), max(days, default=-1) + 1))
        return
    for value in [*change.fields.get("scheduled_at", []), *change.fields.get("starts_at", [])]:
        if value is not None:
            yield date.fromisoformat(str(value)[:10])


def _is_near(day: date, days: Iterable[date]) -> bool:
    return any(abs(day - other) <= NEAR for other in days)


def _woken(line: WaitingLine, now: datetime) -> bool:
    """Make one line due; False where it is gone. A check under way sees by the version that it must come again."""
    due_pk, due_at = keys.waiting_due(ids.fingerprint(f"{line.pk}{line.sk}"), now)
    with suppress(writes.ConditionFailed), writes.one_write():
        line.update(
            actions=[WaitingLine.due_pk.set(due_pk), WaitingLine.due_at.set(due_at), WaitingLine.version.add(1)],
            condition=WaitingLine.pk.exists(),
        )
        return True
    return False
