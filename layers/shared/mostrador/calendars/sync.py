"""Appointments follow into Google Calendar: as the table's stream brings their changes, and when their time comes.

The stream only says *which* appointment: what it says now is read anew, so repeats and another order change nothing.
What Google does not take is put off and the stream goes on; what fails here is reported, and comes again.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import dropwhile
from typing import Any, Final

from mostrador import context
from mostrador.calendars import event_sync, google_access, watches
from mostrador.calendars.event_sync import Clock
from mostrador.errors import NotHere
from mostrador.observability import logger
from mostrador.table import keys, reads
from mostrador.table.items.calendars import CalendarEvent, CalendarWatch
from mostrador.tenancy import tenants

Record = Mapping[str, Any]
OUTCOMES: Final = (
    "unchanged",
    "synced",
    "pending",
    "parked",
    "left",
    "read",
    "suspended",
    "failed",
    "unfinished",
    "lag_seconds",
)


def deliver(told: Sequence[Record], *, clock: Clock, until: datetime) -> list[str]:
    """Follow the appointments of these records; gives the sequence numbers of those to be brought again, in order.

    From ``until`` on Google is not asked: what is left is noted, and due at once.
    """
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in told:
        groups.setdefault(_which(record), []).append(record)
    failed = {_number(group[0]) for group in groups.values() if not _is_followed(group[-1], clock, until)}
    return [_number(one) for one in dropwhile(lambda one: _number(one) not in failed, told)]


def _image(record: Record) -> Mapping[str, Mapping[str, str]]:
    change = record["dynamodb"]
    image: Mapping[str, Mapping[str, str]] = change.get("NewImage") or change["OldImage"]
    return image


def _which(record: Record) -> tuple[str, str]:
    keys_of = record["dynamodb"]["Keys"]
    return keys_of["pk"]["S"], keys_of["sk"]["S"]


def _number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _is_followed(record: Record, clock: Clock, until: datetime) -> bool:
    partition, sk = _which(record)
    try:
        image, tenant = _image(record), keys.tenant_of(partition)
        with context.working(tenant, context.SYSTEM):
            event_sync.follow(tenant, image["id"]["S"], clock=clock, resource_id=image["resource_id"]["S"], until=until)
    except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
        _tell(error, partition=partition, key=sk)
        return False
    return True


def run(clock: Callable[[], datetime], *, until: datetime) -> dict[str, int]:
    """Do what is due: events that were put off, calendars to be read; stops at ``until``, and when Google is silent.

    Tells how many by outcome, and how late the latest was. A suspended tenant's is left as it is.
    """
    counts = dict.fromkeys(OUTCOMES, 0)
    for item in reads.due(clock(), keys.calendar_due_partition):
        now = clock()
        if now >= until or google_access.rests(None, now=now):
            counts["unfinished"] = 1
            break
        with context.working(keys.tenant_of(item.pk), context.SYSTEM):
            counts[_handled(item, clock, until)] += 1
        late = now - datetime.fromisoformat(item.due_at)
        counts["lag_seconds"] = max(counts["lag_seconds"], int(late.total_seconds()))
    return counts


def _handled(item: Any, clock: Clock, until: datetime) -> str:
    """Handle one item; tells what it counts as."""
    tenant = keys.tenant_of(item.pk)
    try:
        tenants.current(tenant, now=clock())
        return _HANDLERS[type(item)](tenant, item, clock, until)
    except NotHere:
        return "suspended"
    except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
        _tell(error, partition=item.pk, key=item.sk)
        return "failed"


def _follow(tenant: str, item: CalendarEvent, clock: Clock, until: datetime) -> str:
    resource_id = item.connection.partition("GOOGLE_CALENDAR#")[2] or None
    outcome = event_sync.follow(
        tenant, item.appointment_id, clock=clock, resource_id=resource_id, is_due=True, until=until
    )
    return outcome.value


def _advance(tenant: str, item: CalendarWatch, clock: Clock, until: datetime) -> str:
    return "read" if watches.advance(tenant, item, clock=clock, until=until) else "pending"


_HANDLERS: Final[dict[type, Callable[[str, Any, Clock, datetime], str]]] = {
    CalendarEvent: _follow,
    CalendarWatch: _advance,
}


def _tell(error: Exception, **where: Any) -> None:
    """Log a failure: not its message, which may hold somebody's data."""
    stack = [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)]
    logger.error("calendar failed", **where, error=type(error).__name__, stack=stack)
