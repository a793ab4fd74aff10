"""What the draws of a raffle have come to: each prize with who won it last, and until when it may be claimed.

Read from the draws as they are stored: objects with ``redraw`` and ``evidence`` as a proof has them, ``drawn_at`` once
held, and ``winners``: ``prize``, ``number``, ``order``, ``order_id``, ``name`` (masked).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

StoredDraw = Mapping[str, Any]
"""A draw as it is kept."""


@dataclass(frozen=True, slots=True)
class PrizeOutcome:
    """Who won prize ``prize``, from 1: the masked ``name``, None where nobody did."""

    prize: int
    number: int | None
    order: str | None
    order_id: str | None
    name: str | None
    claim_by: datetime


def is_held(draw: StoredDraw) -> bool:
    """Whether a draw, or a redraw that was announced, has taken place."""
    return draw["evidence"] is not None


def outcomes(draws: Sequence[StoredDraw], claim_days: int) -> dict[int, PrizeOutcome]:
    """The outcome of each prize that was drawn: a later draw of it replaces an earlier one."""
    found: dict[int, PrizeOutcome] = {}
    for draw in filter(is_held, draws):
        claim_by = datetime.fromisoformat(draw["drawn_at"]) + timedelta(days=claim_days)
        found |= {one["prize"]: PrizeOutcome(**one, claim_by=claim_by) for one in draw["winners"]}
    return found


def masked(name: str) -> str:
    """A name as everybody may read it: ``María Fernández`` is ``María F.``."""
    first, *others = name.split()
    return f"{first} {others[0][0]}." if others else first
