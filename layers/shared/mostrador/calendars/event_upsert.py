"""One event written to Google so that a repeat does no harm, also where the last answer was lost."""

from collections.abc import Callable

from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.google_event import EventBody, EventContent, GoogleEvent
from mostrador.clients import google_calendar
from mostrador.clients.google_calendar import Calendar, CalendarUnreachable, EventChanged, EventExists, EventGone


def upsert(
    calendar: Calendar, body: EventBody, content: EventContent, etag: str | None, check_lease: Callable[[], None]
) -> GoogleEvent | None:
    """The event as ``body`` has it, made or changed; None where its id was deleted, which is for ever.

    ``etag`` is the last one that we read; None where we never read the event. An event that somebody else changed is
    read first, and left alone where it is right. ``check_lease`` raises where another worker may have written since.
    Raises what the client raises.
    """
    try:
        if etag is None:
            return google_calendar.insert(calendar, body, send_updates=_send_updates(content))
        if not content.attendees:
            return google_calendar.patch(calendar, body["id"], _patch_of(body), etag)
    except (EventExists, EventChanged):
        pass
    except EventGone:
        return None
    return _corrected(calendar, body, content, must_exist=etag is None, check_lease=check_lease)


def _corrected(
    calendar: Calendar, body: EventBody, content: EventContent, *, must_exist: bool, check_lease: Callable[[], None]
) -> GoogleEvent | None:
    """The event read, and patched where it is not right; None where it was deleted."""
    event = google_calendar.get(calendar, body["id"])
    if event is None and must_exist:
        raise CalendarUnreachable(reason="an event that exists is not there")
    if event is None or rules.is_deleted(event):
        return None
    if is_right(content, event):
        return event
    check_lease()
    changes = _patch_of(body)
    if event.get("recurrence"):
        changes["recurrence"] = None
    if content.attendees:
        changes["attendees"] = _guests(content, event)
    etag = event.get("etag")
    return google_calendar.patch(
        calendar, body["id"], changes, str(etag) if etag else None, send_updates=_send_updates(content)
    )


def is_right(content: EventContent, event: GoogleEvent) -> bool:
    is_private = event.get("visibility") == "private"
    return not rules.differs(content, event) and is_private == content.is_private and not _uninvited(content, event)


def _send_updates(content: EventContent) -> str:
    return "all" if content.attendees else "none"


def _patch_of(body: EventBody) -> dict[str, object]:
    """The fields to change of an existing event; all its other fields stay."""
    return {"visibility": "default"} | {name: value for name, value in body.items() if name != "id"}


def _uninvited(content: EventContent, event: GoogleEvent) -> list[str]:
    present = {str(guest.get("email", "")).lower() for guest in rules.mappings(event.get("attendees"))}
    return [email for email in content.attendees if email.lower() not in present]


def _guests(content: EventContent, event: GoogleEvent) -> list[object]:
    """The present guests with their answers, and the missing ones: Google replaces the list as a whole."""
    return [*rules.mappings(event.get("attendees")), *({"email": email} for email in _uninvited(content, event))]
