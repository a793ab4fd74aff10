"""Redraws: another draw, announced in public with its reason before its randomness can be known.

A redraw is allowed only where it cannot serve to choose a winner: for prizes that nobody claimed in time, or where a
draw could not be held at all.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mostrador.errors import Conflict
from mostrador.raffles import draws, raffles
from mostrador.raffles.rules import commitments, prize_outcome
from mostrador.raffles.rules.commitments import DrawCommitment, Redraw
from mostrador.raffles.rules.randomness import Drand
from mostrador.table import keys, writes
from mostrador.table.items.raffles import Raffle
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader, Words

if TYPE_CHECKING:
    from mostrador.raffles.views.draws import Redrawing

NOTICE: Final = timedelta(minutes=1)
"""At least, from the announcement of a redraw to the redraw."""
_USUAL_NOTICE: Final = timedelta(minutes=2)
OVERDUE: Final = timedelta(hours=24)
"""After this time a draw that could not be held may be replaced by a redraw."""


class NotVoid(Conflict):
    code = "draw_not_void"
    en = "the draw of {draw_at:time} stands: it may be replaced if it could not be held until {void_at:time}"
    es = "el sorteo del {draw_at:time} sigue en pie: se reemplaza si no se pudo realizar hasta el {void_at:time}"
    next_action = NextAction.WAIT_UNTIL


class NotUnclaimed(Conflict):
    code = "prize_not_unclaimed"
    en = "prizes {given} cannot be drawn again: those that nobody claimed in time are {unclaimed}"
    es = "los premios {given} no se pueden volver a sortear: los que nadie reclamó a tiempo son {unclaimed}"
    none = "no hay premios que nadie haya reclamado a tiempo", "there are no prizes that nobody claimed in time"

    def variant(self, _reader: Reader) -> Words | None:
        return None if self.facts["unclaimed"] else self.none


def announce(tenant: str, raffle_id: str, form: "Redrawing", *, now: datetime) -> Raffle:
    """Announce another draw; the same request again changes nothing.

    Raises NotHere, WrongRaffleState, NotFrozen, NotVoid, NotUnclaimed, AnnouncedTooLate, NoReason, GuessableLottery.
    """

    def decide(raffle: Raffle) -> Raffle:
        if _is_announced(raffle, form.reason):
            return raffle
        prizes = _prizes_to_redraw(raffle, form.prizes, now)
        before = list(raffle.draws or [draws.new_draw(None)])  # without any, the first draw could not be held
        announced = _announced(raffle, form, prizes, len(before) + 1, now)
        raffle.draws, raffle.updated_at = [*before, draws.new_draw(announced)], now
        is_drawn_by_itself = isinstance(announced.method, Drand)
        raffle.due_pk, raffle.due_at = keys.due(raffle_id, announced.draw_at) if is_drawn_by_itself else (None, None)
        draws.save(raffle, "raffle.redraw_announced", tenant)
        return raffle

    return writes.retrying(lambda _attempt: raffles.get(tenant, raffle_id, now=now), decide)


def _is_announced(raffle: Raffle, reason: str) -> bool:
    """Whether the redraw with this reason is already announced and not held yet."""
    last = raffle.draws[-1] if raffle.draws else None
    return bool(last and not prize_outcome.is_held(last) and last["redraw"] and last["redraw"]["reason"] == reason)


def _prizes_to_redraw(raffle: Raffle, requested: Sequence[int] | None, now: datetime) -> tuple[int, ...]:
    """All prizes of a draw that could not be held, or else the ``requested`` ones that nobody claimed in time.

    Raises WrongRaffleState, NotFrozen, NotVoid, NotUnclaimed.
    """
    frozen_at = draws.check_drawable(raffle)
    commitment = draws.next_commitment(raffle)
    if commitment is not None:
        _check_void(frozen_at, commitment, now)
        return commitment.prizes if isinstance(commitment, Redraw) else tuple(range(1, len(raffle.prizes) + 1))
    delivered = list(map(int, raffle.deliveries or {}))
    claim_days = int(raffle.claim_days)
    unclaimed = prize_outcome.unclaimed_prizes(raffle.draws or [], claim_days, delivered=delivered, now=now)
    prizes = sorted(set(requested or unclaimed))
    if not prizes or not set(prizes) <= set(unclaimed):
        raise NotUnclaimed(field="body.prizes", given=_comma_separated(prizes), unclaimed=_comma_separated(unclaimed))
    return tuple(prizes)


def _comma_separated(prizes: Sequence[int]) -> str:
    return ", ".join(map(str, prizes))


def _check_void(frozen_at: datetime, commitment: DrawCommitment, now: datetime) -> None:
    """Raise NotVoid unless the draw that is due can never be held, or was not held for as long as ``OVERDUE``."""
    is_frozen_too_late = frozen_at >= commitment.draw_at
    void_at = commitment.draw_at + OVERDUE
    if not is_frozen_too_late and now < void_at:
        raise NotVoid(
            draw_at=commitments.format_instant(commitment.draw_at), void_at=commitments.format_instant(void_at)
        )


def _announced(raffle: Raffle, form: "Redrawing", prizes: tuple[int, ...], place: int, now: datetime) -> Redraw:
    """The commitment of a redraw; numbers that won one of its prizes before take no part. Raises AnnouncedTooLate."""
    announced_at = now.replace(microsecond=0)
    draw_at = (form.draw_at or announced_at + _USUAL_NOTICE).replace(microsecond=0)
    if draw_at < announced_at + NOTICE:
        raise commitments.AnnouncedTooLate(
            field="body.draw_at",
            announced_at=commitments.format_instant(announced_at),
            draw_at=commitments.format_instant(draw_at),
        )
    return Redraw(
        raffle_id=raffle.id,
        commitment_sha256=raffle.commitment_digest,
        root=raffle.root,
        draw=place,
        reason=form.reason,
        announced_at=announced_at,
        prizes=prizes,
        excluded=tuple(prize_outcome.excluded_numbers(raffle.draws or [], prizes)),
        draw_at=draw_at,
        method=raffles.method_of(form.method, draw_at),
    )
