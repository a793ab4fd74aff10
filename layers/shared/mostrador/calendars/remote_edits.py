"""What somebody did in Google to an event of ours: taken over, or put back, as the tenant chose."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from mostrador.calendars import event_context, event_sync, event_upsert, google_access
from mostrador.calendars.event_context import EventContext, is_in_place
from mostrador.calendars.event_sync import Clock, SyncOutcome
from mostrador.calendars.rules.event_plan import NOTHING, EventState, OnChange
from mostrador.calendars.rules.google_event import CANCELLED, PREFIX
from mostrador.clients import google_calendar
from mostrador.errors import Conflict, Invalid, NotFound, Stale
from mostrador.observability import logger
from mostrador.scheduling.rules import appointment_states as appointment_rules
from mostrador.table.items.tenants import Integration

BY: Final = "google calendar"
"""Who moved or cancelled, in an appointment's history."""
MOST_CANCELLED: Final = 5
"""Appointments that deletions found at once may cancel: more look like a calendar that somebody emptied."""


class EditKind(StrEnum):
    """How the calendar is not as it should be: ours MISSING there, STRAY there that is not ours here any more, ..."""

    MISSING = "MISSING"
    STRAY = "STRAY"
    DIFFERS = "DIFFERS"
    PARKED = "PARKED"
    PENDING = "PENDING"


def kind_of(context: EventContext, event: Mapping[str, Any] | None) -> EditKind | None:
    """What is wrong with the event of an appointment, None where nothing is."""
    record, is_there = context.record, event is not None and event.get("status") != CANCELLED
    if record and context.want != NOTHING and record.state in (EventState.PENDING, EventState.PARKED):
        return EditKind(record.state)
    if context.wanted is None:
        return EditKind.STRAY if is_there else None
    if record is None or not is_in_place(record, context.target):  # what is here was left by an earlier connection
        return EditKind.MISSING
    if event is None or not is_there:
        return EditKind.MISSING
    return None if event_upsert.is_right(context.wanted, event) else EditKind.DIFFERS


def answer(
    context: EventContext,
    event: Mapping[str, Any] | None,
    kind: EditKind,
    *,
    clock: Clock,
    follows_deletions: bool = True,
) -> bool:
    """Put right what is wrong; whether it is right now, or will be by itself."""
    if event is not None and _is_theirs(context, kind):
        is_allowed = follows_deletions or event.get("status") != CANCELLED
        if is_allowed and _taken_over(context, event, clock()):
            return True
    resource_id = context.appointment.resource_id if context.appointment else None
    outcome = event_sync.follow(
        context.tenant, context.appointment_id, clock=clock, resource_id=resource_id, is_due=True, is_forced=True
    )
    return outcome in (SyncOutcome.SYNCED, SyncOutcome.LEFT)


def remove_stray(tenant: str, connection: Integration, event: Mapping[str, Any], *, now: datetime) -> None:
    """Delete an event that we made for this tenant and that no record names; what is not surely that is left."""
    private = (event.get("extendedProperties") or {}).get("private") or {}
    if private.get(f"{PREFIX}tenant") == tenant:
        google_access.ask(connection, lambda calendar: google_calendar.delete(calendar, event["id"]), now=now)
        logger.info("calendar.stray_removed", tenant=tenant, event=event["id"])


def would_cancel(context: EventContext, event: Mapping[str, Any] | None, kind: EditKind, *, now: datetime) -> bool:
    """Whether it is a deletion that ``answer`` would follow, were nothing changed meanwhile."""
    is_deleted = event is not None and event.get("status") == CANCELLED
    return is_deleted and _is_theirs(context, kind) and _is_to_come(context, now) and not _has_money(context)


def _is_theirs(context: EventContext, kind: EditKind) -> bool:
    """Whether it is somebody's change there, in a calendar that is followed."""
    return _was_told(context) and kind in (EditKind.MISSING, EditKind.DIFFERS) and _is_followed(context)


def _is_to_come(context: EventContext, now: datetime) -> bool:
    found = context.appointment
    return found is not None and found.status in appointment_rules.OCCUPYING and found.ends_at > now


def _has_money(context: EventContext) -> bool:
    return context.appointment is not None and bool(context.appointment.payment_ids)


def _was_told(context: EventContext) -> bool:
    """Whether the calendar said what the appointment says, so that what it says now is somebody's change there."""
    record = context.record
    return record is not None and record.fingerprint == context.want and is_in_place(record, context.target)


def _is_followed(context: EventContext) -> bool:
    return context.target is not None and google_access.choices(context.target).on_change == OnChange.FOLLOW


def _taken_over(context: EventContext, event: Mapping[str, Any], now: datetime) -> bool:
    """Move or cancel the appointment as its event was; False where that is not what was done, or is refused.

    What was read of both may be old by now: only what is still so is taken over.
    """
    appointment = context.appointment
    if appointment is None or not _is_to_come(context, now):
        return False
    if not _is_still_so(context, event, now):
        return False
    try:
        if event.get("status") == CANCELLED:
            return _cancelled(context, now)
        return _moved(context, event, now)
    except (Conflict, Invalid, NotFound) as refused:
        logger.info("calendar.not_followed", tenant=context.tenant, appointment=appointment.id, reason=refused.code)
        return False


def _is_still_so(context: EventContext, event: Mapping[str, Any], now: datetime) -> bool:
    """Whether neither our side nor the event has changed since they were read."""
    fresh = event_context.load(context.tenant, context.appointment_id, None)
    if context.appointment is None or fresh.appointment is None or fresh.target is None or not _was_told(fresh):
        return False
    if fresh.appointment.version != context.appointment.version:
        return False
    live = google_access.ask(fresh.target, lambda calendar: google_calendar.get(calendar, event["id"]), now=now)
    if live is None or live.get("status") == CANCELLED:
        return event.get("status") == CANCELLED
    return bool(live.get("etag") == event.get("etag"))


def _as_read(context: EventContext) -> Callable[[Any], None]:
    """The check that the appointment is still as it was read, in the write that changes it."""

    def check(appointment: Any) -> None:
        if context.appointment is None or appointment.version != context.appointment.version:
            raise Stale(given=appointment.version, current=appointment.version)

    return check


def _cancelled(context: EventContext, now: datetime) -> bool:
    """What was paid is not given back because an event was deleted: then the event is put back, for staff to decide."""
    from mostrador.scheduling import appointments  # noqa: PLC0415 - with pydantic and more, which most changes do without

    if _has_money(context):
        return False
    check = _as_read(context)
    appointments.cancel(
        context.tenant, context.appointment_id, reason="Google Calendar", actor_name=BY, now=now, check=check
    )
    return True


def _moved(context: EventContext, event: Mapping[str, Any], now: datetime) -> bool:
    from mostrador.scheduling import appointments  # noqa: PLC0415 - the same
    from mostrador.scheduling.views.appointments import Rescheduling  # noqa: PLC0415 - the same

    appointment = context.appointment
    starts_at, ends_at = _instant(event, "start"), _instant(event, "end")
    if appointment is None or starts_at is None or ends_at is None or starts_at == appointment.starts_at:
        return False
    if ends_at - starts_at != appointment.ends_at - appointment.starts_at:
        return False
    try:
        form = Rescheduling(starts_at=starts_at, resource_id=appointment.resource_id)
    except ValueError:  # a time that no appointment has, in another century
        return False
    appointments.reschedule(context.tenant, appointment.id, form, actor_name=BY, now=now, check=_as_read(context))
    return True


def _instant(event: Mapping[str, Any], name: str) -> datetime | None:
    """When a timed event begins or ends, with its offset; None for what is told otherwise, such as whole days."""
    told = event.get(name)
    try:
        at = datetime.fromisoformat(told["dateTime"]) if isinstance(told, Mapping) else None
    except (KeyError, ValueError, TypeError):
        return None
    return at if at and at.tzinfo else None
