"""Attributes for values that PynamoDB does not know, and the packed form of bookings."""

import json
import struct
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from pynamodb.attributes import Attribute, JSONAttribute, UnicodeAttribute

from mostrador.scheduling.rules.agenda import Booking
from mostrador.values import local_time

_LINE: Final = struct.Struct(">8shHBBI")


class InstantAttribute(Attribute[datetime]):
    """An aware datetime as ``2026-12-01T12:00:00Z``: UTC, sortable, to the second; a naive one is refused."""

    attr_type = UnicodeAttribute.attr_type

    def serialize(self, value: datetime) -> str:
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def deserialize(self, value: str) -> datetime:
        return datetime.fromisoformat(value)


class EmailAttribute(Attribute[str]):
    """An e-mail address, read and written in lower case: older items may have it as it was typed."""

    attr_type = UnicodeAttribute.attr_type

    def serialize(self, value: str) -> str:
        return value.lower()

    def deserialize(self, value: str) -> str:
        return value.lower()


class AmountAttribute(Attribute[Decimal]):
    """An exact amount as text, so that no float ever touches it."""

    attr_type = UnicodeAttribute.attr_type

    def serialize(self, value: Decimal) -> str:
        return str(value)

    def deserialize(self, value: str) -> Decimal:
        return Decimal(value)


class CompactJSONAttribute(JSONAttribute):
    """JSON without spaces and escapes, for items that are many: storage is paid by the byte."""

    def serialize(self, value: object) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class LinesAttribute(Attribute[dict[str, bytes]]):
    """The bookings of an agenda day: a map from ``short`` appointment ids to ``packed`` lines.

    They are packed, because the month view reads 31 such days. They are a map, because one booking can then be added,
    made firm or removed without reading the others.
    """

    attr_type = "M"

    def serialize(self, value: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
        return {name: {"B": line} for name, line in value.items()}

    def deserialize(self, value: dict[str, dict[str, bytes]]) -> dict[str, bytes]:
        return {name: line["B"] for name, line in value.items()}


def short(hex_id: str) -> str:
    """An id of 32 hex characters as 22 of base64url."""
    return urlsafe_b64encode(bytes.fromhex(hex_id)).decode().rstrip("=")


def full(name: str) -> str:
    """The id of 32 hex characters whose ``short`` form is ``name``."""
    return a2b_base64(name.replace("-", "+").replace("_", "/") + "==").hex()


def packed(booking: Booking, day: date) -> bytes:
    """A booking in 18 bytes, big-endian, as the agenda of the local ``day`` keeps it.

    The service's tag (8 bytes), the start in minutes after 00:00 UTC of the day (signed, 2), duration (2), buffer
    before and after in minutes (1 each), and the second since the epoch at which the hold lapses, or 0 (4).
    """
    start = booking.starts - local_time.wall_midnight(day)
    tag = bytes.fromhex(booking.service)
    return _LINE.pack(tag, start, booking.duration, booking.before, booking.after, booking.lapses_at)


def unpacked(lines: Mapping[str, bytes], day: date) -> list[Booking]:
    """The bookings of a local day that ``packed`` wrote, by their ``short`` ids; a month has hundreds."""
    midnight, found = local_time.wall_midnight(day), list[Booking]()
    for name, line in lines.items():
        tag, start, duration, before, after, lapses_at = _LINE.unpack(line)
        found.append(Booking(full(name), tag.hex(), start + midnight, duration, before, after, lapses_at))
    return found
