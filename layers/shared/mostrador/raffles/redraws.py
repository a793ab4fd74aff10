"""Redraws: another draw, announced in public with its reason before its randomness can be known.

A redraw is allowed only where it cannot serve to choose a winner: for prizes that nobody claimed in time, or where a
draw could not be held at all. The beacon alone holds it, and its words decide nothing. A draw by the beacon that was
due is never replaced, since its round stays public.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mostrador.errors import Conflict, Invalid
from mostrador.raffles import beacon, draws, raffles
from mostrador.raffles.rules import commitments, draw, instants, prize_outcome, redraw_checks
from mostrador.raffles.rules.commitments import NOTICE, DrawCommitment, Redraw
from mostrador.raffles.rules.prize_outcome import StoredDraw
from mostrador.table import keys, writes
from mostrador.table.items.raffles import Raffle
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader, Words

if TYPE_CHECKING:
    from mostrador.raffles.views.draws import Redrawing

_USUAL_NOTICE: Final = timedelta(minutes=2)
MOST_NOTICE: Final = timedelta(days=60)
"""At most, from the announcement to the redraw: nobody puts a draw off for years."""
FROZEN_LATE: Final = "La lista de números vendidos se cerró tarde"
"""The reason of a redraw that announces itself: the list was frozen when the randomness could be known."""


class NotVoid(Conflict):
    code = "draw_not_void"
    en = "the draw of {draw_at:time} stands: the beacon's randomness stays public, so nothing replaces it"
    es = "el sorteo del {draw_at:time} sigue en pie: el azar del faro queda publicado y no se reemplaza"
    later = (
        "el sorteo del {draw_at:time} sigue en pie: se reemplaza si no se pudo realizar hasta el {void_at:time}",
        "the draw of {draw_at:time} stands: it may be replaced if it could not be held until {void_at:time}",
    )

    def variant(self, _reader: Reader) -> Words | None:
        return self.later if self.facts["void_at"] else None

    def suggests(self, _reader: Reader) -> NextAction | None:
        return NextAction.WAIT_UNTIL if self.facts["void_at"] else None


class AlreadyAnnounced(Conflict):
    code = "already_announced"
    en = "a redraw is announced for {draw_at:time}, and stays as it is: {name:redraw_field} differs"
    es = "ya hay un nuevo sorteo anunciado para el {draw_at:time}, y queda como está: difiere {name:redraw_field}"
    next_action = NextAction.READ_AGAIN


class RedrawTooFar(Invalid):
    code = "redraw_too_far"
    en = "the redraw of {value:time} is too far ahead: it takes place until {most:time}"
    es = "el nuevo sorteo del {value:time} queda muy lejos: se realiza hasta el {most:time}"


class NotUnclaimed(Conflict):
    code = "prize_not_unclaimed"
    en = "prizes {given} cannot be drawn again: those that nobody claimed in time are {unclaimed}"
    es = "los premios {given} no se pueden volver a sortear: los que nadie reclamó a tiempo son {unclaimed}"
    none = "no hay premios que nadie haya reclamado a tiempo", "there are no prizes that nobody claimed in time"

    def variant(self, _reader: Reader) -> Words | None:
        return None if self.facts["unclaimed"] else self.none


def announce(tenant: str, raffle_id: str, form: "Redrawing", *, now: datetime) -> Raffle:
    """Announce another draw; the same request again changes nothing while the draw is to come.

    Raises NotHere, WrongRaffleState, NotFrozen, AlreadyAnnounced, NotVoid, NotUnclaimed, AnnouncedTooLate,
    RedrawTooFar, NoReason.
    """

    def decide(raffle: Raffle) -> Raffle:
        pending = _pending(raffle)
        if pending and redraw_checks.void_from(draws.check_drawable(raffle), pending) is None:
            _check_same(raffle, pending, form)
            return raffle
        prizes = _prizes_to_redraw(raffle, form.prizes, now)
        announced_at = now.replace(microsecond=0)
        draw_at = _draw_at(form.draw_at, announced_at)
        return _announce(tenant, raffle, _redraw(raffle, form.reason, prizes, announced_at, draw_at))

    return writes.retrying(lambda _attempt: raffles.get(tenant, raffle_id, now=now), decide)


def announce_after_late_freeze(tenant: str, raffle_id: str, *, now: datetime) -> None:
    """Announce the redraw of a draw that is void because its list was frozen too late; again changes nothing.

    So nobody decides whether and when a void draw is replaced. Raises NotHere, WrongRaffleState, NotFrozen.
    """

    def decide(raffle: Raffle) -> None:
        commitment = draws.next_commitment(raffle)
        if commitment and draw.is_frozen_too_late(draws.check_drawable(raffle), commitment):
            prizes, announced_at = _all_prizes(raffle, commitment), now.replace(microsecond=0)
            draw_at = _draw_at(None, announced_at)
            _announce(tenant, raffle, _redraw(raffle, FROZEN_LATE, prizes, announced_at, draw_at))

    writes.retrying(lambda _attempt: raffles.get(tenant, raffle_id, now=now), decide)


def _announce(tenant: str, raffle: Raffle, announced: Redraw) -> Raffle:
    """Add the announcement to the record, and make its draw the next deadline."""
    before = _replaced(raffle)
    raffle.draws = [*before, draws.new_draw(announced)]
    raffle.updated_at = announced.announced_at
    raffle.due_pk, raffle.due_at = keys.due(raffle.id, announced.draw_at)
    draws.save(raffle, "raffle.redraw_announced", tenant, new=[len(before), len(before) + 1])
    return raffle


def _pending(raffle: Raffle) -> Redraw | None:
    """The redraw that is announced and not held yet."""
    commitment = draws.next_commitment(raffle)
    return commitment if isinstance(commitment, Redraw) else None


def _check_same(raffle: Raffle, pending: Redraw, form: "Redrawing") -> None:
    """Raise AlreadyAnnounced where the form asks for another redraw than the announced one."""
    prizes = form.prizes or _prizes_without_choice(raffle, pending)
    asked_for: dict[str, tuple[object, object]] = {
        "reason": (form.reason, pending.reason),
        "draw_at": (_draw_at(form.draw_at, pending.announced_at), pending.draw_at),
        "prizes": (sorted(set(prizes)), list(pending.prizes)),
    }
    for name, (asked, announced) in asked_for.items():
        if asked != announced:
            value = instants.published(asked) if isinstance(asked, datetime) else asked
            at = instants.published(pending.draw_at)
            raise AlreadyAnnounced(field=f"body.{name}", value=value, name=name, draw_at=at)


def _prizes_without_choice(raffle: Raffle, pending: Redraw) -> Sequence[int]:
    """The prizes that an announcement which names none has, at the time when ``pending`` was announced."""
    earlier = (raffle.draws or [])[:-1]
    if not prize_outcome.is_held(earlier[-1]):
        return pending.prizes
    return _unclaimed(raffle, earlier, pending.announced_at)


def _unclaimed(raffle: Raffle, of_draws: Sequence[StoredDraw], now: datetime) -> list[int]:
    """The prizes that somebody won, and that were neither claimed nor delivered in time."""
    kept = [int(prize) for prize in (raffle.deliveries or {}) | (raffle.claims or {})]
    return prize_outcome.unclaimed_prizes(of_draws, int(raffle.claim_days), kept=kept, now=now)


def _prizes_to_redraw(raffle: Raffle, requested: Sequence[int] | None, now: datetime) -> tuple[int, ...]:
    """All prizes of a draw that could not be held, or else the ``requested`` ones that nobody claimed in time.

    Raises WrongRaffleState, NotFrozen, NotVoid, NotUnclaimed.
    """
    frozen_at = draws.check_drawable(raffle)
    commitment = draws.next_commitment(raffle)
    if commitment is not None:
        _check_void(frozen_at, commitment, now)
        return _all_prizes(raffle, commitment)
    unclaimed = _unclaimed(raffle, raffle.draws or [], now)
    prizes = sorted(set(requested or unclaimed))
    if not prizes or not set(prizes) <= set(unclaimed):
        raise NotUnclaimed(field="body.prizes", given=_comma_separated(prizes), unclaimed=_comma_separated(unclaimed))
    return tuple(prizes)


def _all_prizes(raffle: Raffle, commitment: DrawCommitment) -> tuple[int, ...]:
    return redraw_checks.prizes_of(commitments.read_commitment(raffle.commitment), commitment)


def _comma_separated(prizes: Sequence[int]) -> str:
    return ", ".join(map(str, prizes))


def _check_void(frozen_at: datetime, commitment: DrawCommitment, now: datetime) -> None:
    """Raise NotVoid unless the draw that is due can never be held, or was not held for as long as ``OVERDUE``."""
    void_at = redraw_checks.void_from(frozen_at, commitment)
    if void_at is None or now < void_at:
        until = instants.published(void_at) if void_at else None
        raise NotVoid(draw_at=instants.published(commitment.draw_at), void_at=until)


def _draw_at(requested: datetime | None, announced_at: datetime) -> datetime:
    """When a redraw is held: as requested, or after the usual notice."""
    return (requested or announced_at + _USUAL_NOTICE).replace(microsecond=0)


def _replaced(raffle: Raffle) -> list[StoredDraw]:
    """The draws on record; without any, the first draw could not be held."""
    return list(raffle.draws or [draws.new_draw(None)])


def _redraw(raffle: Raffle, reason: str, prizes: tuple[int, ...], announced_at: datetime, draw_at: datetime) -> Redraw:
    """The commitment of a redraw; numbers that won one of its prizes before take no part.

    Raises AnnouncedTooLate, RedrawTooFar.
    """
    if draw_at < announced_at + NOTICE:
        raise commitments.AnnouncedTooLate(
            field="body.draw_at",
            announced_at=instants.published(announced_at),
            draw_at=instants.published(draw_at),
        )
    if draw_at > announced_at + MOST_NOTICE:
        most = instants.published(announced_at + MOST_NOTICE)
        raise RedrawTooFar(field="body.draw_at", value=instants.published(draw_at), most=most)
    return Redraw(
        raffle_id=raffle.id,
        commitment_sha256=raffle.commitment_digest,
        root=raffle.root,
        draw=len(_replaced(raffle)) + 1,
        reason=reason,
        announced_at=announced_at,
        prizes=prizes,
        excluded=tuple(prize_outcome.excluded_numbers(raffle.draws or [], prizes)),
        draw_at=draw_at,
        method=beacon.method(draw_at),
    )
