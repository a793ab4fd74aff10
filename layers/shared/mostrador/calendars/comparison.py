"""A calendar beside the appointments that belong in it: what differs, and putting it right."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from mostrador.calendars import changes_feed, event_context, remote_edits
from mostrador.calendars.changes_feed import Reading
from mostrador.calendars.event_context import EventContext
from mostrador.calendars.event_sync import Clock
from mostrador.calendars.remote_edits import EditKind
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.google_event import CANCELLED
from mostrador.table import keys, reads
from mostrador.table.items.calendars import CalendarEvent
from mostrador.table.items.scheduling import Appointment
from mostrador.table.items.tenants import Integration
from mostrador.table.keys import Key

CHUNK: Final = 50


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is wrong; ``context`` of the appointment, None where there is none, ``event`` as Google has it."""

    kind: EditKind
    appointment_id: str | None
    event_id: str | None
    fields: tuple[str, ...]
    reason: str | None
    context: EventContext | None
    event: Mapping[str, Any] | None


def differences(tenant: str, connection: Integration, reading: Reading, *, now: datetime) -> Iterator[Difference]:
    """What differs between a ``reading`` of all of a calendar and the appointments that belong in it."""
    strangers = dict(reading.ours)
    for context in _scenes(tenant, connection, now):
        event_id = context.record.event_id if context.record else None
        event = strangers.pop(event_id, None) if event_id else None
        if context.target is not None and context.target.sk == connection.sk:
            yield from _difference(context, event)
        elif event is not None and event.get("status") != CANCELLED and _is_here(context, connection):
            yield _left_behind(context, event)
    yield from _strays(tenant, connection, strangers)


def repair(
    tenant: str, connection: Integration, one: Difference, *, clock: Clock, follows_deletions: bool = True
) -> bool:
    """Put one difference right; whether that was done. Raises what the table and, for a stray, Google raise."""
    if one.context is None:
        if one.event is not None:
            remote_edits.remove_stray(tenant, connection, one.event, now=clock())
        return True
    return remote_edits.answer(one.context, one.event, one.kind, clock=clock, follows_deletions=follows_deletions)


def _is_here(context: EventContext, connection: Integration) -> bool:
    """Whether the record says that the event is in this connection's calendar."""
    record = context.record
    return record is not None and (record.connection, record.connected_at) == (connection.sk, connection.created_at)


def _left_behind(context: EventContext, event: Mapping[str, Any]) -> Difference:
    """An event in a calendar in which its appointment belongs no more."""
    return Difference(EditKind.STRAY, context.appointment_id, str(event["id"]), (), None, context, event)


def _difference(context: EventContext, event: Mapping[str, Any] | None) -> Iterator[Difference]:
    kind, record = remote_edits.kind_of(context, event), context.record
    if kind is None:
        return
    fields = rules.differs(context.wanted, event) if kind is EditKind.DIFFERS and context.wanted and event else []
    event_id, reason = (record.event_id, record.reason) if record else (None, None)
    yield Difference(kind, context.appointment_id, event_id, tuple(fields), reason, context, event)


def _scenes(tenant: str, connection: Integration, now: datetime) -> Iterator[EventContext]:
    """Of all appointments in the time that is read, and of whatever the calendar was not told yet."""
    first, last = keys.at(now - changes_feed.BEHIND), keys.at(now + changes_feed.AHEAD)
    near = reads.span(keys.appointments_partition(tenant), first, last, index="gsi1")
    unsettled = reads.span(keys.calendar_partition(tenant), connection.sk, f"{connection.sk}#~", index="gsi1")
    ids = {one.id: None for one in near} | {one.appointment_id: None for one in unsettled}
    yield from of(tenant, ids, connections(tenant))


def connections(tenant: str) -> dict[Key, Integration]:
    """Every connection to Google Calendar of a tenant, by key."""
    prefix = keys.integration(tenant, "GOOGLE_CALENDAR")[1]
    return {(one.pk, one.sk): one for one in reads.everything(keys.tenant(tenant)[0], prefix)}


def of(tenant: str, appointment_ids: Iterable[str], known: Mapping[Key, Any]) -> Iterator[EventContext]:
    """The scenes of appointments by their ids, some at a time; ``known`` are the tenant's connections."""
    left = iter(appointment_ids)
    while some := list(islice(left, CHUNK)):
        wanted = [key(tenant, one) for one in some for key in (keys.appointment, keys.calendar_event)]
        found: dict[Key, Any] = {**known, **reads.batch(wanted)}
        present = [one for one in found.values() if isinstance(one, Appointment)]
        guests = {guest for one in present if (guest := event_context.guest_of(tenant, one, found))}
        if guests:
            found |= reads.batch(guests)
        yield from (event_context.from_items(tenant, one, found) for one in some)


def _strays(tenant: str, connection: Integration, strangers: Mapping[str, dict[str, Any]]) -> Iterator[Difference]:
    """Events of ours that no record names, here or in another connection's calendar that is the same one.

    Those that a record names although their appointment is gone, or belongs elsewhere, are told with its scene.
    """
    alive = {name: event for name, event in strangers.items() if event.get("status") != CANCELLED}
    named = {name: found[0] for name in alive if (found := rules.appointment_of(name))}
    records = reads.batch(keys.calendar_event(tenant, one) for one in named.values()) if named else {}
    kept = []
    for name, event in alive.items():
        record = records.get(keys.calendar_event(tenant, named[name])) if name in named else None
        is_named = isinstance(record, CalendarEvent) and record.event_id == name
        if is_named:
            kept.append(named[name])
        elif _is_of(tenant, event):
            yield Difference(EditKind.STRAY, named.get(name), name, (), None, None, event)
    for context in of(tenant, kept, connections(tenant)) if kept else ():
        belongs_here = context.target is not None and context.target.sk == connection.sk and context.wanted is not None
        if not belongs_here and context.record and _is_here(context, connection):
            yield _left_behind(context, alive[context.record.event_id])


def _is_of(tenant: str, event: Mapping[str, Any]) -> bool:
    private = (event.get("extendedProperties") or {}).get("private") or {}
    return bool(private.get(f"{rules.PREFIX}tenant") == tenant)
