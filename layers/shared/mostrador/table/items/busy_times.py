"""What is stored of calendars elsewhere: when they are busy, how far they were read; keys, base as in ``items``."""

import struct
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import size

from mostrador.scheduling.rules.busy_times import Span
from mostrador.table.attributes import InstantAttribute, LinesAttribute
from mostrador.table.base import Item
from mostrador.values import local_time

_LINE: Final = struct.Struct(">hh")
_TAG: Final = 8
"""Characters of a line's name that tell its source."""


class BusyDay(Item, discriminator="BUSY"):
    """What calendars elsewhere take of one resource's local day: ``line_name`` -> ``packed`` span.

    ``expires_at`` is for DynamoDB alone, which drops what is long past (TTL, in seconds since the epoch).
    """

    lines = LinesAttribute()
    expires_at = NumberAttribute()

    def spans(self, sources: Iterable[str]) -> list[Span]:
        """The spans of these sources alone: what a calendar left behind that is connected no longer blocks nothing."""
        tags, day = {tag(source) for source in sources}, date.fromisoformat(self.sk.partition("#")[0])
        return [unpacked(line, day) for name, line in self.lines.items() if name[:_TAG] in tags]

    @classmethod
    def has_lines(cls, count: int) -> Any:
        """The condition that nobody put a line in or took one out since there were so many."""
        return size(cls.lines) == count  # type: ignore[no-untyped-call]


class BusyEvent(Item, discriminator="BUSYEVENT"):
    """One event of a calendar elsewhere: where its lines stand, so that they are found when it moves or goes.

    They stand in the days from ``starts`` to ``until`` of ``resource_ids``, and nowhere else; while many days are being
    written, which takes several transactions, it is not ``is_settled`` and they may stand there.
    """

    starts = NumberAttribute()
    ends = NumberAttribute()
    until = UnicodeAttribute()
    resource_ids: Any = JSONAttribute()
    is_settled = BooleanAttribute()
    expires_at = NumberAttribute()


class CalendarState(Item, discriminator="CALSTATE"):
    """How far one calendar was read. ``version`` is the turn of whoever pulls: only the newest may write.

    ``as_of`` is when the calendar was last read (None: never), and ``resource_ids`` whom it blocks since then.
    """

    version = NumberAttribute()
    status = UnicodeAttribute()
    as_of = InstantAttribute(null=True)
    resource_ids: Any = JSONAttribute(null=True)


@lru_cache(maxsize=1024)
def tag(source: str) -> str:
    """A source as 8 characters: 48 bits are enough to tell the few calendars of one resource apart."""
    return _digest(source, 6)


def digest(event_id: str) -> str:
    """An event as 12 characters (72 bits); its id can have 1,024, and is nothing that we need to keep."""
    return _digest(event_id, 9)


def line_name(source: str, event_digest: str) -> str:
    """The name of an event's line, which no event of another source has."""
    return tag(source) + event_digest


def packed(span: Span, day: date) -> bytes:
    """A span in 4 bytes, big-endian: start and end in minutes after 00:00 UTC of the ``day`` (signed, 2 each)."""
    midnight = local_time.wall_midnight(day)
    return _LINE.pack(span[0] - midnight, span[1] - midnight)


def unpacked(line: bytes, day: date) -> Span:
    """What ``packed`` made."""
    starts, ends = _LINE.unpack(line)
    midnight = local_time.wall_midnight(day)
    return starts + midnight, ends + midnight


def _digest(text: str, length: int) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()[:length]).decode()
