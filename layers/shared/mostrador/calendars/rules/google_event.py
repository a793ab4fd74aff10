"""Appointments as Google Calendar events: content, differences, and the time that other events take.

Events have the form of https://developers.google.com/calendar/api/v3/reference/events. Anybody may have written an
event that Google returns, so no field has a sure type here: a field that cannot be read is absent, or differs.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, Literal, TypeAlias, TypedDict
from zoneinfo import ZoneInfo

from mostrador.calendars.rules.event_ids import name_of
from mostrador.scheduling.rules.busy_times import BusyTime
from mostrador.values import local_time

GoogleEvent: TypeAlias = Mapping[str, object]
"""An event as Google returns it."""
PREFIX: Final = "mostrador_"  # before each of our private properties: other programs have an "appointment" too
_CANCELLED: Final = "cancelled"
_REVISIONS: Final = frozenset({"revision", "version"})
_LONGEST_KEY, _LONGEST_VALUE = 44, 1024
_NOT_TIME: Final = ("workingLocation", "birthday")
# An agenda needs nothing outside these days, and every zone can compute with the days inside.
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)
_UNREADABLE: Final = (TypeError, ValueError, KeyError, OSError, OverflowError)  # OSError: the time zone "America"


class EventField(StrEnum):
    """A part of an event that is compared with its appointment."""

    STATUS = "status"
    SUMMARY = "summary"
    DESCRIPTION = "description"
    START = "start"
    END = "end"
    RECURRENCE = "recurrence"


class EventTime(TypedDict):
    """``dateTime`` in RFC 3339 with an offset, ``timeZone`` by its IANA name."""

    dateTime: str
    timeZone: str


class EventBody(TypedDict, total=False):
    """An event as we send it."""

    id: str
    status: str
    summary: str
    description: str
    start: EventTime
    end: EventTime
    extendedProperties: Mapping[str, Mapping[str, str]]
    attendees: list[dict[str, str]]
    visibility: str


@dataclass(frozen=True, slots=True)
class EventContent:
    """The content that an appointment's event must have: aware datetimes, an IANA zone, ``attendees`` by e-mail.

    ``private`` are our ids (tenant, appointment, revision...), named without PREFIX. ``is_private`` hides the event
    from everybody with whom the calendar is shared.
    """

    status: Literal["confirmed", "tentative"]
    summary: str
    description: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    attendees: tuple[str, ...] = ()
    private: Mapping[str, object] = field(default_factory=dict)
    is_private: bool = False


def body(content: EventContent, event_id: str) -> EventBody:
    """The event for insert and update. Raises ValueError for a private property longer than Google keeps."""
    zone = ZoneInfo(content.time_zone)
    event: EventBody = {
        "id": event_id,
        "status": content.status,
        "summary": _text(content.summary),
        "description": _text(content.description),
        "start": _event_time(content.starts_at, zone),
        "end": _event_time(content.ends_at, zone),
        "extendedProperties": {"private": _prefixed(content.private)},
    }
    if content.attendees:
        event["attendees"] = [{"email": email} for email in content.attendees]
    if content.is_private:
        event["visibility"] = "private"
    return event


def fingerprint(content: EventContent) -> str:
    """32 hex digits that change with the content, and not with the revision that it comes from."""
    hashed = {
        **{name.value: str(value) for name, value in _compared(content).items()},
        "time_zone": content.time_zone,
        "attendees": sorted(content.attendees),
        "private": {name: str(value) for name, value in content.private.items() if name not in _REVISIONS},
        "is_private": content.is_private,
    }
    return sha256(json.dumps(hashed, sort_keys=True).encode()).hexdigest()[:32]


def differs(content: EventContent, event: GoogleEvent) -> list[EventField]:
    """The fields of an event that differ.

    Of a deleted event only the status is compared, for Google may omit the rest. Guests may change theirs.
    """
    if is_deleted(event):
        return [EventField.STATUS]
    zone = ZoneInfo(content.time_zone)
    actual: dict[EventField, object] = {
        EventField.STATUS: event.get("status", "confirmed"),
        EventField.SUMMARY: _text(event.get("summary")),
        EventField.DESCRIPTION: _text(event.get("description")),
        EventField.START: _instant(event.get("start"), zone),
        EventField.END: _instant(event.get("end"), zone),
    }
    differing = [name for name, value in _compared(content).items() if actual[name] != value]
    return [*differing, EventField.RECURRENCE] if event.get("recurrence") else differing


def is_deleted(event: GoogleEvent) -> bool:
    return event.get("status") == _CANCELLED


def is_ours(event: GoogleEvent, tenant: str | None = None) -> bool:
    """Whether we made the event, for ``tenant`` where one is given. An instance of a series is never ours.

    Its private properties tell, or its id where these name no tenant: Google may return a deleted event without them.
    """
    return not event.get("recurringEventId") and _stems_from_us(event, tenant)


def is_marked_for(event: GoogleEvent, tenant: str) -> bool:
    """Whether the event's private properties name this tenant, so that we surely made it."""
    return _private_properties(event).get(f"{PREFIX}tenant") == tenant


def busy_of(event: GoogleEvent, zone: ZoneInfo, tenant: str | None = None) -> BusyTime | None:
    """The time that a foreign event takes, in whole minutes; None where it takes none, or cannot be read.

    An all-day event begins and ends in ``zone``, the calendar's. An event that we made for another tenant is foreign.
    """
    name = event.get("id")
    starts, ends = _seconds(event.get("start"), zone), _seconds(event.get("end"), zone)
    if not isinstance(name, str) or starts is None or ends is None or ends <= starts or not _blocks(event, tenant):
        return None
    first = max(local_time.wall_midnight(_FIRST_DAY), math.floor(starts / 60))
    last = min(local_time.wall_midnight(_LAST_DAY), math.ceil(ends / 60))
    return BusyTime(name, first, last) if first < last else None


def instant_of(event: GoogleEvent, name: Literal["start", "end"]) -> datetime | None:
    """When a timed event starts or ends, with its offset; None for a whole day, or a time without an offset."""
    try:
        at = datetime.fromisoformat(_string(mapping(event.get(name))["dateTime"]))
    except _UNREADABLE:
        return None
    return at if at.tzinfo else None


def mapping(value: object) -> Mapping[str, object]:
    """A JSON object as it is; anything else as an empty one."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> list[Mapping[str, object]]:
    """The objects of a JSON list; anything else as an empty list."""
    return [mapping(entry) for entry in value] if isinstance(value, list) else []


def _text(value: object) -> str:
    """A text in the form that is compared: Google drops an empty one, and its editors change the line ends."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def _utc(at: datetime) -> datetime:
    """To the second, as we write; in UTC, because datetimes in a repeated hour of two zones never compare as equal."""
    return at.astimezone(UTC).replace(microsecond=0)


def _compared(content: EventContent) -> dict[EventField, object]:
    return {
        EventField.STATUS: content.status,
        EventField.SUMMARY: _text(content.summary),
        EventField.DESCRIPTION: _text(content.description),
        EventField.START: _utc(content.starts_at),
        EventField.END: _utc(content.ends_at),
    }


def _event_time(at: datetime, zone: ZoneInfo) -> EventTime:
    return {"dateTime": _utc(at).astimezone(zone).isoformat(), "timeZone": zone.key}


def _prefixed(ids: Mapping[str, object]) -> dict[str, str]:
    properties = {f"{PREFIX}{name}": str(value) for name, value in ids.items()}
    for name, value in properties.items():
        if len(name) > _LONGEST_KEY or len(value) > _LONGEST_VALUE:
            raise ValueError(f"private property {name} of {len(value)} characters is too long")
    return properties


def _instant(value: object, zone: ZoneInfo) -> datetime | None:
    """The instant of a ``start`` or ``end`` with a time; without an offset, in its own zone or else ``zone``."""
    fields = mapping(value)
    try:
        at = datetime.fromisoformat(_string(fields["dateTime"]))
        if at.tzinfo is None:
            at = at.replace(tzinfo=ZoneInfo(_string(fields["timeZone"])) if "timeZone" in fields else zone)
        return at.astimezone(UTC)
    except _UNREADABLE:
        return None


def _seconds(value: object, zone: ZoneInfo) -> float | None:
    """Seconds since the epoch of a ``start`` or ``end``, timed or all-day."""
    if at := _instant(value, zone):
        return at.timestamp()
    try:
        day = date.fromisoformat(_string(mapping(value)["date"]))
    except _UNREADABLE:
        return None
    return 60.0 * local_time.day_bounds(min(max(day, _FIRST_DAY), _LAST_DAY), zone)[0]


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is no text")
    return value


def _private_properties(event: GoogleEvent) -> Mapping[str, object]:
    return mapping(mapping(event.get("extendedProperties")).get("private"))


def _stems_from_us(event: GoogleEvent, tenant: str | None) -> bool:
    private = _private_properties(event)
    is_named = f"{PREFIX}appointment" in private or name_of(str(event.get("id"))) is not None
    return is_named and (tenant is None or private.get(f"{PREFIX}tenant") in (None, tenant))


def _blocks(event: GoogleEvent, tenant: str | None) -> bool:
    return not (
        is_deleted(event)
        or event.get("transparency") == "transparent"
        or event.get("eventType") in _NOT_TIME
        or _stems_from_us(event, tenant)
        or _is_declined(event.get("attendees"))
    )


def _is_declined(attendees: object) -> bool:
    return any(guest.get("self") is True and guest.get("responseStatus") == "declined" for guest in mappings(attendees))
