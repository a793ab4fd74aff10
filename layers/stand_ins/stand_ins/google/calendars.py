"""Calendars themselves: making one, seeing them, and when they are busy."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from stand_ins.google import access, queries, records, times
from stand_ins.google.access import Caller
from stand_ins.google.answers import Denied
from stand_ins.google.events import is_deleted
from stand_ins.google.records import Calendar, Event

MOST_CALENDARS: Final = 50
_NOT_FOUND: Final = [{"domain": "global", "reason": "notFound"}]


def insert(caller: Caller, sent: Mapping[str, Any]) -> dict[str, Any]:
    """A calendar of the caller's own. Raises Denied."""
    summary, zone = sent.get("summary"), sent.get("timeZone", "UTC")
    if not isinstance(summary, str) or not summary:
        raise Denied("required", "Missing summary.")
    if times.time_zone(zone) is None:
        raise Denied("invalid", "Invalid time zone.")
    made = new(f"c_{secrets.token_hex(32)}@group.calendar.google.com", owner=caller.account, summary=summary, zone=zone)
    made.description = str(sent.get("description", ""))
    records.save(made)
    return shown(made)


def new(calendar_id: str, *, owner: str, summary: str, zone: str) -> Calendar:
    return Calendar(calendar_id, owner, summary, zone, incarnation=new_incarnation())


def new_incarnation() -> str:
    return secrets.token_hex(8)


def shown(calendar: Calendar) -> dict[str, Any]:
    described = {"description": calendar.description} if calendar.description else {}
    return {
        "kind": "calendar#calendar",
        "etag": f'"{calendar.incarnation}"',
        "id": calendar.calendar_id,
        "summary": calendar.summary,
        "timeZone": calendar.time_zone,
        **described,
    }


def listed(caller: Caller) -> dict[str, Any]:
    """Every calendar that the caller has a part in."""
    roles = [(one, access.role_in(one, caller.account)) for one in records.listed(Calendar)]
    items = [
        shown(one)
        | {"kind": "calendar#calendarListEntry", "accessRole": role, "defaultReminders": [], "selected": True}
        | ({"primary": True} if one.calendar_id == caller.account else {})
        for one, role in roles
        if role
    ]
    return {"kind": "calendar#calendarList", "etag": f'"{len(items)}"', "items": items}


def free_busy(caller: Caller, sent: Mapping[str, Any]) -> dict[str, Any]:
    """When each of some calendars is busy. Raises Denied."""
    first, last = (_bound(sent, name) for name in ("timeMin", "timeMax"))
    if last <= first:
        raise Denied("timeRangeEmpty")
    asked = sent.get("items", [])
    if not isinstance(asked, list) or len(asked) > MOST_CALENDARS:
        raise Denied("invalid", "Invalid value for: items")
    ids = [str(one.get("id", "")) for one in asked if isinstance(one, Mapping)]
    zone = queries.zone(str(sent.get("timeZone", ""))) or ZoneInfo("UTC")
    return {
        "kind": "calendar#freeBusy",
        "timeMin": _with_milliseconds(first),
        "timeMax": _with_milliseconds(last),
        "calendars": {one: _busy(caller, one, first, last, zone) for one in ids},
    }


def _bound(sent: Mapping[str, Any], name: str) -> datetime:
    if not sent.get(name):
        raise Denied("required", f"Missing {name}.")
    return times.bound(sent[name])


def _with_milliseconds(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def _busy(caller: Caller, written: str, first: datetime, last: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Whatever may not be seen is not there."""
    try:
        calendar = access.calendar(caller, written, least="freeBusyReader")
    except Denied:
        return {"errors": _NOT_FOUND, "busy": []}
    own = ZoneInfo(calendar.time_zone)
    spans = sorted(
        times.span(one.fields, own)
        for one in records.listed(Event, calendar.calendar_id)
        if not is_deleted(one) and one.fields.get("transparency") != "transparent"
    )
    merged: list[list[datetime]] = []
    for starts_at, ends_at in ((max(one.starts_at, first), min(one.ends_at, last)) for one in spans):
        if starts_at >= ends_at:
            continue
        if merged and starts_at <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], ends_at)
        else:
            merged.append([starts_at, ends_at])
    return {"busy": [{"start": times.written(one, zone), "end": times.written(other, zone)} for one, other in merged]}
