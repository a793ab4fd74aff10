"""The limit of future appointments for one phone: a small ledger for each phone, only where the tenant has a limit."""

import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from mostrador.errors import Conflict
from mostrador.table import Action, keys
from mostrador.table.attributes import short
from mostrador.table.items.scheduling import ActiveBookings, Appointment
from mostrador.table.writes import Transaction
from mostrador.values.holds import has_lapsed
from mostrador.values.next_actions import NextAction

# The start, and the end of the hold or 0, in seconds since the epoch.
_LINE: Final = struct.Struct(">II")


class TooManyActive(Conflict):
    code = "too_many_active"
    en = "{phone} has {limit} appointments to come, as many as may be"
    es = "{phone} ya tiene el máximo de turnos por venir: {limit}"
    next_action = NextAction.CANCEL_ONE_FIRST


def add(
    tx: Transaction,
    key: keys.Key,
    before: ActiveBookings | None,
    booked: Sequence[Appointment],
    *,
    limit: int,
    now: datetime,
) -> None:
    """Write ``booked`` into the ledger as it was read, and drop past and lapsed ones. Raises TooManyActive."""
    lines = {name: line for name, line in (before.lines if before else {}).items() if _is_active(line, now)}
    if len(lines) + len(booked) > limit:
        phone = key[1].split("#")[1]
        raise TooManyActive(field="body.customer_data.phone", value=phone, phone=phone, limit=limit)
    lines |= {short(appointment.id): _packed(appointment) for appointment in booked}
    version = int(before.version) if before else 0
    unchanged = ActiveBookings.version == version if before else ActiveBookings.pk.does_not_exist()
    tx.save(ActiveBookings(*key, version=version + 1, lines=lines), condition=unchanged)


def update(tx: Transaction, tenant: str, appointment: Appointment) -> None:
    """Write the appointment's new start or hold into its phone's ledger, where it is counted."""
    if appointment.is_counted:
        _update(tx, tenant, appointment, ActiveBookings.lines[short(appointment.id)].set(_packed(appointment)))


def remove(tx: Transaction, tenant: str, appointment: Appointment) -> None:
    """Remove an appointment from its phone's ledger, where it is counted."""
    if appointment.is_counted:
        _update(tx, tenant, appointment, ActiveBookings.lines[short(appointment.id)].remove())


def _update(tx: Transaction, tenant: str, appointment: Appointment, action: Action) -> None:
    key = keys.active_bookings(tenant, appointment.customer_phone)
    tx.update(ActiveBookings(*key), actions=[action, ActiveBookings.version.add(1)])


def _packed(appointment: Appointment) -> bytes:
    held = appointment.hold_expires_at
    return _LINE.pack(int(appointment.scheduled_at.timestamp()), int(held.timestamp()) if held else 0)


def _is_active(line: bytes, now: datetime) -> bool:
    starts, lapses_at = _LINE.unpack(line)
    is_lapsed = bool(lapses_at) and has_lapsed(lapses_at, int(now.timestamp()))
    return bool(starts > now.timestamp()) and not is_lapsed
