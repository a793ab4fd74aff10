"""The fields that callers write into an event: checked, merged with the stored ones, or refused."""

import re
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from stand_ins.google import times
from stand_ins.google.answers import Denied
from stand_ins.google.records import EventFields
from stand_ins.http import JSONObject

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


def validated(sent: JSONObject, zone: ZoneInfo, *, may_invite: bool) -> EventFields:
    """The fields of an event in the form that is stored. Raises Denied."""
    kept: EventFields = {
        name: value for name, value in sent.items() if name in _WRITABLE and value not in (None, "", [], {})
    }
    _check_simple_fields(kept)
    kept["start"], kept["end"] = times.validated(kept, zone)
    if "attendees" in kept:
        kept["attendees"] = _attendees(kept["attendees"], may_invite=may_invite)
    if properties := _properties(kept.pop("extendedProperties", {})):
        kept["extendedProperties"] = properties
    kept = {name: value for name, value in kept.items() if _UNSAID.get(name) != value}
    return {"status": "confirmed", "reminders": {"useDefault": True}} | kept


def _check_simple_fields(kept: EventFields) -> None:
    """Raise Denied where a text is no text, or a choice is none of its values."""
    wrong_texts = [name for name in _TEXTS if not isinstance(kept.get(name, ""), str)]
    wrong_choices = [name for name, choices in _CHOICES.items() if kept.get(name, choices[0]) not in choices]
    for name in (*wrong_texts, *wrong_choices):
        raise Denied("invalid", f"Invalid value for: {name}")


def merged(fields: JSONObject, sent: JSONObject) -> dict[str, object]:
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


def _attendees(sent: object, *, may_invite: bool) -> list[dict[str, object]]:
    guests = [guest for guest in sent if isinstance(guest, Mapping)] if isinstance(sent, list) else []
    if not guests:
        raise Denied("invalid", "Invalid value for: attendees")
    if not may_invite:
        raise Denied("forbiddenForServiceAccounts")
    if not all(_EMAIL.fullmatch(str(guest.get("email", ""))) for guest in guests):
        raise Denied("invalid", "Invalid attendee email.")
    return [{"responseStatus": "needsAction", **guest} for guest in guests]


def _properties(sent: object) -> dict[str, dict[str, str]]:
    """The properties by side, private and shared. Longer keys are dropped and longer values cut, as Google does.

    https://developers.google.com/workspace/calendar/api/guides/extended-properties#limits
    """
    kept = {side: _strings(_object(_object(sent).get(side))) for side in ("private", "shared")}
    pairs = [pair for properties in kept.values() for pair in properties.items()]
    if len(pairs) > _MOST_PROPERTIES or sum(len(key) + len(value) for key, value in pairs) > _PROPERTIES_SIZE:
        raise _invalid_properties()
    return {side: properties for side, properties in kept.items() if properties}


def _object(sent: object) -> JSONObject:
    if sent is None:
        return {}
    if not isinstance(sent, Mapping):
        raise _invalid_properties()
    return sent


def _strings(sent: JSONObject) -> dict[str, str]:
    kept: dict[str, str] = {}
    for key, value in sent.items():
        if not isinstance(value, str | None):
            raise _invalid_properties()
        if value is not None and len(key) <= _LONGEST_KEY:
            kept[key] = value[:_LONGEST_VALUE]
    return kept


def _invalid_properties() -> Denied:
    return Denied("invalid", "Invalid value for: extendedProperties")
