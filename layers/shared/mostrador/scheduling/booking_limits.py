"""The limit of future appointments for one phone: a small ledger for each phone, only where the tenant has a limit.

A phone typed into a public form is not shown to be its owner's until the booking is paid or confirmed. Until then the
booking stands in the ledger without being counted: ``public_limits`` counts it for its address alone.
"""

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from mostrador.context import PUBLIC
from mostrador.errors import Conflict
from mostrador.scheduling.rules import public_share
from mostrador.table import Action, keys
from mostrador.table.attributes import full, short
from mostrador.table.base import Item
from mostrador.table.items.scheduling import ActiveBookings, Appointment
from mostrador.table.writes import Transaction
from mostrador.values.holds import has_lapsed
from mostrador.values.next_actions import NextAction

# The start, and the end of the hold or 0, in seconds since the epoch.
_LINE: Final = struct.Struct(">II")
_UNPROVEN: Final = b"?"
"""Behind the line of a booking that nobody paid or confirmed yet."""
MOST_UNPROVEN: Final = 50
"""Such lines kept of one phone. The oldest id goes first, and its line comes again once it is paid or confirmed."""


NEVER: Final = 1_000_000
"""A limit that no phone reaches."""


class TooManyActive(Conflict):
    code = "too_many_active"
    en = "{phone} has {limit} appointments to come, as many as may be"
    es = "{phone} ya tiene el máximo de turnos por venir: {limit}"
    next_action = NextAction.CANCEL_ONE_FIRST


def ledger(items: Mapping[keys.Key, Item], key: keys.Key) -> ActiveBookings | None:
    """The ledger under ``key`` among the items that were read."""
    found = items.get(key)
    return found if isinstance(found, ActiveBookings) else None


def add(
    tx: Transaction,
    key: keys.Key,
    before: ActiveBookings | None,
    booked: Sequence[Appointment],
    *,
    own: Collection[str] = (),
    limit: int,
    now: datetime,
) -> None:
    """Write ``booked`` into the ledger as it was read, and drop past and lapsed ones.

    ``own`` are the ids of the unproven bookings that count too. Raises TooManyActive.
    """
    check_room(key, before, len(booked), own=own, limit=limit, now=now)
    lines = _active(before, now)
    unproven = sorted((name for name, line in lines.items() if _is_unproven(line)), key=full)
    for name in unproven[: max(0, len(unproven) - MOST_UNPROVEN)]:
        del lines[name]
    lines |= {short(appointment.id): _packed(appointment) for appointment in booked}
    version = int(before.version) if before else 0
    unchanged = ActiveBookings.version == version if before else ActiveBookings.pk.does_not_exist()
    tx.save(ActiveBookings(*key, version=version + 1, lines=lines), condition=unchanged)


def check_room(
    key: keys.Key,
    before: ActiveBookings | None,
    more: int,
    *,
    own: Collection[str] = (),
    limit: int,
    now: datetime,
    field: str = "body.customer_data.phone",
) -> None:
    """Raise TooManyActive where so many ``more`` bookings do not fit into the ledger; ``field`` is the caller's."""
    if count(before, own, now) + more > limit:
        phone = key[1].split("#")[1]
        raise TooManyActive(field=field, value=phone, phone=phone, limit=limit)


def count(before: ActiveBookings | None, own: Collection[str], now: datetime) -> int:
    """The bookings that count against the limit: those that are proven, and the unproven ones with the ids ``own``."""
    proven = {name for name, line in _active(before, now).items() if not _is_unproven(line)}
    return len(proven | {short(appointment_id) for appointment_id in own})


def update(tx: Transaction, tenant: str, appointment: Appointment) -> None:
    """Write the appointment's new start or hold into its phone's ledger, where it is counted."""
    if appointment.is_counted:
        _update(tx, tenant, appointment, ActiveBookings.lines[short(appointment.id)].set(_packed(appointment)))


def update_all(tx: Transaction, tenant: str, appointments: Iterable[Appointment]) -> None:
    """``update`` of several: each phone's ledger is written once, as a transaction demands."""
    actions: dict[str, list[Action]] = {}
    for appointment in appointments:
        if appointment.is_counted:
            line = ActiveBookings.lines[short(appointment.id)].set(_packed(appointment))
            actions.setdefault(appointment.customer_phone, []).append(line)
    for phone, lines in actions.items():
        key = keys.active_bookings(tenant, phone)
        tx.update(ActiveBookings(*key), actions=[*lines, ActiveBookings.version.add(1)])


def remove(tx: Transaction, tenant: str, appointment: Appointment) -> None:
    """Remove an appointment from its phone's ledger, where it is counted."""
    if appointment.is_counted:
        _update(tx, tenant, appointment, ActiveBookings.lines[short(appointment.id)].remove())


def change_phone(
    tx: Transaction, tenant: str, appointment: Appointment, former: str | None, ledger: ActiveBookings | None
) -> None:
    """Move a counted appointment from the ledger of its ``former`` phone into ``ledger``, that of its present one.

    The limit is not asked: the customer has these appointments already. To be called before the appointment is saved.
    """
    if not appointment.is_counted:
        return
    if former:
        leave(tx, tenant, former, appointment.id)
    if appointment.customer_phone is None:
        appointment.is_counted = None
        return
    if ledger:
        update(tx, tenant, appointment)
        return
    new = ActiveBookings(*keys.active_bookings(tenant, appointment.customer_phone), version=1)
    new.lines = {short(appointment.id): _packed(appointment)}
    tx.save(new, condition=ActiveBookings.pk.does_not_exist())


def leave(tx: Transaction, tenant: str, phone: str, appointment_id: str) -> None:
    """Remove a counted appointment from the ledger of ``phone``, which was its customer's."""
    actions = [ActiveBookings.lines[short(appointment_id)].remove(), ActiveBookings.version.add(1)]
    tx.update(ActiveBookings(*keys.active_bookings(tenant, phone)), actions=actions)


def _update(tx: Transaction, tenant: str, appointment: Appointment, action: Action) -> None:
    key = keys.active_bookings(tenant, appointment.customer_phone)
    tx.update(ActiveBookings(*key), actions=[action, ActiveBookings.version.add(1)])


def _packed(appointment: Appointment) -> bytes:
    held = appointment.hold_expires_at
    line = _LINE.pack(int(appointment.scheduled_at.timestamp()), int(held.timestamp()) if held else 0)
    return line + _UNPROVEN if is_unproven(appointment) else line


def is_unproven(appointment: Appointment) -> bool:
    """Whether it was booked without an account, and nobody paid or confirmed it yet."""
    is_public = appointment.created_by == PUBLIC
    return public_share.is_unproven(is_public=is_public, status=appointment.status, paid=appointment.paid_amount)


def _active(before: ActiveBookings | None, now: datetime) -> dict[str, bytes]:
    return {name: line for name, line in (before.lines if before else {}).items() if _is_active(line, now)}


def _is_unproven(line: bytes) -> bool:
    return line.endswith(_UNPROVEN) and len(line) > _LINE.size


def _is_active(line: bytes, now: datetime) -> bool:
    starts, lapses_at = _LINE.unpack_from(line)
    is_lapsed = bool(lapses_at) and has_lapsed(lapses_at, int(now.timestamp()))
    return bool(starts > now.timestamp()) and not is_lapsed
