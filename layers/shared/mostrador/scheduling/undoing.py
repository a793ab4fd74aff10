"""Take back the last move of an appointment, for a day: a wrong click at the counter.

Arrival, start, conclusion and confirmation change the appointment alone. An early end takes the rest of its time again,
a cancellation its whole time, its place in the plan's count and its money, in one transaction. Where somebody else has
the time by now, or the money has gone on, the refusal says so and nothing changes.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final

from mostrador import ids
from mostrador.errors import Conflict, NotHere
from mostrador.ledger import kept_money, payments
from mostrador.ledger.rules.payment_states import paid_status
from mostrador.observability import logger
from mostrador.scheduling import (
    agenda,
    appointments,
    booking,
    booking_context,
    booking_keys,
    booking_limits,
    overriding,
    plan_count,
    rescheduling,
    slot_terms,
    slots,
    visit_records,
)
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.rules import visits as rules
from mostrador.scheduling.rules.agenda import Loss
from mostrador.scheduling.rules.appointment_states import (
    AppointmentChange,
    AppointmentStatus,
    NotReopenable,
)
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.rules.overrides import ORDINARY
from mostrador.scheduling.rules.visits import Done, VisitMove
from mostrador.table import writes
from mostrador.table.items.scheduling import Appointment
from mostrador.table.writes import Transaction
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction

MOST_KEYS: Final = 5
_REOPENED: Final = frozenset(rules.CONCLUDED_BY.values())
_Write = Callable[[Transaction], None]


class TimeIsGone(slots.SlotTaken):
    """``reason`` and ``details`` as of any start that is not free."""

    en = "it cannot be undone: {starts_at:time} is not free any more: {reason:slot}"
    es = "no se puede deshacer: el {starts_at:time} ya no está disponible: {reason:slot}"
    past = es, en


class ResourceGone(Conflict):
    code = "resource_gone"
    en = "it cannot be undone: {name} does not give this service any more"
    es = "no se puede deshacer: {name} ya no presta este servicio"
    next_action = NextAction.CHOOSE_ANOTHER_TIME


def undo(
    tenant: str, appointment_id: str, move: VisitMove, *, actor_name: str, key: str | None, now: datetime
) -> Appointment:
    """Take back ``move``, which must be the last one; again, or with the same Idempotency-Key, it changes nothing.

    The appointment is then as it was before, but for what was paid since. A hold that has ended does not come back.
    Raises NotHere, NothingToUndo, NotTheLastMove, TooLateToUndo, MoneyMoved, RefundUnderWay, TimeIsGone, ResourceGone,
    ServiceInactive, PlanLimitReached, KeyReused, Busy.
    """

    def decide(appointment: Appointment) -> Appointment:
        if key and _is_repeat(appointment, key, move):
            return appointment
        visit = appointment.visit(now)
        if (visit.done is None or visit.done.move is not move) and _was_undone(appointment, move):
            return appointment
        _take_back(tenant, appointment, rules.check_undo(visit, move, now), key, actor_name=actor_name, now=now)
        return appointment

    return writes.retrying(lambda _attempt: appointments.get(tenant, appointment_id, now=now), decide)


def reopen(tenant: str, appointment_id: str, *, actor_name: str, now: datetime) -> Appointment:
    """``undo`` of the conclusion, whichever it is; one that is not over stays as it is.

    Raises NotReopenable for one that neither took place nor should have, and what ``undo`` raises.
    """

    def decide(appointment: Appointment) -> Appointment:
        if appointment.status == AppointmentStatus.CONFIRMED:
            return appointment
        move = rules.CONCLUDED_BY.get(AppointmentStatus(appointment.status))
        if move is None:
            wanted = AppointmentStatus.CONFIRMED.value
            raise NotReopenable(current=appointment.status, wanted=wanted)
        done = rules.check_undo(appointment.visit(now), move, now)
        _take_back(tenant, appointment, done, None, actor_name=actor_name, now=now)
        return appointment

    return writes.retrying(lambda _attempt: appointments.get(tenant, appointment_id, now=now), decide)


def _is_repeat(appointment: Appointment, key: str, move: VisitMove) -> bool:
    """Whether the key took this move back before. Raises KeyReused for another move."""
    undone = (appointment.undo_keys or {}).get(ids.fingerprint(key))
    if undone not in (None, move.value):
        raise writes.KeyReused
    return undone is not None


def _was_undone(appointment: Appointment, move: VisitMove) -> bool:
    """Whether the last change of the appointment took this move back."""
    last = (appointment.history or [{}])[-1]
    return last.get("move") == move.value


def _take_back(
    tenant: str, appointment: Appointment, done: Done, key: str | None, *, actor_name: str, now: datetime
) -> None:
    move, line = done.move, agenda.line_of(appointment)
    rules.check_unpaid(done, appointment.paid_amount, appointment.currency)
    visit_records.restore(appointment, dict(done.before), now)
    with writes.transaction() as tx:
        if move is VisitMove.CANCEL:
            _bring_back(tx, tenant, appointment, done, now)
        elif move is VisitMove.COMPLETE and line != agenda.line_of(appointment):
            _take_the_rest(tenant, appointment, now)(tx)
        elif line != agenda.line_of(appointment):
            agenda.set_hold(tx, tenant, appointment)
        if "status" in done.before and move not in _REOPENED:
            booking_limits.update(tx, tenant, appointment)
        if key:
            kept = [*(appointment.undo_keys or {}).items(), (ids.fingerprint(key), move.value)]
            appointment.undo_keys = dict(kept[-MOST_KEYS:])
        change = AppointmentChange.REOPENED if move in _REOPENED else AppointmentChange.UNDONE
        appointments.record(appointment, now, actor_name, change, move=move.value)
        tx.save(appointment)
    logger.info("appointment.undone", tenant=tenant, appointment=appointment.id, move=move.value)


def _take_the_rest(tenant: str, appointment: Appointment, now: datetime) -> _Write:
    """The write that takes the time behind an early end again. Raises TimeIsGone."""
    taken = agenda.reclaim(tenant, appointment, now, is_late=False, over_busy=True)
    if isinstance(taken, Loss):
        raise _time_is_gone(appointment)
    return taken


def _time_is_gone(appointment: Appointment) -> TimeIsGone:
    starts_at = appointment.scheduled_at.isoformat()
    return TimeIsGone(starts_at=starts_at, reason=Reason.TAKEN.value, details={}, alternatives=[])


def _bring_back(tx: Transaction, tenant: str, appointment: Appointment, done: Done, now: datetime) -> None:
    """Take the time of a cancelled appointment again, under the rules of a booking, with its count and its money."""
    start = local_time.minute(appointment.scheduled_at)
    context = _context(tenant, appointment, start)
    _check_free(context, appointment, start, now)
    lines = {key: [agenda.line_of(appointment)] for key in agenda.keys_of(tenant, appointment)}
    limits = booking_keys.of_limits(context.tenant, context.service, context.demand, start)
    booking.AgendaWrites(lines, limits, set(agenda.resource_ids(appointment))).write(tx, context, now)
    for counter in plan_count.counter_key(tenant, appointment):
        plan_count.restore(tx, context.tenant, context.other.get(counter), appointment)
    if isinstance(paid_before := done.before.get("payment_ids"), list):
        _keep_money(tx, tenant, appointment, paid_before, now)


def _context(tenant: str, appointment: Appointment, start: int) -> BookingContext:
    """Raises ServiceInactive, also where the service was deleted."""
    counters = plan_count.counter_key(tenant, appointment)
    try:
        return rescheduling.load(tenant, appointment, start, also=counters, discontinued=False)
    except NotHere as error:
        if error.facts["entity"] != "service":
            raise
        raise booking_context.ServiceInactive(name=appointment.service_name) from error


def _check_free(context: BookingContext, appointment: Appointment, start: int, now: datetime) -> None:
    """Raise TimeIsGone or ResourceGone unless the appointment's own resources are free at its start.

    What staff overrode for it stays overridden, but never another appointment.
    """
    if not rescheduling.can_keep(context, appointment):
        raise ResourceGone(name=appointment.resource_name)
    query = slot_terms.SlotQuery(
        now,
        appointment.resource_id,
        without=appointment.id,
        agreed_start=start,
        override=overriding.standing(appointment) & ORDINARY,
    )
    terms = slot_terms.terms(context, query)
    try:
        resources = slots.chosen(terms, start, kept_second=appointment.second_resource_id)
    except slots.SlotTaken as refusal:
        facts = {name: fact for name, fact in refusal.facts.items() if name not in ("field", "value")}
        raise TimeIsGone(**facts) from refusal
    if [resource.id for resource in resources] != agenda.resource_ids(appointment):
        raise _time_is_gone(appointment)


def _keep_money(tx: Transaction, tenant: str, appointment: Appointment, payment_ids: list[str], now: datetime) -> None:
    """Keep the money that has not gone back; the rest is due again. Raises RefundUnderWay."""
    kept = kept_money.take_back(tx, tenant, payment_ids, now=now)
    paid = sum((payments.worth(payment) for payment in kept), Decimal(0))
    appointment.payment_ids = [payment.id for payment in kept] or None
    appointment.paid_amount = paid or None
    appointment.payment_status = paid_status(paid, appointment.total_amount).value
