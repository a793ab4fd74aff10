"""Carry out chosen proposals: each appointment moves in a transaction of its own, or is refused with its reason.

A move names the version of the appointment for which it was proposed. So a repeat, under whatever key, moves nothing
twice: the appointment is there already, or it has changed since.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mostrador.errors import ServiceError, Stale
from mostrador.observability import logger
from mostrador.scheduling import appointments, blocks, placing, rescheduling
from mostrador.scheduling.booking_request import minute
from mostrador.scheduling.placing import Target
from mostrador.scheduling.rules.reassignment import Result
from mostrador.table import writes
from mostrador.table.items.scheduling import Appointment

if TYPE_CHECKING:
    from mostrador.scheduling.views.reassigning import Move

WITHIN: Final = timedelta(seconds=6)
"""No further move begins later: a function has ten seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one move: the appointment as it is now, or why it was refused."""

    appointment_id: str
    result: Result
    appointment: Appointment | None = None
    error: ServiceError | None = None


def reassign(
    slug: str, block_id: str, moves: Sequence["Move"], *, actor_name: str, clock: Callable[[], datetime]
) -> list[Outcome]:
    """Make the moves in their order; one that is refused leaves the others. Raises NotHere (block), OddStart."""
    now = clock()
    blocks.get(slug, block_id, now=now)
    targets = [Target(minute(move.scheduled_at), move.resource_id, move.second_resource_id) for move in moves]
    outcomes = list[Outcome]()
    for move, target in zip(moves, targets, strict=True):
        if clock() >= now + WITHIN:
            outcomes.append(Outcome(move.appointment_id, Result.NOT_TRIED))
            continue
        outcomes.append(_one(slug, move, target, actor_name=actor_name, now=now))
    moved = sum(outcome.result is Result.MOVED for outcome in outcomes)
    logger.info("appointments.reassigned", tenant=slug, block=block_id, moved=moved, asked=len(moves))
    return outcomes


def _one(slug: str, move: "Move", target: Target, *, actor_name: str, now: datetime) -> Outcome:
    def decide(appointment: Appointment) -> Outcome:
        rescheduling.check_occupying(appointment, now)
        if target.is_where(appointment):
            return Outcome(appointment.id, Result.ALREADY_MOVED, appointment)
        _check_version(appointment, move)
        placing.put(slug, appointment, target, actor_name=actor_name, now=now)
        return Outcome(appointment.id, Result.MOVED, appointment)

    try:
        return writes.retrying(lambda _attempt: appointments.get(slug, move.appointment_id, now=now), decide)
    except ServiceError as error:
        return Outcome(move.appointment_id, Result.REFUSED, error=error)


def _check_version(appointment: Appointment, move: "Move") -> None:
    """Raise Stale where the appointment has changed since the move was proposed."""
    if appointment.version != move.version:
        raise Stale(given=move.version, current=appointment.version)
