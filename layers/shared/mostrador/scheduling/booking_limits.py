"""How many appointments a phone has to come: a small ledger a phone, kept only where the tenant limits them."""

import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from mostrador.errors import Conflict
from mostrador.table import keys
from mostrador.table.attributes import short
from mostrador.table.items.scheduling import ActiveBookings, Appointment
from mostrador.table.writes import Transaction
from mostrador.values.holds import has_lapsed

# When it starts and when its hold lapses (0: firm), in seconds since the epoch.
_LINE: Final = struct.Struct(">II")


class TooManyActive(Conflict):
    code = "too_many_active"
    en = "{phone} has {limit} appointments to come, as many as may be"
    es = "{phone} ya tiene {limit} turnos por venir, el máximo permitido"


def add(
    tx: Transaction,
    key: keys.Key,
    before: ActiveBookings | None,
    booked: Sequence[Appointment],
    *,
    limit: int,
    now: datetime,
) -> None:
    """Write ``booked`` into the ledger as it was read, and drop what is over. Raises TooManyActive."""
    stored = ActiveBookings
    lines = {name: line for name, line in (before.lines if before else {}).items() if _is_to_come(line, now)}
    if len(lines) + len(booked) > limit:
        raise TooManyActive(
            field="body.customer_data.phone", value=key[1].split("#")[1], phone=key[1].split("#")[1], limit=limit
        )
    lines |= {short(one.id): _packed(one) for one in booked}
    version = int(before.version) if before else 0
    unchanged = stored.version == version if before else stored.pk.does_not_exist()
    tx.save(stored(*key, version=version + 1, lines=lines), condition=unchanged)


def update(tx: Transaction, tenant: str, appointment: Appointment) -> None:
    """Keep the new start, or that a hold is firm now, where the appointment is counted."""
    if appointment.is_counted:
        key, stored = keys.active(tenant, appointment.customer_phone), ActiveBookings
        line = stored.lines[short(appointment.id)].set(_packed(appointment))
        tx.update(stored(*key), actions=[line, stored.version.add(1)])


def remove(tx: Transaction, tenant: str, appointment: Appointment) -> None:
    """Take an appointment out of its phone's ledger, where it was counted."""
    if appointment.is_counted:
        key, stored = keys.active(tenant, appointment.customer_phone), ActiveBookings
        tx.update(stored(*key), actions=[stored.lines[short(appointment.id)].remove(), stored.version.add(1)])


def _packed(appointment: Appointment) -> bytes:
    held = appointment.hold_expires_at
    return _LINE.pack(int(appointment.scheduled_at.timestamp()), int(held.timestamp()) if held else 0)


def _is_to_come(line: bytes, now: datetime) -> bool:
    starts, lapses = _LINE.unpack(line)
    return bool(starts > now.timestamp() and not (lapses and has_lapsed(lapses, int(now.timestamp()))))
