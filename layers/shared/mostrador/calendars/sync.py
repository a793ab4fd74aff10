"""Appointments are written to Google Calendar: when the table's stream brings a change, and when their time comes.

The stream only says *which* appointment changed, and which second resources it had and has. The appointment is read
again, so repeats and another order change nothing.
An event that Google refuses is put off, and the stream goes on. A record that fails here is reported, and comes again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from mostrador import context
from mostrador.calendars import event_sync, google_access, watch_runs
from mostrador.calendars.event_context import place_of
from mostrador.calendars.event_sync import Clock
from mostrador.calendars.rules.event_ids import Place
from mostrador.errors import NotHere
from mostrador.observability import log_failure
from mostrador.table import keys, reads, stream_batches
from mostrador.table.items.calendars import CalendarEvent, CalendarWatch
from mostrador.table.stream_batches import BatchAnswer, Change, StreamRecord
from mostrador.tenancy import overdue, tenants

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


def deliver(records: Sequence[StreamRecord], *, clock: Clock, until: datetime) -> BatchAnswer:
    """Write the appointments of these records, each once. Raises NothingDelivered.

    From ``until`` on Google is not asked: the events that are left are put off.
    """

    def follow(tenant: str, changes: Sequence[Change]) -> None:
        item = changes[-1].item
        appointment_id, resource_id = item["id"]["S"], item["resource_id"]["S"]
        event_sync.follow(tenant, appointment_id, clock=clock, resource_ids=[resource_id], until=until)
        if seconds := _second_resources(changes):
            both = [resource_id, *seconds]
            event_sync.follow(tenant, appointment_id, clock=clock, resource_ids=both, place=Place.SECOND, until=until)

    return stream_batches.deliver(records, group_by=lambda change: change.key, handle=follow, failure="calendar failed")


def _second_resources(changes: Sequence[Change]) -> list[str]:
    """The second resources that the appointment has, or had before these changes: its event there must go."""
    images = [image for change in changes for image in (change.before, change.item) if image]
    found = [image["second_resource_id"].get("S") for image in images if "second_resource_id" in image]
    return list(dict.fromkeys(resource_id for resource_id in found if resource_id))


def run(clock: Callable[[], datetime], *, until: datetime) -> dict[str, int]:
    """Do everything due: events that were put off, calendars to be read. Stops at ``until``, or when Google is silent.

    Returns counts by outcome, and ``lag_seconds``, the delay of the latest before the work. A suspended tenant's are
    left.
    """
    counts = dict.fromkeys(OUTCOMES, 0)
    began = clock()
    items: list[CalendarEvent | CalendarWatch] = list(reads.due(began, keys.calendar_due_partition))
    counts["lag_seconds"] = overdue.lag_seconds(items, now=began)
    for item in sorted(items, key=lambda item: item.due_at):
        now = clock()
        if now >= until or google_access.rests(None, now=now):
            counts["unfinished"] = 1
            break
        with context.working(keys.tenant_of(item.pk), context.SYSTEM):
            counts[_handled(item, clock, until)] += 1
    return counts


def _handled(item: CalendarEvent | CalendarWatch, clock: Clock, until: datetime) -> str:
    """Handle one item; returns the outcome that it counts as."""
    tenant = keys.tenant_of(item.pk)
    try:
        tenants.current(tenant, now=clock())
        if isinstance(item, CalendarWatch):
            return _advance(tenant, item, clock, until)
        return _follow(tenant, item, clock, until)
    except NotHere:
        return "suspended"
    except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
        log_failure("calendar failed", error, partition=item.pk, key=item.sk)
        return "failed"


def _follow(tenant: str, item: CalendarEvent, clock: Clock, until: datetime) -> str:
    resource_id = item.connection.partition("GOOGLE_CALENDAR#")[2] or None
    outcome = event_sync.follow(
        tenant,
        item.appointment_id,
        clock=clock,
        resource_ids=[resource_id],
        place=place_of(item),
        is_due=True,
        until=until,
    )
    return outcome.value


def _advance(tenant: str, item: CalendarWatch, clock: Clock, until: datetime) -> str:
    return "read" if watch_runs.advance(tenant, item, clock=clock, until=until) else "pending"
