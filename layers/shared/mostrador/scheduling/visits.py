"""Begin a visit: the customer arrives and is attended. ``conclusions`` ends it, ``undoing`` takes a move back."""

from datetime import datetime
from typing import Final

from mostrador.observability import logger
from mostrador.scheduling import appointments, visit_records
from mostrador.scheduling.rules import visits as rules
from mostrador.scheduling.rules.appointment_states import UNCONFIRMED, AppointmentChange, AppointmentStatus
from mostrador.scheduling.rules.visits import VisitMove
from mostrador.table import writes
from mostrador.table.items.scheduling import Appointment

_CHANGES: Final = {VisitMove.ARRIVE: AppointmentChange.ARRIVED, VisitMove.START: AppointmentChange.STARTED}
_STANDS: Final = frozenset({AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED})


def arrive(tenant: str, appointment_id: str, *, actor_name: str, now: datetime) -> Appointment:
    """Note that the customer is there, from 12 hours before the start on; again changes nothing.

    It confirms an appointment that is PENDING or IN_REVIEW, unless a deposit is due. Raises NotHere,
    WrongAppointmentState, ArrivesTooEarly, DepositDue, Busy.
    """
    return _come(tenant, appointment_id, VisitMove.ARRIVE, actor_name=actor_name, now=now)


def start(tenant: str, appointment_id: str, *, actor_name: str, now: datetime) -> Appointment:
    """Note that the visit began, also before the agreed time; one that starts has arrived. Again changes nothing.

    Raises what ``arrive`` raises.
    """
    return _come(tenant, appointment_id, VisitMove.START, actor_name=actor_name, now=now)


def _come(tenant: str, appointment_id: str, move: VisitMove, *, actor_name: str, now: datetime) -> Appointment:
    def load(attempt: int) -> tuple[Appointment, bool]:
        return appointments.get(tenant, appointment_id, now=now), attempt > 0

    def decide(loaded: tuple[Appointment, bool]) -> Appointment:
        appointment, is_retry = loaded
        if _noted(appointment, move) and appointment.status in _STANDS:
            return appointment
        rules.check_coming(appointment.visit(now), _CHANGES[move], appointment.currency, now)
        before = visit_records.snapshot(appointment)
        with writes.transaction() as tx:
            if appointment.status in UNCONFIRMED:
                to = AppointmentStatus.CONFIRMED
                appointments.settle_as(tx, tenant, appointment, to, is_retry=is_retry, actor_name=actor_name, now=now)
                if appointment.waiting_id:  # an accepted offer stays accepted
                    before = visit_records.snapshot(appointment)
            _note(appointment, move, now)
            appointments.record(appointment, now, actor_name, _CHANGES[move])
            visit_records.remember(appointment, move, before, now=now)
            tx.save(appointment)
        logger.info("appointment.moved", tenant=tenant, appointment=appointment_id, status=_CHANGES[move].value)
        return appointment

    return writes.retrying(load, decide)


def _noted(appointment: Appointment, move: VisitMove) -> bool:
    return bool(appointment.arrived_at if move is VisitMove.ARRIVE else appointment.started_at)


def _note(appointment: Appointment, move: VisitMove, now: datetime) -> None:
    """Set the time of the move; a visit that starts has a customer who arrived."""
    appointment.arrived_at = appointment.arrived_at or now
    if move is VisitMove.START:
        appointment.started_at = now
