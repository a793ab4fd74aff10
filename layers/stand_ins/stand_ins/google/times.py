"""The start and the end of events, as Google takes and returns them."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from stand_ins.google.answers import Denied
from stand_ins.google.records import EventFields
from stand_ins.http import JSONObject

Moment = dict[str, str]
"""``{"date": ...}``, or ``{"dateTime": ..., "timeZone": ...}`` with an offset and whole seconds."""
_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_YEARS: Final = range(1900, 2200)
_UNREADABLE: Final = (TypeError, ValueError, KeyError, OSError, OverflowError)  # OSError: the time zone "America"


class Span(NamedTuple):
    """The time of an event, in UTC."""

    starts_at: datetime
    ends_at: datetime


def validated(sent: JSONObject, zone: ZoneInfo) -> tuple[Moment, Moment]:
    """The start and the end of an event in a calendar of this zone. Raises Denied."""
    is_recurring = bool(sent.get("recurrence"))
    end = _moment(sent.get("end"), "end", zone, is_recurring=is_recurring)
    start = _moment(sent.get("start"), "start", zone, is_recurring=is_recurring)
    if ("date" in start) != ("date" in end):
        raise Denied("invalid", "Start and end times must either both be date or both be dateTime.")
    if instant(end, zone) < instant(start, zone):
        raise Denied("timeRangeEmpty")
    return start, end


def span(fields: EventFields, zone: ZoneInfo) -> Span:
    return Span(instant(fields["start"], zone), instant(fields["end"], zone))


def instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """In UTC; a whole day begins in ``zone``, the calendar's."""
    if "date" in moment:
        day = date.fromisoformat(moment["date"])
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return datetime.fromisoformat(moment["dateTime"]).astimezone(UTC)


def shown(moment: Moment, zone: ZoneInfo) -> Moment:
    """As Google returns it: in the zone of the answer, not in the event's own."""
    if "date" in moment:
        return moment
    return moment | {"dateTime": written(instant(moment, zone), zone)}


def written(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat().replace("+00:00", "Z")


def bound(value: object) -> datetime:
    """A bound of a list, whose offset is required. Raises Denied."""
    at = _parsed(value)
    if at is None or at.tzinfo is None:
        raise Denied("badRequest")
    return at


def time_zone(name: object) -> ZoneInfo | None:
    """The zone of that name; None where it has no zone, or is no text."""
    try:
        return ZoneInfo(name) if isinstance(name, str) else None
    except _UNREADABLE:
        return None


def _moment(sent: object, which: str, zone: ZoneInfo, *, is_recurring: bool) -> Moment:
    """The ``start`` or ``end`` that was sent (``which``). Raises Denied."""
    given = {name: value for name, value in sent.items() if value is not None} if isinstance(sent, Mapping) else {}
    if "date" in given:
        return {"date": _day(given, which)}
    if "dateTime" not in given:
        raise Denied("required", f"Missing {which} time.")
    return _timed(given["dateTime"], given.get("timeZone"), which, zone, is_recurring=is_recurring)


def _timed(written: object, zone_name: object, which: str, calendar_zone: ZoneInfo, *, is_recurring: bool) -> Moment:
    """A moment with a time. Its zone may be left out where it has an offset and does not recur. Raises Denied."""
    at, zone = _parsed(written), calendar_zone if zone_name is None else time_zone(zone_name)
    if at is None:
        raise Denied("invalid", f"Invalid {which} time.")
    if zone is None:
        raise Denied("invalid", f"Invalid time zone definition for {which} time.")
    if zone_name is None and (at.tzinfo is None or is_recurring):
        raise Denied("required", f"Missing time zone definition for {which} time.")
    aware = at if at.tzinfo else at.replace(tzinfo=zone)
    return {"dateTime": aware.isoformat(), "timeZone": zone.key}


def _day(given: JSONObject, which: str) -> str:
    written = given["date"]
    try:
        day = date.fromisoformat(written) if isinstance(written, str) else None
    except _UNREADABLE:
        day = None
    if day is None or day.year not in _YEARS or "dateTime" in given:
        raise Denied("invalid", f"Invalid {which} time.")
    return day.isoformat()


def _parsed(value: object) -> datetime | None:
    """To the second, with an offset where one was sent."""
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        return None
    try:
        at = datetime.fromisoformat(value.upper()).replace(microsecond=0)
    except _UNREADABLE:
        return None
    return at if at.year in _YEARS else None
