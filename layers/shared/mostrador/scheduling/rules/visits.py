"""A visit at the counter: the customer arrives, is attended and leaves; each move can be taken back for a day.

ARRIVE and START are times of an appointment, not states. An appointment is a ``Visit`` here: the plain values that
decide. ``Done`` is a move as the appointment remembers it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, cast

from mostrador.errors import Conflict
from mostrador.scheduling.rules.agenda import SHORTEST
from mostrador.scheduling.rules.appointment_states import (
    MOVES,
    OCCUPYING,
    UNCONFIRMED,
    UNDONE_WITHIN,
    AppointmentChange,
    AppointmentStatus,
    TooEarly,
    TooLateToUndo,
    WrongAppointmentState,
)
from mostrador.values.next_actions import NextAction
from mostrador.values.wire import JSON

_MINUTE: Final = timedelta(minutes=1)
NEAR: Final = timedelta(hours=12)
"""A customer arrives, and a visit is delayed, at most so long before the agreed start; a delay is no longer either."""


class VisitMove(StrEnum):
    """A move of staff that can be undone."""

    CONFIRM = "confirm"
    ARRIVE = "arrive"
    START = "start"
    COMPLETE = "complete"
    NO_SHOW = "no_show"
    CANCEL = "cancel"
    DELAY = "delay"


class NextMove(StrEnum):
    """A move that an appointment's state allows now. ``undo_...`` is ``undo`` with that move."""

    CONFIRM = "confirm"
    ARRIVE = "arrive"
    START = "start"
    COMPLETE = "complete"
    NO_SHOW = "no_show"
    CANCEL = "cancel"
    DELAY = "delay"
    RESCHEDULE = "reschedule"
    UNDO_CONFIRM = "undo_confirm"
    UNDO_ARRIVE = "undo_arrive"
    UNDO_START = "undo_start"
    UNDO_COMPLETE = "undo_complete"
    UNDO_NO_SHOW = "undo_no_show"
    UNDO_CANCEL = "undo_cancel"
    UNDO_DELAY = "undo_delay"


CONCLUDED_BY: Final = {
    AppointmentStatus.COMPLETED: VisitMove.COMPLETE,
    AppointmentStatus.NO_SHOW: VisitMove.NO_SHOW,
}
"""The conclusions, each with the move that makes it."""


class DepositDue(Conflict):
    """``due`` is the unpaid part of the deposit."""

    code = "deposit_due"
    en = "a deposit of {due:money} is due: take it, or confirm the appointment without it"
    es = "falta la seña de {due:money}: cóbrela, o confirme el turno sin ella"
    next_action = NextAction.PAY


class ArrivedAlready(Conflict):
    code = "arrived_already"
    en = "the customer arrived on {arrived_at:time}: undo that before it becomes a no-show"
    es = "el cliente llegó el {arrived_at:time}: deshágalo antes de marcar que no vino"
    next_action = NextAction.READ_AGAIN


class NotTheLastMove(Conflict):
    """``last`` is the move that can be undone, or None."""

    code = "not_the_last_move"
    en = "the last thing that can be undone of this appointment is that it was {last:move}"
    es = "lo último que se puede deshacer de este turno es que fue {last:move}"
    next_action = NextAction.READ_AGAIN


class NothingToUndo(Conflict):
    code = "nothing_to_undo"
    en = "nothing of this appointment, which is {current:appointment}, can be undone"
    es = "no hay nada que deshacer en este turno, que está {current:appointment}"
    next_action = NextAction.READ_AGAIN


class MoneyMoved(Conflict):
    code = "money_moved"
    en = "{amount:money} was paid meanwhile: refund it first"
    es = "entretanto se pagaron {amount:money}: devuélvalos antes"
    next_action = NextAction.READ_AGAIN


class ArrivesTooEarly(TooEarly):
    en = "the appointment begins on {scheduled_at:time}: an arrival is noted from 12 hours before"
    es = "el turno comienza el {scheduled_at:time}: la llegada se anota desde 12 horas antes"


@dataclass(frozen=True, slots=True)
class Done:
    """A move that was made, when, and the fields that it changed as they were before."""

    move: VisitMove
    at: datetime
    before: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment as the moves see it. ``deposit_left`` is the unpaid part of its deposit, ``done`` its last move.

    ``status`` is that of now: a lapsed hold is EXPIRED.
    """

    status: AppointmentStatus
    scheduled_at: datetime
    deposit_left: Decimal
    arrived_at: datetime | None = None
    started_at: datetime | None = None
    done: Done | None = None


def check_coming(visit: Visit, wanted: AppointmentChange, currency: str, now: datetime) -> None:
    """Whether the customer can arrive, or the visit start: it stands, is near, and no deposit is due.

    Raises WrongAppointmentState, TooEarly, DepositDue.
    """
    if visit.status not in OCCUPYING:
        raise WrongAppointmentState(current=visit.status.value, wanted=wanted.value)
    if now < visit.scheduled_at - NEAR:
        raise ArrivesTooEarly(scheduled_at=visit.scheduled_at.isoformat())
    if visit.status in UNCONFIRMED and visit.deposit_left > 0:
        raise DepositDue(due=str(visit.deposit_left), currency=currency)


def check_over(visit: Visit, to: AppointmentStatus, now: datetime) -> None:
    """Whether the visit can be concluded as ``to``.

    Raises WrongAppointmentState, TooEarly (neither begun nor started), ArrivedAlready (no-show of one who came).
    """
    if not MOVES.allows(visit.status, to):
        raise WrongAppointmentState(current=visit.status.value, wanted=to.value)
    is_begun = now >= visit.scheduled_at or (to is AppointmentStatus.COMPLETED and visit.started_at)
    if not is_begun:
        raise TooEarly(scheduled_at=visit.scheduled_at.isoformat())
    if to is AppointmentStatus.NO_SHOW and visit.arrived_at:
        raise ArrivedAlready(arrived_at=visit.arrived_at.isoformat())


def freed_at(scheduled_at: datetime, ends_at: datetime, now: datetime) -> datetime | None:
    """From when the rest of a visit that is over at ``now`` is free, to the minute; None where nothing is left."""
    earliest = scheduled_at + timedelta(minutes=SHORTEST)
    whole = now.replace(second=0, microsecond=0)
    at = max(whole if whole == now else whole + _MINUTE, earliest)
    return at if at < ends_at else None


def last_done(remembered: Sequence[Mapping[str, JSON]], status: str, concluded_at: datetime) -> Done | None:
    """The move that can be undone: the last one remembered, while the state is the one that it led to.

    A conclusion older than this memory can be undone too, from ``concluded_at`` on.
    """
    last = remembered[-1] if remembered else {}
    if last and last["to"] == status:
        before = cast("Mapping[str, JSON]", last["before"])
        return Done(VisitMove(str(last["move"])), datetime.fromisoformat(str(last["at"])), before)
    if move := CONCLUDED_BY.get(AppointmentStatus(status)):
        return Done(move, concluded_at, {"status": AppointmentStatus.CONFIRMED.value, "completed_at": None})
    return None


def check_unpaid(done: Done, paid: Decimal | None, currency: str) -> None:
    """Raise MoneyMoved where the move confirmed the appointment, and money came since: money confirms it too."""
    if paid and done.move is not VisitMove.CANCEL and done.before.get("status") in UNCONFIRMED:
        raise MoneyMoved(amount=str(paid), currency=currency)


def check_undo(visit: Visit, move: VisitMove, now: datetime) -> Done:
    """The move that is undone. Raises NothingToUndo, NotTheLastMove, TooLateToUndo."""
    done = visit.done
    if done is None:
        raise NothingToUndo(current=visit.status.value)
    if done.move is not move:
        raise NotTheLastMove(last=done.move.value)
    if now > done.at + UNDONE_WITHIN:
        raise TooLateToUndo(current=visit.status.value, until=(done.at + UNDONE_WITHIN).isoformat())
    return done


def allowed(visit: Visit, now: datetime) -> list[NextMove]:
    """The moves that the visit's state allows at ``now``, in the order of a day; the world may refuse one yet.

    An undone cancellation needs its time, and money that is on its way must have arrived.
    """
    return [*_forward(visit, now), *_back(visit, now)]


def _forward(visit: Visit, now: datetime) -> list[NextMove]:
    stands, is_over = visit.status in OCCUPYING, now >= visit.scheduled_at
    can_come, is_firm = _can_come(visit, now), visit.status is AppointmentStatus.CONFIRMED
    can_be_missed = MOVES.allows(visit.status, AppointmentStatus.NO_SHOW) and not visit.arrived_at
    rules = {
        NextMove.CONFIRM: visit.status in UNCONFIRMED,
        NextMove.ARRIVE: can_come and not visit.arrived_at,
        NextMove.START: can_come and not visit.started_at,
        NextMove.COMPLETE: is_firm and bool(is_over or visit.started_at),
        NextMove.NO_SHOW: can_be_missed and is_over,
        NextMove.DELAY: _can_be_late(visit, now),
        NextMove.RESCHEDULE: stands,
        NextMove.CANCEL: stands,
    }
    return [move for move, is_allowed in rules.items() if is_allowed]


def _can_be_late(visit: Visit, now: datetime) -> bool:
    is_near = abs(now - visit.scheduled_at) <= NEAR
    return visit.status in OCCUPYING and not visit.started_at and is_near


def _can_come(visit: Visit, now: datetime) -> bool:
    """Whether the customer can arrive now; see ``check_coming``."""
    is_promised = visit.status not in UNCONFIRMED or visit.deposit_left <= 0
    return visit.status in OCCUPYING and now >= visit.scheduled_at - NEAR and is_promised


def _back(visit: Visit, now: datetime) -> Sequence[NextMove]:
    done = visit.done
    return [NextMove(f"undo_{done.move}")] if done and now <= done.at + UNDONE_WITHIN else []
