"""When events begin and end, as Google takes and tells it."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from stand_ins.google.answers import Denied

Moment = dict[str, str]
"""``{"date": ...}``, or ``{"dateTime": ..., "timeZone": ...}`` with an offset and whole seconds."""
_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_YEARS: Final = range(1900, 2200)
_UNREADABLE: Final = (TypeError, ValueError, KeyError, OSError, OverflowError)  # OSError: the time zone "America"


class Span(NamedTuple):
    """Of an event, in UTC."""

    starts_at: datetime
    ends_at: datetime


def validated(sent: Mapping[str, Any], zone: ZoneInfo) -> tuple[Moment, Moment]:
    """The start and the end of an event in a calendar of this zone. Raises Denied."""
    is_recurring = bool(sent.get("recurrence"))
    end = _moment(sent.get("end"), "end", zone, is_recurring=is_recurring)
    start = _moment(sent.get("start"), "start", zone, is_recurring=is_recurring)
    if ("date" in start) != ("date" in end):
        raise Denied("invalid", "Start and end times must either both be date or both be dateTime.")
    if instant(end, zone) < instant(start, zone):
        raise Denied("timeRangeEmpty")
    return start, end


def span(fields: Mapping[str, Any], zone: ZoneInfo) -> Span:
    return Span(instant(fields["start"], zone), instant(fields["end"], zone))


def instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """In UTC; a whole day begins in ``zone``, the calendar's."""
    if "date" in moment:
        day = date.fromisoformat(moment["date"])
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return datetime.fromisoformat(moment["dateTime"]).astimezone(UTC)


def shown(moment: Moment, zone: ZoneInfo) -> Moment:
    """As Google tells it: in the zone of the answer, not in the event's own."""
    if "date" in moment:
        return moment
    return moment | {"dateTime": written(instant(moment, zone), zone)}


def written(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat().replace("+00:00", "Z")


def bound(value: str) -> datetime:
    """A bound of a list, whose offset is required. Raises Denied."""
    at = _parsed(value)
    if at is None or at.tzinfo is None:
        raise Denied("badRequest")
    return at


def time_zone(name: Any) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except _UNREADABLE:
        return None


def _moment(sent: Any, which: str, zone: ZoneInfo, *, is_recurring: bool) -> Moment:
    told = {name: value for name, value in sent.items() if value is not None} if isinstance(sent, Mapping) else {}
    if not told.keys() & {"date", "dateTime"}:
        raise Denied("required", f"Missing {which} time.")
    if "date" in told:
        return {"date": _day(told, which)}
    at, named = _parsed(told["dateTime"]), told.get("timeZone")
    own = time_zone(named) if named is not None else zone
    if at is None or own is None:
        what = "time zone definition for " if at else ""
        raise Denied("invalid", f"Invalid {what}{which} time.")
    if named is None and (at.tzinfo is None or is_recurring):
        raise Denied("required", f"Missing time zone definition for {which} time.")
    aware = at if at.tzinfo else at.replace(tzinfo=own)
    return {"dateTime": aware.isoformat(), "timeZone": own.key}


def _day(told: Mapping[str, Any], which: str) -> str:
    try:
        day = date.fromisoformat(told["date"])
    except _UNREADABLE:
        day = None
    if day is None or day.year not in _YEARS or "dateTime" in told:
        raise Denied("invalid", f"Invalid {which} time.")
    return day.isoformat()


def _parsed(value: Any) -> datetime | None:
    """To the second, with an offset where one was sent."""
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        return None
    try:
        at = datetime.fromisoformat(value.upper()).replace(microsecond=0)
    except _UNREADABLE:
        return None
    return at if at.year in _YEARS else None
