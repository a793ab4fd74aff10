"""A calendar beside the appointments that belong in it: the differences, and their repair."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

from mostrador.calendars import changes_feed, event_context, remote_edits
from mostrador.calendars.changes_feed import CalendarEvents
from mostrador.calendars.event_context import EventContext
from mostrador.calendars.event_sync import Clock
from mostrador.calendars.rules import event_ids
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.event_ids import Place
from mostrador.calendars.rules.event_plan import DifferenceKind
from mostrador.calendars.rules.google_event import EventField, GoogleEvent
from mostrador.table import keys, reads
from mostrador.table.base import Item
from mostrador.table.items.calendars import CalendarEvent
from mostrador.table.items.scheduling import Appointment
from mostrador.table.items.tenants import Integration
from mostrador.table.keys import Key

CHUNK: Final = 50


class Wanted(NamedTuple):
    """An event that an appointment may have: in the calendar of its main resource, or of its second."""

    appointment_id: str
    place: Place


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. ``context`` is the appointment's, None where there is none; ``event`` is as Google has it."""

    kind: DifferenceKind
    appointment_id: str | None
    event_id: str | None
    fields: tuple[EventField, ...]
    reason: str | None
    context: EventContext | None
    event: GoogleEvent | None


def differences(tenant: str, connection: Integration, events: CalendarEvents, *, now: datetime) -> Iterator[Difference]:
    """The differences between all ``events`` of a calendar and the appointments that belong in it."""
    unmatched = dict(events.ours)
    for context in _contexts_near(tenant, connection, now):
        event_id = context.record.event_id if context.record else None
        event = unmatched.pop(event_id, None) if event_id else None
        if context.target is not None and context.target.sk == connection.sk:
            yield from _difference(context, event)
        elif event is not None:
            yield from _left_behind(context, event, connection)
    live = {event_id: event for event_id, event in unmatched.items() if not rules.is_deleted(event)}
    yield from _strays(tenant, connection, live)


def repair(
    tenant: str, connection: Integration, difference: Difference, *, clock: Clock, follows_deletions: bool = True
) -> bool:
    """Repair one difference; whether that was done. Raises what the table and, for a stray, Google raise."""
    event = difference.event
    if difference.context is None:
        if event is not None:
            remote_edits.remove_stray(tenant, connection, event, now=clock())
        return True
    return remote_edits.resolve(
        difference.context, event, difference.kind, clock=clock, follows_deletions=follows_deletions
    )


def connections(tenant: str) -> dict[Key, Integration]:
    """Every connection to Google Calendar of a tenant, by key."""
    prefix = keys.integration(tenant, "GOOGLE_CALENDAR")[1]
    found = reads.everything(keys.tenant(tenant)[0], prefix)
    return {(connection.pk, connection.sk): connection for connection in found}


def contexts(tenant: str, wanted: Iterable[Wanted], known: Mapping[Key, Item]) -> Iterator[EventContext]:
    """The contexts of these events, each once, read in chunks; ``known`` are the tenant's connections."""
    left = iter(dict.fromkeys(wanted))
    while chunk := list(islice(left, CHUNK)):
        of_appointments = {keys.appointment(tenant, appointment_id) for appointment_id, _ in chunk}
        of_events = {event_context.key_of(tenant, *one) for one in chunk}
        items: dict[Key, Item] = {**known, **reads.batch(of_appointments | of_events)}
        if guests := set(_guests(tenant, chunk, items)):
            items |= reads.batch(guests)
        yield from (event_context.from_items(tenant, one.appointment_id, items, one.place) for one in chunk)


def wanted_of(found: Iterable[str]) -> dict[str, Wanted]:
    """The appointment and place that each of our event ids tells."""
    names = {event_id: event_ids.name_of(event_id) for event_id in found}
    return {event_id: Wanted(name.appointment_id, name.place) for event_id, name in names.items() if name}


def _guests(tenant: str, chunk: Iterable[Wanted], items: Mapping[Key, Item]) -> Iterator[Key]:
    for appointment_id, place in chunk:
        booked = items.get(keys.appointment(tenant, appointment_id))
        guest = event_context.guest_of(tenant, booked, items, place) if isinstance(booked, Appointment) else None
        if guest:
            yield guest


def _contexts_near(tenant: str, connection: Integration, now: datetime) -> Iterator[EventContext]:
    """The contexts of all appointments in the time that is read, and of those that still wait to be written."""
    first, last = keys.at(now - changes_feed.BEHIND), keys.at(now + changes_feed.AHEAD)
    near = reads.span(keys.appointments_partition(tenant), first, last, index="gsi1")
    unsettled = reads.span(keys.calendar_partition(tenant), connection.sk, f"{connection.sk}#~", index="gsi1")
    wanted = [Wanted(booked.id, place) for booked in near for place in event_context.places_of(booked)]
    wanted += [Wanted(record.appointment_id, event_context.place_of(record)) for record in unsettled]
    yield from contexts(tenant, wanted, connections(tenant))


def _difference(context: EventContext, event: GoogleEvent | None) -> Iterator[Difference]:
    kind, record = remote_edits.kind_of(context, event), context.record
    if kind is None:
        return
    fields = (
        rules.differs(context.content, event) if kind is DifferenceKind.DIFFERS and context.content and event else []
    )
    event_id, reason = (record.event_id, record.reason) if record else (None, None)
    yield Difference(kind, context.appointment_id, event_id, tuple(fields), reason, context, event)


def _strays(tenant: str, connection: Integration, live: Mapping[str, GoogleEvent]) -> Iterator[Difference]:
    """The events of ours that belong to no appointment, here or in another connection to the same calendar.

    An event that a record names is reported with its context, where its appointment is gone or belongs elsewhere.
    """
    recorded = _recorded(tenant, live)
    for event_id, event in live.items():
        if event_id not in recorded and rules.is_marked_for(event, tenant):
            yield _stray(event_id, event)
    if not recorded:
        return
    for context in contexts(tenant, recorded.values(), connections(tenant)):
        still_there = live.get(context.record.event_id or "") if context.record else None  # it may go meanwhile
        if still_there is not None and not _belongs_in(context, connection):
            yield from _left_behind(context, still_there, connection)


def _stray(event_id: str, event: GoogleEvent) -> Difference:
    """An event of ours without a record."""
    name = event_ids.name_of(event_id)
    return Difference(DifferenceKind.STRAY, name.appointment_id if name else None, event_id, (), None, None, event)


def _recorded(tenant: str, live: Iterable[str]) -> dict[str, Wanted]:
    """The appointment and place whose record names one of these events, by event id."""
    named = wanted_of(live)
    if not named:
        return {}
    records = reads.batch(event_context.key_of(tenant, *one) for one in named.values())
    return {
        record.event_id: named[record.event_id]
        for record in records.values()
        if isinstance(record, CalendarEvent) and record.event_id in named
    }


def _belongs_in(context: EventContext, connection: Integration) -> bool:
    return context.content is not None and context.target is not None and context.target.sk == connection.sk


def _left_behind(context: EventContext, event: GoogleEvent, connection: Integration) -> Iterator[Difference]:
    """A live event that the record places in this calendar, where its appointment belongs no more."""
    record = context.record
    is_here = record and (record.connection, record.connected_at) == (connection.sk, connection.created_at)
    if is_here and not rules.is_deleted(event):
        yield Difference(DifferenceKind.STRAY, context.appointment_id, str(event["id"]), (), None, context, event)
