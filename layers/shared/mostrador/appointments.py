"""Appointments: booked, read, edited, confirmed, cancelled, deleted."""

from datetime import datetime
from typing import Any, Final

from mostrador import agendas, bookings, customers, tenants
from mostrador.errors import Busy, NotHere
from mostrador.rules import appointment as rules
from mostrador.rules.appointment import PaymentStatus, Status
from mostrador.rules.availability import Reason
from mostrador.table import items, keys, reads, writes
from mostrador.views.appointments import AppointmentListing
from mostrador.views.common import Request

book = bookings.book
MOST_NOTES: Final = 5000


def get(tenant: str, appointment_id: str, *, now: datetime) -> items.Appointment:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    found = reads.one(keys.appointment(tenant, appointment_id))
    if not isinstance(found, items.Appointment):
        raise NotHere(entity="appointment", id=appointment_id)
    return found


def listing(tenant: str, query: AppointmentListing, *, now: datetime) -> reads.Page:
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


def _filter(query: AppointmentListing) -> Any:
    """The condition that keeps what the filters ask for; None when they ask for nothing."""
    stored = items.Appointment
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


def change(tenant: str, appointment_id: str, changes: Request, *, seen: int | None, now: datetime) -> items.Appointment:
    """Edit the notes. Raises NotHere, Stale."""
    appointment = get(tenant, appointment_id, now=now)
    writes.check_version(appointment, seen)
    for name, value in changes.fields().items():
        setattr(appointment, name, value)
    writes.save(appointment, now)
    return appointment


def confirm(tenant: str, appointment_id: str, *, by: str, now: datetime) -> items.Appointment:
    """PENDING -> CONFIRMED; confirming again changes nothing. Raises NotHere, WrongState, SlotTaken.

    A hold becomes firm; one that has lapsed takes its time again if that is still free.
    """
    for attempt in range(writes.TRIES):
        appointment = get(tenant, appointment_id, now=now)
        if appointment.status == Status.CONFIRMED:
            return appointment
        rules.move(Status(appointment.status), Status.CONFIRMED)
        held_until = appointment.hold_expires_at
        appointment.status, appointment.hold_expires_at = Status.CONFIRMED.value, None
        _note(appointment, now, by, "CONFIRMED")
        try:
            with writes.transaction() as tx:
                tx.save(appointment)
                if held_until:
                    _keep_time(tx, tenant, appointment, in_time=held_until > now and attempt == 0, now=now)
        except writes.Refused:
            writes.pause(attempt)
        else:
            return appointment
    raise Busy


def _keep_time(tx: Any, tenant: str, appointment: items.Appointment, *, in_time: bool, now: datetime) -> None:
    """Make the hold firm, or take its time again. Raises SlotTaken."""
    if in_time:
        agendas.make_firm(tx, tenant, appointment)
    elif not agendas.take_again(tx, tenant, appointment, now):
        starts_at = appointment.starts_at.isoformat()
        raise bookings.SlotTaken(starts_at=starts_at, reason=Reason.TAKEN.value, alternatives=[])


def cancel(tenant: str, appointment_id: str, *, reason: str, by: str, now: datetime) -> items.Appointment:
    """PENDING or CONFIRMED -> CANCELLED, which frees the time; again changes nothing. Raises NotHere, WrongState.

    The reason is kept in ``internal_notes`` with the time and the user.
    """
    for attempt in range(writes.TRIES):
        appointment = get(tenant, appointment_id, now=now)
        if appointment.status == Status.CANCELLED:
            return appointment
        rules.move(Status(appointment.status), Status.CANCELLED)
        _note(appointment, now, by, f"CANCELLED: {reason}" if reason else "CANCELLED")
        appointment.status, appointment.hold_expires_at = Status.CANCELLED.value, None
        try:
            with writes.transaction() as tx:
                tx.save(appointment)
                agendas.free(tx, tenant, appointment)
        except writes.Refused:
            writes.pause(attempt)
        else:
            return appointment
    raise Busy


def delete(tenant: str, appointment_id: str, *, seen: int | None, now: datetime) -> None:
    """Delete what neither took place nor was paid; its time is free again. Raises NotHere, Stale, NotDeletable."""
    appointment = get(tenant, appointment_id, now=now)
    writes.check_version(appointment, seen)
    status = Status(appointment.status)
    rules.check_deletable(status, PaymentStatus(appointment.payment_status))
    with writes.refusing(writes.stale(appointment)), writes.transaction() as tx:
        tx.delete(appointment)
        if status in rules.OCCUPYING:
            agendas.free(tx, tenant, appointment)


def _note(appointment: items.Appointment, now: datetime, by: str, what: str) -> None:
    """Add a line to the internal notes; the oldest text gives way when they are full."""
    line = f"[{keys.at(now)} {by}] {what}"
    appointment.internal_notes = "\n".join(filter(None, [appointment.internal_notes, line]))[-MOST_NOTES:]
    appointment.updated_at = now
