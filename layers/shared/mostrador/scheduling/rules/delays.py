"""A visit that begins later today: the new time, and whose time it takes then. Times are minutes since the epoch."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

from mostrador.errors import Conflict, Invalid
from mostrador.scheduling.rules.agenda import Booking, appointments_of
from mostrador.scheduling.rules.appointment_states import OCCUPYING, AppointmentChange, WrongAppointmentState
from mostrador.scheduling.rules.visits import NEAR, Visit
from mostrador.values.next_actions import NextAction

LONGEST: Final = int(NEAR / timedelta(minutes=1))
"""The longest delay, in minutes."""


class DelayOutside(Invalid):
    code = "delay_outside"
    en = "a delay leads to a time from {first:time} to {last:time}; move the appointment instead"
    es = "un atraso lleva a una hora entre el {first:time} y el {last:time}; para otra, mueva el turno"
    next_action = NextAction.CHOOSE_ANOTHER_TIME


class NotToday(Conflict):
    code = "not_today"
    en = "the appointment begins on {scheduled_at:time}: only one of these hours is delayed, another is moved"
    es = "el turno comienza el {scheduled_at:time}: solo se atrasa uno de estas horas; otro se mueve"
    next_action = NextAction.CHOOSE_ANOTHER_TIME


class StartedAlready(Conflict):
    code = "started_already"
    en = "the visit began on {started_at:time}"
    es = "la atención comenzó el {started_at:time}"
    next_action = NextAction.READ_AGAIN


class CannotPush(Conflict):
    """``refused`` are the appointments that cannot move: each with its new start and the reason."""

    code = "cannot_push"
    en = "{count:count} appointments cannot be moved along, so none was"
    es = "{count:count} turnos no se pueden correr; no se movió ninguno"
    next_action = NextAction.CHOOSE_ANOTHER_TIME


def check_delay(visit: Visit, now: datetime) -> None:
    """Raise WrongAppointmentState, StartedAlready or NotToday unless the visit can be late now."""
    if visit.status not in OCCUPYING:
        raise WrongAppointmentState(current=visit.status.value, wanted=AppointmentChange.DELAYED.value)
    if visit.started_at:
        raise StartedAlready(started_at=visit.started_at.isoformat())
    if abs(now - visit.scheduled_at) > NEAR:
        raise NotToday(scheduled_at=visit.scheduled_at.isoformat())


def check_target(target: datetime, first: datetime, agreed_at: datetime, field: str) -> None:
    """Raise DelayOutside unless ``target`` is from ``first``, its present start, to 12 hours after the agreed one."""
    last = agreed_at + NEAR
    if not first <= target <= last:
        facts = {"value": target.isoformat(), "first": first.isoformat(), "last": last.isoformat()}
        raise DelayOutside(field=field, **facts)


def late_by(own: Booking, agreed: int, others: Iterable[Booking]) -> dict[str, int]:
    """The appointments whose time ``own`` takes, and by how many minutes each would be late, buffers included.

    ``own`` begins when it is expected, ``agreed`` is its start in the agenda; ``others`` are of one resource. One that
    would be late makes the next one late. The people of a class are late together, and never by each other.
    """
    following = [
        one
        for one in appointments_of(others)
        if one.starts >= agreed and (one.service, one.starts) != (own.service, agreed)
    ]
    late, busy_until = dict[str, int](), own.busy_until
    for _, group in groupby(sorted(following, key=_PLACE), key=_PLACE):
        together = list(group)
        minutes = busy_until - min(one.busy_from for one in together)
        if minutes <= 0:
            break
        late |= {one.appointment_id: minutes for one in together}
        busy_until = max(one.busy_until for one in together) + minutes
    return late


_PLACE: Final = attrgetter("starts", "service")
