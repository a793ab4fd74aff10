"""One event said to Google so that saying it again does no harm, whatever became of the answer."""

from collections.abc import Callable, Mapping
from typing import Any

from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.google_event import CANCELLED, Wanted
from mostrador.clients import google_calendar
from mostrador.clients.google_calendar import Calendar, CalendarUnreachable, EventChanged, EventExists, EventGone


def upserted(
    calendar: Calendar, body: dict[str, Any], wanted: Wanted, etag: str | None, hold: Callable[[], None]
) -> dict[str, Any] | None:
    """The event as ``body`` has it, made or changed; None where its id was deleted, and so stays for ever.

    ``etag`` is the event's as we last knew it, None where we never saw it. What somebody else changed meanwhile is
    looked at first: what is right is left alone. ``hold`` raises where somebody newer may be at it; until then nobody
    wrote what the etag that was just read does not tell. Raises what the client raises.
    """
    send_updates = "all" if wanted.attendees else "none"
    try:
        if etag is None:
            return google_calendar.insert(calendar, body, send_updates=send_updates)
        if not wanted.attendees:
            return google_calendar.patch(calendar, body["id"], _fields(body), etag)
    except (EventExists, EventChanged):
        pass
    except EventGone:
        return None
    found = google_calendar.get(calendar, body["id"])
    if found is None and etag is None:
        raise CalendarUnreachable(reason="an event that exists is not there")
    if found is None or found.get("status") == CANCELLED:
        return None
    if is_right(wanted, found):
        return found
    hold()
    fields = _fields(body) | ({"recurrence": None} if found.get("recurrence") else {})
    fields |= {"attendees": _guests(wanted, found)} if wanted.attendees else {}
    return google_calendar.patch(calendar, body["id"], fields, found.get("etag"), send_updates=send_updates)


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    """What is changed of an event that is there; what is not ours in it stays."""
    return {"visibility": "default"} | {name: value for name, value in body.items() if name != "id"}


def is_right(wanted: Wanted, found: Mapping[str, Any]) -> bool:
    is_private = found.get("visibility") == "private"
    return not rules.differs(wanted, found) and is_private == wanted.is_private and not _uninvited(wanted, found)


def _uninvited(wanted: Wanted, found: Mapping[str, Any]) -> list[str]:
    present = {str(guest.get("email", "")).lower() for guest in found.get("attendees") or []}
    return [email for email in wanted.attendees if email.lower() not in present]


def _guests(wanted: Wanted, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Who is there, with their answers, and who is missing: Google replaces the list as a whole."""
    return [*(found.get("attendees") or []), *({"email": email} for email in _uninvited(wanted, found))]
