"""Each connected calendar is read every few minutes, and proved once a night: compared as a whole, and repaired.

Two runs at once do no harm. The place to go on reading from is saved only after everything that followed from the
reading.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from mostrador.calendars import busy_blocks, changes_feed, comparison, disconnection, watches
from mostrador.calendars.changes_feed import CalendarEvents
from mostrador.calendars.event_context import EventContext
from mostrador.calendars.event_sync import Clock
from mostrador.calendars.remote_edits import (
    MOST_CANCELLED,
    kind_of,
    remove_stray,
    resolve,
    would_cancel,
)
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.event_plan import DifferenceKind
from mostrador.calendars.rules.google_event import GoogleEvent
from mostrador.clients.google_calendar import SyncTokenDead
from mostrador.errors import ServiceError
from mostrador.observability import logger
from mostrador.table import keys, reads
from mostrador.table.items.calendars import CalendarWatch
from mostrador.table.items.tenants import Integration
from mostrador.tenancy.rules.integration_states import IntegrationState

PROVED_EVERY: Final = timedelta(hours=24)
DELETIONS_KEPT: Final = timedelta(hours=1)
"""How long deletions are put back after too many at once: a person may take a while to empty a calendar."""

Step: TypeAlias = Callable[[str, CalendarWatch, Integration, Clock, datetime], bool]


class _Edit(NamedTuple):
    """A difference between an event and its appointment."""

    context: EventContext
    event: GoogleEvent | None
    kind: DifferenceKind


def advance(tenant: str, watch: CalendarWatch, *, clock: Clock, until: datetime) -> bool:
    """Read or prove the calendar, or clear it before a disconnection; whether all of it was done."""
    connection = reads.get_item((keys.tenant(tenant)[0], watch.connection))
    try:
        if not isinstance(connection, Integration) or not connection.sealed:
            disconnection.release(tenant, watch.connection, clock())
            watches.drop(watch)
            return True
        step = _step(watch, connection, clock())
        return step(tenant, watch, connection, clock, until)
    except ServiceError as error:
        return watches.try_later(watch, error, clock())
    except Exception:
        watches.put_off(watch, clock())
        raise


def _step(watch: CalendarWatch, connection: Integration, now: datetime) -> Step:
    if connection.status == IntegrationState.REMOVING:
        return disconnection.clear
    return _prove if watch.cursor is None or watch.prove_at <= now else _read


def _prove(tenant: str, watch: CalendarWatch, connection: Integration, clock: Clock, until: datetime) -> bool:
    """Compare all of the calendar, and repair it; differences left for want of time are repaired the next minute."""
    turn = busy_blocks.begin(tenant, connection, now=clock())
    events = changes_feed.read_all(connection, now=clock())
    if turn:
        busy_blocks.take(turn, events, now=clock())
    counts, is_done = dict.fromkeys(DifferenceKind, 0), True
    differences = list(comparison.differences(tenant, connection, events, now=clock()))
    edits = [_Edit(found.context, found.event, found.kind) for found in differences if found.context]
    follows = _follows_deletions(watch, edits, clock())
    for difference in differences:
        counts[difference.kind] += 1
        if clock() >= until:
            is_done = False
            break
        comparison.repair(tenant, connection, difference, clock=clock, follows_deletions=follows)
    watch.found, watch.is_whole = {kind.value: count for kind, count in counts.items() if count}, is_done
    watch.prove_at = clock()
    if is_done:
        watch.proved_at, watch.prove_at = clock(), clock() + PROVED_EVERY
    if watch.found:
        logger.info("calendar.proved", tenant=tenant, connection=watch.connection, found=watch.found)
    return watches.go_on(watch, events.sync_token, clock(), is_done=is_done)


def _read(tenant: str, watch: CalendarWatch, connection: Integration, clock: Clock, until: datetime) -> bool:
    """Read the changes since the last time."""
    turn = busy_blocks.begin(tenant, connection, now=clock())
    if turn and turn.is_first:
        return _prove(tenant, watch, connection, clock, until)
    try:
        events = changes_feed.read_changes(connection, str(watch.cursor), now=clock())
    except SyncTokenDead:
        return _prove(tenant, watch, connection, clock, until)
    if turn:
        busy_blocks.take(turn, events, now=clock())
    is_done = _resolve_changes(watch, connection, events, clock, until)
    return (
        watches.go_on(watch, events.sync_token, clock(), is_done=True) if is_done else False
    )  # else again, from the cursor


def _resolve_changes(
    watch: CalendarWatch, connection: Integration, events: CalendarEvents, clock: Clock, until: datetime
) -> bool:
    """Resolve the changes of our events; whether there was time for all."""
    tenant = keys.tenant_of(watch.pk)
    edits, unmatched = _matched(tenant, events)
    follows = _follows_deletions(watch, edits, clock())
    for edit in edits:
        if clock() >= until:
            return False
        resolve(edit.context, edit.event, edit.kind, clock=clock, follows_deletions=follows)
    for event in unmatched:
        if not rules.is_deleted(event):
            remove_stray(tenant, connection, event, now=clock())
    return True


def _matched(tenant: str, events: CalendarEvents) -> tuple[list[_Edit], Iterable[GoogleEvent]]:
    """The differences of events that a record names, and the events that no record names."""
    edits, unmatched = [], dict(events.ours)
    wanted = comparison.wanted_of(events.ours).values()
    for context in comparison.contexts(tenant, wanted, comparison.connections(tenant)):
        record = context.record
        event = unmatched.pop(record.event_id or "", None) if record else None
        if record is None or event is None:
            continue
        kind = kind_of(context, event)
        if kind and event.get("etag") != record.etag:
            edits.append(_Edit(context, event, kind))
    return edits, unmatched.values()


def _follows_deletions(watch: CalendarWatch, edits: Iterable[_Edit], now: datetime) -> bool:
    """Whether deletions cancel appointments: not where too many come at once, which rings, nor for a while after."""
    count = sum(would_cancel(*edit, now=now) for edit in edits)
    if count > MOST_CANCELLED:
        tenant = keys.tenant_of(watch.pk)
        watches.keep_deletions(tenant, watch, now + DELETIONS_KEPT)
        logger.error("calendar emptied", tenant=tenant, connection=watch.connection, deleted=count)
    return watch.deletions_kept_until is None or watch.deletions_kept_until <= now
