"""What somebody did in Google to an event of ours: taken over, or put back, as the tenant chose."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from mostrador.calendars import event_context, event_sync, event_upsert, google_access
from mostrador.calendars.event_context import Scene, is_in_place
from mostrador.calendars.event_sync import Clock, Outcome
from mostrador.calendars.rules.event_plan import NOTHING, OnChange, State
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


class Kind(StrEnum):
    """How the calendar is not as it should be: ours MISSING there, STRAY there that is not ours here any more, ..."""

    MISSING = "MISSING"
    STRAY = "STRAY"
    DIFFERS = "DIFFERS"
    PARKED = "PARKED"
    PENDING = "PENDING"


def kind_of(scene: Scene, event: Mapping[str, Any] | None) -> Kind | None:
    """What is wrong with the event of an appointment, None where nothing is."""
    record, is_there = scene.record, event is not None and event.get("status") != CANCELLED
    if record and scene.want != NOTHING and record.state in (State.PENDING, State.PARKED):
        return Kind(record.state)
    if scene.wanted is None:
        return Kind.STRAY if is_there else None
    if record is None or not is_in_place(record, scene.target):  # what is here was left by an earlier connection
        return Kind.MISSING
    if event is None or not is_there:
        return Kind.MISSING
    return None if event_upsert.is_right(scene.wanted, event) else Kind.DIFFERS


def answer(
    scene: Scene, event: Mapping[str, Any] | None, kind: Kind, *, clock: Clock, follows_deletions: bool = True
) -> bool:
    """Put right what is wrong; whether it is right now, or will be by itself."""
    if event is not None and _is_theirs(scene, kind):
        is_allowed = follows_deletions or event.get("status") != CANCELLED
        if is_allowed and _taken_over(scene, event, clock()):
            return True
    resource_id = scene.appointment.resource_id if scene.appointment else None
    outcome = event_sync.follow(
        scene.tenant, scene.appointment_id, clock=clock, resource_id=resource_id, is_due=True, is_forced=True
    )
    return outcome in (Outcome.SYNCED, Outcome.LEFT)


def remove_stray(tenant: str, connection: Integration, event: Mapping[str, Any], *, now: datetime) -> None:
    """Delete an event that we made for this tenant and that no record names; what is not surely that is left."""
    private = (event.get("extendedProperties") or {}).get("private") or {}
    if private.get(f"{PREFIX}tenant") == tenant:
        google_access.ask(connection, lambda calendar: google_calendar.delete(calendar, event["id"]), now=now)
        logger.info("calendar.stray_removed", tenant=tenant, event=event["id"])


def would_cancel(scene: Scene, event: Mapping[str, Any] | None, kind: Kind, *, now: datetime) -> bool:
    """Whether it is a deletion that ``answer`` would follow, were nothing changed meanwhile."""
    is_deleted = event is not None and event.get("status") == CANCELLED
    return is_deleted and _is_theirs(scene, kind) and _is_to_come(scene, now) and not _has_money(scene)


def _is_theirs(scene: Scene, kind: Kind) -> bool:
    """Whether it is somebody's change there, in a calendar that is followed."""
    return _was_told(scene) and kind in (Kind.MISSING, Kind.DIFFERS) and _is_followed(scene)


def _is_to_come(scene: Scene, now: datetime) -> bool:
    found = scene.appointment
    return found is not None and found.status in appointment_rules.OCCUPYING and found.ends_at > now


def _has_money(scene: Scene) -> bool:
    return scene.appointment is not None and bool(scene.appointment.payment_ids)


def _was_told(scene: Scene) -> bool:
    """Whether the calendar said what the appointment says, so that what it says now is somebody's change there."""
    record = scene.record
    return record is not None and record.fingerprint == scene.want and is_in_place(record, scene.target)


def _is_followed(scene: Scene) -> bool:
    return scene.target is not None and google_access.choices(scene.target).on_change == OnChange.FOLLOW


def _taken_over(scene: Scene, event: Mapping[str, Any], now: datetime) -> bool:
    """Move or cancel the appointment as its event was; False where that is not what was done, or is refused.

    What was read of both may be old by now: only what is still so is taken over.
    """
    appointment = scene.appointment
    if appointment is None or not _is_to_come(scene, now):
        return False
    if not _is_still_so(scene, event, now):
        return False
    try:
        if event.get("status") == CANCELLED:
            return _cancelled(scene, now)
        return _moved(scene, event, now)
    except (Conflict, Invalid, NotFound) as refused:
        logger.info("calendar.not_followed", tenant=scene.tenant, appointment=appointment.id, reason=refused.code)
        return False


def _is_still_so(scene: Scene, event: Mapping[str, Any], now: datetime) -> bool:
    """Whether neither our side nor the event has changed since they were read."""
    fresh = event_context.look(scene.tenant, scene.appointment_id, None)
    if scene.appointment is None or fresh.appointment is None or fresh.target is None or not _was_told(fresh):
        return False
    if fresh.appointment.version != scene.appointment.version:
        return False
    live = google_access.ask(fresh.target, lambda calendar: google_calendar.get(calendar, event["id"]), now=now)
    if live is None or live.get("status") == CANCELLED:
        return event.get("status") == CANCELLED
    return bool(live.get("etag") == event.get("etag"))


def _as_read(scene: Scene) -> Callable[[Any], None]:
    """The check that the appointment is still as it was read, in the write that changes it."""

    def check(appointment: Any) -> None:
        if scene.appointment is None or appointment.version != scene.appointment.version:
            raise Stale(given=appointment.version, current=appointment.version)

    return check


def _cancelled(scene: Scene, now: datetime) -> bool:
    """What was paid is not given back because an event was deleted: then the event is put back, for staff to decide."""
    from mostrador.scheduling import appointments  # noqa: PLC0415 - with pydantic and more, which most changes do without

    if _has_money(scene):
        return False
    check = _as_read(scene)
    appointments.cancel(scene.tenant, scene.appointment_id, reason="Google Calendar", by=BY, now=now, check=check)
    return True


def _moved(scene: Scene, event: Mapping[str, Any], now: datetime) -> bool:
    from mostrador.scheduling import appointments  # noqa: PLC0415 - the same
    from mostrador.scheduling.views.appointments import Rescheduling  # noqa: PLC0415 - the same

    appointment = scene.appointment
    starts_at, ends_at = _instant(event, "start"), _instant(event, "end")
    if appointment is None or starts_at is None or ends_at is None or starts_at == appointment.starts_at:
        return False
    if ends_at - starts_at != appointment.ends_at - appointment.starts_at:
        return False
    try:
        form = Rescheduling(starts_at=starts_at, resource_id=appointment.resource_id)
    except ValueError:  # a time that no appointment has, in another century
        return False
    appointments.reschedule(scene.tenant, appointment.id, form, by=BY, now=now, check=_as_read(scene))
    return True


def _instant(event: Mapping[str, Any], name: str) -> datetime | None:
    """When a timed event begins or ends, with its offset; None for what is told otherwise, such as whole days."""
    told = event.get(name)
    try:
        at = datetime.fromisoformat(told["dateTime"]) if isinstance(told, Mapping) else None
    except (KeyError, ValueError, TypeError):
        return None
    return at if at and at.tzinfo else None
