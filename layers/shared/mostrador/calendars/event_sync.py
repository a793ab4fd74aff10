"""An appointment's event in Google Calendar: at most one that lives, and it says what the appointment says now.

The record of the event (``CalendarEvent``) names it before Google is asked for it, so whatever breaks in between is
found again: its id is derived from the appointment and a generation, and making it twice is refused by Google. While
Google is asked the record is leased to one worker; who comes meanwhile leaves a mark, on which the worker looks again.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Final

from mostrador import ids
from mostrador.calendars import event_context, event_upsert, google_access
from mostrador.calendars.event_context import EventContext, is_in_place, is_settled
from mostrador.calendars.google_access import CalendarBroken
from mostrador.calendars.rules import event_plan
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.event_plan import NOTHING, EventState
from mostrador.calendars.rules.google_event import Wanted
from mostrador.clients import google_calendar
from mostrador.clients.google_calendar import Calendar, CalendarRefused
from mostrador.errors import Busy, ServiceError
from mostrador.observability import logger
from mostrador.table import keys, writes
from mostrador.table.items.calendars import CalendarEvent
from mostrador.table.items.scheduling import Appointment
from mostrador.table.items.tenants import Integration

Clock = Callable[[], datetime]
LEASE: Final = timedelta(seconds=60)
"""Longer than a token, an insert, a get and a patch take (44 s by their time-outs, where no answer drips); then
another worker may.

Whoever takes longer all the same says nothing more: see ``_hold``.
"""
SHUT: Final = timedelta(hours=6)
"""When a broken connection's events are looked at again by themselves; whoever mends it does not wait."""
MOST_GENERATIONS: Final = 20


class SyncOutcome(StrEnum):
    """LEFT: to the worker that is at it, who will look again."""

    UNCHANGED = "unchanged"
    SYNCED = "synced"
    PENDING = "pending"
    PARKED = "parked"
    LEFT = "left"


def follow(
    tenant: str,
    appointment_id: str,
    *,
    clock: Clock,
    resource_id: str | None = None,
    is_due: bool = False,
    is_forced: bool = False,
    until: datetime | None = None,
) -> SyncOutcome:
    """Have the calendar say what the appointment says now; doing it again does nothing.

    ``resource_id`` is whose it was last; ``is_due`` also tries what waits for its time, ``is_forced`` what seems
    right. From ``until`` on Google is not asked, but soon. Raises Busy and what the table raises.
    """
    owner = ids.new()
    for _ in writes.attempts():
        context = event_context.load(tenant, appointment_id, resource_id)
        try:
            if is_settled(context, now=clock(), is_due=is_due) and not (is_forced and context.record):
                return _left_alone(context, is_due=is_due)
            return _settle(context, owner, clock, until)
        except writes.ConditionFailed:  # somebody was here
            continue
    raise Busy


def _left_alone(context: EventContext, *, is_due: bool) -> SyncOutcome:
    """Nothing to tell Google; what we show of it is put right. Raises Refused."""
    if record := context.record:
        _show(context, record)
        if is_due and record.due_pk:
            record.due_pk = record.due_at = None
            writes.save_unaudited(record)
    return SyncOutcome.UNCHANGED


def _settle(context: EventContext, owner: str, clock: Clock, until: datetime | None) -> SyncOutcome:
    """Raises Refused where the record is not as it was read."""
    now, record = clock(), context.record or _new(context)
    if record.lease not in (None, owner) and record.lease_until and now < record.lease_until:
        writes.save_unaudited(record)  # a new version: who holds the lease will see that, and look again
        return SyncOutcome.LEFT
    record.asked, record.revision = context.want, int(context.appointment.version) if context.appointment else None
    if context.want != NOTHING and not record.event_id:
        _name(record, context)
    if until and now >= until:
        return _put_off(record, now, reason="no time left")
    if google_access.rests(context.target or context.former, now=now):
        return _put_off(record, now, reason=google_access.CalendarResting.code)
    record.lease, record.lease_until, record.state = owner, now + LEASE, EventState.PENDING.value
    _due(record, now + LEASE)
    writes.save_unaudited(record)
    try:
        event = _tell(context, record, clock)
    except ServiceError as error:
        return _put_off(record, clock(), **_meaning(error))
    except writes.ConditionFailed:
        raise
    except Exception as error:
        record.asked = None  # so that the stream, which brings it again, is not told that it waits for its time
        _put_off(record, clock(), reason=type(error).__name__)
        raise
    return _conclude(context, record, event, clock())


def _new(context: EventContext) -> CalendarEvent:
    """Only of what is wanted somewhere: what is not, and has no record, is settled."""
    record = CalendarEvent(*keys.calendar_event(context.tenant, context.appointment_id))
    record.appointment_id, record.generation, record.attempts = context.appointment_id, 0, 0
    return record


def _name(record: CalendarEvent, context: EventContext) -> None:
    """Say which event there will be, and where."""
    assert context.target is not None  # noqa: S101 - what is wanted is wanted somewhere
    record.connection, record.connected_at = context.target.sk, context.target.created_at
    record.calendar_id = google_access.choices(context.target).calendar_id
    record.event_id = rules.event_id(context.appointment_id, int(record.generation))
    record.etag = record.fingerprint = None


def _tell(context: EventContext, record: CalendarEvent, clock: Clock) -> dict[str, Any] | None:
    """Have Google say it; the event, or None where there is to be none. Raises Refused and what Google refuses with."""
    if record.event_id and (context.wanted is None or not is_in_place(record, context.target)):
        if context.wanted is not None and context.target is not None:
            google_access.check(context.target, now=clock())  # else the event would be in no calendar at all
        _take_away(context, record, clock)
        if context.wanted is not None:
            _name(record, context)
            writes.save_unaudited(record)
    if context.wanted is None or context.target is None:
        return None
    for _ in range(MOST_GENERATIONS):
        event = _said(context.target, context.wanted, record, clock)
        if event is not None:
            return event
        record.generation += 1
        _name(record, context)
        writes.save_unaudited(record)
    raise CalendarRefused(reason="every id of the event was deleted")


def _take_away(context: EventContext, record: CalendarEvent, clock: Clock) -> None:
    """Delete the event where the record says that it is; what an earlier connection was told to leave is left."""
    if context.former is not None:
        send_updates = "all" if google_access.choices(context.former).attendees else "none"

        def delete(calendar: Calendar) -> bool:
            there = replace(calendar, calendar_id=record.calendar_id)
            return google_calendar.delete(there, record.event_id, send_updates=send_updates)

        try:
            google_access.ask(context.former, delete, now=clock())
        except CalendarBroken:  # out of a broken one that nobody will mend nothing can be taken
            if not google_access.is_leaving(context.former):
                raise
    if context.former is not None or not _is_adopted(record, context.target):
        record.generation += 1  # an event keeps its id for ever, deleted or left
    record.event_id = record.etag = record.fingerprint = None


def _is_adopted(record: CalendarEvent, target: Integration | None) -> bool:
    """Whether what was left is where it belongs again: the same calendar, connected in the same place."""
    place = (record.connection, record.calendar_id)
    return target is not None and place == (target.sk, google_access.choices(target).calendar_id)


def _hold(record: CalendarEvent, clock: Clock) -> None:
    """Raise Refused where the lease has run out: another worker may have said something newer."""
    if clock() >= record.lease_until:
        raise writes.ConditionFailed(0, [])


def _said(target: Integration, wanted: Wanted, record: CalendarEvent, clock: Clock) -> dict[str, Any] | None:
    """The event as it is wanted; None where its id was deleted and so stays."""
    try:
        body = rules.body(wanted, record.event_id)
    except ValueError as error:
        raise CalendarRefused(reason=str(error)) from error
    return google_access.ask(
        target,
        lambda calendar: event_upsert.upserted(calendar, body, wanted, record.etag, partial(_hold, record, clock)),
        now=clock(),
    )


def _meaning(error: ServiceError) -> dict[str, Any]:
    """What a refusal means for the event: parked for a person to see, or another try and when."""
    if isinstance(error, CalendarRefused):
        return {"reason": error.facts["reason"], "state": EventState.PARKED}
    if isinstance(error, CalendarBroken):
        return {"reason": error.code, "after": SHUT}
    return {"reason": error.code, "asked": error.facts.get("retry_after")}


def _put_off(
    record: CalendarEvent,
    now: datetime,
    *,
    reason: str,
    state: EventState = EventState.PENDING,
    asked: int | None = None,
    after: timedelta | None = None,
) -> SyncOutcome:
    """Give the record back for another time. Raises Refused."""
    chance = random.random()  # noqa: S311 - not a secret
    pause = after or timedelta(seconds=event_plan.wait(int(record.attempts), chance, asked))
    record.state, record.reason, record.lease, record.lease_until = state.value, reason[:200], None, None
    record.attempts += 1
    _due(record, None if state is EventState.PARKED else now + pause)
    tenant = keys.tenant_of(record.pk)
    record.gsi1pk, record.gsi1sk = keys.calendar_unsettled(tenant, record.connection, record.appointment_id)
    writes.save_unaudited(record)
    logger.info("calendar.put_off", tenant=tenant, appointment=record.appointment_id, state=state.value, reason=reason)
    return SyncOutcome(state.value.lower())


def _conclude(context: EventContext, record: CalendarEvent, event: dict[str, Any] | None, now: datetime) -> SyncOutcome:
    """Note what the calendar says now, and give the record back. Raises Refused."""
    record.state = (EventState.SYNCED if event else EventState.GONE).value
    record.fingerprint, record.etag = context.want, event.get("etag") if event else None
    record.attempts, record.reason, record.told_at = 0, None, now
    _show(context, record)
    record.lease = record.lease_until = record.gsi1pk = record.gsi1sk = None
    _due(record, None)
    writes.save_unaudited(record)
    logger.info("calendar.told", tenant=context.tenant, appointment=context.appointment_id, state=record.state)
    return SyncOutcome.SYNCED


def _due(record: CalendarEvent, at: datetime | None) -> None:
    record.due_pk, record.due_at = keys.calendar_due(record.appointment_id, at) if at else (None, None)


def _show(context: EventContext, record: CalendarEvent) -> None:
    """Write the event's id back to the appointment, where it is not there already: no version, no line in the log.

    Once a generation; a save of the appointment from an older copy may lose it, and then its own record of the stream
    comes by here.
    """
    appointment, shown = context.appointment, Appointment.google_calendar_event_id
    told = record.event_id if record.state == EventState.SYNCED else None
    if appointment is None or record.state not in (EventState.SYNCED, EventState.GONE):
        return
    before = appointment.google_calendar_event_id
    if before == told:
        return
    unmoved = (shown == before) if before else shown.does_not_exist()
    with suppress(writes.ConditionFailed):  # somebody wrote it, or the appointment is gone
        writes.update_attribute(
            appointment, shown.set(told) if told else shown.remove(), condition=Appointment.pk.exists() & unmoved
        )
