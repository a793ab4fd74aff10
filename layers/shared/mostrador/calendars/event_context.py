"""An appointment as it is now, beside what its calendar event last said, and whether anything is left to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mostrador.calendars import google_access
from mostrador.calendars.rules import event_plan
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.event_plan import NOTHING, AppointmentFacts, EventState
from mostrador.calendars.rules.google_event import Wanted
from mostrador.table import keys, reads
from mostrador.table.items.calendars import CalendarEvent
from mostrador.table.items.scheduling import Appointment
from mostrador.table.items.tenants import Integration
from mostrador.table.keys import Key


@dataclass(frozen=True, slots=True)
class EventContext:
    """An appointment as it is now, its event's record, and the connections of both.

    ``target`` is where the event belongs, ``former`` where the record says that it is; ``want`` is the fingerprint
    of ``wanted``, or NOTHING.
    """

    tenant: str
    appointment_id: str
    appointment: Appointment | None
    record: CalendarEvent | None
    target: Integration | None
    former: Integration | None
    wanted: Wanted | None
    want: str


def load(tenant: str, appointment_id: str, resource_id: str | None) -> EventContext:
    """All that decides, in one round trip where ``resource_id`` is whose appointment it is."""
    own, of_event = keys.appointment(tenant, appointment_id), keys.calendar_event(tenant, appointment_id)
    found = reads.batch([own, of_event, *google_access.keys_of(tenant, resource_id)])
    appointment, record = found.get(own), found.get(of_event)
    further = set(google_access.keys_of(tenant, appointment.resource_id)) if appointment else set()
    if record:
        further.add((keys.tenant(tenant)[0], record.connection))
    if further := further - set(google_access.keys_of(tenant, resource_id)):
        found |= reads.batch(further)
    if appointment and (guest := guest_of(tenant, appointment, found)):
        found |= reads.batch([guest])
    return from_items(tenant, appointment_id, found)


def from_items(tenant: str, appointment_id: str, found: Mapping[Key, Any]) -> EventContext:
    """What was ``found`` of one appointment, put together."""
    appointment = found.get(keys.appointment(tenant, appointment_id))
    record = found.get(keys.calendar_event(tenant, appointment_id))
    target = google_access.counting(tenant, appointment.resource_id, found) if appointment else None
    wanted = None
    if appointment and target:
        choices = google_access.choices(target)
        wanted = event_plan.wanted(_told(tenant, appointment, found), choices)
    want = rules.fingerprint(wanted) if wanted else NOTHING
    former = found.get((keys.tenant(tenant)[0], record.connection)) if record else None
    if former and record and former.created_at != record.connected_at:  # another one, made since
        former = None
    return EventContext(tenant, appointment_id, appointment, record, target, former, wanted, want)


def is_settled(context: EventContext, *, now: datetime, is_due: bool = False) -> bool:
    """Whether nothing is left to do, or it waits for its time (unless it ``is_due``) or for a person."""
    record = context.record
    if record is None:
        return context.want == NOTHING
    if context.want == NOTHING and (record.state == EventState.GONE or context.former is None):
        return True
    if context.want != NOTHING and not is_in_place(record, context.target):
        return False
    if record.state in (EventState.SYNCED, EventState.GONE):
        return bool(record.fingerprint == context.want)
    waits = record.state == EventState.PARKED or (not is_due and (record.due_at or "") > keys.at(now))
    return waits and record.asked == context.want


def guest_of(tenant: str, appointment: Appointment, found: Mapping[Key, Any]) -> Key | None:
    """The key of the customer, where the tenant invites customers: their address is only there."""
    target = google_access.counting(tenant, appointment.resource_id, found)
    is_invited = target is not None and google_access.choices(target).attendees
    return keys.customer(tenant, appointment.customer_id) if is_invited else None


def _told(tenant: str, appointment: Appointment, found: Mapping[Key, Any]) -> AppointmentFacts:
    customer = found.get(keys.customer(tenant, appointment.customer_id))
    return AppointmentFacts(
        tenant=tenant,
        appointment_id=appointment.id,
        resource_id=appointment.resource_id,
        status=appointment.status,
        service=appointment.service_name,
        resource=appointment.resource_name,
        customer=appointment.booked_as or appointment.customer_name,
        phone=appointment.customer_phone,
        notes=appointment.notes,
        email=customer.email if customer else None,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        time_zone=appointment.time_zone,
        revision=int(appointment.version),
    )


def is_in_place(record: CalendarEvent, target: Integration | None) -> bool:
    """Whether the event is, or is to be, in the calendar where it belongs."""
    if target is None or record.event_id is None:
        return False
    place = (target.sk, target.created_at, google_access.choices(target).calendar_id)
    return (record.connection, record.connected_at, record.calendar_id) == place
