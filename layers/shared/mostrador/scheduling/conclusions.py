"""Undo a conclusion: an appointment that was marked COMPLETED or NO_SHOW by mistake."""

from datetime import datetime

from mostrador.observability import logger
from mostrador.scheduling import appointments
from mostrador.scheduling.rules import appointment_states as rules
from mostrador.scheduling.rules.appointment_states import AppointmentChange, AppointmentStatus
from mostrador.table import writes
from mostrador.table.items.scheduling import Appointment


def reopen(tenant: str, appointment_id: str, *, actor_name: str, now: datetime) -> Appointment:
    """COMPLETED or NO_SHOW -> CONFIRMED, within a day of the conclusion; again changes nothing.

    Its time stayed in the agenda, and its money and link as they were. Raises NotHere, NotReopenable, TooLateToUndo,
    Busy.
    """

    def decide(appointment: Appointment) -> Appointment:
        if appointment.status == AppointmentStatus.CONFIRMED:
            return appointment
        rules.REOPENINGS.check(appointment.status, AppointmentStatus.CONFIRMED)
        rules.check_undoable(appointment.status, _concluded_at(appointment), now)
        appointment.status, appointment.completed_at = AppointmentStatus.CONFIRMED.value, None
        appointments.record(appointment, now, actor_name, AppointmentChange.REOPENED)
        with writes.transaction() as tx:
            tx.save(appointment)
        logger.info("appointment.reopened", tenant=tenant, appointment=appointment_id)
        return appointment

    return writes.retrying(lambda _attempt: appointments.get(tenant, appointment_id, now=now), decide)


def _concluded_at(appointment: Appointment) -> datetime:
    """When it became what it is, by its history; its start where the history no longer tells."""
    told = [entry["at"] for entry in appointment.history or [] if entry["change"] == appointment.status]
    return datetime.fromisoformat(told[-1]) if told else appointment.scheduled_at
