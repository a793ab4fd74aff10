"""Appointments: booked, read, edited, confirmed, cancelled, deleted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from mostrador.errors import Busy, NotHere
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import RefundReason
from mostrador.observability import logger
from mostrador.people import customers
from mostrador.scheduling import agenda, booking, booking_context, booking_limits, booking_request, slots
from mostrador.scheduling.rules import appointment_states as rules
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus
from mostrador.scheduling.rules.availability import Reason
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import Appointment
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values import local_time, money
from mostrador.values.holds import has_lapsed

if TYPE_CHECKING:
    from mostrador.fields import Request
    from mostrador.scheduling.views.appointments import AppointmentListing, Rescheduling

book = booking.book
MOST_NOTES: Final = 5000
MOST_CHANGES: Final = 50
Check = Callable[[Appointment], None]
"""Raises what forbids a change of the appointment as it is now; not asked where nothing changes."""


def get(tenant: str, appointment_id: str, *, now: datetime) -> Appointment:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    found = reads.one(keys.appointment(tenant, appointment_id))
    if not isinstance(found, Appointment):
        raise NotHere(entity="appointment", id=appointment_id)
    return found


def listing(tenant: str, query: "AppointmentListing", *, now: datetime) -> reads.Page:
    """Appointments by start, within [from, to) and matching every filter given. Raises BadCursor."""
    tenants.current(tenant, now=now)
    index, partition, prefix = "gsi1", keys.appointments_partition(tenant), ""
    if query.customer:
        index, partition, prefix = "gsi2", keys.customer_partition(tenant, query.customer), keys.APPOINTMENT_PREFIX
    since = keys.at(query.from_) if query.from_ else "0"
    until = keys.at(query.to) if query.to else "9"
    return reads.page(
        partition,
        tenant=tenant,
        query=(query.model_dump_json(exclude={"cursor", "limit"}),),
        size=query.limit,
        cursor=query.cursor,
        index=index,
        between=(prefix + since, prefix + until),
        keep=_filter(query),
        newest_first=query.order == "newest",
    )


def _filter(query: "AppointmentListing") -> Any:
    """The condition that keeps what the filters ask for; None when they ask for nothing."""
    stored = Appointment
    asked = [
        (stored.status, query.status),
        (stored.payment_status, query.payment_status),
        (stored.service_id, query.service),
        (stored.resource_id, query.resource),
    ]
    keep: Any = customers.matching(query.q) if query.q else None
    for attribute, value in asked:
        if value:
            keep = (attribute == str(value)) if keep is None else keep & (attribute == str(value))
    return keep


def change(tenant: str, appointment_id: str, changes: "Request", *, seen: int | None, now: datetime) -> Appointment:
    """Edit the notes, and the amount while it is unpaid. Raises NotHere, Stale, AmountIsFixed, BadAmount."""
    fields = changes.fields()
    amount = fields.pop("total_amount", None)  # a null, or a PUT without it, leaves it

    def alter(appointment: Appointment) -> None:
        for name, value in fields.items():
            setattr(appointment, name, value)
        if amount is not None:
            status, payment = AppointmentStatus(appointment.status), PaymentStatus(appointment.payment_status)
            rules.check_unpaid(status, payment)
            payments.check_none_open(tenant, appointment.checkout_id)
            appointment.total_amount = money.amount(amount, appointment.currency)
            if appointment.deposit_amount:
                appointment.deposit_amount = min(appointment.deposit_amount, appointment.total_amount)

    return writes.edited(lambda: get(tenant, appointment_id, now=now), alter, seen=seen, now=now)


def confirm(tenant: str, appointment_id: str, *, actor_name: str, now: datetime) -> Appointment:
    """PENDING -> CONFIRMED; confirming again changes nothing. Raises NotHere, WrongState, SlotTaken.

    A hold becomes firm; one that has lapsed takes its time again if that is still free.
    """

    def write(tx: Transaction, appointment: Appointment, attempt: int) -> None:
        held_until = appointment.hold_expires_at
        enter(appointment, AppointmentStatus.CONFIRMED, actor_name, now)
        tx.save(appointment)
        if held_until:
            booking_limits.update(tx, tenant, appointment)
            _keep_time(tx, tenant, appointment, in_time=not has_lapsed(held_until, now) and attempt == 0, now=now)

    return _move(tenant, appointment_id, AppointmentStatus.CONFIRMED, write, now=now)


def cancel(
    tenant: str,
    appointment_id: str,
    *,
    reason: str,
    actor_name: str,
    now: datetime,
    check: Check | None = None,
    keep_payment: bool = False,
) -> Appointment:
    """PENDING or CONFIRMED -> CANCELLED, which frees the time; again changes nothing. Raises NotHere, WrongState.

    What was paid is due back from then on, unless the business keeps it. The reason is kept in ``history``, and in
    ``internal_notes`` with the time and the user.
    """

    def write(tx: Transaction, appointment: Appointment, _attempt: int) -> None:
        if check:
            check(appointment)
        enter(appointment, AppointmentStatus.CANCELLED, actor_name, now, reason)
        if appointment.payment_ids and not keep_payment:
            payments.mark_refund_due(tx, tenant, appointment.payment_ids, RefundReason.APPOINTMENT_CANCELLED, now=now)
            appointment.payment_status, appointment.paid_amount = PaymentStatus.REFUNDED.value, None
            appointment.payment_ids = None
        tx.save(appointment)
        _free(tx, tenant, appointment)

    return _move(tenant, appointment_id, AppointmentStatus.CANCELLED, write, now=now)


def complete(tenant: str, appointment_id: str, *, actor_name: str, now: datetime) -> Appointment:
    """CONFIRMED -> COMPLETED, once it has begun; again changes nothing. Raises NotHere, WrongState, TooEarly."""
    return _conclude(tenant, appointment_id, AppointmentStatus.COMPLETED, actor_name=actor_name, now=now)


def no_show(tenant: str, appointment_id: str, *, actor_name: str, now: datetime) -> Appointment:
    """CONFIRMED -> NO_SHOW, once it has begun; again changes nothing. Raises NotHere, WrongState, TooEarly."""
    return _conclude(tenant, appointment_id, AppointmentStatus.NO_SHOW, actor_name=actor_name, now=now)


def expire(tenant: str, appointment_id: str, *, now: datetime) -> Appointment:
    """PENDING with a lapsed hold -> EXPIRED; anything else is left as it is. Raises NotHere."""
    appointment = get(tenant, appointment_id, now=now)
    if appointment.status != AppointmentStatus.PENDING or not has_lapsed(appointment.hold_expires_at, now):
        return appointment

    def write(tx: Transaction, appointment: Appointment, _attempt: int) -> None:
        enter(appointment, AppointmentStatus.EXPIRED, "system", now)
        tx.save(appointment)
        _free(tx, tenant, appointment)

    return _move(tenant, appointment_id, AppointmentStatus.EXPIRED, write, now=now)


def reschedule(
    tenant: str,
    appointment_id: str,
    form: "Rescheduling",
    *,
    ignore_calendar: bool = False,
    actor_name: str,
    now: datetime,
    check: Check | None = None,
) -> Appointment:
    """Move to another start: the same appointment, id and terms; the old times stay in ``history``.

    ``ignore_calendar`` moves it over what a calendar elsewhere says, as staff may. One transaction over the old days
    and the new. Raises NotHere, WrongState, SlotTaken, ServiceInactive, Busy.
    """
    starts = booking_request.minute(form.scheduled_at)
    asked = slots.SlotQuery(now, form.resource_id, without=appointment_id, ignore_calendar=ignore_calendar)
    for _ in writes.attempts():
        appointment = get(tenant, appointment_id, now=now)
        _check_movable(appointment, now)
        if local_time.minute(appointment.scheduled_at) == starts and form.resource_id in (
            None,
            appointment.resource_id,
        ):
            return appointment
        if check:
            check(appointment)
        try:
            return _move_to(tenant, appointment, starts, asked, actor_name=actor_name)
        except writes.ConditionFailed:
            continue
    raise Busy


def _move_to(
    tenant: str, appointment: Appointment, starts: int, asked: slots.SlotQuery, *, actor_name: str
) -> Appointment:
    now, line = asked.now, agenda.line_of(appointment)
    context = booking_context.load(tenant, appointment.service_id, [starts], ())
    demand = replace(context.demand, duration=line.duration, before=line.before, after=line.after)
    context = booking_context.touching(replace(context, demand=demand), starts)
    who = slots.choose(context, starts, asked)
    before, left = keys.at(appointment.scheduled_at), set(agenda.keys_of(tenant, appointment))
    booking.place(appointment, starts, demand, who)
    appointment.ignores_calendar = asked.ignore_calendar or None
    after = keys.at(appointment.scheduled_at)
    record(appointment, now, actor_name, "RESCHEDULED", **{"from": before, "to": after})
    taking = booking.AgendaWrites({key: [agenda.line_of(appointment)] for key in agenda.keys_of(tenant, appointment)})
    taking.still |= booking.limit_shared(context, starts) - left
    with writes.transaction() as tx:
        tx.save(appointment)
        booking_limits.update(tx, tenant, appointment)
        taking.write(tx, context, now)
        agenda.free(tx, appointment.id, left - set(taking.lines))
    return appointment


def delete(tenant: str, appointment_id: str, *, seen: int | None, now: datetime) -> None:
    """Delete what neither took place nor was paid; its time is free again. Raises NotHere, Stale, NotDeletable."""
    appointment = get(tenant, appointment_id, now=now)
    writes.check_version(appointment, seen)
    status = AppointmentStatus(appointment.status)
    rules.check_deletable(status, PaymentStatus(appointment.payment_status), ended=appointment.ends_at <= now)
    with writes.refusing(writes.stale_error(appointment)), writes.transaction() as tx:
        tx.delete(appointment)
        if status in rules.OCCUPYING:
            _free(tx, tenant, appointment)


def _move(tenant: str, appointment_id: str, to: AppointmentStatus, write: Any, *, now: datetime) -> Appointment:
    """Read, check the move, ``write`` it in a transaction; again when somebody was quicker. At ``to``: unchanged."""
    for attempt in writes.attempts():
        appointment = get(tenant, appointment_id, now=now)
        if appointment.status == to:
            return appointment
        rules.MOVES.check(appointment.status, to)
        try:
            with writes.transaction() as tx:
                write(tx, appointment, attempt)
        except writes.ConditionFailed:
            continue
        logger.info("appointment.moved", tenant=tenant, appointment=appointment_id, status=to.value)
        return appointment
    raise Busy


def _conclude(
    tenant: str, appointment_id: str, to: AppointmentStatus, *, actor_name: str, now: datetime
) -> Appointment:
    def write(tx: Transaction, appointment: Appointment, _attempt: int) -> None:
        rules.check_begun(appointment.scheduled_at, now)
        enter(appointment, to, actor_name, now)
        tx.save(appointment)

    return _move(tenant, appointment_id, to, write, now=now)


def enter(
    appointment: Appointment, status: AppointmentStatus, actor_name: str, now: datetime, reason: str = ""
) -> None:
    """Set the state and what goes with it: no hold, no deadline, a record of who and when."""
    appointment.status, appointment.hold_expires_at = status.value, None
    appointment.due_pk = appointment.due_at = None
    if field := rules.ENTERED_AT.get(status):
        setattr(appointment, field, now)
    record(appointment, now, actor_name, status.value, **({"reason": reason} if reason else {}))
    if status is AppointmentStatus.CANCELLED:
        line = f"[{keys.at(now)} {actor_name}] CANCELLED" + (f": {reason}" if reason else "")
        appointment.internal_notes = "\n".join(filter(None, [appointment.internal_notes, line]))[-MOST_NOTES:]


def _check_movable(appointment: Appointment, now: datetime) -> None:
    """Raise WrongState for what no longer occupies its time."""
    is_over = has_lapsed(appointment.hold_expires_at, now)
    current = AppointmentStatus.EXPIRED if is_over else AppointmentStatus(appointment.status)
    if current not in rules.OCCUPYING:
        raise rules.WrongAppointmentState(current=current.value, wanted="RESCHEDULED")


def _keep_time(tx: Transaction, tenant: str, appointment: Appointment, *, in_time: bool, now: datetime) -> None:
    """Make the hold firm, or take its time again. Raises SlotTaken."""
    if in_time:
        agenda.set_hold(tx, tenant, appointment)
        return
    again = agenda.reclaim(tenant, appointment, now)
    if again is None:
        starts_at = appointment.scheduled_at.isoformat()
        raise slots.SlotTaken(starts_at=starts_at, reason=Reason.TAKEN.value, details={}, alternatives=[])
    again(tx)


def _free(tx: Transaction, tenant: str, appointment: Appointment) -> None:
    agenda.free(tx, appointment.id, agenda.keys_of(tenant, appointment))
    booking_limits.remove(tx, tenant, appointment)


def record(appointment: Appointment, now: datetime, actor_name: str, change: str, **facts: str) -> None:
    """Add to the history, which nobody edits; the oldest changes give way when it is full."""
    entry = {"at": keys.at(now), "by": actor_name, "change": change} | facts
    appointment.history = [*(appointment.history or []), entry][-MOST_CHANGES:]
    appointment.updated_at = now
