"""Put an appointment at a certain place: a start, with the resources that staff chose."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mostrador.errors import NotHere
from mostrador.scheduling import rescheduling, slot_terms, slots
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.rules.appointment_states import AppointmentChange
from mostrador.scheduling.rules.overrides import Override
from mostrador.scheduling.slot_terms import SlotQuery
from mostrador.table.items.scheduling import Appointment, Resource
from mostrador.values import local_time

FOR_STAFF: Final = frozenset({Override.BEFORE_NOTICE.value})
"""The rules for customers that do not bind staff who move appointments away from somebody who is ill."""


@dataclass(frozen=True, slots=True)
class Target:
    """A start (minute since the epoch), its resources and its length in minutes.

    Without a resource the present one stays if it is free, else it is any. Without a length the present one stays.
    """

    start: int
    resource_id: str | None = None
    second_resource_id: str | None = None
    duration: int | None = None

    def is_where(self, appointment: Appointment) -> bool:
        """Whether the appointment is there already."""
        wanted = (self.start, self.resource_id, self.second_resource_id, self.duration)
        start = local_time.minute(appointment.scheduled_at)
        present = (start, appointment.resource_id, appointment.second_resource_id, appointment.duration_minutes)
        return all(new in (None, old) for new, old in zip(wanted, present, strict=True))


def query(now: datetime, appointment_id: str, resource_id: str | None = None) -> SlotQuery:
    """The question of staff who move an appointment: neither the notice nor the window binds them."""
    return SlotQuery(now, resource_id, appointment_id, any_day=True, override=FOR_STAFF)


def put(tenant: str, appointment: Appointment, target: Target, *, actor_name: str, now: datetime) -> None:
    """Write one transaction over the old days and the new. Id, link, price, payments and history stay.

    Raises NotHere (resource), WrongAppointmentState, SlotTaken, ConditionFailed.
    """
    rescheduling.check_occupying(appointment, now)
    context = rescheduling.load(tenant, appointment, target.start, duration=target.duration, discontinued=True)
    resources = _resources(context, appointment, target, now)
    change, old = _change(appointment, target), rescheduling.before(tenant, appointment)
    asked = query(now, appointment.id)
    rescheduling.set_place(appointment, context, target.start, resources, asked, actor_name=actor_name)
    rescheduling.write(context, appointment, change, old, actor_name=actor_name, now=now)


def _resources(context: BookingContext, appointment: Appointment, target: Target, now: datetime) -> list[Resource]:
    """Those of the target. Raises NotHere, SlotTaken."""
    asked, second = query(now, appointment.id, target.resource_id), target.second_resource_id
    if second is None:
        return rescheduling.chosen(context, appointment, target.start, asked, keeps_resource=False)
    if second not in context.service.second_resource_ids:
        raise NotHere(entity="resource", id=second)
    return slots.chosen(slot_terms.terms(context, asked), target.start, only_second=second)


def _change(appointment: Appointment, target: Target) -> AppointmentChange:
    if target.duration not in (None, appointment.duration_minutes):
        return AppointmentChange.CHANGED
    is_there = local_time.minute(appointment.scheduled_at) == target.start
    return AppointmentChange.REASSIGNED if is_there else AppointmentChange.RESCHEDULED
