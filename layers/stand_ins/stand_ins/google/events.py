"""The events of a calendar: each write is one transaction with the calendar's count of changes."""

import base64
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from mostrador import clock
from mostrador.table import writes
from stand_ins.google import fields, records, times
from stand_ins.google.answers import Denied
from stand_ins.google.fields import CANCELLED
from stand_ins.google.records import Calendar, Event, EventFields
from stand_ins.http import JSONObject

_ID: Final = re.compile(r"[a-v0-9]{5,1024}")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"
_COUNTED: Final = ("start", "end", "location", "recurrence", "status")
"""A change of these fields counts ``sequence`` up (RFC 5546, section 2.1.4; the location is Google's)."""
_LONGEST_UID: Final = 512
_OLD_SEQUENCE: Final = (
    "Invalid sequence value. The specified sequence number is below the current sequence number of the resource. "
    "Re-fetch the resource and use its sequence number on the following request."
)


@dataclass(frozen=True, slots=True)
class Writer:
    """The writer: an account through the API, or (``is_person``) somebody by hand."""

    account: str
    may_invite: bool = True
    is_person: bool = False

    def naming(self, operation: str) -> str:
        return f"person_{operation}" if self.is_person else operation


Alter = Callable[[Calendar, Event | None], Event]


def insert(calendar_id: str, sent: JSONObject, writer: Writer) -> Event:
    """Raises Denied: also where an event had this id and was deleted."""
    event_id = sent.get("id") or _new_id()
    if not isinstance(event_id, str) or not _ID.fullmatch(event_id):
        raise Denied("invalid", "Invalid resource id value.")
    uid = sent.get("iCalUID") or f"{event_id}@google.com"
    if not isinstance(uid, str) or (sent.get("id") and uid != f"{event_id}@google.com"):
        raise Denied("invalid", "Invalid value for: iCalUID")

    def make(calendar: Calendar, event: Event | None) -> Event:
        kept = _validated(sent, calendar, writer)
        if event is not None:
            raise Denied("duplicate")
        return _changed(_new(calendar, event_id, uid, writer, sent), kept, sent, writer.naming("insert"))

    return _write(calendar_id, event_id, make)


def import_(calendar_id: str, sent: JSONObject, writer: Writer) -> Event:
    """A private copy of somebody's event; the same ``iCalUID`` again changes it. Raises Denied."""
    uid = sent.get("iCalUID")
    if not uid:
        raise Denied("required", "Missing iCalUID.")
    if not isinstance(uid, str) or len(uid) > _LONGEST_UID:
        raise Denied("invalid", "Invalid value for: iCalUID")
    event_id = "_" + base64.b32hexencode(uid.encode(errors="replace")).decode().rstrip("=").lower()

    def make(calendar: Calendar, event: Event | None) -> Event:
        kept = _validated(sent, calendar, writer)
        copied = event or _new(calendar, event_id, uid, writer, sent)
        return _changed(copied, kept, sent, writer.naming("import"))

    return _write(calendar_id, event_id, make)


def update(calendar_id: str, event_id: str, sent: JSONObject, writer: Writer, *, if_match: str | None = None) -> Event:
    """The event with these fields and no others; a deleted one comes back. Raises Denied."""

    def replace(calendar: Calendar, event: Event | None) -> Event:
        stored = _checked(event, if_match)
        return _changed(stored, _validated(sent, calendar, writer), sent, writer.naming("update"))

    return _write(calendar_id, event_id, replace)


def patch(calendar_id: str, event_id: str, sent: JSONObject, writer: Writer, *, if_match: str | None = None) -> Event:
    """The event with these fields changed. Raises Denied."""

    def alter(calendar: Calendar, event: Event | None) -> Event:
        stored = _checked(event, if_match)
        kept = _validated(fields.merged(stored.fields, sent), calendar, writer, invites="attendees" in sent)
        return _changed(stored, kept, sent, writer.naming("patch"))

    return _write(calendar_id, event_id, alter)


def delete(calendar_id: str, event_id: str, writer: Writer, *, if_match: str | None = None) -> None:
    """Raises Denied: the second time too."""

    def cancel(_: Calendar, event: Event | None) -> Event:
        if event is not None and is_deleted(event):
            raise Denied("deleted")
        stored = _checked(event, if_match)
        return _changed(stored, stored.fields | {"status": CANCELLED}, {}, writer.naming("delete"))

    _write(calendar_id, event_id, cancel)


def get(calendar_id: str, event_id: str) -> Event:
    """A deleted one too. Raises Denied."""
    return _checked(records.find(Event, calendar_id, event_id), None)


def is_deleted(event: Event) -> bool:
    return bool(event.fields["status"] == CANCELLED)


def etag_of(event: Event) -> str:
    """Quoted, and another after every change."""
    return f'"{_digits(event.updated)}{event.place:06d}"'


def shown(event: Event, calendar: Calendar, zone: ZoneInfo | None = None) -> dict[str, object]:
    """The event as Google returns it, with its times in ``zone``, by default the calendar's."""
    within = zone or ZoneInfo(calendar.time_zone)
    link = base64.urlsafe_b64encode(f"{event.event_id} {event.calendar_id}".encode()).decode().rstrip("=")
    kept = event.fields
    return {
        "kind": "calendar#event",
        "etag": etag_of(event),
        "id": event.event_id,
        "htmlLink": f"https://www.google.com/calendar/event?eid={link}",
        "created": event.created,
        "updated": event.updated,
        "creator": _person(event.creator, calendar),
        "organizer": _person(event.organizer, calendar),
        "iCalUID": event.ical_uid,
        "sequence": event.sequence,
        "eventType": "default",
        **kept,
        "start": times.shown(kept["start"], within),
        "end": times.shown(kept["end"], within),
    }


def tombstone(event: Event) -> dict[str, object]:
    """A deleted event in a list: Google promises no more than its id."""
    return {"kind": "calendar#event", "etag": etag_of(event), "id": event.event_id, "status": CANCELLED}


def _write(calendar_id: str, event_id: str, alter: Alter) -> Event:
    """The event that ``alter`` makes, stored as the calendar's latest change. Raises Denied, Busy."""

    def load(_: int) -> tuple[Calendar, Event | None]:
        calendar = records.find(Calendar, calendar_id)
        if calendar is None:
            raise Denied("notFound")
        return calendar, records.find(Event, calendar_id, event_id)

    def save(loaded: tuple[Calendar, Event | None]) -> Event:
        calendar, stored = loaded
        event = alter(calendar, stored)
        calendar.changes += 1
        event.place = calendar.changes
        event.updated = f"{clock.now():%Y-%m-%dT%H:%M:%S}.{event.place % 1000:03d}Z"
        records.save(calendar, event)
        return event

    return writes.retrying(load, save)


def _validated(sent: JSONObject, calendar: Calendar, writer: Writer, *, invites: bool = True) -> EventFields:
    return fields.validated(sent, ZoneInfo(calendar.time_zone), may_invite=writer.may_invite or not invites)


def _new(calendar: Calendar, event_id: str, uid: str, writer: Writer, sent: JSONObject) -> Event:
    """A new event, without its fields. An imported event keeps its organizer."""
    organizer = sent.get("organizer")
    email = organizer.get("email") if isinstance(organizer, Mapping) else None
    return Event(
        calendar_id=calendar.calendar_id,
        event_id=event_id,
        fields={},
        created=f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
        creator=writer.account,
        organizer=str(email) if email and "iCalUID" in sent else calendar.calendar_id,
        ical_uid=uid,
    )


def _checked(event: Event | None, if_match: str | None) -> Event:
    if event is None:
        raise Denied("notFound")
    if if_match not in (None, "*", etag_of(event)):
        raise Denied("conditionNotMet")
    return event


def _changed(event: Event, kept: EventFields, sent: JSONObject, operation: str) -> Event:
    """``event`` with these fields. Raises Denied for an old sequence number."""
    sequence = sent.get("sequence", event.sequence)
    if not isinstance(sequence, int) or sequence < event.sequence:
        raise Denied("invalid", _OLD_SEQUENCE)
    is_new = not event.fields
    is_counted = any(event.fields.get(name) != kept.get(name) for name in _COUNTED)
    event.sequence = sequence + (is_counted and not is_new and sequence == event.sequence)
    event.fields = kept
    event.writes = event.writes | {operation: event.writes.get(operation, 0) + 1}
    return event


def _person(email: str, calendar: Calendar) -> dict[str, object]:
    return {"email": email} | ({"self": True} if email == calendar.calendar_id else {})


def _new_id() -> str:
    return "".join(secrets.choice(_DIGITS) for _ in range(26))


def _digits(instant: str) -> str:
    return re.sub("[^0-9]", "", instant)[:14]
