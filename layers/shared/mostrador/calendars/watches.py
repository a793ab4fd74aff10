"""The stored watches: when each connected calendar is to be read and proved next, and how far it was read.

Two runs at once do no harm: whoever saves a watch later than somebody else leaves it as it is.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from mostrador.calendars import comparison, event_sync, google_access
from mostrador.calendars.google_access import CalendarBroken
from mostrador.calendars.rules import event_plan
from mostrador.errors import ServiceError, Stale
from mostrador.observability import logger
from mostrador.table import keys, reads, writes
from mostrador.table.items.calendars import CalendarWatch
from mostrador.table.items.tenants import Integration
from mostrador.tenancy.rules.integration_states import IntegrationState

EVERY: Final = timedelta(minutes=5)
_MINUTE: Final = timedelta(minutes=1)


def wake(tenant: str, connection: Integration, *, now: datetime) -> None:
    """Have the calendar proved at once: it is new, repaired, or has other options. Raises Busy."""

    def save(watch: CalendarWatch) -> None:
        calendar_id = google_access.choices(connection).calendar_id
        if watch.calendar_id != calendar_id:
            watch.cursor = None
        watch.calendar_id, watch.prove_at, watch.attempts = calendar_id, now, 0
        _schedule(watch, now)
        writes.save_unaudited(watch)

    writes.retrying(lambda _: find(tenant, connection.sk) or _new(tenant, connection, now), save)


def wake_others(tenant: str, connection: str, *, now: datetime) -> None:
    """Have the tenant's other calendars proved: some events changed calendars with this connection (its sort key).

    Raises Busy.
    """
    for other in comparison.connections(tenant).values():
        if other.sk != connection and other.sealed and other.status == IntegrationState.ACTIVE:
            wake(tenant, other, now=now)


def find(tenant: str, connection: str) -> CalendarWatch | None:
    """The watch of a connection (its sort key), if there is one."""
    watch = reads.get_item(keys.calendar_watch(tenant, connection))
    return watch if isinstance(watch, CalendarWatch) else None


def drop(watch: CalendarWatch) -> None:
    """Delete the watch, unless somebody has woken it since it was read."""
    with suppress(Stale), writes.refusing(writes.stale_error(watch)):
        watch.delete()


def keep_deletions(tenant: str, watch: CalendarWatch, until: datetime) -> None:
    """Save it before anything is put back, because this run may end early. Raises Busy.

    Another connection may have the same calendar: its watch is marked as well.
    """
    _mark(tenant, watch, until)
    for other in reads.everything(keys.calendar_partition(tenant), keys.CALENDAR_WATCH_PREFIX):
        if other.sk != watch.sk and other.calendar_id == watch.calendar_id:
            _mark(tenant, other, until)


def _mark(tenant: str, watch: CalendarWatch, until: datetime) -> None:
    """Save until when deletions are put back, in the watch as it is stored by then. Raises Busy."""
    watch.deletions_kept_until = until

    def save(stored: CalendarWatch | None) -> None:
        if stored is not None:
            stored.deletions_kept_until = until
            writes.save_unaudited(stored)

    writes.retrying(lambda attempt: find(tenant, watch.connection) if attempt else watch, save)


def go_on(watch: CalendarWatch, cursor: str | None, now: datetime, *, is_done: bool) -> bool:
    """Save how far the calendar was read, and schedule the next run: at once unless this one ``is_done``."""
    watch.cursor, watch.read_at, watch.attempts = cursor, now, 0
    _schedule(watch, now + EVERY if is_done else now)
    _save(watch)
    return is_done


def try_later(watch: CalendarWatch, error: ServiceError, now: datetime) -> bool:
    """Put the watch off: for hours where the connection is broken, else for as long as Google asks at least. False."""
    pause = timedelta(seconds=error.facts.get("retry_after") or 0)
    put_off(watch, now, event_sync.BROKEN_PAUSE if isinstance(error, CalendarBroken) else pause)
    logger.info("calendar.not_read", tenant=keys.tenant_of(watch.pk), connection=watch.connection, reason=error.code)
    return False


def put_off(watch: CalendarWatch, now: datetime, least: timedelta = _MINUTE) -> None:
    """Longer each time, so that a calendar that fails here is not asked every minute."""
    pause = timedelta(seconds=event_plan.wait(int(watch.attempts), 0.5, None))
    watch.attempts += 1
    _schedule(watch, now + max(pause, least, timedelta(minutes=1)))
    _save(watch)


def _save(watch: CalendarWatch) -> None:
    """Save the watch, unless somebody has woken it meanwhile, or another run has saved it."""
    try:
        writes.save_unaudited(watch)
    except writes.ConditionFailed:
        logger.info("calendar.overtaken", tenant=keys.tenant_of(watch.pk), connection=watch.connection)


def _new(tenant: str, connection: Integration, now: datetime) -> CalendarWatch:
    watch = CalendarWatch(*keys.calendar_watch(tenant, connection.sk), connection=connection.sk)
    watch.prove_at, watch.attempts, watch.calendar_id = now, 0, google_access.choices(connection).calendar_id
    return watch


def _schedule(watch: CalendarWatch, at: datetime) -> None:
    """Spread over the shards by connection and tenant."""
    watch.due_pk, watch.due_at = keys.calendar_due(sha256(f"{watch.pk}{watch.sk}".encode()).hexdigest(), at)
