"""Google's list of a calendar's events: all of them (full sync), or the changes since then (incremental sync).

https://developers.google.com/calendar/api/guides/sync
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mostrador.calendars import google_access
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.google_event import GoogleEvent
from mostrador.clients import google_calendar
from mostrador.clients.google_calendar import Calendar, Page
from mostrador.scheduling.rules import busy_times
from mostrador.table import keys
from mostrador.table.items.tenants import Integration

BEHIND: Final = busy_times.BEHIND
AHEAD: Final = busy_times.AHEAD
"""How far before and after now a calendar is read and compared."""


@dataclass(slots=True)
class CalendarEvents:
    """``ours`` by event id, and other people's, ``foreign``. ``is_full``: all events, not only the changes.

    The next incremental sync starts at ``sync_token``. ``time_zone`` is the calendar's.
    """

    is_full: bool
    ours: dict[str, GoogleEvent] = field(default_factory=dict)
    foreign: list[GoogleEvent] = field(default_factory=list)
    sync_token: str | None = None
    time_zone: str | None = None


def read_all(connection: Integration, *, now: datetime) -> CalendarEvents:
    """Every event from BEHIND to AHEAD. Raises what ``google_access.ask`` does."""
    return _read(connection, None, now=now)


def read_changes(connection: Integration, sync_token: str, *, now: datetime) -> CalendarEvents:
    """The events that changed since ``sync_token``. Raises SyncTokenDead and what ``google_access.ask`` does."""
    return _read(connection, sync_token, now=now)


def _read(connection: Integration, sync_token: str | None, *, now: datetime) -> CalendarEvents:
    events, tenant = CalendarEvents(is_full=sync_token is None), keys.tenant_of(connection.pk)
    for page in _pages(connection, sync_token, now):
        for event in page.events:
            _sort(events, event, tenant)
        events.sync_token, events.time_zone = page.next_sync, page.time_zone or events.time_zone
    return events


def _pages(connection: Integration, sync_token: str | None, now: datetime) -> Iterator[Page]:
    first, last = (None, None) if sync_token else (now - BEHIND, now + AHEAD)
    page_token: str | None = None

    def list_page(calendar: Calendar) -> Page:
        return google_calendar.changes(
            calendar, sync_token=sync_token, page_token=page_token, time_min=first, time_max=last
        )

    while True:
        page = google_access.ask(connection, list_page, now=now)
        yield page
        page_token = page.next_page
        if page_token is None:
            return


def _sort(events: CalendarEvents, event: GoogleEvent, tenant: str) -> None:
    """A deleted event may have only its id, and be another tenant's: it counts as foreign too, and blocks no more."""
    is_ours = rules.is_ours(event, tenant)
    if is_ours:
        events.ours[str(event.get("id"))] = event
    if not is_ours or rules.is_deleted(event):
        events.foreign.append(event)
