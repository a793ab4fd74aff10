"""Conclude a visit: completed, or a no-show. ``undoing`` takes a conclusion back."""

from datetime import datetime

from mostrador.scheduling import agenda, appointments, visit_records
from mostrador.scheduling.rules import visits as rules
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import Appointment, Service
from mostrador.table.writes import Transaction


def complete(tenant: str, appointment_id: str, *, actor_name: str, now: datetime) -> Appointment:
    """CONFIRMED -> COMPLETED, once it has begun; again changes nothing.

    Before its end the rest of its time becomes free, unless it is a class or takes two resources. The buffer behind it
    moves along. Raises NotHere, WrongAppointmentState, TooEarly, Busy.
    """

    def write(tx: Transaction, appointment: Appointment, _is_retry: bool) -> None:
        before = visit_records.snapshot(appointment)
        rules.check_over(appointment.visit(now), AppointmentStatus.COMPLETED, now)
        appointments.enter(appointment, AppointmentStatus.COMPLETED, actor_name, now)
        freed_at = rules.freed_at(appointment.scheduled_at, appointment.ends_at, now)
        if freed_at and _is_alone(tenant, appointment):
            appointment.freed_at = freed_at
            agenda.set_hold(tx, tenant, appointment)
        visit_records.remember(appointment, rules.VisitMove.COMPLETE, before, now=now)
        tx.save(appointment)

    return appointments.move_to(tenant, appointment_id, AppointmentStatus.COMPLETED, write, now=now)


def no_show(tenant: str, appointment_id: str, *, actor_name: str, now: datetime) -> Appointment:
    """PENDING or CONFIRMED -> NO_SHOW, once it should have begun and nobody came; again changes nothing.

    Its time stays taken. Raises NotHere, WrongAppointmentState, TooEarly, ArrivedAlready, Busy.
    """

    def write(tx: Transaction, appointment: Appointment, is_retry: bool) -> None:
        before, is_offer = visit_records.snapshot(appointment), appointments.is_open_offer(appointment)
        to = AppointmentStatus.NO_SHOW
        rules.check_over(appointment.visit(now), to, now)
        appointments.settle_as(tx, tenant, appointment, to, is_retry=is_retry, actor_name=actor_name, now=now)
        if not is_offer:  # its wait is over
            visit_records.remember(appointment, rules.VisitMove.NO_SHOW, before, now=now)
        tx.save(appointment)

    return appointments.move_to(tenant, appointment_id, AppointmentStatus.NO_SHOW, write, now=now)


def _is_alone(tenant: str, appointment: Appointment) -> bool:
    """Whether nobody else shares its time: one resource, and a service of one seat."""
    if appointment.second_resource_id:
        return False
    service = reads.get_item(keys.service(tenant, appointment.service_id))
    return isinstance(service, Service) and int(service.capacity) == 1
