"""How values that PynamoDB does not know are kept."""

import struct
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from pynamodb.attributes import Attribute, UnicodeAttribute

from mostrador.rules.agenda import Booking

_LINE: Final = struct.Struct(">16sIHHHI")


class InstantAttribute(Attribute[datetime]):
    """An aware datetime as ``2026-12-01T12:00:00.000000Z``: sortable, always UTC; a naive one is refused."""

    attr_type = UnicodeAttribute.attr_type

    def serialize(self, value: datetime) -> str:
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def deserialize(self, value: str) -> datetime:
        return datetime.fromisoformat(value)


class AmountAttribute(Attribute[Decimal]):
    """An exact amount as text, so that no float ever touches it."""

    attr_type = UnicodeAttribute.attr_type

    def serialize(self, value: Decimal) -> str:
        return str(value)

    def deserialize(self, value: str) -> Decimal:
        return Decimal(value)


class BookingsAttribute(Attribute[dict[str, Booking]]):
    """The bookings of an agenda day: a map from appointment id to 30 packed bytes.

    Big-endian: service id (16 bytes), start in minutes since the epoch (4), duration, buffer before and after in
    minutes (2 each), the second at which the hold lapses or 0 (4). Packed because the month view reads 31 such days;
    a map because one booking can then be put in, made firm or taken out without reading the others.
    """

    attr_type = "M"

    def serialize(self, value: dict[str, Booking]) -> dict[str, dict[str, bytes]]:
        return {appointment_id: {"B": packed(booking)} for appointment_id, booking in value.items()}

    def deserialize(self, value: dict[str, dict[str, bytes]]) -> dict[str, Booking]:
        return {appointment_id: unpacked(appointment_id, line["B"]) for appointment_id, line in value.items()}

    def get_value(self, value: dict[str, Any]) -> Any:
        return value["M"]


def packed(booking: Booking) -> bytes:
    return _LINE.pack(
        bytes.fromhex(booking.service_id),
        booking.starts,
        booking.duration,
        booking.before,
        booking.after,
        booking.lapses_at,
    )


def unpacked(appointment_id: str, line: bytes) -> Booking:
    service, starts, duration, before, after, lapses_at = _LINE.unpack(line)
    return Booking(appointment_id, service.hex(), starts, duration, before, after, lapses_at)
