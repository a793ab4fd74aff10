"""The outcome of a raffle's draws: for each prize its last winner, and until when it may be claimed.

It is read from the draws as the raffle's item stores them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypedDict

from mostrador.raffles.rules.commitment_documents import RedrawDocument
from mostrador.raffles.rules.randomness import PublicEvidence


class StoredWinner(TypedDict):
    """A prize's winner: ``order`` is the order's public code, ``name`` the customer's masked name."""

    prize: int
    number: int | None
    order: str | None
    order_id: str | None
    name: str | None


class StoredDraw(TypedDict):
    """A draw: ``redraw`` and ``evidence`` as in the proof; ``evidence`` and ``drawn_at`` are None until it is held."""

    redraw: RedrawDocument | None
    evidence: PublicEvidence | None
    winners: list[StoredWinner]
    drawn_at: str | None


class Delivery(TypedDict):
    """The record that a prize reached its winner; ``by`` is the user who recorded it."""

    delivered_to: str
    note: str | None
    delivered_at: str
    by: str


class PrizeOutcome(NamedTuple):
    """The last winner of prize ``prize``, from 1; ``name`` is masked, and None where nobody won."""

    prize: int
    number: int | None
    order: str | None
    order_id: str | None
    name: str | None
    claim_by: datetime


def is_held(draw: StoredDraw) -> bool:
    """Whether a draw, or an announced redraw, has taken place."""
    return draw["evidence"] is not None


def outcomes(draws: Sequence[StoredDraw], claim_days: int) -> dict[int, PrizeOutcome]:
    """Prize, from 1 -> its outcome: a later draw of a prize replaces an earlier one."""
    latest: dict[int, PrizeOutcome] = {}
    for draw in draws:
        if draw["drawn_at"] is None:
            continue
        claim_by = datetime.fromisoformat(draw["drawn_at"]) + timedelta(days=claim_days)
        latest |= {winner["prize"]: PrizeOutcome(**winner, claim_by=claim_by) for winner in draw["winners"]}
    return latest


def is_drawn_again(draws: Sequence[StoredDraw], prize: int) -> bool:
    """Whether a redraw of the prize is announced and not held yet."""
    last = draws[-1] if draws else None
    return bool(last and not is_held(last) and last["redraw"] and prize in last["redraw"]["prizes"])


def excluded_numbers(draws: Sequence[StoredDraw], prizes: Sequence[int]) -> list[int]:
    """The sold numbers that won one of ``prizes`` before, in order: a redraw of these prizes leaves them out."""
    won = [winner for draw in draws for winner in draw["winners"] if winner["prize"] in prizes and winner["order"]]
    return sorted({winner["number"] for winner in won if winner["number"] is not None})


def unclaimed_prizes(draws: Sequence[StoredDraw], claim_days: int, *, kept: Sequence[int], now: datetime) -> list[int]:
    """The prizes that somebody won and nobody claimed in time, in order; ``kept`` were claimed or delivered."""
    late = [won for won in outcomes(draws, claim_days).values() if won.order and won.claim_by < now]
    return sorted(won.prize for won in late if won.prize not in kept)


def masked(name: str) -> str:
    """A name as everybody may read it: ``María Fernández`` becomes ``María F.``."""
    first, *others = name.split()
    return f"{first} {others[0][0]}." if others else first
