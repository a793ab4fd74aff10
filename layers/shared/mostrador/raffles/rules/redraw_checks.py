"""Whether a redraw was allowed: it replaces a void draw, or prizes that nobody claimed in time.

A draw by drand that was due can always be held, since its round stays public. So nothing replaces it. A list that was
frozen too late makes a draw void. So does a lottery or a secret that did not come for ``OVERDUE``. No program can tell
whether that is true, so ``proof_lookups`` names it for a person.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from mostrador.raffles.rules import draw, instants
from mostrador.raffles.rules.commitments import Commitment, DrawCommitment, Redraw
from mostrador.raffles.rules.draw import Draw, Win
from mostrador.raffles.rules.randomness import Drand

OVERDUE: Final = timedelta(hours=24)
"""After this time a draw by lottery or secret that was not held may be replaced by a redraw."""


def prizes_of(commitment: Commitment, draw_commitment: DrawCommitment) -> tuple[int, ...]:
    """The prizes that a draw decides, by their places from 1."""
    if isinstance(draw_commitment, Redraw):
        return draw_commitment.prizes
    return tuple(range(1, len(commitment.prizes) + 1))


def void_from(frozen_at: datetime, commitment: DrawCommitment) -> datetime | None:
    """The instant from which a draw that was not held is void; None where it can always be held."""
    if draw.is_frozen_too_late(frozen_at, commitment):
        return max(frozen_at, commitment.draw_at)
    return None if isinstance(commitment.method, Drand) else commitment.draw_at + OVERDUE


def faults(
    commitment: Commitment, frozen_at: datetime, replaced: Sequence[Draw], wins: Sequence[Sequence[Win]], redraw: Redraw
) -> Iterator[str]:
    """Each rule that ``redraw`` breaks, as one sentence; ``replaced`` are the draws before it, ``wins`` theirs."""
    if redraw.version < commitment.version:
        yield f"its announcement has format {redraw.version}, the commitment has format {commitment.version}"
    announced = f"announced at {instants.published(redraw.announced_at)}"
    if redraw.announced_at < frozen_at:
        yield f"{announced}, before the sold numbers were frozen at {instants.published(frozen_at)}"
    if not replaced:
        return
    previous = replaced[-1].redraw or commitment
    if redraw.announced_at < previous.draw_at:
        yield f"{announced}, before the draw of {instants.published(previous.draw_at)} that it follows"
    if replaced[-1].evidence is None:
        yield from _void_faults(commitment, frozen_at, previous, redraw, announced)
    else:
        yield from _claim_faults(commitment, replaced, wins, redraw, announced)


def _void_faults(
    commitment: Commitment, frozen_at: datetime, previous: DrawCommitment, redraw: Redraw, announced: str
) -> Iterator[str]:
    """The rules for a redraw after a draw that was not held."""
    void_at = void_from(frozen_at, previous)
    if void_at is None:
        yield f"the draw of {instants.published(previous.draw_at)} was due by drand and was not held"
    elif redraw.announced_at < void_at:
        yield f"{announced}, before the draw that was not held was void at {instants.published(void_at)}"
    if redraw.prizes != prizes_of(commitment, previous):
        yield "its prizes are not those of the draw that was not held"


def _claim_faults(
    commitment: Commitment, replaced: Sequence[Draw], wins: Sequence[Sequence[Win]], redraw: Redraw, announced: str
) -> Iterator[str]:
    """The rules for a redraw of prizes that were won before: each waits out its time to claim."""
    won = draw.latest_wins(wins)
    for prize in redraw.prizes:
        if prize not in won or won[prize].order is None:
            yield f"nobody had won prize {prize}, so it is not drawn again"
            continue
        last = max(place for place, of_draw in enumerate(wins) if prize in {win.prize for win in of_draw})
        drawn_at = (replaced[last].redraw or commitment).draw_at
        claim_by = drawn_at + timedelta(days=commitment.claim_days or 0)
        if redraw.announced_at < claim_by:
            yield f"{announced}, before the time to claim prize {prize} ended at {instants.published(claim_by)}"
