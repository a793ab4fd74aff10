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
from mostrador.calendars.event_context import Scene, is_in_place, is_settled
from mostrador.calendars.google_access import CalendarBroken
from mostrador.calendars.rules import event_plan
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.event_plan import NOTHING, State
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


class Outcome(StrEnum):
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
) -> Outcome:
    """Have the calendar say what the appointment says now; doing it again does nothing.

    ``resource_id`` is whose it was last; ``is_due`` also tries what waits for its time, ``is_forced`` what seems
    right. From ``until`` on Google is not asked, but soon. Raises Busy and what the table raises.
    """
    owner = ids.new()
    for _ in writes.attempts():
        scene = event_context.look(tenant, appointment_id, resource_id)
        try:
            if is_settled(scene, now=clock(), is_due=is_due) and not (is_forced and scene.record):
                return _left_alone(scene, is_due=is_due)
            return _settle(scene, owner, clock, until)
        except writes.Refused:  # somebody was here
            continue
    raise Busy


def _left_alone(scene: Scene, *, is_due: bool) -> Outcome:
    """Nothing to tell Google; what we show of it is put right. Raises Refused."""
    if record := scene.record:
        _show(scene, record)
        if is_due and record.due_pk:
            record.due_pk = record.due_at = None
            writes.put(record)
    return Outcome.UNCHANGED


def _settle(scene: Scene, owner: str, clock: Clock, until: datetime | None) -> Outcome:
    """Raises Refused where the record is not as it was read."""
    now, record = clock(), scene.record or _new(scene)
    if record.lease not in (None, owner) and record.lease_until and now < record.lease_until:
        writes.put(record)  # a new version: who holds the lease will see that, and look again
        return Outcome.LEFT
    record.asked, record.revision = scene.want, int(scene.appointment.version) if scene.appointment else None
    if scene.want != NOTHING and not record.event_id:
        _name(record, scene)
    if until and now >= until:
        return _put_off(record, now, reason="no time left")
    if google_access.rests(scene.target or scene.former, now=now):
        return _put_off(record, now, reason=google_access.CalendarResting.code)
    record.lease, record.lease_until, record.state = owner, now + LEASE, State.PENDING.value
    _due(record, now + LEASE)
    writes.put(record)
    try:
        event = _tell(scene, record, clock)
    except ServiceError as error:
        return _put_off(record, clock(), **_meaning(error))
    except writes.Refused:
        raise
    except Exception as error:
        record.asked = None  # so that the stream, which brings it again, is not told that it waits for its time
        _put_off(record, clock(), reason=type(error).__name__)
        raise
    return _conclude(scene, record, event, clock())


def _new(scene: Scene) -> CalendarEvent:
    """Only of what is wanted somewhere: what is not, and has no record, is settled."""
    record = CalendarEvent(*keys.calendar_event(scene.tenant, scene.appointment_id))
    record.appointment_id, record.generation, record.attempts = scene.appointment_id, 0, 0
    return record


def _name(record: CalendarEvent, scene: Scene) -> None:
    """Say which event there will be, and where."""
    assert scene.target is not None  # noqa: S101 - what is wanted is wanted somewhere
    record.connection, record.connected_at = scene.target.sk, scene.target.created_at
    record.calendar_id = google_access.choices(scene.target).calendar_id
    record.event_id = rules.event_id(scene.appointment_id, int(record.generation))
    record.etag = record.fingerprint = None


def _tell(scene: Scene, record: CalendarEvent, clock: Clock) -> dict[str, Any] | None:
    """Have Google say it; the event, or None where there is to be none. Raises Refused and what Google refuses with."""
    if record.event_id and (scene.wanted is None or not is_in_place(record, scene.target)):
        if scene.wanted is not None and scene.target is not None:
            google_access.check(scene.target, now=clock())  # else the event would be in no calendar at all
        _take_away(scene, record, clock)
        if scene.wanted is not None:
            _name(record, scene)
            writes.put(record)
    if scene.wanted is None or scene.target is None:
        return None
    for _ in range(MOST_GENERATIONS):
        event = _said(scene.target, scene.wanted, record, clock)
        if event is not None:
            return event
        record.generation += 1
        _name(record, scene)
        writes.put(record)
    raise CalendarRefused(reason="every id of the event was deleted")


def _take_away(scene: Scene, record: CalendarEvent, clock: Clock) -> None:
    """Delete the event where the record says that it is; what an earlier connection was told to leave is left."""
    if scene.former is not None:
        send_updates = "all" if google_access.choices(scene.former).attendees else "none"

        def delete(calendar: Calendar) -> bool:
            there = replace(calendar, calendar_id=record.calendar_id)
            return google_calendar.delete(there, record.event_id, send_updates=send_updates)

        try:
            google_access.ask(scene.former, delete, now=clock())
        except CalendarBroken:  # out of a broken one that nobody will mend nothing can be taken
            if not google_access.is_leaving(scene.former):
                raise
    if scene.former is not None or not _is_adopted(record, scene.target):
        record.generation += 1  # an event keeps its id for ever, deleted or left
    record.event_id = record.etag = record.fingerprint = None


def _is_adopted(record: CalendarEvent, target: Integration | None) -> bool:
    """Whether what was left is where it belongs again: the same calendar, connected in the same place."""
    place = (record.connection, record.calendar_id)
    return target is not None and place == (target.sk, google_access.choices(target).calendar_id)


def _hold(record: CalendarEvent, clock: Clock) -> None:
    """Raise Refused where the lease has run out: another worker may have said something newer."""
    if clock() >= record.lease_until:
        raise writes.Refused(0, [])


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
        return {"reason": error.facts["reason"], "state": State.PARKED}
    if isinstance(error, CalendarBroken):
        return {"reason": error.code, "after": SHUT}
    return {"reason": error.code, "asked": error.facts.get("retry_after")}


def _put_off(
    record: CalendarEvent,
    now: datetime,
    *,
    reason: str,
    state: State = State.PENDING,
    asked: int | None = None,
    after: timedelta | None = None,
) -> Outcome:
    """Give the record back for another time. Raises Refused."""
    chance = random.random()  # noqa: S311 - not a secret
    pause = after or timedelta(seconds=event_plan.wait(int(record.attempts), chance, asked))
    record.state, record.reason, record.lease, record.lease_until = state.value, reason[:200], None, None
    record.attempts += 1
    _due(record, None if state is State.PARKED else now + pause)
    tenant = keys.tenant_of(record.pk)
    record.gsi1pk, record.gsi1sk = keys.calendar_unsettled(tenant, record.connection, record.appointment_id)
    writes.put(record)
    logger.info("calendar.put_off", tenant=tenant, appointment=record.appointment_id, state=state.value, reason=reason)
    return Outcome(state.value.lower())


def _conclude(scene: Scene, record: CalendarEvent, event: dict[str, Any] | None, now: datetime) -> Outcome:
    """Note what the calendar says now, and give the record back. Raises Refused."""
    record.state = (State.SYNCED if event else State.GONE).value
    record.fingerprint, record.etag = scene.want, event.get("etag") if event else None
    record.attempts, record.reason, record.told_at = 0, None, now
    _show(scene, record)
    record.lease = record.lease_until = record.gsi1pk = record.gsi1sk = None
    _due(record, None)
    writes.put(record)
    logger.info("calendar.told", tenant=scene.tenant, appointment=scene.appointment_id, state=record.state)
    return Outcome.SYNCED


def _due(record: CalendarEvent, at: datetime | None) -> None:
    record.due_pk, record.due_at = keys.calendar_due(record.appointment_id, at) if at else (None, None)


def _show(scene: Scene, record: CalendarEvent) -> None:
    """Write the event's id back to the appointment, where it is not there already: no version, no line in the log.

    Once a generation; a save of the appointment from an older copy may lose it, and then its own record of the stream
    comes by here.
    """
    appointment, shown = scene.appointment, Appointment.google_calendar_event_id
    told = record.event_id if record.state == State.SYNCED else None
    if appointment is None or record.state not in (State.SYNCED, State.GONE):
        return
    before = appointment.google_calendar_event_id
    if before == told:
        return
    unmoved = (shown == before) if before else shown.does_not_exist()
    with suppress(writes.Refused):  # somebody wrote it, or the appointment is gone
        writes.touch(
            appointment, shown.set(told) if told else shown.remove(), condition=Appointment.pk.exists() & unmoved
        )
