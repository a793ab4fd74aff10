"""What a list of events is asked for, and the tokens with which it goes on.

https://developers.google.com/workspace/calendar/api/v3/reference/events/list
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from mostrador import clock
from stand_ins.google import times
from stand_ins.google.answers import Denied
from stand_ins.google.records import Calendar

Values = Mapping[str, Sequence[str]]
"""A query, each of whose parameters may be repeated."""
LIVES: Final = timedelta(days=28)
"""Of a sync token; what was deleted is known a little longer."""
_MOST, _USUAL = 2500, 250
_NOT_WITH_SYNC: Final = frozenset(
    "iCalUID orderBy privateExtendedProperty q sharedExtendedProperty timeMin timeMax updatedMin".split()
)
_WITHOUT_SYNC: Final = _NOT_WITH_SYNC - {"timeMin", "timeMax"}
"""What leaves a list without a sync token at its end."""
_GOES_ON: Final = ("pageToken", "maxResults")


@dataclass(frozen=True, slots=True)
class Query:
    """``properties`` are (side, key, value); ``gives_sync``: its last page has a sync token."""

    most: int
    order_by: str
    shows_deleted: bool
    gives_sync: bool
    time_min: datetime | None
    time_max: datetime | None
    updated_min: datetime | None
    words: tuple[str, ...]
    uid: str
    properties: tuple[tuple[str, str, str], ...]
    zone: ZoneInfo | None
    sync_token: str
    page_token: str
    digest: str


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a reader has come: ``since`` which change it wants, ``upto`` which it will have been told.

    ``after`` is the last event of the page before, in the order of the list; empty before the first.
    """

    since: int
    upto: int
    after: tuple[str, str] | tuple[()] = ()


def parsed(sent: Values) -> Query:
    """Raises Denied."""
    if "syncToken" in sent and (sent.keys() & _NOT_WITH_SYNC or _flag(sent, "showDeleted") is False):
        raise Denied("badRequest", "Sync token cannot be used with other request restrictions.")
    order_by, updated_min = _one(sent, "orderBy"), _bound(sent, "updatedMin")
    if order_by not in ("", "startTime", "updated"):
        raise _invalid("orderBy", order_by)
    if order_by == "startTime" and not _flag(sent, "singleEvents"):
        raise Denied("badRequest", "The requested ordering is not available for the particular query.")
    if updated_min and updated_min < clock.now() - LIVES:
        raise Denied("updatedMinTooLongAgo")
    return Query(
        most=_most(sent),
        order_by=order_by,
        shows_deleted=bool(_flag(sent, "showDeleted") or updated_min or "syncToken" in sent),
        gives_sync=not sent.keys() & _WITHOUT_SYNC,
        **_bounds(sent),
        updated_min=updated_min,
        words=tuple(_one(sent, "q").casefold().split()),
        uid=_one(sent, "iCalUID"),
        properties=_properties(sent),
        zone=zone(_one(sent, "timeZone")),
        sync_token=_one(sent, "syncToken"),
        page_token=_one(sent, "pageToken"),
        digest=_digest(sent),
    )


def zone(name: str) -> ZoneInfo | None:
    """The time zone of an answer. Raises Denied."""
    found = times.time_zone(name) if name else None
    if name and found is None:
        raise _invalid("timeZone", name)
    return found


def mark_of(calendar: Calendar, query: Query) -> Mark:
    """Where a list goes on. Raises Denied."""
    if query.page_token:
        told = _read(query.page_token)
        if told[:3] != ["page", _name(calendar), query.digest] or len(told) != len(_PAGE):
            raise _invalid("pageToken", query.page_token)
        return Mark(told[3], told[4], (told[5], told[6]))
    if not query.sync_token:
        return Mark(since=0, upto=calendar.changes)
    told = _read(query.sync_token)
    oldest = (clock.now() - LIVES).timestamp()
    if told[:2] != ["sync", _name(calendar)] or len(told) != len(_SYNC) or told[3] < oldest:
        raise Denied("fullSyncRequired")
    return Mark(since=told[2], upto=calendar.changes)


_PAGE: Final = ("kind", "calendar", "digest", "since", "upto", "order", "event_id")
_SYNC: Final = ("kind", "calendar", "since", "at")


def page_token(calendar: Calendar, query: Query, mark: Mark, last: tuple[str, str]) -> str:
    """For the page behind the event ``last``."""
    return _written(["page", _name(calendar), query.digest, mark.since, mark.upto, *last])


def sync_token(calendar: Calendar, mark: Mark) -> str:
    """For what changes after ``mark``."""
    return _written(["sync", _name(calendar), mark.upto, clock.now().timestamp()])


def _name(calendar: Calendar) -> str:
    return f"{calendar.calendar_id} {calendar.incarnation}"


def _written(told: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode()


def _read(token: str) -> list[Any]:
    """What a token says, nothing where it is none of ours."""
    try:
        told = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, RecursionError):
        return []
    return told if isinstance(told, list) else []


def _digest(sent: Values) -> str:
    asked = {name: sorted(values) for name, values in sent.items() if name not in _GOES_ON}
    return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def _invalid(name: str, value: str) -> Denied:
    return Denied("invalidParameter", f"Invalid value '{value[:80]}' for {name}.", location=("parameter", name))


def _one(sent: Values, name: str) -> str:
    return next(iter(sent.get(name, ())), "")


def _flag(sent: Values, name: str) -> bool | None:
    value = _one(sent, name).lower()
    if value not in ("", "true", "false"):
        raise _invalid(name, value)
    return value == "true" if value else None


def _most(sent: Values) -> int:
    value = _one(sent, "maxResults") or str(_USUAL)
    if not value.isascii() or not value.isdigit() or not int(value[:10]):
        raise _invalid("maxResults", value)
    return min(int(value[:10]), _MOST)


def _bound(sent: Values, name: str) -> datetime | None:
    return times.bound(_one(sent, name)) if name in sent else None


def _bounds(sent: Values) -> dict[str, datetime | None]:
    bounds = {"time_min": _bound(sent, "timeMin"), "time_max": _bound(sent, "timeMax")}
    if bounds["time_min"] and bounds["time_max"] and bounds["time_max"] <= bounds["time_min"]:
        raise Denied("timeRangeEmpty")
    return bounds


def _properties(sent: Values) -> tuple[tuple[str, str, str], ...]:
    found = []
    for side in ("private", "shared"):
        for asked in sent.get(f"{side}ExtendedProperty", ()):
            key, equals, value = asked.partition("=")
            if not equals:
                raise _invalid(f"{side}ExtendedProperty", asked)
            found.append((side, key, value))
    return tuple(found)
