"""An appointment as it is now, the stored record of its calendar event, and whether anything is left to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from mostrador.calendars import google_access
from mostrador.calendars.rules import event_plan
from mostrador.calendars.rules import google_event as rules
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
    """An appointment as it is now, the record of its event, and the connections of both.

    The event belongs in ``target``; the record says that it is in ``former``. ``content`` is what the event should
    hold, None for no event; ``fingerprint`` is of the content, or NO_EVENT.
    """

    tenant: str
    appointment_id: str
    appointment: Appointment | None
    record: CalendarEvent | None
    target: Integration | None
    former: Integration | None
    content: EventContent | None
    fingerprint: str


def load(tenant: str, appointment_id: str, resource_id: str | None) -> EventContext:
    """Load everything that decides: one round trip where ``resource_id`` is the appointment's."""
    own, of_event = keys.appointment(tenant, appointment_id), keys.calendar_event(tenant, appointment_id)
    connections = set(google_access.keys_of(tenant, resource_id))
    items = reads.batch([own, of_event, *connections])
    appointment, record = _item(items, own, Appointment), _item(items, of_event, CalendarEvent)
    missing = set(google_access.keys_of(tenant, appointment.resource_id)) if appointment else set()
    if record:
        missing.add((keys.tenant(tenant)[0], record.connection))
    if missing := missing - connections:
        items |= reads.batch(missing)
    if appointment and (guest := guest_of(tenant, appointment, items)):
        items |= reads.batch([guest])
    return from_items(tenant, appointment_id, items)


def from_items(tenant: str, appointment_id: str, items: Mapping[Key, Item]) -> EventContext:
    """The context of one appointment, from the items that were read."""
    appointment = _item(items, keys.appointment(tenant, appointment_id), Appointment)
    record = _item(items, keys.calendar_event(tenant, appointment_id), CalendarEvent)
    target = google_access.effective_connection(tenant, appointment.resource_id, items) if appointment else None
    content = None
    if appointment and target:
        content = event_plan.content(_facts(tenant, appointment, items), google_access.choices(target))
    fingerprint = rules.fingerprint(content) if content else NO_EVENT
    former = _item(items, (keys.tenant(tenant)[0], record.connection), Integration) if record else None
    if former and record and former.created_at != record.connected_at:  # a later connection under the same key
        former = None
    return EventContext(tenant, appointment_id, appointment, record, target, former, content, fingerprint)


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


def guest_of(tenant: str, appointment: Appointment, items: Mapping[Key, Item]) -> Key | None:
    """The key of the customer, whose item alone has the address, where the tenant invites customers."""
    target = google_access.effective_connection(tenant, appointment.resource_id, items)
    is_invited = target is not None and google_access.choices(target).invites
    return keys.customer(tenant, appointment.customer_id) if is_invited else None


def is_in_place(record: CalendarEvent | None, target: Integration | None) -> bool:
    """Whether the event is, or is to be, in the calendar where it belongs."""
    if record is None or target is None or record.event_id is None:
        return False
    place = (target.sk, target.created_at, google_access.choices(target).calendar_id)
    return (record.connection, record.connected_at, record.calendar_id) == place


def _facts(tenant: str, appointment: Appointment, items: Mapping[Key, Item]) -> AppointmentFacts:
    customer = _item(items, keys.customer(tenant, appointment.customer_id), Customer)
    return AppointmentFacts(
        tenant=tenant,
        appointment_id=appointment.id,
        resource_id=appointment.resource_id,
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
