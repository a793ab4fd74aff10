"""The draws of a raffle: each is held once, and none is ever removed from the record.

The first draw is held under the commitment of the opening, every other one under a redraw (``redraws``).
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from mostrador.errors import Conflict, Invalid
from mostrador.observability import logger
from mostrador.process_cache import ProcessCache
from mostrador.raffles import beacon, draw_records, raffles, sold_list
from mostrador.raffles.rules import commitments, instants, prize_outcome, proofs
from mostrador.raffles.rules import draw as rules
from mostrador.raffles.rules.commitments import DrawCommitment, Redraw
from mostrador.raffles.rules.draw import Draw, Win
from mostrador.raffles.rules.prize_outcome import StoredDraw, StoredWinner
from mostrador.raffles.rules.proofs import ReceiptDocument
from mostrador.raffles.rules.randomness import CommitReveal, Drand, Lottery, PublicEvidence
from mostrador.raffles.rules.states import RAFFLE_MOVES, RaffleStatus, public_code
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import Raffle
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.raffles.views.draws import Evidence

_proofs: Final = ProcessCache[tuple[str, str, str], str](size=4)
"""By tenant, raffle, and all that a proof is made of: root, moment of the freeze, commitment and draws."""


class TooEarly(Conflict):
    code = "draw_too_early"
    en = "the draw takes place on {draw_at:time}"
    es = "el sorteo se realiza el {draw_at:time}"
    next_action = NextAction.WAIT_UNTIL


class AlreadyDrawn(Conflict):
    code = "already_drawn"
    en = "the draw took place on {drawn_at:time}, with other evidence than was given now"
    es = "el sorteo se realizó el {drawn_at:time}, con otro azar que el indicado ahora"
    next_action = NextAction.READ_AGAIN


class WrongEvidence(Invalid):
    code = "wrong_evidence"
    en = "this draw {method:evidence}, and nothing else: not {value}"
    es = "este sorteo {method:evidence}, y nada más"


def draw(tenant: str, raffle_id: str, form: "Evidence", *, now: datetime) -> Raffle:
    """Hold the draw that is due, once; a repeat with the same evidence returns the raffle as drawn.

    Raises NotHere, WrongRaffleState, NotFrozen, TooEarly, FrozenTooLate, WrongEvidence, AlreadyDrawn; of drand
    NotYetPublished, BeaconUnavailable, NotGenuine, AnotherChain; SecretDoesNotMatch, ShortSecret, LotteryDoesNotMatch.
    """
    fetched: PublicEvidence | None = None

    def decide(raffle: Raffle) -> Raffle:
        nonlocal fetched
        commitment = next_commitment(raffle)
        if commitment is None:
            _check_same_evidence(raffle, form)
            return raffle
        _check_due(raffle, commitment, now)
        fetched = fetched or _evidence(commitment, form)
        _record_draw(tenant, raffle, commitment, fetched, now)
        save(raffle, "raffle.drawn", tenant, new=[len(raffle.draws or ())])
        return raffle

    return writes.retrying(lambda _attempt: raffles.get(tenant, raffle_id, now=now), decide)


def proof(tenant: str, raffle_id: str, *, now: datetime) -> str:
    """The public proof as JSON text, for ``python -m mostrador.verify``. Raises NotHere, NotFrozen."""
    raffle = raffles.get_published(tenant, raffle_id, now=now)
    if not raffle.frozen_at:
        raise raffles.not_frozen_error(raffle)
    frozen_at, held = raffle.frozen_at, json.dumps([raffle.commitment, raffle.draws], default=str)
    key = (tenant, raffle.id, f"{raffle.root} {frozen_at} {held}")
    return _proofs.get_or_make(key, lambda: _proof(tenant, raffle, frozen_at))


def _proof(tenant: str, raffle: Raffle, frozen_at: datetime) -> str:
    draws = [Draw(_redraw_of(stored), stored["evidence"]) for stored in raffle.draws or []]
    commitment = commitments.read_commitment(raffle.commitment)
    document = proofs.proof(commitment, sold_list.read(tenant, raffle), frozen_at, draws)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def receipts(tenant: str, raffle: Raffle, code: str) -> list[ReceiptDocument]:
    """The receipt of each number that the order ``code`` has in the sold list; none before the list is frozen."""
    if not raffle.frozen_at:
        return []
    commitment, tickets = commitments.read_commitment(raffle.commitment), sold_list.read(tenant, raffle)
    return proofs.receipts(commitment, tickets, code, sold_list.tree(tenant, raffle))


def save(raffle: Raffle, event: str, tenant: str, *, new: Sequence[int]) -> None:
    """Write the raffle with its draws at the ``new`` places from 1, and log ``event``.

    Raises ConditionFailed where somebody else changed it first.
    """
    with writes.transaction() as tx:
        draw_records.put(tx, tenant, raffle, new)
    logger.info(event, tenant=tenant, raffle=raffle.id, draw=len(raffle.draws or ()))


def next_commitment(raffle: Raffle) -> DrawCommitment | None:
    """The commitment of the draw that must be held next; None when all draws were held."""
    if not raffle.draws:
        return commitments.read_commitment(raffle.commitment) if raffle.commitment else None
    return None if prize_outcome.is_held(raffle.draws[-1]) else _redraw_of(raffle.draws[-1])


def _redraw_of(stored: StoredDraw) -> Redraw | None:
    return commitments.read_redraw(stored["redraw"]) if stored["redraw"] else None


def new_draw(redraw: Redraw | None) -> StoredDraw:
    """A draw as it is stored before it is held."""
    document = commitments.to_document(redraw) if redraw else None
    return {"redraw": document, "evidence": None, "winners": [], "drawn_at": None}


def check_drawable(raffle: Raffle) -> datetime:
    """When the sold list was frozen. Raises WrongRaffleState, NotFrozen."""
    if raffle.status != RaffleStatus.DRAWN:  # after the first draw a redraw may follow
        RAFFLE_MOVES.check(raffle.status, RaffleStatus.DRAWN)
    if not raffle.frozen_at:
        raise raffles.not_frozen_error(raffle)
    return raffle.frozen_at


def _check_due(raffle: Raffle, commitment: DrawCommitment, now: datetime) -> None:
    """Raise WrongRaffleState, NotFrozen, TooEarly, FrozenTooLate."""
    rules.check_frozen(check_drawable(raffle), commitment)
    if now < commitment.draw_at:
        raise TooEarly(draw_at=instants.published(commitment.draw_at))


def _evidence(commitment: DrawCommitment, form: "Evidence") -> PublicEvidence:
    """The evidence of the form, or the beacon's round. Raises WrongEvidence, and what ``beacon.fetch`` raises."""
    method, given = commitment.method, form.model_dump(exclude_none=True)
    takes = {Drand: frozenset[str](), CommitReveal: {"secret"}, Lottery: {"numbers", "source_url"}}[type(method)]
    if given.keys() != takes:
        raise WrongEvidence(field="body", value=", ".join(given), method=method.name, takes=", ".join(takes) or "-")
    if isinstance(method, Drand):
        fetched = beacon.fetch(method)
        return {"signature": fetched.signature, "randomness": fetched.randomness}
    if form.secret is not None:
        return {"secret": form.secret}
    return {"numbers": form.numbers or [], "source_url": form.source_url or ""}


def _check_same_evidence(raffle: Raffle, form: "Evidence") -> None:
    """Raise AlreadyDrawn where the last draw was held with other evidence, WrongRaffleState where there is no draw."""
    if not raffle.draws:
        RAFFLE_MOVES.check(raffle.status, RaffleStatus.DRAWN)
        return
    last, given = raffle.draws[-1], form.model_dump(exclude_none=True)
    evidence = last["evidence"] or PublicEvidence()
    if any(evidence.get(name) != value for name, value in given.items()):
        raise AlreadyDrawn(drawn_at=last["drawn_at"])


def _record_draw(
    tenant: str, raffle: Raffle, commitment: DrawCommitment, evidence: PublicEvidence, now: datetime
) -> None:
    """Draw, and put evidence and winners into the raffle."""
    before = list(raffle.draws or [])
    redraw = commitment if isinstance(commitment, Redraw) else None
    wins = rules.winners_of(
        commitments.read_commitment(raffle.commitment),
        sold_list.read(tenant, raffle),
        bytes.fromhex(raffle.root),
        Draw(redraw, evidence),
        [_wins(stored) for stored in before],
    )
    held = new_draw(redraw)
    held["evidence"], held["winners"] = evidence, _stored_winners(tenant, raffle.id, wins)
    held["drawn_at"] = instants.published(now.replace(microsecond=0))
    raffle.draws = [*(before[:-1] if redraw else before), held]
    raffle.status, raffle.updated_at = RaffleStatus.DRAWN.value, now
    raffle.due_pk, raffle.due_at = None, None


def _wins(stored: StoredDraw) -> list[Win]:
    return [Win(winner["prize"], winner["number"], winner["order"]) for winner in stored["winners"]]


def _stored_winners(tenant: str, raffle_id: str, wins: Sequence[Win]) -> list[StoredWinner]:
    """The winners with order id and masked name. Numbers that were passed over are only in the proof."""
    won = [keys.raffle_number(tenant, raffle_id, win.number) for win in wins if win.number is not None and win.order]
    sold = reads.batch(won) if won else {}
    orders = reads.batch({keys.order(tenant, number.order_id) for number in sold.values()}) if sold else {}
    customers = {public_code(order.id): (order.id, order.customer_name) for order in orders.values()}
    return [_stored_winner(win, customers.get(win.order or "")) for win in wins]


def _stored_winner(win: Win, customer: tuple[str, str] | None) -> StoredWinner:
    """One winner; ``customer`` is the id of the order and the customer's name, None where nobody bought the number."""
    order_id, name = (customer[0], prize_outcome.masked(customer[1])) if customer else (None, None)
    return {"prize": win.prize, "number": win.number, "order": win.order, "order_id": order_id, "name": name}
