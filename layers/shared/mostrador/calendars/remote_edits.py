"""Edits that people make in Google to events of ours: followed, or put back, as the tenant chose."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from mostrador.calendars import event_context, event_sync, event_upsert, google_access
from mostrador.calendars.event_context import EventContext, is_in_place
from mostrador.calendars.event_sync import Clock, SyncOutcome
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.event_ids import Place
from mostrador.calendars.rules.event_plan import NO_EVENT, DifferenceKind, EventState, OnChange
from mostrador.calendars.rules.google_event import GoogleEvent
from mostrador.clients import google_calendar
from mostrador.errors import Conflict, Invalid, NotFound, Stale
from mostrador.observability import logger
from mostrador.scheduling.rules import appointment_states as appointment_rules
from mostrador.table.items.scheduling import Appointment
from mostrador.table.items.tenants import Integration

ACTOR: Final = "google calendar"
"""The actor of such a move or cancellation, in an appointment's history."""
MOST_CANCELLED: Final = 5
"""Appointments that deletions found at once may cancel: more look like a calendar that somebody emptied."""


_FOLLOWED: Final[Mapping[Place, tuple[DifferenceKind, ...]]] = {
    Place.MAIN: (DifferenceKind.MISSING, DifferenceKind.DIFFERS),
    Place.SECOND: (DifferenceKind.DIFFERS,),
}
_UNFINISHED: Final[Mapping[str, DifferenceKind]] = {
    EventState.PENDING: DifferenceKind.PENDING,
    EventState.PARKED: DifferenceKind.PARKED,
}


def kind_of(context: EventContext, event: GoogleEvent | None) -> DifferenceKind | None:
    """How the event of an appointment differs, None where it is right."""
    if unfinished := _unfinished(context):
        return unfinished
    live = None if event is None or rules.is_deleted(event) else event
    if context.content is None:
        return DifferenceKind.STRAY if live else None
    if live is None or not is_in_place(context.record, context.target):  # an earlier connection may have left an event
        return DifferenceKind.MISSING
    return None if event_upsert.is_right(context.content, live) else DifferenceKind.DIFFERS


def _unfinished(context: EventContext) -> DifferenceKind | None:
    record = context.record
    if record is None or context.fingerprint == NO_EVENT:
        return None
    return _UNFINISHED.get(record.state)


def resolve(
    context: EventContext,
    event: GoogleEvent | None,
    kind: DifferenceKind,
    *,
    clock: Clock,
    follows_deletions: bool = True,
) -> bool:
    """Remove the difference; whether the event is right now, or will be by itself."""
    if event is not None and _is_edit(context, kind):
        is_allowed = follows_deletions or not rules.is_deleted(event)
        if is_allowed and _follow_edit(context, event, clock()):
            return True
    booked = context.appointment
    outcome = event_sync.follow(
        context.tenant,
        context.appointment_id,
        clock=clock,
        resource_ids=[booked.resource_id, booked.second_resource_id] if booked else [],
        place=context.place,
        is_due=True,
        is_forced=True,
    )
    return outcome in (SyncOutcome.SYNCED, SyncOutcome.LEFT)


def remove_stray(tenant: str, connection: Integration, event: GoogleEvent, *, now: datetime) -> None:
    """Delete an event that no record names, if we surely made it for this tenant."""
    if rules.is_marked_for(event, tenant):
        event_id = str(event["id"])
        google_access.ask(connection, lambda calendar: google_calendar.delete(calendar, event_id), now=now)
        logger.info("calendar.stray_removed", tenant=tenant, event=event_id)


def would_cancel(context: EventContext, event: GoogleEvent | None, kind: DifferenceKind, *, now: datetime) -> bool:
    """Whether the event was deleted and ``resolve`` would cancel the appointment, were nothing changed meanwhile."""
    is_deleted = event is not None and rules.is_deleted(event)
    return is_deleted and _is_edit(context, kind) and _is_to_come(context, now) and not _has_money(context)


def _is_edit(context: EventContext, kind: DifferenceKind) -> bool:
    """Whether the difference is somebody's edit, in a calendar whose edits the tenant follows.

    A deletion in the second resource's calendar cancels nothing: it may only mean that another room is wanted.
    """
    return (
        _was_synced(context)
        and kind in _FOLLOWED[context.place]
        and context.target is not None
        and google_access.choices(context.target).on_change == OnChange.FOLLOW
    )


def _is_to_come(context: EventContext, now: datetime) -> bool:
    appointment = context.appointment
    return appointment is not None and appointment.status in appointment_rules.OCCUPYING and appointment.ends_at > now


def _has_money(context: EventContext) -> bool:
    return context.appointment is not None and bool(context.appointment.payment_ids)


def _was_synced(context: EventContext) -> bool:
    """Whether the calendar had the appointment's present content, so that any other content is somebody's edit."""
    record = context.record
    return record is not None and record.fingerprint == context.fingerprint and is_in_place(record, context.target)


def _follow_edit(context: EventContext, event: GoogleEvent, now: datetime) -> bool:
    """Move or cancel the appointment as its event was. False where the edit is another one, or is refused.

    Appointment and event are read again first: only an edit that still stands is followed.
    """
    appointment = context.appointment
    if appointment is None or not _is_to_come(context, now) or not _still_stands(context, event, now):
        return False
    try:
        if rules.is_deleted(event):
            return _cancel(context, now)
        return _reschedule(context, appointment, event, now)
    except (Conflict, Invalid, NotFound) as refusal:
        logger.info("calendar.not_followed", tenant=context.tenant, appointment=appointment.id, reason=refusal.code)
        return False


def _still_stands(context: EventContext, event: GoogleEvent, now: datetime) -> bool:
    """Whether neither the appointment nor the event has changed since they were read."""
    fresh = event_context.load(context.tenant, context.appointment_id, place=context.place)
    if context.appointment is None or fresh.appointment is None or fresh.target is None or not _was_synced(fresh):
        return False
    if fresh.appointment.version != context.appointment.version:
        return False
    event_id = str(event["id"])
    live = google_access.ask(fresh.target, lambda calendar: google_calendar.get(calendar, event_id), now=now)
    if live is None or rules.is_deleted(live):
        return rules.is_deleted(event)
    return live.get("etag") == event.get("etag")


def _unchanged_since(context: EventContext) -> Callable[[Appointment], None]:
    """The check, in the write that changes the appointment, that it is still as it was read."""

    def check(appointment: Appointment) -> None:
        if context.appointment is None or appointment.version != context.appointment.version:
            raise Stale(given=appointment.version, current=appointment.version)

    return check


def _cancel(context: EventContext, now: datetime) -> bool:
    """A paid appointment is not cancelled because its event was deleted: the event is put back, for staff to decide."""
    from mostrador.scheduling import appointments  # noqa: PLC0415 - with pydantic and more, which most changes do without

    if _has_money(context):
        return False
    appointments.cancel(
        context.tenant,
        context.appointment_id,
        reason="Google Calendar",
        actor_name=ACTOR,
        now=now,
        check=_unchanged_since(context),
    )
    return True


def _reschedule(context: EventContext, appointment: Appointment, event: GoogleEvent, now: datetime) -> bool:
    from mostrador.scheduling import rescheduling  # noqa: PLC0415 - the same
    from mostrador.scheduling.views.appointments import Rescheduling  # noqa: PLC0415 - the same

    starts_at, ends_at = rules.instant_of(event, "start"), rules.instant_of(event, "end")
    if starts_at is None or ends_at is None or starts_at == appointment.scheduled_at:
        return False
    if ends_at - starts_at != appointment.ends_at - appointment.scheduled_at:
        return False
    try:
        form = Rescheduling(scheduled_at=starts_at, resource_id=appointment.resource_id)
    except ValueError:  # a time that no appointment has, in another century
        return False
    check = _unchanged_since(context)
    rescheduling.move(context.tenant, appointment.id, form, actor_name=ACTOR, now=now, check=check)
    return True
