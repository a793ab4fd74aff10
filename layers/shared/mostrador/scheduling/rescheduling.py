"""Move an appointment to another start or resource."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from mostrador.scheduling import agenda, appointments, booking, booking_context, booking_keys, booking_limits, slots
from mostrador.scheduling.booking_request import minute
from mostrador.scheduling.rules.appointment_states import OCCUPYING, AppointmentChange, WrongAppointmentState, status_at
from mostrador.table import keys, writes
from mostrador.table.items.scheduling import Appointment
from mostrador.values import local_time

if TYPE_CHECKING:
    from mostrador.scheduling.views.appointments import Rescheduling


def move(
    tenant: str,
    appointment_id: str,
    form: "Rescheduling",
    *,
    ignore_calendar: bool = False,
    actor_name: str,
    now: datetime,
    check: appointments.Check | None = None,
) -> Appointment:
    """Move to another start, in one transaction over the old days and the new; at that start it changes nothing.

    Id, link, price, duration and buffers stay; the old time is kept in ``history``. With ``ignore_calendar`` it moves
    over the busy times of external calendars. Raises NotHere, WrongAppointmentState, SlotTaken, ServiceInactive, Busy.
    """
    start = minute(form.scheduled_at)
    query = slots.SlotQuery(now, form.resource_id, without=appointment_id, ignore_calendar=ignore_calendar)

    def decide(appointment: Appointment) -> Appointment:
        _check_movable(appointment, now)
        is_there = local_time.minute(appointment.scheduled_at) == start
        if is_there and form.resource_id in (None, appointment.resource_id):
            return appointment
        if check:
            check(appointment)
        return _move_to(tenant, appointment, start, query, actor_name=actor_name)

    return writes.retrying(lambda _attempt: appointments.get(tenant, appointment_id, now=now), decide)


def _move_to(
    tenant: str, appointment: Appointment, start: int, query: slots.SlotQuery, *, actor_name: str
) -> Appointment:
    line = agenda.line_of(appointment)
    context = booking_context.load(tenant, appointment.service_id, [start], ())
    own = replace(context.demand, duration=line.duration, before=line.before, after=line.after)
    context = booking_context.with_demand(context, own, start)
    resources = slots.choose(context, start, query)
    before, old_keys = keys.at(appointment.scheduled_at), set(agenda.keys_of(tenant, appointment))
    booking.place(appointment, start, own, resources)
    appointment.ignores_calendar = query.ignore_calendar or None
    times = {"from": before, "to": keys.at(appointment.scheduled_at)}
    appointments.record(appointment, query.now, actor_name, AppointmentChange.RESCHEDULED, **times)
    new_lines = {key: [agenda.line_of(appointment)] for key in agenda.keys_of(tenant, appointment)}
    limits = booking_keys.of_limits(context.tenant, context.service, own, start)
    with writes.transaction() as tx:
        tx.save(appointment)
        booking_limits.update(tx, tenant, appointment)
        booking.AgendaWrites(new_lines, limits - old_keys).write(tx, context, query.now)
        agenda.free(tx, appointment.id, old_keys - set(new_lines))
    return appointment


def _check_movable(appointment: Appointment, now: datetime) -> None:
    """Raise WrongAppointmentState for one that no longer occupies its time."""
    current = status_at(appointment.status, appointment.hold_expires_at, now)
    if current not in OCCUPYING:
        raise WrongAppointmentState(current=current.value, wanted=AppointmentChange.RESCHEDULED.value)
