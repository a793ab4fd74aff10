"""The parameters of a list of events, and the tokens with which it goes on.

https://developers.google.com/workspace/calendar/api/v3/reference/events/list
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from mostrador import clock
from stand_ins.google import times
from stand_ins.google.answers import Denied
from stand_ins.google.records import Calendar

Values = Mapping[str, Sequence[str]]
"""A query, each of whose parameters may be repeated."""
LIVES: Final = timedelta(days=28)
"""How long a sync token is good; deleted events are kept a little longer."""
_MOST, _USUAL = 2500, 250
_NOT_WITH_SYNC: Final = frozenset(
    "iCalUID orderBy privateExtendedProperty q sharedExtendedProperty timeMin timeMax updatedMin".split()
)
_WITHOUT_SYNC: Final = _NOT_WITH_SYNC - {"timeMin", "timeMax"}
"""Parameters that leave a list without a sync token at its end."""
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
    """The position of a reader: it gets the changes after number ``since``, up to number ``upto``.

    ``after`` is the last event of the page before, in the order of the list; empty before the first.
    """

    since: int
    upto: int
    after: tuple[str, str] | tuple[()] = ()


def parsed(sent: Values) -> Query:
    """Raises Denied."""
    if "syncToken" in sent and (sent.keys() & _NOT_WITH_SYNC or _flag(sent, "showDeleted") is False):
        raise Denied("badRequest", "Sync token cannot be used with other request restrictions.")
    order_by, updated_min = _order_by(sent), _updated_min(sent)
    time_min, time_max = _bounds(sent)
    return Query(
        most=_most(sent),
        order_by=order_by,
        shows_deleted=bool(_flag(sent, "showDeleted") or updated_min or "syncToken" in sent),
        gives_sync=not sent.keys() & _WITHOUT_SYNC,
        time_min=time_min,
        time_max=time_max,
        updated_min=updated_min,
        words=tuple(_first(sent, "q").casefold().split()),
        uid=_first(sent, "iCalUID"),
        properties=_properties(sent),
        zone=zone(_first(sent, "timeZone")),
        sync_token=_first(sent, "syncToken"),
        page_token=_first(sent, "pageToken"),
        digest=_digest(sent),
    )


def _order_by(sent: Values) -> str:
    order_by = _first(sent, "orderBy")
    if order_by not in ("", "startTime", "updated"):
        raise _invalid("orderBy", order_by)
    if order_by == "startTime" and not _flag(sent, "singleEvents"):
        raise Denied("badRequest", "The requested ordering is not available for the particular query.")
    return order_by


def _updated_min(sent: Values) -> datetime | None:
    updated_min = _bound(sent, "updatedMin")
    if updated_min and updated_min < clock.now() - LIVES:
        raise Denied("updatedMinTooLongAgo")
    return updated_min


def zone(name: str) -> ZoneInfo | None:
    """The time zone of an answer. Raises Denied."""
    named_zone = times.time_zone(name) if name else None
    if name and named_zone is None:
        raise _invalid("timeZone", name)
    return named_zone


def mark_of(calendar: Calendar, query: Query) -> Mark:
    """The position where a list goes on. Raises Denied."""
    own_name = _name(calendar)
    if query.page_token:
        match _read(query.page_token):
            case ["page", name, query.digest, int(since), int(upto), str(order), str(event_id)] if name == own_name:
                return Mark(since, upto, (order, event_id))
        raise _invalid("pageToken", query.page_token)
    if not query.sync_token:
        return Mark(since=0, upto=calendar.changes)
    oldest = (clock.now() - LIVES).timestamp()
    match _read(query.sync_token):
        case ["sync", name, int(since), float(at)] if name == own_name and at >= oldest:
            return Mark(since, upto=calendar.changes)
    raise Denied("fullSyncRequired")


def page_token(calendar: Calendar, query: Query, mark: Mark, last: tuple[str, str]) -> str:
    """The token of the page behind the event ``last``."""
    return _written(["page", _name(calendar), query.digest, mark.since, mark.upto, *last])


def sync_token(calendar: Calendar, mark: Mark) -> str:
    """The token of the changes after ``mark``."""
    return _written(["sync", _name(calendar), mark.upto, clock.now().timestamp()])


def _name(calendar: Calendar) -> str:
    return f"{calendar.calendar_id} {calendar.incarnation}"


def _written(token: list[object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode()


def _read(token: str) -> list[object]:
    """The fields of a token; none where it is not ours."""
    try:
        fields = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, RecursionError):
        return []
    return fields if isinstance(fields, list) else []


def _digest(sent: Values) -> str:
    restrictions = {name: sorted(values) for name, values in sent.items() if name not in _GOES_ON}
    return sha256(json.dumps(restrictions, sort_keys=True).encode()).hexdigest()[:16]


def _invalid(name: str, value: str) -> Denied:
    return Denied("invalidParameter", f"Invalid value '{value[:80]}' for {name}.", location=("parameter", name))


def _first(sent: Values, name: str) -> str:
    return next(iter(sent.get(name, ())), "")


def _flag(sent: Values, name: str) -> bool | None:
    value = _first(sent, name).lower()
    if value not in ("", "true", "false"):
        raise _invalid(name, value)
    return value == "true" if value else None


def _most(sent: Values) -> int:
    value = _first(sent, "maxResults") or str(_USUAL)
    if not value.isascii() or not value.isdigit() or not int(value[:10]):
        raise _invalid("maxResults", value)
    return min(int(value[:10]), _MOST)


def _bound(sent: Values, name: str) -> datetime | None:
    return times.bound(_first(sent, name)) if name in sent else None


def _bounds(sent: Values) -> tuple[datetime | None, datetime | None]:
    time_min, time_max = _bound(sent, "timeMin"), _bound(sent, "timeMax")
    if time_min and time_max and time_max <= time_min:
        raise Denied("timeRangeEmpty")
    return time_min, time_max


def _properties(sent: Values) -> tuple[tuple[str, str, str], ...]:
    found = []
    for side in ("private", "shared"):
        name = f"{side}ExtendedProperty"
        for restriction in sent.get(name, ()):
            key, equals, value = restriction.partition("=")
            if not equals:
                raise _invalid(name, restriction)
            found.append((side, key, value))
    return tuple(found)
