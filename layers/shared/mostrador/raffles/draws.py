"""The draws of a raffle: each takes place once, and none goes from the record.

The first is under the commitment of the opening. Another, a redraw, is announced in public with its reason before its
randomness can be known, and only where it cannot serve to choose a winner: for prizes that nobody claimed in time, or
where a draw could not be held at all.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mostrador.errors import Busy, Conflict, Invalid
from mostrador.observability import logger
from mostrador.raffles import beacon, raffles, sold_list
from mostrador.raffles.rules import commitments, prize_outcome, proofs
from mostrador.raffles.rules import draw as rules
from mostrador.raffles.rules.commitments import DrawCommitment
from mostrador.raffles.rules.draw import Draw, Win
from mostrador.raffles.rules.randomness import CommitReveal, Drand, Lottery
from mostrador.raffles.rules.states import RAFFLE_MOVES, RaffleStatus, public_code
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import Raffle

if TYPE_CHECKING:
    from mostrador.raffles.views.draws import Evidence, Redrawing

NOTICE: Final = timedelta(minutes=1)
"""From the announcement of a redraw to it, at least."""
_USUAL_NOTICE: Final = timedelta(minutes=2)
OVERDUE: Final = timedelta(hours=24)
"""After which a draw that could not be held may be drawn another way."""


class TooEarly(Conflict):
    code = "draw_too_early"
    en = "the draw takes place at {draw_at}"
    es = "el sorteo se realiza el {draw_at}"


class AlreadyDrawn(Conflict):
    code = "already_drawn"
    en = "the draw took place at {drawn_at}, by something else than what was given now"
    es = "el sorteo se realizó el {drawn_at}, con otro azar que el indicado ahora"


class WrongEvidence(Invalid):
    code = "wrong_evidence"
    en = "a draw by {method} takes {takes} and nothing else"
    es = "un sorteo por {method} lleva {takes} y nada más"


class NotVoid(Conflict):
    code = "draw_not_void"
    en = "the draw of {draw_at} stands: it may be replaced when it could not be held until {void_at}"
    es = "el sorteo de {draw_at} sigue en pie: se reemplaza si no se pudo realizar hasta {void_at}"


class NotUnclaimed(Conflict):
    code = "prize_not_unclaimed"
    en = "prizes {given} cannot be drawn again: those that nobody claimed in time are {unclaimed}"
    es = "los premios {given} no se pueden volver a sortear: los que nadie reclamó a tiempo son {unclaimed}"


def draw(tenant: str, raffle_id: str, form: "Evidence", *, now: datetime) -> Raffle:
    """Hold the draw that is due, once; a repeat gives what it gave.

    Raises NotHere, WrongRaffleState, NotFrozen, TooEarly, FrozenTooLate, WrongEvidence, AlreadyDrawn; of drand
    NotYetPublished, BeaconUnavailable, NotGenuine, AnotherChain; SecretDoesNotMatch, ShortSecret, LotteryDoesNotMatch.
    """
    found: Mapping[str, Any] | None = None
    for _ in writes.attempts():
        raffle = raffles.get(tenant, raffle_id, now=now)
        due = _next_commitment(raffle)
        if due is None:
            return _check_repeated(raffle, form)
        _check_due(raffle, due, now)
        found = found or _evidence(due, form)
        _record_draw(tenant, raffle, due, found, now)
        try:
            with writes.transaction() as tx:
                tx.save(raffle)
        except writes.ConditionFailed:
            continue
        logger.info("raffle.drawn", tenant=tenant, raffle=raffle_id, draw=len(raffle.draws))
        return raffle
    raise Busy


def redraw(tenant: str, raffle_id: str, form: "Redrawing", *, now: datetime) -> Raffle:
    """Announce another draw; the same request again changes nothing.

    Raises NotHere, WrongRaffleState, NotFrozen, NotVoid, NotUnclaimed, AnnouncedTooLate, NoReason, GuessableLottery.
    """
    for _ in writes.attempts():
        raffle = raffles.get(tenant, raffle_id, now=now)
        before = list(raffle.draws or [])
        if before and not prize_outcome.is_held(before[-1]) and before[-1]["redraw"]["reason"] == form.reason:
            return raffle
        prizes = _to_redraw(raffle, form.prizes, now)
        if not before:
            before = [_new_draw(None)]  # the first, which could not be held
        announced = _announced(raffle, form, prizes, len(before) + 1, now)
        raffle.draws, raffle.updated_at = [*before, _new_draw(announced)], now
        is_drawn_by_itself = isinstance(announced.method, Drand)
        raffle.due_pk, raffle.due_at = keys.due(raffle_id, announced.draw_at) if is_drawn_by_itself else (None, None)
        try:
            with writes.transaction() as tx:
                tx.save(raffle)
        except writes.ConditionFailed:
            continue
        logger.info("raffle.redraw_announced", tenant=tenant, raffle=raffle_id, draw=len(raffle.draws))
        return raffle
    raise Busy


def advance(tenant: str, raffle_id: str, *, now: datetime) -> bool:
    """Do what is due by itself: close the sale, freeze the list, draw by the beacon; tells whether anything was."""
    from mostrador.raffles.views.draws import Evidence  # noqa: PLC0415 - the sweeper does without pydantic otherwise

    raffle = raffles.get(tenant, raffle_id, now=now)
    if raffle.status == RaffleStatus.OPEN and now >= raffle.sale_closes_at:
        raffles.close(tenant, raffle_id, now=now)
    elif raffle.status == RaffleStatus.CLOSED and not raffle.frozen_at:
        raffles.freeze(tenant, raffle_id, now=now)
    elif _next_commitment(raffle) is not None and raffle.status in (RaffleStatus.CLOSED, RaffleStatus.DRAWN):
        draw(tenant, raffle_id, Evidence(), now=now)
    else:
        return False
    return True


def proof(tenant: str, raffle_id: str, *, now: datetime) -> str:
    """The public proof, as ``python -m mostrador.verify`` reads it. Raises NotHere, NotFrozen."""
    raffle = raffles.get_published(tenant, raffle_id, now=now)
    if not raffle.frozen_at:
        raise raffles.not_frozen_error(raffle)
    draws = [Draw(_redraw_of(one), one["evidence"]) for one in raffle.draws or []]
    told = proofs.proof(
        commitments.read_commitment(raffle.commitment), sold_list.read(tenant, raffle), raffle.frozen_at, draws
    )
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def receipts(tenant: str, raffle: Raffle, code: str) -> list[dict[str, Any]]:
    """The receipt of each number that the order ``code`` has in the sold list; none before that is frozen."""
    if not raffle.frozen_at:
        return []
    return proofs.receipts(commitments.read_commitment(raffle.commitment), sold_list.read(tenant, raffle), code)


def _next_commitment(raffle: Raffle) -> DrawCommitment | None:
    """The terms of the draw that is to be held next; None when all were held."""
    if not raffle.draws:
        return commitments.read_commitment(raffle.commitment) if raffle.commitment else None
    return None if prize_outcome.is_held(raffle.draws[-1]) else _redraw_of(raffle.draws[-1])


def _redraw_of(stored: prize_outcome.StoredDraw) -> commitments.Redraw | None:
    return commitments.read_redraw(stored["redraw"]) if stored["redraw"] else None


def _new_draw(redraw: commitments.Redraw | None) -> dict[str, Any]:
    """A draw as it is kept before it is held."""
    told = commitments.to_document(redraw) if redraw else None
    return {"redraw": told, "evidence": None, "winners": [], "drawn_at": None}


def _check_due(raffle: Raffle, due: DrawCommitment, now: datetime) -> None:
    """Raise WrongRaffleState, NotFrozen, TooEarly, FrozenTooLate."""
    if raffle.status != RaffleStatus.DRAWN:  # where a redraw may be due
        RAFFLE_MOVES.check(raffle.status, RaffleStatus.DRAWN)
    if not raffle.frozen_at:
        raise raffles.not_frozen_error(raffle)
    rules.check_frozen(raffle.frozen_at, due.draw_at)
    if now < due.draw_at:
        raise TooEarly(draw_at=commitments.format_instant(due.draw_at))


def _evidence(due: DrawCommitment, form: "Evidence") -> Mapping[str, Any]:
    """What the draw's randomness comes from. Raises WrongEvidence, and what the beacon raises."""
    method, given = due.method, form.model_dump(exclude_none=True)
    takes = {Drand: frozenset[str](), CommitReveal: {"secret"}, Lottery: {"numbers", "source_url"}}[type(method)]
    if given.keys() != takes:
        raise WrongEvidence(field="body", value=", ".join(given), method=method.name, takes=", ".join(takes) or "-")
    if isinstance(method, Drand):
        found = beacon.fetch(method)
        return {"signature": found.signature, "randomness": found.randomness}
    return given


def _check_repeated(raffle: Raffle, form: "Evidence") -> Raffle:
    """The raffle, whose draws were all held. Raises AlreadyDrawn, WrongRaffleState where there is none at all."""
    if not raffle.draws:
        RAFFLE_MOVES.check(raffle.status, RaffleStatus.DRAWN)
    last, given = raffle.draws[-1], form.model_dump(exclude_none=True)
    if any(last["evidence"].get(name) != value for name, value in given.items()):
        raise AlreadyDrawn(drawn_at=last["drawn_at"])
    return raffle


def _record_draw(tenant: str, raffle: Raffle, due: DrawCommitment, evidence: Mapping[str, Any], now: datetime) -> None:
    """Draw, and put what came of it into the raffle."""
    before = list(raffle.draws or [])
    redraw = due if isinstance(due, commitments.Redraw) else None
    wins = rules.winners_of(
        commitments.read_commitment(raffle.commitment),
        sold_list.read(tenant, raffle),
        bytes.fromhex(raffle.root),
        Draw(redraw, evidence),
        [_wins(one) for one in before],
    )
    held = _new_draw(redraw) | {
        "evidence": dict(evidence),
        "winners": _stored_winners(tenant, raffle.id, wins),
        "drawn_at": commitments.format_instant(now.replace(microsecond=0)),
    }
    raffle.draws = [*(before[:-1] if redraw else before), held]
    raffle.status, raffle.updated_at = RaffleStatus.DRAWN.value, now
    raffle.due_pk, raffle.due_at = None, None


def _wins(stored: prize_outcome.StoredDraw) -> list[Win]:
    return [Win(one["prize"], one["number"], one["order"]) for one in stored["winners"]]


def _stored_winners(tenant: str, raffle_id: str, wins: Sequence[Win]) -> list[dict[str, Any]]:
    """The winners as they are kept: with their order and their masked name. Who was passed over, the proof tells."""
    wanted = [keys.raffle_number(tenant, raffle_id, win.number) for win in wins if win.number is not None and win.order]
    sold = reads.batch(wanted) if wanted else {}
    orders = reads.batch({keys.order(tenant, one.order_id) for one in sold.values()}) if sold else {}
    of_code = {public_code(order.id): order for order in orders.values()}
    told = []
    for win in wins:
        order = of_code.get(win.order or "")
        whom = {"order_id": order.id, "name": prize_outcome.masked(order.customer_name)} if order else {}
        told.append(
            {"prize": win.prize, "number": win.number, "order": win.order, "order_id": None, "name": None} | whom
        )
    return told


def _to_redraw(raffle: Raffle, asked: Sequence[int] | None, now: datetime) -> tuple[int, ...]:
    """The prizes to draw again: all of a draw that could not be held, or of those ``asked`` for that nobody claimed."""
    if raffle.status != RaffleStatus.DRAWN:
        RAFFLE_MOVES.check(raffle.status, RaffleStatus.DRAWN)
    if not raffle.frozen_at:
        raise raffles.not_frozen_error(raffle)
    due = _next_commitment(raffle)
    if due is not None:
        _check_void(raffle.frozen_at, due, now)
        return due.prizes if isinstance(due, commitments.Redraw) else tuple(range(1, len(raffle.prizes) + 1))
    results = prize_outcome.outcomes(raffle.draws, int(raffle.claim_days)).values()
    delivered = set(map(int, raffle.deliveries or {}))
    unclaimed = [one.prize for one in results if one.order and one.claim_by < now and one.prize not in delivered]
    wanted = sorted(set(asked or unclaimed))
    if not wanted or not set(wanted) <= set(unclaimed):
        given = ", ".join(map(str, wanted)) or "-"
        raise NotUnclaimed(field="body.prizes", given=given, unclaimed=", ".join(map(str, sorted(unclaimed))) or "-")
    return tuple(wanted)


def _check_void(frozen_at: datetime, due: DrawCommitment, now: datetime) -> None:
    """Raise NotVoid unless the draw that is due cannot be held, or was not for so long."""
    is_too_late = frozen_at >= due.draw_at
    if not is_too_late and now < due.draw_at + OVERDUE:
        raise NotVoid(
            draw_at=commitments.format_instant(due.draw_at), void_at=commitments.format_instant(due.draw_at + OVERDUE)
        )


def _announced(
    raffle: Raffle, form: "Redrawing", prizes: tuple[int, ...], place: int, now: datetime
) -> commitments.Redraw:
    """The terms of a redraw, in which who won one of its prizes before takes no part. Raises AnnouncedTooLate."""
    announced_at = now.replace(microsecond=0)
    draw_at = (form.draw_at or announced_at + _USUAL_NOTICE).replace(microsecond=0)
    if draw_at < announced_at + NOTICE:
        raise commitments.AnnouncedTooLate(
            field="body.draw_at",
            announced_at=commitments.format_instant(announced_at),
            draw_at=commitments.format_instant(draw_at),
        )
    had_won = [one for draw in raffle.draws or [] for one in draw["winners"] if one["prize"] in prizes and one["order"]]
    return commitments.Redraw(
        raffle_id=raffle.id,
        commitment_sha256=raffle.commitment_digest,
        root=raffle.root,
        draw=place,
        reason=form.reason,
        announced_at=announced_at,
        prizes=prizes,
        excluded=tuple(sorted({one["number"] for one in had_won})),
        draw_at=draw_at,
        method=raffles.method_of(form.method, draw_at),
    )
