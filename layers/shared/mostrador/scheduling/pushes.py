"""Move a delayed visit and those behind it, in one transaction: all of them or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mostrador.observability import logger
from mostrador.scheduling import agenda, appointments, booking, booking_limits, delays, overriding, rescheduling
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.delays import Delayed
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules import availability, overrides, told_changes
from mostrador.scheduling.rules.appointment_states import AppointmentChange
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.rules.delays import CannotPush
from mostrador.scheduling.rules.overrides import ORDINARY
from mostrador.table import writes
from mostrador.table.items.scheduling import Appointment
from mostrador.values import local_time

if TYPE_CHECKING:
    from mostrador.scheduling.views.visits import Delay

MOST_PUSHED: Final = 20


@dataclass(frozen=True, slots=True)
class _Move:
    """An appointment, its new start (a minute since the epoch), and what was read to decide about it."""

    appointment: Appointment
    start: int
    context: BookingContext

    @property
    def line(self) -> agenda_rules.Booking:
        return agenda.line_of(self.appointment)._replace(starts=self.start)


def push(
    tenant: str,
    appointment_id: str,
    form: "Delay",
    *,
    may_override: frozenset[str] = ORDINARY,
    actor_name: str,
    now: datetime,
) -> Delayed:
    """Move the visit to when it is expected, and each one whose time it then takes; again moves nothing.

    Each keeps its resources and its day. Neither notice nor grid refuses a move; hours, blocks, other calendars and
    bookings do, unless ``form.override`` names the rule; never another appointment. Raises what ``delays.delay``
    raises, OverrideNotAllowed, CannotPush, TooMuchAtOnce, Busy.
    """
    overriding.check(form.override, may_override & ORDINARY)

    def decide(appointment: Appointment) -> Delayed:
        target = delays.target_of(appointment, form, now)
        if target == appointment.scheduled_at:
            return Delayed(appointment, [], [])
        moves = _moves(tenant, appointment, target, now)
        _check(moves, frozenset(form.override), now)
        _write(tenant, moves, actor_name=actor_name, now=now)
        logger.info("appointment.pushed", tenant=tenant, appointment=appointment_id, moved=len(moves) - 1)
        return Delayed(appointment, [], [move.appointment for move in moves[1:]])

    return writes.retrying(lambda _attempt: appointments.get(tenant, appointment_id, now=now), decide)


def _moves(tenant: str, appointment: Appointment, target: datetime, now: datetime) -> list[_Move]:
    """The visit first, then those behind it. Raises TooMuchAtOnce."""
    late = delays.late_ones(tenant, appointment, target, now)
    if len(late) > MOST_PUSHED:
        raise booking.TooMuchAtOnce(value=len(late), field="body.push")
    wanted = [(appointment, target), *((one.appointment, one.could_start_at) for one in late)]
    starts = [(one, local_time.minute(at)) for one, at in wanted]
    return [_Move(one, at, rescheduling.load(tenant, one, at, discontinued=True)) for one, at in starts]


def _check(moves: Sequence[_Move], override: frozenset[str], now: datetime) -> None:
    """Raise CannotPush with each move that is refused."""
    moving = {move.appointment.id for move in moves}
    placed: dict[str, list[agenda_rules.Booking]] = {}
    refused = []
    for move in moves:
        reason = _reason(move, moving, placed, override, now)
        if reason:
            refused.append(_told(move, reason))
        for resource_id in agenda.resource_ids(move.appointment):
            placed.setdefault(resource_id, []).append(move.line)
    if refused:
        raise CannotPush(count=len(refused), refused=refused)


def _reason(
    move: _Move,
    moving: set[str],
    placed: Mapping[str, list[agenda_rules.Booking]],
    override: frozenset[str],
    now: datetime,
) -> Reason | None:
    """Why the move is refused by the rules of one of its resources; None where it is not."""
    one, wanted = move.appointment, agenda.resource_ids(move.appointment)
    days = [day.isoformat() for day in agenda_rules.days_touched(move.context.demand, move.start, one.zone)]
    if days != one.days:
        return Reason.CLOSED
    by_resource = move.context.slot_rules(wanted, now, without=one.id)
    for resource_id in wanted:
        if resource_id not in by_resource:
            return Reason.CLOSED
        rules = overrides.without(availability.as_agreed(by_resource[resource_id], move.start), override, now)
        others = [line for line in rules.booked if line.appointment_id not in moving]
        busy = () if one.ignores_calendar else rules.busy
        rules = replace(rules, booked=[*others, *placed.get(resource_id, ())], busy=busy)
        if refusal := availability.refusal(rules, move.start):
            return refusal.reason
    return None


def _told(move: _Move, reason: Reason) -> dict[str, str]:
    one = move.appointment
    starts_at = local_time.instant(move.start, one.zone).isoformat()
    return {
        "appointment_id": one.id,
        "customer_name": one.booked_as or one.customer_name,
        "starts_at": starts_at,
        "reason": reason.value,
    }


def _write(tenant: str, moves: Sequence[_Move], *, actor_name: str, now: datetime) -> None:
    """Write all moves, each day once. Raises ConditionFailed."""
    writing = booking.AgendaWrites()
    days = {key: day for move in moves for key, day in move.context.days.items()}
    with writes.transaction() as tx:
        for move in moves:
            one = move.appointment
            _place(tenant, move, actor_name=actor_name, now=now)
            tx.save(one)
            if offer := rescheduling.offer_of(one):
                tx.save(offer)
            for key in agenda.keys_of(tenant, one):
                writing.lines.setdefault(key, []).append(agenda.line_of(one))
            writing.resources |= set(agenda.resource_ids(one))
        writing.write(tx, replace(moves[0].context, days=days), now)
        booking_limits.update_all(tx, tenant, [move.appointment for move in moves])


def _place(tenant: str, move: _Move, *, actor_name: str, now: datetime) -> None:
    """Set the new start, and remember the agreed one."""
    one, agreed_at = move.appointment, move.appointment.delayed_from or move.appointment.scheduled_at
    old, left = rescheduling.before(tenant, one).booked, one.scheduled_at - now
    agenda.set_time(one, move.start, move.context.demand)
    one.delayed_from = agreed_at
    told = told_changes.facts(old, rescheduling.before(tenant, one).booked, max(left, timedelta(0)))
    appointments.record(one, now, actor_name, AppointmentChange.RESCHEDULED, **told)
