"""Public holds: the bookings, or orders, of one address that may be neither paid nor confirmed, in one item each.

A line says what is held, and until when at the latest. Only the booking or order itself says whether it still is. It
is read before anybody is refused, so payments, confirmations and cancellations write nothing here. The item is
written with the booking or order, on the version that was read: two calls at once cannot both take the last place.
"""

import struct
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from mostrador.context import PUBLIC
from mostrador.errors import Conflict
from mostrador.table import keys
from mostrador.table.attributes import full, short
from mostrador.table.items.tenants import PublicHolds, Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy import rate_limits
from mostrador.values.next_actions import NextAction

_LINE: Final = struct.Struct(">8s8s8sIHI")


class Kind(StrEnum):
    """What the lines of an item are."""

    APPOINTMENTS = "APPOINTMENTS"
    ORDERS = "ORDERS"


class Line(NamedTuple):
    """What one booking or order holds; tags are 16 hex characters.

    A booking: ``tag`` and ``second`` are its resources, ``starts`` its minute since the epoch, ``amount`` its minutes
    with buffers. An order: ``tag`` is its raffle, ``amount`` its numbers. ``until`` is in seconds since the epoch.
    """

    tag: str
    phone: str
    amount: int
    until: int
    second: str = "0" * 16
    starts: int = 0


Lines = Mapping[str, Line]
"""Id of a booking or order -> its line."""


class TooManyHeld(Conflict):
    code = "too_many_held"
    en = "{limit} bookings or orders from this connection are neither paid nor confirmed, as many as may be"
    es = "desde esta conexión ya hay {limit} reservas sin pagar ni confirmar, el máximo permitido"
    next_action = NextAction.CONTACT_BUSINESS


def key(tenant: str, kind: Kind, address: str) -> keys.Key:
    """The item of an address; an IPv6 subscriber has one for all addresses."""
    return keys.public_holds(tenant, kind.value, rate_limits.digest(address))


def own_key(address: str, key: str) -> str:
    """The public Idempotency-Key ``key``, bound to its address; the space tells it from every key of the staff."""
    return f"{PUBLIC} {rate_limits.digest(address)} {key}"


def phone_tag(phone: str | None) -> str:
    """The tag of a phone in E.164, keyed: it names nobody."""
    return rate_limits.digest(phone or "")[:16]


def lines_of(item: object, now: datetime, *, without: str = "") -> dict[str, Line]:
    """The lines that may still hold something at ``now``, except that of the id ``without``."""
    stored = item.lines if isinstance(item, PublicHolds) else {}
    lines = {full(name): _unpacked(line) for name, line in stored.items()}
    return {id_: line for id_, line in lines.items() if line.until > now.timestamp() and id_ != without}


def has_room(tenant: Tenant, lines: Lines) -> bool:
    """Whether the address may hold one booking or order more."""
    return len(lines) < int(tenant.public_pending_limit)


def check_room(tenant: Tenant, lines: Lines) -> None:
    """Raise TooManyHeld."""
    if not has_room(tenant, lines):
        raise TooManyHeld(limit=int(tenant.public_pending_limit))


def write(tx: Transaction, item_key: keys.Key, before: object, lines: Lines) -> None:
    """Replace the lines of the item as it was read (``before``)."""
    version = int(before.version) if isinstance(before, PublicHolds) else 0
    item = PublicHolds(
        *item_key,
        version=version + 1,
        lines={short(id_): _packed(line) for id_, line in lines.items()},
        expires_at=max(line.until for line in lines.values()),
    )
    tx.save(item, condition=PublicHolds.version == version if version else PublicHolds.pk.does_not_exist())


def _packed(line: Line) -> bytes:
    tags = (bytes.fromhex(tag) for tag in (line.tag, line.second, line.phone))
    return _LINE.pack(*tags, line.starts, line.amount, line.until)


def _unpacked(packed: bytes) -> Line:
    tag, second, phone, starts, amount, until = _LINE.unpack(packed)
    return Line(tag.hex(), phone.hex(), amount, until, second.hex(), starts)
