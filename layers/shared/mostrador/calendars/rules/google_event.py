"""Appointments as Google Calendar events: ids, contents, what differs, whose time is taken, what an error asks for.

Events are as https://developers.google.com/calendar/api/v3/reference/events has them. Anybody may have written those
that Google tells, so nothing here trusts their form: what cannot be read is no event, or differs.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from mostrador.scheduling.rules.busy_times import BusyTime
from mostrador.values import local_time

CANCELLED: Final = "cancelled"
PREFIX: Final = "mostrador_"  # before each of our private properties: other programs have an "appointment" too
_REVISIONS: Final = frozenset({"revision", "version"})
_LONGEST_KEY, _LONGEST_VALUE = 44, 1024
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"
_OUR_ID: Final = re.compile(r"([0-9a-f]{32})g(0|[1-9a-v][0-9a-v]{0,11})")
_NOT_TIME: Final = ("workingLocation", "birthday")
# Nothing outside is of use to an agenda, and every zone can compute with what is inside.
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)
_UNREADABLE: Final = (TypeError, ValueError, KeyError, OSError, OverflowError)  # OSError: the time zone "America"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the calendar should say of an appointment: aware datetimes, an IANA zone, ``attendees`` by e-mail.

    ``private`` are our ids (tenant, appointment, revision...), named without PREFIX; ``is_private`` hides the event
    from whom the calendar is shared with.
    """

    status: Literal["confirmed", "tentative"]
    summary: str
    description: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    attendees: tuple[str, ...] = ()
    private: Mapping[str, Any] = field(default_factory=dict)
    is_private: bool = False


class Failure(StrEnum):
    """What to do about an answer that is an error."""

    RETRY = "RETRY"
    REFRESH = "REFRESH"
    DUPLICATE = "DUPLICATE"
    GONE = "GONE"
    CHANGED = "CHANGED"
    FULL_SYNC = "FULL_SYNC"
    REFUSED = "REFUSED"
    FORBIDDEN = "FORBIDDEN"  # to the connection as a whole, whatever it asks


_BY_STATUS: Final = {
    401: Failure.REFRESH,
    404: Failure.GONE,
    408: Failure.RETRY,
    409: Failure.DUPLICATE,
    410: Failure.GONE,
    412: Failure.CHANGED,
    429: Failure.RETRY,
}
_FORBIDDEN, _GONE, _CLIENT_ERRORS = 403, 410, 4
OUR_FAULT: Final = "accessNotConfigured"  # in our project, for every tenant
_LIMITS: Final = "userRateLimitExceeded rateLimitExceeded quotaExceeded dailyLimitExceeded"
_RETRIED: Final = frozenset([*_LIMITS.split(), OUR_FAULT])
_CLOSED: Final = frozenset({"forbidden", "insufficientPermissions", "requiredAccessLevel"})
_FULL_SYNC: Final = frozenset({"fullSyncRequired", "updatedMinTooLongAgo"})


def event_id(appointment_id: str, generation: int) -> str:
    """The id of an appointment's event: its 32 hex digits, "g" and the generation in base32hex.

    A deleted event keeps its id for ever; the next generation is another event. Raises ValueError for no such id.
    """
    made = f"{appointment_id}g{_base32hex(generation)}" if generation >= 0 else ""
    if not _OUR_ID.fullmatch(made):
        raise ValueError(f"appointment {appointment_id!r} and generation {generation} make no event id")
    return made


def appointment_of(event_id: str) -> tuple[str, int] | None:
    """The appointment and generation of an event id of ours; None for any other."""
    found = _OUR_ID.fullmatch(event_id)
    return (found[1], int(found[2], 32)) if found else None


def body(wanted: Wanted, event_id: str) -> dict[str, Any]:
    """The event as insert and update take it. Raises ValueError for a private property longer than Google keeps."""
    zone = ZoneInfo(wanted.time_zone)
    event: dict[str, Any] = {
        "id": event_id,
        "status": wanted.status,
        "summary": _text(wanted.summary),
        "description": _text(wanted.description),
        "start": _written(wanted.starts_at, zone),
        "end": _written(wanted.ends_at, zone),
        "extendedProperties": {"private": _private(wanted.private)},
    }
    if wanted.attendees:
        event["attendees"] = [{"email": email} for email in wanted.attendees]
    if wanted.is_private:
        event["visibility"] = "private"
    return event


def fingerprint(wanted: Wanted) -> str:
    """32 hex digits that change with what the calendar should say, and not with the revision that says it."""
    content = {
        **{name: str(value) for name, value in _content(wanted).items()},
        "time_zone": wanted.time_zone,
        "attendees": sorted(wanted.attendees),
        "private": {name: str(value) for name, value in wanted.private.items() if name not in _REVISIONS},
        "is_private": wanted.is_private,
    }
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def differs(wanted: Wanted, event: Mapping[str, Any]) -> list[str]:
    """The fields in which an event is not as wanted: some of status, summary, description, start, end, recurrence.

    Only the status of a deleted one, for Google need not tell the rest. Guests are theirs to change.
    """
    if event.get("status") == CANCELLED:
        return ["status"]
    zone = ZoneInfo(wanted.time_zone)
    told = {
        "status": event.get("status", "confirmed"),
        "summary": _text(event.get("summary")),
        "description": _text(event.get("description")),
        "start": _instant(event.get("start"), zone),
        "end": _instant(event.get("end"), zone),
    }
    wrong = [name for name, value in _content(wanted).items() if told[name] != value]
    return [*wrong, "recurrence"] if event.get("recurrence") else wrong


def is_ours(event: Mapping[str, Any], tenant: str | None = None) -> bool:
    """Whether we made the event, for ``tenant`` where one is named; no instance of a series, which a person made of it.

    By its private properties, or by its id where these name no tenant: of a deleted event Google need tell no more.
    """
    return not event.get("recurringEventId") and _stems_from_us(event, tenant)


def busy_of(event: Mapping[str, Any], zone: ZoneInfo, tenant: str | None = None) -> BusyTime | None:
    """The time that a foreign event takes, in whole minutes; None where it takes none, or cannot be read.

    An all-day event begins and ends in ``zone``, the calendar's. What we made for another than ``tenant`` is foreign.
    """
    name = event.get("id")
    starts, ends = _seconds(event.get("start"), zone), _seconds(event.get("end"), zone)
    if not isinstance(name, str) or starts is None or ends is None or ends <= starts or not _blocks(event, tenant):
        return None
    first = max(local_time.wall_midnight(_FIRST_DAY), math.floor(starts / 60))
    last = min(local_time.wall_midnight(_LAST_DAY), math.ceil(ends / 60))
    return BusyTime(name, first, last) if first < last else None


def failure_of(status: int, body: Any, *, listing: bool = False) -> Failure:
    """What to do about the answer ``status`` with the parsed ``body``, or whatever came instead of JSON.

    https://developers.google.com/calendar/api/guides/errors
    """
    told = set(reasons(body))
    if told & _FULL_SYNC or (listing and status == _GONE):
        return Failure.FULL_SYNC
    if status == _FORBIDDEN and told & (_RETRIED | _CLOSED):
        return Failure.RETRY if told & _RETRIED else Failure.FORBIDDEN
    return _BY_STATUS.get(status, Failure.REFUSED if status // 100 == _CLIENT_ERRORS else Failure.RETRY)


def reasons(body: Any) -> tuple[str, ...]:
    """Every reason that an error body gives, in order."""
    listed = _mapping(_mapping(body).get("error")).get("errors")
    told = [_mapping(one).get("reason") for one in listed] if isinstance(listed, list) else []
    return tuple(reason for reason in told if isinstance(reason, str))


def _base32hex(number: int) -> str:
    rest, digit = divmod(number, 32)
    return (_base32hex(rest) if rest else "") + _DIGITS[digit]


def _text(told: Any) -> str:
    """A text as it is compared: Google drops an empty one, and its editors change the line ends."""
    return told.replace("\r\n", "\n").strip() if isinstance(told, str) else ""


def _utc(at: datetime) -> datetime:
    """To the second, which is what we write; in UTC, for a repeated hour of two zones never compares as equal."""
    return at.astimezone(UTC).replace(microsecond=0)


def _content(wanted: Wanted) -> dict[str, Any]:
    return {
        "status": wanted.status,
        "summary": _text(wanted.summary),
        "description": _text(wanted.description),
        "start": _utc(wanted.starts_at),
        "end": _utc(wanted.ends_at),
    }


def _written(at: datetime, zone: ZoneInfo) -> dict[str, str]:
    return {"dateTime": _utc(at).astimezone(zone).isoformat(), "timeZone": zone.key}


def _private(ids: Mapping[str, Any]) -> dict[str, str]:
    written = {f"{PREFIX}{name}": str(value) for name, value in ids.items()}
    for name, value in written.items():
        if len(name) > _LONGEST_KEY or len(value) > _LONGEST_VALUE:
            raise ValueError(f"private property {name} of {len(value)} characters is too long")
    return written


def _mapping(told: Any) -> Mapping[str, Any]:
    return told if isinstance(told, Mapping) else {}


def _instant(told: Any, zone: ZoneInfo) -> datetime | None:
    """When a ``start`` or ``end`` with a time is; without an offset, by its own zone or else ``zone``."""
    written = _mapping(told)
    try:
        at = datetime.fromisoformat(written["dateTime"])
        if at.tzinfo is None:
            at = at.replace(tzinfo=ZoneInfo(written["timeZone"]) if "timeZone" in written else zone)
        return at.astimezone(UTC)
    except _UNREADABLE:
        return None


def _seconds(told: Any, zone: ZoneInfo) -> float | None:
    """Seconds since the epoch of a ``start`` or ``end``, timed or all-day."""
    if at := _instant(told, zone):
        return at.timestamp()
    try:
        day = date.fromisoformat(_mapping(told)["date"])
    except _UNREADABLE:
        return None
    return 60.0 * local_time.day_bounds(min(max(day, _FIRST_DAY), _LAST_DAY), zone)[0]


def _stems_from_us(event: Mapping[str, Any], tenant: str | None) -> bool:
    private = _mapping(_mapping(event.get("extendedProperties")).get("private"))
    is_named = f"{PREFIX}appointment" in private or appointment_of(str(event.get("id"))) is not None
    return is_named and (tenant is None or private.get(f"{PREFIX}tenant") in (None, tenant))


def _blocks(event: Mapping[str, Any], tenant: str | None) -> bool:
    return not (
        event.get("status") == CANCELLED
        or event.get("transparency") == "transparent"
        or event.get("eventType") in _NOT_TIME
        or _stems_from_us(event, tenant)
        or _is_declined(event.get("attendees"))
    )


def _is_declined(attendees: Any) -> bool:
    guests = [_mapping(one) for one in attendees] if isinstance(attendees, list) else []
    return any(guest.get("self") is True and guest.get("responseStatus") == "declined" for guest in guests)
