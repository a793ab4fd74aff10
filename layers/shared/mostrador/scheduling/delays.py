"""A visit that begins later today: the appointment says when it is expected, and the answer whose time that takes.

The agenda keeps the agreed time, so a delay needs no free time and can be taken back. ``pushes`` moves it and those
behind it for real.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from mostrador.observability import logger
from mostrador.scheduling import agenda, appointments, visit_records
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules import delays as rules
from mostrador.scheduling.rules.agenda import Booking
from mostrador.scheduling.rules.appointment_states import OCCUPYING, AppointmentChange
from mostrador.scheduling.rules.visits import VisitMove
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import AgendaDay, Appointment
from mostrador.values import local_time

if TYPE_CHECKING:
    from mostrador.scheduling.views.visits import Delay


@dataclass(frozen=True, slots=True)
class Late:
    """An appointment whose time another one takes: by how many minutes, and when it could start."""

    appointment: Appointment
    minutes: int

    @property
    def could_start_at(self) -> datetime:
        return expected_at(self.appointment) + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Delayed:
    """A delayed appointment, those whose time it takes, and those that were moved along."""

    appointment: Appointment
    overlaps: list[Late]
    moved: list[Appointment]


def delay(tenant: str, appointment_id: str, form: "Delay", *, actor_name: str, now: datetime) -> Delayed:
    """Say when a visit of these hours is expected; again changes nothing, and its agreed start takes it back.

    Nothing moves. Raises NotHere, WrongAppointmentState, StartedAlready, NotToday, DelayOutside, Busy.
    """

    def decide(appointment: Appointment) -> Appointment:
        target = target_of(appointment, form, now)
        if target == expected_at(appointment):
            return appointment
        before, was = visit_records.snapshot(appointment), expected_at(appointment)
        appointment.delayed_to = None if target == appointment.scheduled_at else target
        told = {"from": keys.at(was), "to": keys.at(target)}
        appointments.record(appointment, now, actor_name, AppointmentChange.DELAYED, **told)
        visit_records.remember(appointment, VisitMove.DELAY, before, now=now)
        with writes.transaction() as tx:
            tx.save(appointment)
        logger.info("appointment.moved", tenant=tenant, appointment=appointment_id, status="DELAYED")
        return appointment

    delayed = writes.retrying(lambda _attempt: appointments.get(tenant, appointment_id, now=now), decide)
    return Delayed(delayed, late_ones(tenant, delayed, expected_at(delayed), now), [])


def target_of(appointment: Appointment, form: "Delay", now: datetime) -> datetime:
    """When the form expects the visit. Minutes count from the agreed start, also after it was moved along.

    Raises WrongAppointmentState, StartedAlready, NotToday, DelayOutside.
    """
    rules.check_delay(appointment.visit(now), now)
    agreed_at = appointment.delayed_from or appointment.scheduled_at
    field = "body.minutes" if form.starts_at is None else "body.starts_at"
    target = form.starts_at or agreed_at + timedelta(minutes=form.minutes or 0)
    rules.check_target(target, appointment.scheduled_at, agreed_at, field)
    return target


def expected_at(appointment: Appointment) -> datetime:
    """Its start, or when it is expected after a delay."""
    at: datetime = appointment.delayed_to or appointment.scheduled_at
    return at


def late_ones(tenant: str, appointment: Appointment, at: datetime, now: datetime) -> list[Late]:
    """The appointments whose time ``appointment`` takes when it begins ``at``, by start: of each of its resources."""
    if at == appointment.scheduled_at:
        return []
    own = agenda.line_of(appointment)._replace(starts=local_time.minute(at))
    lines = _lines(tenant, appointment, own, now)
    found = _expected(tenant, {line.appointment_id for booked in lines.values() for line in booked})
    late: dict[str, int] = {}
    for booked in lines.values():
        here = [
            line._replace(starts=local_time.minute(expected_at(found[line.appointment_id])))
            for line in booked
            if line.appointment_id in found
        ]
        for name, minutes in rules.late_by(own, local_time.minute(appointment.scheduled_at), here).items():
            late[name] = max(minutes, late.get(name, 0))
    return sorted((Late(found[name], minutes) for name, minutes in late.items()), key=lambda one: one.could_start_at)


def _lines(tenant: str, appointment: Appointment, own: Booking, now: datetime) -> dict[str, list[Booking]]:
    """The other bookings of each of its resources that stand, on the days that it touches now or then."""
    last = local_time.local_day(own.busy_until, appointment.zone)
    days = sorted({*map(date.fromisoformat, appointment.days), last})
    wanted = {one: [keys.agenda_day(tenant, one, day) for day in days] for one in agenda.resource_ids(appointment)}
    stored: Mapping[keys.Key, AgendaDay] = reads.batch(key for found in wanted.values() for key in found)
    return {
        one: agenda_rules.appointments_of(
            agenda.booked([stored[key] for key in found if key in stored], now, without=appointment.id)
        )
        for one, found in wanted.items()
    }


def _expected(tenant: str, ids: set[str]) -> dict[str, Appointment]:
    """Those of these appointments that are still to begin."""
    stored = reads.batch(keys.appointment(tenant, one) for one in ids) if ids else {}
    return {one.id: one for one in stored.values() if one.status in OCCUPYING and not one.started_at}
