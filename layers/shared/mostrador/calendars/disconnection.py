"""The end of a connection to Google Calendar: its events, its busy times, its watch and its grant."""

from datetime import datetime

from mostrador.calendars import busy_blocks, event_sync, google_access, watches
from mostrador.calendars.event_context import place_of
from mostrador.calendars.event_sync import Clock, SyncOutcome
from mostrador.errors import ServiceError
from mostrador.observability import logger
from mostrador.table import keys, reads
from mostrador.table.items.calendars import CalendarEvent, CalendarWatch
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType


def clear(tenant: str, watch: CalendarWatch, connection: Integration, clock: Clock, until: datetime) -> bool:
    """Delete our events from the calendar, then forget the connection."""
    theirs = (CalendarEvent.connection == connection.sk) & CalendarEvent.event_id.exists()
    prefix = keys.CALENDAR_EVENT_PREFIX
    records = reads.span(keys.calendar_partition(tenant), prefix, f"{prefix}~", consistent=True, keep=theirs)
    is_done = True
    for record in records:
        if clock() >= until:
            is_done = False
            break
        outcome = event_sync.follow(tenant, record.appointment_id, clock=clock, place=place_of(record), is_due=True)
        is_done = is_done and outcome in (SyncOutcome.SYNCED, SyncOutcome.UNCHANGED)
    if not is_done:
        return watches.go_on(watch, watch.cursor, clock(), is_done=False)
    forget_connection(tenant, connection, now=clock())
    return True


def forget_connection(tenant: str, connection: Integration, *, now: datetime) -> None:
    """Delete the connection, free what it blocked, and revoke its grant if Google answers. The watch does the rest.

    The connection goes first: from then on nobody begins to read its calendar. Raises NotHere, Stale, Busy.
    """
    watch = watches.find(tenant, connection.sk)
    version = int(connection.version)
    integrations.remove(tenant, IntegrationType.GOOGLE_CALENDAR, connection.resource_id, seen=version, now=now)
    release(tenant, connection.sk, now)
    if watch:
        watches.drop(watch)
    if connection.sealed:
        _revoke(connection, now)


def release(tenant: str, connection: str, now: datetime) -> None:
    """Free the times that a deleted connection blocked, and have its appointments written to the other calendars."""
    busy_blocks.end(tenant, connection, now=now)
    watches.wake_others(tenant, connection, now=now)


def _revoke(connection: Integration, now: datetime) -> None:
    try:
        google_access.revoke_grant(connection, now=now)
    except ServiceError as error:
        logger.warning("grant not revoked", tenant=keys.tenant_of(connection.pk), reason=error.code)
