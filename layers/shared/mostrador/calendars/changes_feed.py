"""What Google says is in a calendar: all of it, or what changed since; ours told from other people's."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from mostrador.calendars import google_access
from mostrador.calendars.rules import google_event as rules
from mostrador.clients import google_calendar
from mostrador.clients.google_calendar import Calendar, Page
from mostrador.scheduling.rules import busy_times
from mostrador.table import keys
from mostrador.table.items.tenants import Integration

BEHIND: Final = busy_times.BEHIND
AHEAD: Final = busy_times.AHEAD
"""How far back and ahead of now a calendar is read and compared."""


@dataclass(slots=True)
class Reading:
    """``ours`` by event id; ``cursor`` is where the next one goes on. ``is_whole``: all there is, not what changed."""

    is_whole: bool
    ours: dict[str, dict[str, Any]] = field(default_factory=dict)
    theirs: list[dict[str, Any]] = field(default_factory=list)
    cursor: str | None = None
    time_zone: str | None = None


def whole(connection: Integration, *, now: datetime) -> Reading:
    """Everything from BEHIND to AHEAD. Raises what ``calendar_access.ask`` does."""
    return _read(connection, None, now=now)


def since(connection: Integration, cursor: str, *, now: datetime) -> Reading:
    """What changed since. Raises SyncTokenDead and what ``calendar_access.ask`` does."""
    return _read(connection, cursor, now=now)


def _read(connection: Integration, cursor: str | None, *, now: datetime) -> Reading:
    reading, tenant = Reading(is_whole=cursor is None), keys.tenant_of(connection.pk)
    for page in _pages(connection, cursor, now):
        for event in page.events:
            _sort(reading, event, tenant)
        reading.cursor, reading.time_zone = page.next_sync, page.time_zone or reading.time_zone
    return reading


def _pages(connection: Integration, cursor: str | None, now: datetime) -> Iterator[Page]:
    first, last = (None, None) if cursor else (now - BEHIND, now + AHEAD)
    page_token: str | None = None

    def asked(calendar: Calendar) -> Page:
        return google_calendar.changes(
            calendar, sync_token=cursor, page_token=page_token, time_min=first, time_max=last
        )

    while True:
        page = google_access.ask(connection, asked, now=now)
        yield page
        page_token = page.next_page
        if page_token is None:
            return


def _sort(reading: Reading, event: dict[str, Any], tenant: str) -> None:
    """A deleted event may have nothing but its id: ours, or another tenant's, which then blocks no longer."""
    is_ours = rules.is_ours(event, tenant)
    if is_ours:
        reading.ours[str(event.get("id"))] = event
    if not is_ours or event.get("status") == rules.CANCELLED:
        reading.theirs.append(event)
