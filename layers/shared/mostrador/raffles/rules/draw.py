"""The draw: the winners follow from the numbers sold and from a randomness that nobody knew when they were sold.

These rules are public (docs/decisions/raffle-draw.md): anybody can repeat a draw by them.

1. After the sale the list of numbers sold is frozen. Each ticket, by ascending number, is the entry
   ``<number>:<order>`` of a Merkle tree (``merkle``). Its root is published and printed on every receipt.
2. When the draw is due, public evidence (``randomness``) and the commitment (``commitments``) give a seed of 32 bytes.
3. Seed and root give a stream of words: HMAC-SHA256 with the seed as key over
   ``"mostrador winners 1" || root || counter``. The counter has 8 bytes and starts at 0. Each word is below 2^256.
4. A word chooses among ``n`` numbers by its remainder. A word that is not below the last multiple of ``n`` under 2^256
   is thrown away, and the next one chooses. So no number is likelier than another.
5. The numbers that take part stand in ascending order in an urn: the list of the numbers that can still be drawn. For
   each prize in turn a word chooses one by its place. It is taken out and not put back. The commitment says what
   happens when it is a number that nobody bought (``Unsold``).
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Final, NamedTuple

from mostrador.errors import Conflict, Invalid
from mostrador.raffles.rules import commitments, instants, merkle, randomness
from mostrador.raffles.rules.commitments import Commitment, DrawCommitment, Redraw, Unsold
from mostrador.raffles.rules.randomness import PublicEvidence
from mostrador.values.next_actions import NextAction

_STREAM: Final = b"mostrador winners 1"
_WORDS: Final = 2**256


class FrozenTooLate(Conflict):
    code = "frozen_too_late"
    en = "the sold numbers were frozen at {frozen_at:time}, too late for the draw of {draw_at:time}: it needs a redraw"
    es = "los vendidos se cerraron el {frozen_at:time}, tarde para el sorteo del {draw_at:time}: hay que resortear"
    next_action = NextAction.ANNOUNCE_REDRAW


class UnknownPrize(Invalid):
    code = "unknown_prize"
    en = "prizes {given} are not some of 1 to {prizes}, in order"
    es = "los premios {given} no son algunos de 1 a {prizes}, en orden"


class WrongExclusion(Invalid):
    code = "wrong_exclusion"
    en = "the redraw leaves out the numbers {given}: those that won its prizes before are {winners}"
    es = "el nuevo sorteo deja fuera los números {given}: los que ganaron antes sus premios son {winners}"


class Ticket(NamedTuple):
    """A number sold; ``order`` is the public code of its order, which tells nothing about a person."""

    number: int
    order: str


class Win(NamedTuple):
    """Prize ``prize``, from 1, and the number drawn for it; None where no number was left to draw.

    ``order`` is None where the prize stays with the organiser. ``passed_over`` are the numbers that were drawn before
    it, which nobody had bought.
    """

    prize: int
    number: int | None
    order: str | None
    passed_over: tuple[int, ...] = ()


class Draw(NamedTuple):
    """One draw. The first has no ``redraw``: it is held under the raffle's commitment. One not held has no evidence."""

    redraw: Redraw | None
    evidence: PublicEvidence | None


def sorted_by_number(tickets: Sequence[Ticket]) -> list[Ticket]:
    """The tickets in the order of the sold list."""
    return sorted(tickets, key=lambda ticket: ticket.number)


def leaves(tickets: Sequence[Ticket]) -> list[bytes]:
    """The leaf hash of each ticket, in the same order."""
    return [merkle.leaf(f"{ticket.number}:{ticket.order}".encode()) for ticket in tickets]


def winners(
    root: bytes,
    seed: bytes,
    *,
    tickets: Sequence[Ticket],
    numbers: range,
    prizes: Sequence[int],
    unsold: Unsold,
    excluded: AbstractSet[int] = frozenset(),
) -> list[Win]:
    """The winner of each of ``prizes``; ``numbers`` are all that could be bought, ``excluded`` take no part."""
    orders = {ticket.number: ticket.order for ticket in tickets}
    taking_part = sorted(orders) if unsold is Unsold.SOLD_ONLY else numbers
    urn = [number for number in taking_part if number not in excluded]
    words = _words(root, seed)
    return [_draw_prize(prize, urn, words, orders, unsold) for prize in prizes]


def _draw_prize(prize: int, urn: list[int], words: Iterator[int], orders: Mapping[int, str], unsold: Unsold) -> Win:
    """Draw one prize; every number drawn leaves the urn."""
    passed_over: list[int] = []
    if not urn or (unsold is not Unsold.HOUSE and orders.keys().isdisjoint(urn)):
        return Win(prize, None, None)
    while True:
        number = urn.pop(uniform_below(len(urn), words))
        if number in orders or unsold is Unsold.HOUSE:
            return Win(prize, number, orders.get(number), tuple(passed_over))
        passed_over.append(number)


def _words(root: bytes, seed: bytes) -> Iterator[int]:
    for counter in count():
        yield int.from_bytes(hmac.digest(seed, _STREAM + root + counter.to_bytes(8), sha256))


def uniform_below(limit: int, words: Iterator[int]) -> int:
    """A number from 0 to ``limit`` - 1, each equally likely, from words below 2^256."""
    return next(word for word in words if word < _WORDS - _WORDS % limit) % limit


def winners_of(
    commitment: Commitment, tickets: Sequence[Ticket], root: bytes, draw: Draw, earlier: Sequence[Sequence[Win]]
) -> list[Win]:
    """The winners of a draw, after the winners of the ``earlier`` ones; none where it has no evidence.

    Raises what ``commitments.seed`` and ``check_redraw`` raise.
    """
    redraw, prizes = draw.redraw, range(1, len(commitment.prizes) + 1)
    if redraw:
        check_redraw(commitment, redraw, earlier)
    if draw.evidence is None:
        return []
    return winners(
        root,
        commitments.seed(redraw or commitment, draw.evidence),
        tickets=tickets,
        numbers=range(commitment.first_number, commitment.last_number + 1),
        prizes=redraw.prizes if redraw else prizes,
        unsold=commitment.unsold,
        excluded=_excluded(redraw, earlier) if redraw else frozenset(),
    )


def latest_wins(draws: Sequence[Sequence[Win]]) -> dict[int, Win]:
    """Prize, from 1 -> its last win: a later draw of a prize replaces an earlier one."""
    return {win.prize: win for wins in draws for win in wins}


def check_redraw(commitment: Commitment, redraw: Redraw, earlier: Sequence[Sequence[Win]]) -> None:
    """Raise UnknownPrize unless its prizes are the raffle's, WrongExclusion unless it leaves out their earlier winners.

    A number that nobody had bought has not won: it takes part again.
    """
    prizes = range(1, len(commitment.prizes) + 1)
    if not redraw.prizes or list(redraw.prizes) != [prize for prize in prizes if prize in redraw.prizes]:
        raise UnknownPrize(given=_listed(redraw.prizes), prizes=len(prizes))
    had_won = _earlier_winners(redraw.prizes, earlier)
    if list(redraw.excluded) != had_won:
        raise WrongExclusion(given=_listed(redraw.excluded), winners=_listed(had_won))


def _earlier_winners(prizes: Sequence[int], earlier: Sequence[Sequence[Win]]) -> list[int]:
    """The sold numbers that won one of ``prizes``, in order."""
    winning = [win for wins in earlier for win in wins if win.prize in prizes and win.order]
    return sorted({win.number for win in winning if win.number is not None})


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "-"


def check_frozen(frozen_at: datetime, commitment: DrawCommitment) -> None:
    """Raise FrozenTooLate unless the sold list was frozen before the public could know the draw's randomness."""
    if is_frozen_too_late(frozen_at, commitment):
        known_from = randomness.known_from(commitment.method, commitment.draw_at)
        raise FrozenTooLate(frozen_at=instants.published(frozen_at), draw_at=instants.published(known_from))


def is_frozen_too_late(frozen_at: datetime, commitment: DrawCommitment) -> bool:
    """Whether the sold list was frozen when the public could know the draw's randomness: the draw is void."""
    return frozen_at >= randomness.known_from(commitment.method, commitment.draw_at)


def _excluded(redraw: Redraw, earlier: Sequence[Sequence[Win]]) -> AbstractSet[int]:
    """The numbers that take no part in a redraw: those that keep another prize, and those that it names."""
    kept = {win.number for prize, win in latest_wins(earlier).items() if prize not in redraw.prizes}
    return {number for number in kept if number is not None} | set(redraw.excluded)
