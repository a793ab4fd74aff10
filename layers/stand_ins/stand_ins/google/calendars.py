"""Calendars: create one, list them, and find their busy times."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from stand_ins.google import access, queries, records, times
from stand_ins.google.access import Caller
from stand_ins.google.answers import Denied
from stand_ins.google.events import is_deleted
from stand_ins.google.records import Calendar, Event
from stand_ins.google.times import Span
from stand_ins.http import JSONObject

MOST_CALENDARS: Final = 50
_NOT_FOUND: Final = [{"domain": "global", "reason": "notFound"}]


def insert(caller: Caller, sent: JSONObject) -> dict[str, object]:
    """A calendar of the caller's own. Raises Denied."""
    summary, zone = sent.get("summary"), sent.get("timeZone", "UTC")
    if not isinstance(summary, str) or not summary:
        raise Denied("required", "Missing summary.")
    if not isinstance(zone, str) or times.time_zone(zone) is None:
        raise Denied("invalid", "Invalid time zone.")
    calendar = new(
        f"c_{secrets.token_hex(32)}@group.calendar.google.com", owner=caller.account, summary=summary, zone=zone
    )
    calendar.description = str(sent.get("description", ""))
    records.save(calendar)
    return shown(calendar)


def new(calendar_id: str, *, owner: str, summary: str, zone: str) -> Calendar:
    return Calendar(calendar_id, owner, summary, zone, incarnation=new_incarnation())


def new_incarnation() -> str:
    return secrets.token_hex(8)


def shown(calendar: Calendar) -> dict[str, object]:
    described = {"description": calendar.description} if calendar.description else {}
    return {
        "kind": "calendar#calendar",
        "etag": f'"{calendar.incarnation}"',
        "id": calendar.calendar_id,
        "summary": calendar.summary,
        "timeZone": calendar.time_zone,
        **described,
    }


def listed(caller: Caller) -> dict[str, object]:
    """Every calendar to which the caller has access."""
    roles = [(calendar, access.role_in(calendar, caller.account)) for calendar in records.listed(Calendar)]
    items = [
        shown(calendar)
        | {"kind": "calendar#calendarListEntry", "accessRole": role, "defaultReminders": [], "selected": True}
        | ({"primary": True} if calendar.calendar_id == caller.account else {})
        for calendar, role in roles
        if role
    ]
    return {"kind": "calendar#calendarList", "etag": f'"{len(items)}"', "items": items}


def free_busy(caller: Caller, sent: JSONObject) -> dict[str, object]:
    """The busy times of some calendars. Raises Denied."""
    first, last = (_bound(sent, name) for name in ("timeMin", "timeMax"))
    if last <= first:
        raise Denied("timeRangeEmpty")
    items = sent.get("items", [])
    if not isinstance(items, list) or len(items) > MOST_CALENDARS:
        raise Denied("invalid", "Invalid value for: items")
    ids = [str(item.get("id", "")) for item in items if isinstance(item, Mapping)]
    zone = queries.zone(str(sent.get("timeZone", ""))) or ZoneInfo("UTC")
    return {
        "kind": "calendar#freeBusy",
        "timeMin": _with_milliseconds(first),
        "timeMax": _with_milliseconds(last),
        "calendars": {calendar_id: _busy(caller, calendar_id, first, last, zone) for calendar_id in ids},
    }


def _bound(sent: JSONObject, name: str) -> datetime:
    if not sent.get(name):
        raise Denied("required", f"Missing {name}.")
    return times.bound(sent[name])


def _with_milliseconds(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def _busy(caller: Caller, calendar_id: str, first: datetime, last: datetime, zone: ZoneInfo) -> dict[str, object]:
    """The busy times of one calendar; one to which the caller has no access is not found."""
    try:
        calendar = access.calendar(caller, calendar_id, least="freeBusyReader")
    except Denied:
        return {"errors": _NOT_FOUND, "busy": []}
    own = ZoneInfo(calendar.time_zone)
    spans = [
        times.span(event.fields, own)
        for event in records.listed(Event, calendar.calendar_id)
        if not is_deleted(event) and event.fields.get("transparency") != "transparent"
    ]
    return {
        "busy": [
            {"start": times.written(span.starts_at, zone), "end": times.written(span.ends_at, zone)}
            for span in _merged(spans, first, last)
        ]
    }


def _merged(spans: Iterable[Span], first: datetime, last: datetime) -> list[Span]:
    """The time from ``first`` to ``last`` that the spans cover, as spans that do not touch."""
    merged: list[Span] = []
    for starts_at, ends_at in sorted((max(span.starts_at, first), min(span.ends_at, last)) for span in spans):
        if starts_at >= ends_at:
            continue
        if merged and starts_at <= merged[-1].ends_at:
            merged[-1] = Span(merged[-1].starts_at, max(merged[-1].ends_at, ends_at))
        else:
            merged.append(Span(starts_at, ends_at))
    return merged
