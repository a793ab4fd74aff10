"""An appointment as it is now, the stored record of one of its calendar events, and whether anything is left to do.

An appointment with two resources has an event for each (``Place``), unless both have the same calendar.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from mostrador.calendars import google_access
from mostrador.calendars.rules import event_plan
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.event_ids import Place
from mostrador.calendars.rules.event_plan import NO_EVENT, AppointmentFacts, EventState
from mostrador.calendars.rules.google_event import EventContent
from mostrador.table import keys, reads
from mostrador.table.base import Item
from mostrador.table.items.calendars import CalendarEvent
from mostrador.table.items.people import Customer
from mostrador.table.items.scheduling import Appointment
from mostrador.table.items.tenants import Integration
from mostrador.table.keys import Key

T = TypeVar("T", bound=Item)


@dataclass(frozen=True, slots=True)
class EventContext:
    """An appointment as it is now, the record of its event at one place, and the connections of both.

    The event belongs in ``target``; the record says that it is in ``former``. ``content`` is what the event should
    hold, None for no event; ``fingerprint`` is of the content, or NO_EVENT.
    """

    tenant: str
    appointment_id: str
    place: Place
    appointment: Appointment | None
    record: CalendarEvent | None
    target: Integration | None
    former: Integration | None
    content: EventContent | None
    fingerprint: str


def load(
    tenant: str, appointment_id: str, resource_ids: Iterable[str | None] = (), place: Place = Place.MAIN
) -> EventContext:
    """Load everything that decides: one round trip where ``resource_ids`` has the appointment's."""
    own, of_event = keys.appointment(tenant, appointment_id), key_of(tenant, appointment_id, place)
    connections = _connections(tenant, resource_ids)
    items = reads.batch([own, of_event, *connections])
    appointment, record = _item(items, own, Appointment), _item(items, of_event, CalendarEvent)
    missing = _connections(tenant, _resources(appointment, place)) if appointment else set()
    if record:
        missing.add((keys.tenant(tenant)[0], record.connection))
    if missing := missing - connections:
        items |= reads.batch(missing)
    if appointment and (guest := guest_of(tenant, appointment, items, place)):
        items |= reads.batch([guest])
    return from_items(tenant, appointment_id, items, place)


def from_items(tenant: str, appointment_id: str, items: Mapping[Key, Item], place: Place = Place.MAIN) -> EventContext:
    """The context of one appointment's event, from the items that were read."""
    appointment = _item(items, keys.appointment(tenant, appointment_id), Appointment)
    record = _item(items, key_of(tenant, appointment_id, place), CalendarEvent)
    target = _target(tenant, appointment, items, place) if appointment else None
    content = None
    if appointment and target:
        content = event_plan.content(_facts(tenant, appointment, items, place), google_access.choices(target))
    fingerprint = rules.fingerprint(content) if content else NO_EVENT
    former = _item(items, (keys.tenant(tenant)[0], record.connection), Integration) if record else None
    if former and record and former.created_at != record.connected_at:  # a later connection under the same key
        former = None
    return EventContext(tenant, appointment_id, place, appointment, record, target, former, content, fingerprint)


def key_of(tenant: str, appointment_id: str, place: Place) -> Key:
    """The key of the record of an appointment's event."""
    return keys.calendar_event(tenant, appointment_id, is_second=place is Place.SECOND)


def place_of(record: CalendarEvent) -> Place:
    """The place of a record's event; those of before are all of the main resource."""
    return Place(record.place or Place.MAIN)


def places_of(appointment: Appointment) -> tuple[Place, ...]:
    """The places where the appointment may have an event now."""
    return (Place.MAIN, Place.SECOND) if appointment.second_resource_id else (Place.MAIN,)


def _resources(appointment: Appointment, place: Place) -> list[str]:
    """The resources whose connections decide: those of both for the second event, which a shared calendar lacks."""
    if place is Place.MAIN:
        return [appointment.resource_id]
    return [appointment.resource_id, appointment.second_resource_id] if appointment.second_resource_id else []


def _connections(tenant: str, resource_ids: Iterable[str | None]) -> set[Key]:
    return {key for resource_id in resource_ids for key in google_access.keys_of(tenant, resource_id)}


def _target(tenant: str, appointment: Appointment, items: Mapping[Key, Item], place: Place) -> Integration | None:
    """The connection where the event belongs; None for the second event where the main one's calendar is the same."""
    main = google_access.effective_connection(tenant, appointment.resource_id, items)
    if place is Place.MAIN:
        return main
    if not appointment.second_resource_id:
        return None
    second = google_access.effective_connection(tenant, appointment.second_resource_id, items)
    return None if main and second and google_access.is_same_calendar(main, second) else second


def is_settled(context: EventContext, *, now: datetime, is_due: bool = False) -> bool:
    """Whether nothing is left to do, or the event waits for its time (unless it ``is_due``) or for a person."""
    record = context.record
    if record is None:
        return context.fingerprint == NO_EVENT
    if context.fingerprint == NO_EVENT:
        if record.state == EventState.GONE or context.former is None:
            return True
    elif not is_in_place(record, context.target):
        return False
    if record.state in (EventState.SYNCED, EventState.GONE):
        return record.fingerprint == context.fingerprint
    return record.tried_fingerprint == context.fingerprint and _waits(record, now, is_due=is_due)


def _waits(record: CalendarEvent, now: datetime, *, is_due: bool) -> bool:
    return record.state == EventState.PARKED or (not is_due and (record.due_at or "") > keys.at(now))


def guest_of(tenant: str, appointment: Appointment, items: Mapping[Key, Item], place: Place) -> Key | None:
    """The key of the customer, whose item alone has the address, where the tenant invites customers.

    The main event alone has guests, so that nobody is invited twice. A visit that was recorded afterwards has none.
    """
    if place is Place.SECOND or appointment.created_at >= appointment.ends_at:
        return None
    target = google_access.effective_connection(tenant, appointment.resource_id, items)
    is_invited = target is not None and google_access.choices(target).invites
    return keys.customer(tenant, appointment.customer_id) if is_invited else None


def is_in_place(record: CalendarEvent | None, target: Integration | None) -> bool:
    """Whether the event is, or is to be, in the calendar where it belongs."""
    if record is None or target is None or record.event_id is None:
        return False
    place = (target.sk, target.created_at, google_access.choices(target).calendar_id)
    return (record.connection, record.connected_at, record.calendar_id) == place


def _facts(tenant: str, appointment: Appointment, items: Mapping[Key, Item], place: Place) -> AppointmentFacts:
    """The facts that the event shows; both events name the main resource, and only the main one may invite."""
    is_second = place is Place.SECOND
    customer = None if is_second else _item(items, keys.customer(tenant, appointment.customer_id), Customer)
    return AppointmentFacts(
        tenant=tenant,
        appointment_id=appointment.id,
        resource_id=appointment.second_resource_id if is_second else appointment.resource_id,
        status=appointment.status,
        service=appointment.service_name,
        resource=appointment.resource_name,
        customer=appointment.booked_as or appointment.customer_name,
        phone=appointment.customer_phone,
        notes=appointment.customer_notes,
        email=customer.email if customer and customer.email_is_confirmed else None,
        starts_at=appointment.scheduled_at,
        ends_at=appointment.ends_at,
        delayed_to=appointment.delayed_to,
        time_zone=appointment.time_zone,
        revision=int(appointment.version),
    )


def _item(items: Mapping[Key, Item], key: Key, of: type[T]) -> T | None:
    item = items.get(key)
    return item if isinstance(item, of) else None
