"""Stored busy times of calendars elsewhere, and how far each calendar was read."""

import struct
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Final

from pynamodb.attributes import Attribute, BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition, size

from mostrador.scheduling.rules.busy_times import Span
from mostrador.table.attributes import InstantAttribute, LinesAttribute
from mostrador.table.base import Item
from mostrador.values import local_time

_LINE: Final = struct.Struct(">hh")
_TAG: Final = 8
"""Characters of a line's name that stand for its source."""


class BusyDay(Item, discriminator="BUSY"):
    """The times of one resource's local day that calendars elsewhere take: ``line_name`` -> ``packed`` span.

    DynamoDB deletes the day long after it is past, at ``expires_at`` (TTL, in seconds since the epoch).
    """

    lines = LinesAttribute()
    expires_at = NumberAttribute()

    def spans(self, sources: Iterable[str]) -> list[Span]:
        """The spans of these sources alone: the lines of a calendar that is no longer connected block nothing."""
        tags, day = {tag(source) for source in sources}, date.fromisoformat(self.sk.partition("#")[0])
        return [unpacked(line, day) for name, line in self.lines.items() if name[:_TAG] in tags]

    @classmethod
    def has_lines(cls, count: int) -> Condition:
        """The condition that the day still has ``count`` lines."""
        condition: Condition = size(cls.lines) == count  # type: ignore[no-untyped-call]
        return condition


class BusyEvent(Item, discriminator="BUSYEVENT"):
    """One event of a calendar elsewhere, and the place of its lines, so that they are found when it moves or goes.

    The lines are in the days from ``starts`` to ``until`` of ``resource_ids``. While ``is_settled`` is false, several
    transactions are writing them, and some lines may be missing.
    """

    starts = NumberAttribute()
    ends = NumberAttribute()
    until = UnicodeAttribute()
    resource_ids: Attribute[list[str]] = JSONAttribute()
    is_settled = BooleanAttribute()
    expires_at = NumberAttribute()


class CalendarState(Item, discriminator="CALSTATE"):
    """How far one calendar was read. ``version`` is the turn of the latest reader: only the newest may write.

    ``as_of`` is when the calendar was last read (None: never); since then it blocks ``resource_ids``.
    """

    version = NumberAttribute()
    status = UnicodeAttribute()
    as_of = InstantAttribute(null=True)
    resource_ids: Attribute[list[str] | None] = JSONAttribute(null=True)


@lru_cache(maxsize=1024)
def tag(source: str) -> str:
    """A source as 8 characters: 48 bits distinguish the few calendars of one resource."""
    return _digest(source, 6)


def digest(event_id: str) -> str:
    """An event as 12 characters (72 bits); its id can have 1,024, and need not be kept."""
    return _digest(event_id, 9)


def line_name(source: str, event_digest: str) -> str:
    """The name of an event's line; no event of another source has the same."""
    return tag(source) + event_digest


def packed(span: Span, day: date) -> bytes:
    """A span in 4 bytes, big-endian: start and end in minutes after 00:00 UTC of the ``day`` (signed, 2 each)."""
    midnight = local_time.wall_midnight(day)
    return _LINE.pack(span[0] - midnight, span[1] - midnight)


def unpacked(line: bytes, day: date) -> Span:
    """The span that ``packed`` made the line of."""
    starts, ends = _LINE.unpack(line)
    midnight = local_time.wall_midnight(day)
    return starts + midnight, ends + midnight


def _digest(text: str, length: int) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()[:length]).decode()
