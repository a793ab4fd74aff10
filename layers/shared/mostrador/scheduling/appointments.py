"""Appointments: read, edit, confirm, cancel, delete.

``booking`` makes them, ``rescheduling`` moves them, ``visits`` begins and ends them, ``undoing`` takes a move back.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from mostrador import context
from mostrador.errors import NotHere
from mostrador.ledger import open_pages, payments
from mostrador.ledger.rules.payment_states import RefundReason
from mostrador.observability import logger
from mostrador.people import customer_search
from mostrador.scheduling import agenda, booking_limits, plan_count, slots, totals, visit_records
from mostrador.scheduling.rules import appointment_states as rules
from mostrador.scheduling.rules.agenda import Loss
from mostrador.scheduling.rules.appointment_states import AppointmentChange, AppointmentStatus, PaymentStatus
from mostrador.scheduling.rules.visits import VisitMove
from mostrador.table import Condition, keys, reads, writes
from mostrador.table.items.scheduling import Appointment
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values import money
from mostrador.values.holds import has_lapsed

if TYPE_CHECKING:
    from mostrador.fields import Request
    from mostrador.scheduling.views.appointments import AppointmentListing

MOST_NOTES: Final = 5000
MOST_CHANGES: Final = 50
Check = Callable[[Appointment], None]
"""Raises an error where the appointment as it is now must not change; not called where nothing changes."""
Write = Callable[[Transaction, Appointment, bool], None]
"""Adds a change of state to a transaction; the flag says that an earlier attempt was refused."""


def get(tenant: str, appointment_id: str, *, now: datetime) -> Appointment:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    found = reads.get_item(keys.appointment(tenant, appointment_id))
    if not isinstance(found, Appointment):
        raise NotHere(entity="appointment", id=appointment_id)
    return found


def listing(tenant: str, query: "AppointmentListing", *, now: datetime) -> reads.Page:
    """Appointments by start, of a time, that match every filter; or those with certain ids. Raises BadCursor."""
    current = tenants.current(tenant, now=now)
    if query.ids is not None:
        return reads.listed(keys.appointment(tenant, appointment_id) for appointment_id in query.ids)
    index, partition, prefix = "gsi1", keys.appointments_partition(tenant), ""
    if query.customer:
        index, partition, prefix = "gsi2", keys.customer_partition(tenant, query.customer), keys.APPOINTMENT_PREFIX
    return reads.page(
        partition,
        tenant=tenant,
        query=(query.filters(),),
        size=query.limit,
        cursor=query.cursor,
        index=index,
        between=reads.within(*query.span(tenants.zone(current), now), prefix),
        keep=_filter(query, current.country),
        newest_first=query.sort == "-scheduled_at",
    )


def _filter(query: "AppointmentListing", country: str) -> Condition | None:
    """The condition that every filter of the query holds; None without any filter."""
    conditions = [
        *reads.among(Appointment.status, query.status),
        *reads.among(Appointment.payment_status, query.payment_status),
        *reads.among(Appointment.service_id, query.service),
        *reads.among(Appointment.resource_id, query.resource),
        *([customer_search.matching(query.q, country)] if query.q else []),
        *([] if query.perhaps_owed is None else [_is_perhaps_owed(query.perhaps_owed)]),
    ]
    return reads.all_of(conditions)


def _is_perhaps_owed(wanted: bool) -> Condition:
    is_owed: Condition = Appointment.is_perhaps_owed == True  # noqa: E712 - a condition of DynamoDB
    return is_owed if wanted else ~is_owed


def change(tenant: str, appointment_id: str, changes: "Request", *, seen: int | None, now: datetime) -> Appointment:
    """Edit the notes, and the amount while nothing is paid, or once all that was paid has gone back.

    Raises NotHere, Stale, AmountIsFixed, PriceHasLines, BadAmount, BeingPaid, Busy.
    """
    fields = changes.fields()
    given = fields.pop("total_amount", None)  # a null, or a PUT without it, leaves the amount

    def alter(appointment: Appointment) -> None:
        for name, value in fields.items():
            setattr(appointment, name, value)
        amount = appointment.total_amount if given is None else money.amount(given, appointment.currency)
        if amount != appointment.total_amount:
            payment, owed = totals.money_state(appointment), is_owed(tenant, appointment)
            rules.check_unpaid(AppointmentStatus(appointment.status), payment, is_owed=owed)
            open_pages.check_none(tenant, appointment.checkout_id)
            totals.replace(appointment, amount)

    def confirm_free(tx: Transaction, appointment: Appointment) -> None:
        if given is not None and totals.waits_for_nothing(appointment):
            to, name = AppointmentStatus.CONFIRMED, context.current().actor.name
            settle_as(tx, tenant, appointment, to, is_retry=True, actor_name=name, now=now)

    return writes.edited(lambda: get(tenant, appointment_id, now=now), alter, also=confirm_free, seen=seen, now=now)


def confirm(tenant: str, appointment_id: str, *, actor_name: str, now: datetime) -> Appointment:
    """PENDING -> CONFIRMED; confirming again changes nothing. A lapsed hold takes its time again if that is free.

    Its service must still be offered, and its resources open. Raises NotHere, WrongAppointmentState, SlotTaken,
    ServiceInactive, Busy.
    """

    def write(tx: Transaction, appointment: Appointment, is_retry: bool) -> None:
        before = visit_records.snapshot(appointment)
        settle_as(
            tx, tenant, appointment, AppointmentStatus.CONFIRMED, is_retry=is_retry, actor_name=actor_name, now=now
        )
        if not appointment.waiting_id:  # an accepted offer has ended its wait
            visit_records.remember(appointment, VisitMove.CONFIRM, before, now=now)
        tx.save(appointment)

    return move_to(tenant, appointment_id, AppointmentStatus.CONFIRMED, write, now=now)


def settle_as(
    tx: Transaction,
    tenant: str,
    appointment: Appointment,
    to: AppointmentStatus,
    *,
    is_retry: bool,
    actor_name: str,
    now: datetime,
) -> None:
    """Enter a state in which it keeps its time for good, without saving it. Raises SlotTaken, ServiceInactive."""
    held_until = appointment.hold_expires_at
    enter(appointment, to, actor_name, now)
    plan_count.accept(tx, tenants.current(tenant, now=now), appointment, is_revived=False, now=now)
    if held_until or appointment.created_by == context.PUBLIC:  # now the phone is taken for its owner's
        booking_limits.update(tx, tenant, appointment)
    if held_until:
        keep_time(tx, tenant, appointment, is_retry=is_retry, is_late=has_lapsed(held_until, now), now=now)


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
    """PENDING, IN_REVIEW or CONFIRMED -> CANCELLED, which frees the time; again changes nothing.

    Paid money is due back, unless ``keep_payment``; one in review is perhaps owed. The reason is kept in ``history``,
    and in ``internal_notes`` with the time and the user. Raises NotHere, WrongAppointmentState, Busy.
    """

    def write(tx: Transaction, appointment: Appointment, _is_retry: bool) -> None:
        if check:
            check(appointment)
        before, is_offer = visit_records.snapshot(appointment), is_open_offer(appointment)
        appointment.is_perhaps_owed = totals.may_be_owed(appointment)
        open_pages.end(tx, tenant, appointment.checkout_id, now)
        enter(appointment, AppointmentStatus.CANCELLED, actor_name, now, reason)
        if appointment.payment_ids and not keep_payment:
            payments.mark_refund_due(tx, tenant, appointment.payment_ids, RefundReason.APPOINTMENT_CANCELLED, now=now)
            appointment.payment_status, appointment.paid_amount = PaymentStatus.REFUNDED.value, None
            appointment.payment_ids = None
        if not is_offer:  # its wait is over, and the time is the next one's
            visit_records.remember(appointment, VisitMove.CANCEL, before, now=now)
        tx.save(appointment)
        free(tx, tenant, appointment)

    return move_to(tenant, appointment_id, AppointmentStatus.CANCELLED, write, now=now)


def expire(tenant: str, appointment_id: str, *, now: datetime) -> Appointment:
    """PENDING or IN_REVIEW with a lapsed hold -> EXPIRED; any other stays as it is. Raises NotHere, Busy.

    One in review is perhaps owed.
    """
    appointment = get(tenant, appointment_id, now=now)
    if appointment.status not in rules.UNCONFIRMED or not has_lapsed(appointment.hold_expires_at, now):
        return appointment

    def write(tx: Transaction, appointment: Appointment, _is_retry: bool) -> None:
        appointment.is_perhaps_owed = totals.may_be_owed(appointment)
        enter(appointment, AppointmentStatus.EXPIRED, "system", now)
        tx.save(appointment)
        free(tx, tenant, appointment)

    return move_to(tenant, appointment_id, AppointmentStatus.EXPIRED, write, now=now)


def delete(tenant: str, appointment_id: str, *, seen: int | None, now: datetime) -> None:
    """Delete an appointment that neither took place nor holds money, and free its time.

    Raises NotHere, Stale, NotDeletable, BeingPaid.
    """
    appointment = get(tenant, appointment_id, now=now)
    writes.check_version(appointment, seen)
    status, payment = AppointmentStatus(appointment.status), totals.money_state(appointment)
    rules.check_deletable(status, payment, ended=appointment.ends_at <= now, is_owed=is_owed(tenant, appointment))
    open_pages.check_none(tenant, appointment.checkout_id)
    with writes.refusing(writes.stale_error(appointment)), writes.transaction() as tx:
        tx.delete(appointment)
        if status in rules.OCCUPYING:
            free(tx, tenant, appointment)


def is_owed(tenant: str, appointment: Appointment) -> bool:
    """Whether money for it is, or perhaps is, still to go back; most appointments never had a refund."""
    is_refunded = appointment.payment_status == PaymentStatus.REFUNDED
    return bool(appointment.is_perhaps_owed) or (is_refunded and payments.is_any_due_back(tenant, appointment.id))


def is_open_offer(appointment: Appointment) -> bool:
    """Whether it is an offer of the waiting list that nobody has accepted."""
    return bool(appointment.waiting_id) and appointment.status in rules.UNCONFIRMED


def move_to(tenant: str, appointment_id: str, to: AppointmentStatus, write: Write, *, now: datetime) -> Appointment:
    """Check the move and ``write`` it in a transaction; an appointment that is ``to`` already stays as it is."""

    def load(attempt: int) -> tuple[Appointment, bool]:
        return get(tenant, appointment_id, now=now), attempt > 0

    def decide(loaded: tuple[Appointment, bool]) -> Appointment:
        appointment, is_retry = loaded
        if appointment.status == to:
            return appointment
        rules.MOVES.check(appointment.status, to)
        with writes.transaction() as tx:
            write(tx, appointment, is_retry)
        logger.info("appointment.moved", tenant=tenant, appointment=appointment_id, status=to.value)
        return appointment

    return writes.retrying(load, decide)


def enter(
    appointment: Appointment, status: AppointmentStatus, actor_name: str, now: datetime, reason: str = ""
) -> None:
    """Set the state and its time, end the hold and the deadline, and record the change."""
    appointment.status, appointment.hold_expires_at, appointment.review_due_at = status.value, None, None
    appointment.due_pk = appointment.due_at = None
    if field := rules.ENTERED_AT.get(status):
        setattr(appointment, field, now)
    record(appointment, now, actor_name, AppointmentChange(status), **({"reason": reason} if reason else {}))
    if status is AppointmentStatus.CANCELLED:
        line = f"[{keys.at(now)} {actor_name}] CANCELLED" + (f": {reason}" if reason else "")
        appointment.internal_notes = "\n".join(filter(None, [appointment.internal_notes, line]))[-MOST_NOTES:]


def keep_time(
    tx: Transaction, tenant: str, appointment: Appointment, *, is_retry: bool, is_late: bool, now: datetime
) -> None:
    """Write the new end of the hold, or none, into the agenda; or take its time again.

    Raises SlotTaken, ServiceInactive.
    """
    if not is_retry and not is_late:
        agenda.set_hold(tx, tenant, appointment)
        return
    lapses_at = agenda.line_of(appointment).lapses_at
    reclaim = agenda.reclaim(tenant, appointment, now, is_late=is_late, lapses_at=lapses_at)
    if isinstance(reclaim, Loss):
        raise slots.lost_time_error(appointment, reclaim)
    reclaim(tx)


def free(tx: Transaction, tenant: str, appointment: Appointment) -> None:
    """Free its time, and take it out of its phone's count."""
    agenda.free(tx, appointment.id, agenda.keys_of(tenant, appointment))
    booking_limits.remove(tx, tenant, appointment)
    plan_count.give_back(tx, tenant, appointment)


def record(appointment: Appointment, now: datetime, actor_name: str, change: AppointmentChange, **facts: str) -> None:
    """Add a change to the history; the oldest entries go when it is full."""
    entry = {"at": keys.at(now), "by": actor_name, "change": change.value} | facts
    appointment.history = [*(appointment.history or []), entry][-MOST_CHANGES:]
    appointment.updated_at = now
