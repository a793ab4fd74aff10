"""What callers write into an event: what of it is kept, merged into what was there, and what is refused."""

import re
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from stand_ins.google import times
from stand_ins.google.answers import Denied

CANCELLED: Final = "cancelled"
_WRITABLE: Final = frozenset(
    "status summary description location colorId start end endTimeUnspecified recurrence transparency visibility "
    "attendees attendeesOmitted extendedProperties reminders source attachments conferenceData anyoneCanAddSelf "
    "guestsCanInviteOthers guestsCanModify guestsCanSeeOtherGuests eventType".split()
)
_TEXTS: Final = ("summary", "description", "location", "colorId")
_CHOICES: Final = {
    "status": ("confirmed", "tentative", CANCELLED),
    "transparency": ("opaque", "transparent"),
    "visibility": ("default", "public", "private", "confidential"),
}
_UNSAID: Final = {"transparency": "opaque", "visibility": "default"}
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_LONGEST_KEY, _LONGEST_VALUE, _MOST_PROPERTIES, _PROPERTIES_SIZE = 44, 1024, 300, 32 * 1024


def validated(sent: Mapping[str, Any], zone: ZoneInfo, *, may_invite: bool) -> dict[str, Any]:
    """The fields of an event as they are kept. Raises Denied."""
    kept = {name: value for name, value in sent.items() if name in _WRITABLE and value not in (None, "", [], {})}
    for name in _TEXTS:
        if not isinstance(kept.get(name, ""), str):
            raise Denied("invalid", f"Invalid value for: {name}")
    for name, choices in _CHOICES.items():
        if kept.get(name, choices[0]) not in choices:
            raise Denied("invalid", f"Invalid value for: {name}")
    kept["start"], kept["end"] = times.validated(kept, zone)
    if "attendees" in kept:
        kept["attendees"] = _attendees(kept["attendees"], may_invite=may_invite)
    if properties := _properties(kept.pop("extendedProperties", {})):
        kept["extendedProperties"] = properties
    kept = {name: value for name, value in kept.items() if _UNSAID.get(name) != value}
    return {"status": "confirmed", "reminders": {"useDefault": True}} | kept


def merged(fields: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """``fields`` after a patch: objects merge, anything else is replaced whole, null removes."""
    after = dict(fields)
    for name, value in sent.items():
        before = after.get(name)
        if value is None:
            after.pop(name, None)
        elif isinstance(value, Mapping):
            after[name] = merged(before if isinstance(before, Mapping) else {}, value)
        else:
            after[name] = value
    return after


def _attendees(sent: Any, *, may_invite: bool) -> list[dict[str, Any]]:
    guests = [one for one in sent if isinstance(one, Mapping)] if isinstance(sent, list) else []
    if not guests:
        raise Denied("invalid", "Invalid value for: attendees")
    if not may_invite:
        raise Denied("forbiddenForServiceAccounts")
    for guest in guests:
        if not _EMAIL.fullmatch(str(guest.get("email", ""))):
            raise Denied("invalid", "Invalid attendee email.")
    return [{"responseStatus": "needsAction", **guest} for guest in guests]


def _properties(sent: Any) -> dict[str, dict[str, str]]:
    """Longer keys are dropped and longer values cut, in silence, as Google does.

    https://developers.google.com/workspace/calendar/api/guides/extended-properties#limits
    """
    kept = {side: _strings(_object(_object(sent).get(side))) for side in ("private", "shared")}
    pairs = [pair for one in kept.values() for pair in one.items()]
    if len(pairs) > _MOST_PROPERTIES or sum(len(key) + len(value) for key, value in pairs) > _PROPERTIES_SIZE:
        raise Denied("invalid", "Invalid value for: extendedProperties")
    return {side: one for side, one in kept.items() if one}


def _object(sent: Any) -> Mapping[str, Any]:
    if sent is None:
        return {}
    if not isinstance(sent, Mapping):
        raise Denied("invalid", "Invalid value for: extendedProperties")
    return sent


def _strings(sent: Mapping[str, Any]) -> dict[str, str]:
    known = {key: value for key, value in sent.items() if value is not None}
    if not all(isinstance(value, str) for value in known.values()):
        raise Denied("invalid", "Invalid value for: extendedProperties")
    return {key: value[:_LONGEST_VALUE] for key, value in known.items() if len(key) <= _LONGEST_KEY}
