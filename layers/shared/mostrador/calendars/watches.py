"""Each connected calendar is read every few minutes and proved once a night, by a record of its own that is due.

Reading and proving change nothing twice, so two at once do no harm; how far a calendar was read is saved only after
everything that followed from it.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from mostrador.calendars import busy_blocks, changes_feed, comparison, event_sync, google_access
from mostrador.calendars.changes_feed import Reading
from mostrador.calendars.event_context import EventContext
from mostrador.calendars.event_sync import Clock, SyncOutcome
from mostrador.calendars.google_access import CalendarBroken
from mostrador.calendars.remote_edits import MOST_CANCELLED, EditKind, answer, kind_of, remove_stray, would_cancel
from mostrador.calendars.rules import event_plan
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.google_event import CANCELLED
from mostrador.clients.google_calendar import SyncTokenDead
from mostrador.errors import Busy, ServiceError, Stale
from mostrador.observability import logger
from mostrador.table import keys, reads, writes
from mostrador.table.items.calendars import CalendarEvent, CalendarWatch
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import integrations
from mostrador.tenancy.integrations import IntegrationState
from mostrador.tenancy.integrations import IntegrationType as System

EVERY: Final = timedelta(minutes=5)
PROVED_EVERY: Final = timedelta(hours=24)
KEPT: Final = timedelta(hours=1)
"""How long deletions are put back after too many at once: who empties a calendar may take a while to do it."""


def wake(tenant: str, connection: Integration, *, now: datetime) -> None:
    """Have the calendar proved at once: it is new, or mended, or should say something else. Raises Busy."""

    def alter(watch: CalendarWatch) -> None:
        if watch.calendar_id != google_access.choices(connection).calendar_id:
            watch.cursor = None
        watch.calendar_id = google_access.choices(connection).calendar_id
        watch.prove_at, watch.attempts = now, 0
        _due(watch, now)

    for _ in writes.attempts():
        watch = find(tenant, connection.sk) or _new(tenant, connection, now)
        alter(watch)
        try:
            writes.save_unaudited(watch)
        except writes.ConditionFailed:
            continue
        return
    raise Busy


def wake_others(tenant: str, connection: str, *, now: datetime) -> None:
    """Have the tenant's other calendars proved: this one (its sort key) came or went, and some belong elsewhere now.

    Raises Busy.
    """
    for one in comparison.connections(tenant).values():
        if one.sk != connection and one.sealed and one.status == IntegrationState.ACTIVE:
            wake(tenant, one, now=now)


def find(tenant: str, connection: str) -> CalendarWatch | None:
    """How far the calendar of a connection (its sort key) was read; None where nobody watches it."""
    found = reads.one(keys.calendar_watch(tenant, connection))
    return found if isinstance(found, CalendarWatch) else None


def advance(tenant: str, watch: CalendarWatch, *, clock: Clock, until: datetime) -> bool:
    """Read or prove the calendar, or clear it on the way out; whether all of it was done."""
    connection = reads.one((keys.tenant(tenant)[0], watch.connection))
    try:
        if not isinstance(connection, Integration) or not connection.sealed:
            _hand_over(tenant, watch.connection, clock())
            _drop(watch)
            return True
        step = _step(watch, connection, clock())
        return step(tenant, watch, connection, clock, until)
    except ServiceError as error:
        return _try_later(watch, error, clock())
    except Exception:
        _put_off(watch, clock(), timedelta(minutes=1))
        raise


def _step(
    watch: CalendarWatch, connection: Integration, now: datetime
) -> Callable[[str, CalendarWatch, Integration, Clock, datetime], bool]:
    if connection.status == IntegrationState.REMOVING:
        return _clear
    return _prove if watch.cursor is None or watch.prove_at <= now else _read


def _prove(tenant: str, watch: CalendarWatch, connection: Integration, clock: Clock, until: datetime) -> bool:
    """Compare all of the calendar, and repair; what is left for want of time is done the next minute."""
    turn = busy_blocks.begin(tenant, connection, now=clock())
    reading = changes_feed.whole(connection, now=clock())
    if turn:
        busy_blocks.take(turn, reading, now=clock())
    found, is_done = dict.fromkeys(EditKind, 0), True
    differences = list(comparison.differences(tenant, connection, reading, now=clock()))
    follows = _follows_deletions(watch, [(one.context, one.event, one.kind) for one in differences], clock())
    for one in differences:
        found[one.kind] += 1
        if clock() >= until:
            is_done = False
            break
        comparison.repair(tenant, connection, one, clock=clock, follows_deletions=follows)
    watch.found, watch.is_whole = {kind.value: count for kind, count in found.items() if count}, is_done
    watch.prove_at = clock()
    if is_done:
        watch.proved_at, watch.prove_at = clock(), clock() + PROVED_EVERY
    if watch.found:
        logger.info("calendar.proved", tenant=tenant, connection=watch.connection, found=watch.found)
    return _go_on(watch, reading, clock(), is_done=is_done)


def _read(tenant: str, watch: CalendarWatch, connection: Integration, clock: Clock, until: datetime) -> bool:
    """Take in what changed since the last time."""
    turn = busy_blocks.begin(tenant, connection, now=clock())
    if turn and turn.is_first:
        return _prove(tenant, watch, connection, clock, until)
    try:
        reading = changes_feed.since(connection, str(watch.cursor), now=clock())
    except SyncTokenDead:
        return _prove(tenant, watch, connection, clock, until)
    if turn:
        busy_blocks.take(turn, reading, now=clock())
    is_done = _take_in(watch, connection, reading, clock, until)
    return _go_on(watch, reading, clock(), is_done=True) if is_done else False  # else again, from where the cursor was


def _take_in(watch: CalendarWatch, connection: Integration, reading: Reading, clock: Clock, until: datetime) -> bool:
    """Answer what changed of our events; whether there was time for all."""
    tenant, strangers, changed = keys.tenant_of(watch.pk), dict(reading.ours), []
    ids = {found[0]: name for name in strangers if (found := rules.appointment_of(name))}
    for context in comparison.of(tenant, ids, comparison.connections(tenant)):
        event = strangers.pop(context.record.event_id or "", None) if context.record else None
        kind = kind_of(context, event) if event else None
        if kind and event and event.get("etag") != (context.record.etag if context.record else None):
            changed.append((context, event, kind))
    follows = _follows_deletions(watch, changed, clock())
    for context, event, kind in changed:
        if clock() >= until:
            return False
        answer(context, event, kind, clock=clock, follows_deletions=follows)
    for event in strangers.values():
        if event.get("status") != CANCELLED:
            remove_stray(tenant, connection, event, now=clock())
    return True


def _follows_deletions(
    watch: CalendarWatch, changed: Iterable[tuple[EventContext | None, Any, EditKind]], now: datetime
) -> bool:
    """Whether deletions cancel appointments; not where too many come at once, nor for a while after. It rings then."""
    count = sum(would_cancel(context, event, kind, now=now) for context, event, kind in changed if context)
    if count > MOST_CANCELLED:
        tenant = keys.tenant_of(watch.pk)
        _keep_deletions(tenant, watch, now + KEPT)
        logger.error("calendar emptied", tenant=tenant, connection=watch.connection, deleted=count)
    return watch.deletions_kept_until is None or watch.deletions_kept_until <= now


def _keep_deletions(tenant: str, watch: CalendarWatch, until: datetime) -> None:
    """Before anything is put back, for this run may end early; another connection's watch may be of this calendar too.

    Raises Busy.
    """
    _mark(tenant, watch, until)
    for other in reads.everything(keys.calendar_partition(tenant), keys.CALENDAR_WATCH_PREFIX):
        if other.sk != watch.sk and other.calendar_id == watch.calendar_id:
            _mark(tenant, other, until)


def _mark(tenant: str, watch: CalendarWatch, until: datetime) -> None:
    """Save until when deletions are put back, whoever saves the watch meanwhile. Raises Busy."""
    watch.deletions_kept_until, stored = until, watch
    for _ in writes.attempts():
        try:
            writes.save_unaudited(stored)
        except writes.ConditionFailed:
            if (fresh := find(tenant, watch.connection)) is None:
                return
            fresh.deletions_kept_until, stored = until, fresh
            continue
        return
    raise Busy


def _clear(tenant: str, watch: CalendarWatch, connection: Integration, clock: Clock, until: datetime) -> bool:
    """Take our events out of the calendar, then forget the connection."""
    theirs = (CalendarEvent.connection == connection.sk) & CalendarEvent.event_id.exists()
    prefix = keys.CALENDAR_EVENT_PREFIX
    records = reads.span(keys.calendar_partition(tenant), prefix, f"{prefix}~", consistent=True, keep=theirs)
    is_done = True
    for record in records:
        if clock() >= until:
            is_done = False
            break
        outcome = event_sync.follow(tenant, record.appointment_id, clock=clock, is_due=True)
        is_done = is_done and outcome in (SyncOutcome.SYNCED, SyncOutcome.UNCHANGED)
    if not is_done:
        return _go_on(watch, Reading(is_whole=False, cursor=watch.cursor), clock(), is_done=False)
    forget_connection(tenant, connection, now=clock())
    return True


def forget_connection(tenant: str, connection: Integration, *, now: datetime) -> None:
    """Forget the connection, and give the grant back if that can be; whatever else is left its watch does.

    It goes first: from then on nobody begins to read it. Raises NotHere, Stale, Busy.
    """
    watch = find(tenant, connection.sk)
    integrations.remove(tenant, System.GOOGLE_CALENDAR, connection.resource_id, seen=int(connection.version), now=now)
    _hand_over(tenant, connection.sk, now)
    if watch:
        _drop(watch)
    if connection.sealed:
        _give_back(connection, now)


def _hand_over(tenant: str, connection: str, now: datetime) -> None:
    """Free what a connection that is gone blocked, and have its appointments come into the other calendars."""
    busy_blocks.end(tenant, connection, now=now)
    wake_others(tenant, connection, now=now)


def _drop(watch: CalendarWatch) -> None:
    """Watch no longer, unless somebody wants that again; a run that is under way looks once more."""
    with suppress(Stale), writes.refusing(writes.stale_error(watch)):
        watch.delete()


def _give_back(connection: Integration, now: datetime) -> None:
    try:
        google_access.end(connection, now=now)
    except ServiceError as error:
        logger.warning("grant not revoked", tenant=keys.tenant_of(connection.pk), reason=error.code)


def _go_on(watch: CalendarWatch, reading: Reading, now: datetime, *, is_done: bool) -> bool:
    watch.cursor, watch.read_at, watch.attempts = reading.cursor, now, 0
    _due(watch, now + EVERY if is_done else now)
    _put(watch)
    return is_done


def _try_later(watch: CalendarWatch, error: ServiceError, now: datetime) -> bool:
    """Nothing is read of a broken connection until somebody mends it, and of one that does not answer for a while."""
    asked = timedelta(seconds=error.facts.get("retry_after") or 0)
    _put_off(watch, now, event_sync.SHUT if isinstance(error, CalendarBroken) else asked)
    logger.info("calendar.not_read", tenant=keys.tenant_of(watch.pk), connection=watch.connection, reason=error.code)
    return False


def _put_off(watch: CalendarWatch, now: datetime, least: timedelta) -> None:
    """Longer each time, so that a calendar that fails here is not asked every minute."""
    pause = timedelta(seconds=event_plan.wait(int(watch.attempts), 0.5, None))
    watch.attempts += 1
    _due(watch, now + max(pause, least, timedelta(minutes=1)))
    _put(watch)


def _put(watch: CalendarWatch) -> None:
    """Save it, unless somebody wants another proof meanwhile, or did the same."""
    try:
        writes.save_unaudited(watch)
    except writes.ConditionFailed:
        logger.info("calendar.overtaken", tenant=keys.tenant_of(watch.pk), connection=watch.connection)


def _new(tenant: str, connection: Integration, now: datetime) -> CalendarWatch:
    watch = CalendarWatch(*keys.calendar_watch(tenant, connection.sk), connection=connection.sk)
    watch.prove_at, watch.attempts, watch.calendar_id = now, 0, google_access.choices(connection).calendar_id
    return watch


def _due(watch: CalendarWatch, at: datetime) -> None:
    """Spread over the shards by connection and tenant."""
    watch.due_pk, watch.due_at = keys.calendar_due(sha256(f"{watch.pk}{watch.sk}".encode()).hexdigest(), at)
