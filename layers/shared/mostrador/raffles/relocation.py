"""Raffles of a tenant that gets another time zone: a draft keeps its time on the clock, an open one its instants.

The instants of an open raffle are in its public commitment, and a round of drand comes at an instant. So it stays, and
is shown on the clock of the zone in which it was announced.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from mostrador.raffles import raffles
from mostrador.raffles.rules.states import RaffleStatus
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import Raffle
from mostrador.values import local_time

_TO_COME: Final = (RaffleStatus.DRAFT, RaffleStatus.OPEN, RaffleStatus.CLOSED)
_TIMES: Final = ("sale_opens_at", "sale_closes_at", "draw_at")


def to_come(tenant: str) -> list[Raffle]:
    """The raffles that are neither drawn nor cancelled."""
    is_to_come = Raffle.status.is_in(*_TO_COME)
    return reads.span(keys.raffles_partition(tenant), reads.LOWEST, reads.HIGHEST, index="gsi1", keep=is_to_come)


def keep_clock(raffle: Raffle, zone: ZoneInfo) -> Raffle:
    """Set the instants at which the clocks of ``zone`` show the draft's times; any other raffle stays as it is."""
    if raffle.status == RaffleStatus.DRAFT:
        before = ZoneInfo(raffle.time_zone)
        for name in _TIMES:
            if at := getattr(raffle, name):
                setattr(raffle, name, _moved(at, before, zone))
        raffle.time_zone = zone.key
    return raffle


def move_drafts(drafts: Sequence[Raffle], zone: ZoneInfo, *, now: datetime) -> None:
    """Store the drafts on the clock of ``zone``; one that is there already stays. Raises NotHere, Busy."""
    for draft in drafts:
        if draft.status == RaffleStatus.DRAFT and draft.time_zone != zone.key:
            _store(draft, zone, now)


def _store(draft: Raffle, zone: ZoneInfo, now: datetime) -> None:
    def load() -> Raffle:
        return raffles.as_raffle(reads.get_item((draft.pk, draft.sk)), draft.id)

    def alter(raffle: Raffle) -> None:
        keep_clock(raffle, zone)

    writes.edited(load, alter, seen=None, now=now)


def _moved(at: datetime, before: ZoneInfo, zone: ZoneInfo) -> datetime:
    """The instant in ``zone`` of the time on the clock that ``before`` shows at ``at``, with its seconds."""
    minute = local_time.minute(at)
    target = local_time.at_wall(local_time.wall(minute, before), zone, nearest=minute)
    return local_time.instant(target, zone).replace(second=at.second)
