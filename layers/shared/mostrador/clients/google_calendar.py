"""Google Calendar over HTTP: the events of one calendar, one function for each call, one exception for each error.

https://developers.google.com/calendar/api/v3/reference/events

Nothing is tried twice here: the caller refreshes the token, waits, reads again or gives up. Where no answer came the
outcome is unknown, and the same call about the same event id is safe to repeat.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from mostrador.calendars.rules.google_errors import Failure, failure_of, reasons
from mostrador.calendars.rules.google_event import GoogleEvent
from mostrador.clients import google_oauth
from mostrador.clients.google_oauth import Answer, GoogleUnavailable
from mostrador.errors import Conflict, Invalid, NotFound, ServiceError, Unavailable
from mostrador.values.next_actions import NextAction

PAGE_SIZE: Final = 250  # of events of a few KB: Google gives up to 2500, and descriptions of 8 KB
READ: Final = (
    "items(id,status,etag,summary,description,start,end,visibility,transparency,eventType,recurrence,recurringEventId,"
    "attendees(email,self,responseStatus),extendedProperties/private),nextPageToken,nextSyncToken,timeZone"
)
"""The fields of a list: all that is read of an event here."""
LARGEST_PAGE: Final = 8 * 1024 * 1024

_DONE: Final = (200, 204)
_QUOTA_USER: Final = 40  # characters that Google takes
_REASON: Final = 80
_SECONDS: Final = re.compile(r"[0-9]{1,6}")


class CalendarBusy(Unavailable):
    """``retry_after`` are the seconds that Google asks to wait, None where it gives none."""

    code = "calendar_busy"
    en = "Google Calendar asks to try again later ({reason})"
    es = "Google Calendar pide intentar más tarde"


class CalendarUnreachable(Unavailable):
    """The outcome is unknown."""

    code = "calendar_unreachable"
    en = "Google Calendar did not answer as it should: {reason}"
    es = "Google Calendar no respondió como debe"


class CalendarUnauthorized(Conflict):
    code = "calendar_unauthorized"
    en = "Google Calendar does not accept our access token ({reason})"
    es = "Google Calendar no acepta nuestro permiso de acceso"
    next_action = NextAction.CONNECT_INTEGRATION


class EventExists(Conflict):
    """The event may be a deleted one, which keeps its id."""

    code = "event_exists"
    en = "the calendar has an event with this id already"
    es = "el calendario ya tiene un evento con este identificador"


class EventChanged(Conflict):
    code = "event_changed"
    en = "somebody changed the event in Google Calendar first"
    es = "alguien cambió antes el evento en Google Calendar"


class SyncTokenDead(Conflict):
    code = "calendar_full_sync_required"
    en = "Google Calendar no longer tells the changes since then: read all of it again"
    es = "Google Calendar ya no informa los cambios desde entonces: hay que leerlo todo de nuevo"


class EventGone(NotFound):
    code = "event_gone"
    en = "the event is not in Google Calendar"
    es = "el evento no está en Google Calendar"


class CalendarGone(NotFound):
    code = "calendar_gone"
    en = "there is no such Google calendar, or it is not shared with us"
    es = "no existe ese calendario de Google, o no está compartido con nosotros"
    next_action = NextAction.CONNECT_INTEGRATION


class CalendarForbidden(Conflict):
    code = "calendar_forbidden"
    en = "we may not write in this Google calendar ({reason})"
    es = "no tenemos permiso para escribir en este calendario de Google"
    next_action = NextAction.CONNECT_INTEGRATION


class CalendarRefused(Invalid):
    code = "calendar_refused"
    en = "Google Calendar refuses the request: {reason}"
    es = "Google Calendar rechaza el pedido"


_REFUSALS: Final[Mapping[Failure, type[ServiceError]]] = {
    Failure.RETRY: CalendarBusy,
    Failure.REFRESH: CalendarUnauthorized,
    Failure.DUPLICATE: EventExists,
    Failure.GONE: EventGone,
    Failure.CHANGED: EventChanged,
    Failure.FULL_SYNC: SyncTokenDead,
    Failure.REFUSED: CalendarRefused,
    Failure.FORBIDDEN: CalendarForbidden,
}


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar and the access to it; ``base_url`` as https://www.googleapis.com/calendar/v3.

    Each ``quota_user`` has its own quota where one service account acts for many tenants.
    """

    base_url: str
    calendar_id: str
    token: str = field(repr=False)
    quota_user: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Events, and the token to go on with: ``next_sync`` of the last page, ``next_page`` of every other.

    ``time_zone`` is the calendar's IANA zone, in which all-day events begin and end.
    """

    events: tuple[GoogleEvent, ...] = field(repr=False)
    next_page: str | None
    next_sync: str | None
    time_zone: str | None


# Each function raises CalendarBusy, CalendarUnreachable, CalendarUnauthorized, CalendarForbidden, CalendarRefused, and
# the exceptions that it names.


def insert(calendar: Calendar, body: Mapping[str, object], *, send_updates: str = "none") -> GoogleEvent:
    """The new event, as Google returns it. Raises EventExists, also for a deleted one, and CalendarGone."""
    return _event(_call(calendar, "POST", query={"sendUpdates": send_updates}, body=body))


def get(calendar: Calendar, event_id: str) -> GoogleEvent | None:
    """The event; a deleted one has the status "cancelled". None where there is no such event or calendar."""
    try:
        return _event(_call(calendar, "GET", event_id))
    except EventGone:
        return None


def update(
    calendar: Calendar,
    event_id: str,
    body: Mapping[str, object],
    etag: str | None = None,
    *,
    send_updates: str = "none",
) -> GoogleEvent:
    """The event replaced by ``body``, if it still has the ``etag``. Raises EventGone, EventChanged."""
    return _event(_call(calendar, "PUT", event_id, query={"sendUpdates": send_updates}, body=body, etag=etag))


def patch(
    calendar: Calendar,
    event_id: str,
    fields: Mapping[str, object],
    etag: str | None = None,
    *,
    send_updates: str = "none",
) -> GoogleEvent:
    """The event with some fields changed, a list as a whole. Raises EventGone, EventChanged."""
    return _event(_call(calendar, "PATCH", event_id, query={"sendUpdates": send_updates}, body=fields, etag=etag))


def delete(calendar: Calendar, event_id: str, etag: str | None = None, *, send_updates: str = "none") -> bool:
    """Whether the event was there; afterwards it is not. Raises EventChanged."""
    try:
        _call(calendar, "DELETE", event_id, query={"sendUpdates": send_updates}, etag=etag)
    except EventGone:
        return False
    return True


def changes(
    calendar: Calendar,
    *,
    sync_token: str | None = None,
    page_token: str | None = None,
    time_min: datetime | None = None,
    time_max: datetime | None = None,
    page_size: int = PAGE_SIZE,
) -> Page:
    """A page of all events, with each repetition and each deleted one, or of those changed since ``sync_token``.

    Without a sync token the aware ``time_min`` bounds the end of the events, ``time_max`` their start. A sync token
    keeps the bounds of the first call. Raises SyncTokenDead, CalendarGone.

    https://developers.google.com/calendar/api/guides/sync
    """
    query = {"singleEvents": "true", "showDeleted": "true", "maxResults": str(page_size), "fields": READ}
    if sync_token is not None:
        query["syncToken"] = sync_token
    else:
        bounds = {"timeMin": time_min, "timeMax": time_max}
        query |= {name: at.isoformat() for name, at in bounds.items() if at}
    if page_token is not None:
        query["pageToken"] = page_token
    return _page(_call(calendar, "GET", query=query, largest=LARGEST_PAGE))


def _call(
    calendar: Calendar,
    method: str,
    event_id: str | None = None,
    *,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, object] | None = None,
    etag: str | None = None,
    largest: int = google_oauth.SMALL,
) -> object:
    """The JSON of a call that succeeded, None where there is none; about the calendar where ``event_id`` is None."""
    headers = {"Authorization": f"Bearer {calendar.token}", "Accept": "application/json"}
    if etag is not None:
        headers["If-Match"] = etag
    if body is not None:
        headers["Content-Type"] = "application/json"
    payload = None if body is None else json.dumps(body).encode()
    url = _url(calendar, event_id, query or {})
    try:
        answer = google_oauth.send(method, url, headers=headers, body=payload, largest=largest)
    except GoogleUnavailable as error:
        raise CalendarUnreachable(**error.facts) from error
    if answer.status not in _DONE:
        raise _refusal(answer, of_event=event_id is not None, listing=event_id is None and method == "GET")
    return answer.content


def _url(calendar: Calendar, event_id: str | None, query: Mapping[str, str]) -> str:
    path = f"{calendar.base_url.rstrip('/')}/calendars/{_segment(calendar.calendar_id)}/events"
    if event_id is not None:
        path = f"{path}/{_segment(event_id)}"
    quota = {"quotaUser": calendar.quota_user[:_QUOTA_USER]} if calendar.quota_user else {}
    parameters = {**query, **quota}
    return f"{path}?{urlencode(parameters)}" if parameters else path


def _segment(text: str) -> str:
    """One part of a path; dots alone would lead out of the path."""
    return quote(text, safe="") if text.strip(".") else "%2E" * len(text)


def _refusal(answer: Answer, *, of_event: bool, listing: bool) -> ServiceError:
    failure = failure_of(answer.status, answer.content, listing=listing)
    reason = ", ".join(reasons(answer.content))[:_REASON] or f"status {answer.status}"
    if failure is Failure.RETRY:
        return CalendarBusy(reason=reason, retry_after=_retry_after(answer))
    if answer.content is None and failure is not Failure.REFRESH:  # a proxy's 404 does not mean that the event is gone
        return CalendarUnreachable(reason=f"{reason} without JSON")
    if failure is Failure.GONE and not of_event:
        return CalendarGone(reason=reason)
    return _REFUSALS[failure](reason=reason)


def _retry_after(answer: Answer) -> int | None:
    seconds = answer.headers.get("Retry-After", "")
    return int(seconds) if _SECONDS.fullmatch(seconds) else None


def _event(content: object) -> GoogleEvent:
    if not isinstance(content, dict) or not isinstance(content.get("id"), str):
        raise CalendarUnreachable(reason="that is not an event")
    return content


def _page(content: object) -> Page:
    """Raises CalendarUnreachable also for a page without a token: it might pass for the last one."""
    fields: Mapping[str, object] = content if isinstance(content, dict) else {}
    events = fields.get("items", [])
    next_page, next_sync, zone = (_word(fields.get(name)) for name in ("nextPageToken", "nextSyncToken", "timeZone"))
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise CalendarUnreachable(reason="that is not a page of events")
    if not (next_page or next_sync):
        raise CalendarUnreachable(reason="that is not a page of events")
    return Page(tuple(events), next_page, next_sync, zone)


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
