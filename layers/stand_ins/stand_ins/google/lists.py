"""Events page by page: all of a calendar's, or those that changed since a sync token."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from stand_ins.google import events, queries, records, times
from stand_ins.google.queries import Mark, Query, Values
from stand_ins.google.records import Calendar, Event

_SEARCHED: Final = ("summary", "description", "location")


def page(calendar: Calendar, role: str, sent: Values) -> dict[str, object]:
    """One page; ``calendar`` must have been read before, so that no change since goes unnoticed. Raises Denied."""
    query = queries.parsed(sent)
    mark = queries.mark_of(calendar, query)
    zone = ZoneInfo(calendar.time_zone)
    matching = [event for event in records.listed(Event, calendar.calendar_id) if _matches(event, query, mark, zone)]
    matching.sort(key=lambda event: _order(event, query, zone))
    rest = [event for event in matching if not mark.after or _order(event, query, zone) > mark.after]
    here, is_last = rest[: query.most], len(rest) <= query.most
    answer = _head(calendar, role, matching)
    if not is_last:
        answer["nextPageToken"] = queries.page_token(calendar, query, mark, _order(here[-1], query, zone))
    elif query.gives_sync:
        answer["nextSyncToken"] = queries.sync_token(calendar, mark)
    return answer | {"items": [_shown(event, calendar, query) for event in here]}


def _head(calendar: Calendar, role: str, matching: list[Event]) -> dict[str, object]:
    return {
        "kind": "calendar#events",
        "etag": f'"p{calendar.changes:06d}"',
        "summary": calendar.summary,
        "description": calendar.description,
        "updated": max((event.updated for event in matching), default="1970-01-01T00:00:00.000Z"),
        "timeZone": calendar.time_zone,
        "accessRole": role,
        "defaultReminders": [],
    }


def _shown(event: Event, calendar: Calendar, query: Query) -> dict[str, object]:
    return events.tombstone(event) if events.is_deleted(event) else events.shown(event, calendar, query.zone)


def _order(event: Event, query: Query, zone: ZoneInfo) -> tuple[str, str]:
    """The place of an event in the list: by ``orderBy``, else by the id, which never changes."""
    if query.order_by == "startTime":
        return times.span(event.fields, zone).starts_at.isoformat(), event.event_id
    return event.updated if query.order_by == "updated" else "", event.event_id


def _matches(event: Event, query: Query, mark: Mark, zone: ZoneInfo) -> bool:
    """Whether the event is in the list. Restrictions of the first list do not apply to changes."""
    if event.place <= mark.since or (events.is_deleted(event) and not query.shows_deleted):
        return False
    if query.updated_min and datetime.fromisoformat(event.updated) < query.updated_min:
        return False
    return _is_within(event, query, zone) and _has_properties(event, query) and _says(event, query)


def _is_within(event: Event, query: Query, zone: ZoneInfo) -> bool:
    """``timeMin`` bounds the end, ``timeMax`` the start; both are exclusive."""
    span = times.span(event.fields, zone)
    is_late = query.time_min is None or span.ends_at > query.time_min
    return is_late and (query.time_max is None or span.starts_at < query.time_max)


def _has_properties(event: Event, query: Query) -> bool:
    kept = event.fields.get("extendedProperties", {})
    return all(kept.get(side, {}).get(key) == value for side, key, value in query.properties)


def _says(event: Event, query: Query) -> bool:
    if query.uid and event.ical_uid != query.uid:
        return False
    people = [f"{guest.get('email')} {guest.get('displayName', '')}" for guest in event.fields.get("attendees", [])]
    text = " ".join([*(event.fields.get(name, "") for name in _SEARCHED), event.organizer, *people]).casefold()
    return all(word in text for word in query.words)
