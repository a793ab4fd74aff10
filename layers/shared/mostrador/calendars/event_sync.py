"""An appointment's event in Google Calendar: at most one that lives at each place, with the content as it is now.

The record (``CalendarEvent``) names the event before Google is asked for it, so a crash in between loses nothing. The
event's id is derived from the appointment and a generation, and Google refuses the same id twice. One worker leases the
record while it calls Google. Another one that comes meanwhile saves the record, and the first then starts again.
"""

import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final, NamedTuple

from mostrador import ids
from mostrador.calendars import event_context, event_upsert, google_access
from mostrador.calendars.event_context import EventContext, is_in_place, is_settled, place_of
from mostrador.calendars.google_access import CalendarBroken
from mostrador.calendars.rules import event_plan, google_errors
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.event_ids import Place, event_id
from mostrador.calendars.rules.event_plan import EventState
from mostrador.calendars.rules.google_event import EventContent, GoogleEvent
from mostrador.clients import google_calendar
from mostrador.clients.google_calendar import Calendar, CalendarRefused
from mostrador.errors import ServiceError
from mostrador.observability import logger
from mostrador.table import keys, writes
from mostrador.table.items.calendars import CalendarEvent
from mostrador.table.items.scheduling import Appointment
from mostrador.table.items.tenants import Integration

Clock = Callable[[], datetime]
LEASE: Final = timedelta(seconds=60)
"""Longer than a token, an insert, a get and a patch take (44 s by their time-outs, where no answer drips).

After it another worker may begin. A worker whose lease expired must not write: see ``_check_lease``.
"""
BROKEN_PAUSE: Final = timedelta(hours=6)
"""Wait before the events of a broken connection are tried again; a repaired connection is tried at once."""
MOST_GENERATIONS: Final = 20


class SyncOutcome(StrEnum):
    """LEFT: another worker holds the record, and will start again."""

    UNCHANGED = "unchanged"
    SYNCED = "synced"
    PENDING = "pending"
    PARKED = "parked"
    LEFT = "left"


class _Delay(NamedTuple):
    """Why an event is put off, and how: ``retry_after`` in seconds is Google's, ``pause`` replaces the usual wait."""

    reason: str
    state: EventState = EventState.PENDING
    retry_after: int | None = None
    pause: timedelta | None = None


def follow(
    tenant: str,
    appointment_id: str,
    *,
    clock: Clock,
    resource_ids: Iterable[str | None] = (),
    place: Place = Place.MAIN,
    is_due: bool = False,
    is_forced: bool = False,
    until: datetime | None = None,
) -> SyncOutcome:
    """Make the event at ``place`` match the appointment as it is now; a repeat does nothing.

    ``resource_ids`` are the appointment's last known ones; ``is_due`` also tries an event that waits for its time,
    ``is_forced`` one that seems right. From ``until`` on Google is not called, and the event is put off. Raises Busy
    and what the table raises.
    """
    owner = ids.new()

    def synchronize(context: EventContext) -> SyncOutcome:
        if is_settled(context, now=clock(), is_due=is_due) and not (is_forced and context.record):
            return _leave_unchanged(context, is_due=is_due)
        return _synchronize(context, owner, clock, until)

    return writes.retrying(lambda _: event_context.load(tenant, appointment_id, resource_ids, place), synchronize)


def _leave_unchanged(context: EventContext, *, is_due: bool) -> SyncOutcome:
    """Google needs nothing; the event's id on the appointment is put right. Raises ConditionFailed."""
    if record := context.record:
        _show_event_id(context, record)
        if is_due and record.due_pk:
            record.due_pk = record.due_at = None
            writes.save_unaudited(record)
    return SyncOutcome.UNCHANGED


def _synchronize(context: EventContext, owner: str, clock: Clock, until: datetime | None) -> SyncOutcome:
    """Raises ConditionFailed where the record was changed since it was read."""
    now, record = clock(), context.record or _new(context)
    if _is_leased_to_another(record, owner, now):
        writes.save_unaudited(record)  # a new version: the worker with the lease will notice, and start again
        return SyncOutcome.LEFT
    record.tried_fingerprint = context.fingerprint
    record.revision = int(context.appointment.version) if context.appointment else None
    if context.target is not None and context.content is not None and not record.event_id:
        _assign_event(record, context.target)
    if delay := _delay_of(context, now, until):
        return _put_off(record, now, delay)
    record.lease, record.lease_until, record.state = owner, now + LEASE, EventState.PENDING.value
    _schedule(record, now + LEASE)
    writes.save_unaudited(record)
    return _write_and_record(context, record, clock)


def _is_leased_to_another(record: CalendarEvent, owner: str, now: datetime) -> bool:
    return record.lease not in (None, owner) and record.lease_until is not None and now < record.lease_until


def _delay_of(context: EventContext, now: datetime, until: datetime | None) -> _Delay | None:
    """Why Google must not be called now, if so."""
    if until and now >= until:
        return _Delay("no time left")
    if google_access.rests(context.target or context.former, now=now):
        return _Delay(google_access.CalendarResting.code)
    return None


def _write_and_record(context: EventContext, record: CalendarEvent, clock: Clock) -> SyncOutcome:
    try:
        event = _write(context, record, clock)
    except ServiceError as error:
        return _put_off(record, clock(), _delay_after(error, context))
    except writes.ConditionFailed:
        raise
    except Exception as error:
        record.tried_fingerprint = None  # else the record of the stream that comes again would find it waiting
        _put_off(record, clock(), _Delay(type(error).__name__))
        raise
    return _conclude(context, record, event, clock())


def _new(context: EventContext) -> CalendarEvent:
    """A new record; it exists only for an appointment that should have an event."""
    record = CalendarEvent(*event_context.key_of(context.tenant, context.appointment_id, context.place))
    record.place = context.place.value if context.place is Place.SECOND else None
    record.appointment_id, record.generation, record.attempts = context.appointment_id, 0, 0
    return record


def _assign_event(record: CalendarEvent, target: Integration) -> None:
    """Note the event's id, and the calendar where it will be."""
    record.connection, record.connected_at = target.sk, target.created_at
    record.calendar_id = google_access.choices(target).calendar_id
    record.event_id = event_id(record.appointment_id, int(record.generation), place_of(record))
    record.etag = record.fingerprint = None


def _write(context: EventContext, record: CalendarEvent, clock: Clock) -> GoogleEvent | None:
    """Write the event to Google; None where there should be none. Raises ConditionFailed and Google's refusals."""
    if context.content is None or context.target is None:
        if record.event_id:
            _take_away(context, record, clock)
        return None
    if record.event_id and not is_in_place(record, context.target):
        google_access.check(context.target, now=clock())  # else the event would be in no calendar at all
        _take_away(context, record, clock)
        _assign_event(record, context.target)
        writes.save_unaudited(record)
    for _ in range(MOST_GENERATIONS):
        event = _upsert(context.target, context.content, record, clock)
        if event is not None:
            return event
        record.generation += 1
        _assign_event(record, context.target)
        writes.save_unaudited(record)
    raise CalendarRefused(reason="every id of the event was deleted")


def _take_away(context: EventContext, record: CalendarEvent, clock: Clock) -> None:
    """Delete the event from its calendar. An earlier connection's events that were to be left are left."""
    if context.former is not None:
        send_updates = "all" if google_access.choices(context.former).invites else "none"

        def delete(calendar: Calendar) -> bool:
            place = replace(calendar, calendar_id=record.calendar_id)
            return google_calendar.delete(place, record.event_id, send_updates=send_updates)

        try:
            google_access.ask(context.former, delete, now=clock())
        except CalendarBroken:  # nothing can be deleted through a broken connection that nobody will repair
            if not google_access.is_leaving(context.former):
                raise
    if context.former is not None or not _is_adopted(record, context.target):
        record.generation += 1  # a deleted event keeps its id for ever
    record.event_id = record.etag = record.fingerprint = None


def _is_adopted(record: CalendarEvent, target: Integration | None) -> bool:
    """Whether an event that was left is in the right place again: the same calendar, connected again."""
    place = (record.connection, record.calendar_id)
    return target is not None and place == (target.sk, google_access.choices(target).calendar_id)


def _check_lease(record: CalendarEvent, clock: Clock) -> None:
    """Raise ConditionFailed where the lease has expired: another worker may have written newer content."""
    if clock() >= record.lease_until:
        raise writes.ConditionFailed(0, [])


def _upsert(target: Integration, content: EventContent, record: CalendarEvent, clock: Clock) -> GoogleEvent | None:
    """The written event; None where its id was deleted, which is for ever."""
    try:
        body = rules.body(content, record.event_id)
    except ValueError as error:
        raise CalendarRefused(reason=str(error)) from error
    check_lease = partial(_check_lease, record, clock)
    return google_access.ask(
        target,
        lambda calendar: event_upsert.upsert(calendar, body, content, record.etag, check_lease),
        now=clock(),
    )


def _delay_after(error: ServiceError, context: EventContext) -> _Delay:
    """After a refusal: the event is parked for a person to see, or tried again later, then perhaps without guests."""
    if isinstance(error, CalendarRefused):
        if context.target and context.content and context.content.attendees and google_access.has_no_guests(error):
            google_access.mark_cannot_invite(context.target)
            return _Delay(google_errors.CANNOT_INVITE)
        return _Delay(error.facts["reason"], state=EventState.PARKED)
    if isinstance(error, CalendarBroken):
        return _Delay(error.code, pause=BROKEN_PAUSE)
    return _Delay(error.code, retry_after=error.facts.get("retry_after"))


def _put_off(record: CalendarEvent, now: datetime, delay: _Delay) -> SyncOutcome:
    """Release the record until later. Raises ConditionFailed."""
    chance = random.random()  # noqa: S311 - not a secret
    seconds = event_plan.wait(int(record.attempts), chance, delay.retry_after)
    pause = delay.pause or timedelta(seconds=seconds)
    record.state, record.reason = delay.state.value, delay.reason[:200]
    record.lease = record.lease_until = None
    record.attempts += 1
    _schedule(record, None if delay.state is EventState.PARKED else now + pause)
    tenant = keys.tenant_of(record.pk)
    record.gsi1pk, record.gsi1sk = keys.calendar_unsettled(tenant, record.connection, record.appointment_id)
    writes.save_unaudited(record)
    told = {"tenant": tenant, "appointment": record.appointment_id, "reason": delay.reason}
    logger.info("calendar.put_off", state=delay.state.value, extra=told)
    if delay.state is EventState.PARKED:
        logger.error("calendar event parked", extra=told)
    return SyncOutcome(delay.state.value.lower())


def _conclude(context: EventContext, record: CalendarEvent, event: GoogleEvent | None, now: datetime) -> SyncOutcome:
    """Record the content that the calendar has now, and release the record. Raises ConditionFailed."""
    etag = event.get("etag") if event else None
    record.state = (EventState.SYNCED if event else EventState.GONE).value
    record.fingerprint, record.etag = context.fingerprint, str(etag) if etag else None
    record.attempts, record.reason, record.synced_at = 0, None, now
    _show_event_id(context, record)
    record.lease = record.lease_until = record.gsi1pk = record.gsi1sk = None
    _schedule(record, None)
    writes.save_unaudited(record)
    logger.info("calendar.synced", tenant=context.tenant, appointment=context.appointment_id, state=record.state)
    return SyncOutcome.SYNCED


def _schedule(record: CalendarEvent, at: datetime | None) -> None:
    record.due_pk, record.due_at = keys.calendar_due(record.appointment_id, at) if at else (None, None)


def _show_event_id(context: EventContext, record: CalendarEvent) -> None:
    """Write the main event's id to the appointment where it is not there already: no version, no line in the audit log.

    A save of the appointment from an older copy may lose the id. Its own record in the stream then restores it.
    """
    appointment, attribute = context.appointment, Appointment.google_calendar_event_id
    is_shown = context.place is Place.MAIN and record.state in (EventState.SYNCED, EventState.GONE)
    if appointment is None or not is_shown:
        return
    shown = record.event_id if record.state == EventState.SYNCED else None
    before = appointment.google_calendar_event_id
    if before == shown:
        return
    unchanged = (attribute == before) if before else attribute.does_not_exist()
    action = attribute.set(shown) if shown else attribute.remove()
    with suppress(writes.ConditionFailed):  # somebody wrote it, or the appointment is gone
        writes.update_attribute(appointment, action, condition=Appointment.pk.exists() & unchanged)
