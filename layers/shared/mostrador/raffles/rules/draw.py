"""The draw: winners are a function of the numbers sold and of a randomness that nobody knew when they were sold.

1. At closing the numbers sold are frozen: tickets by ascending number, each the entry ``<number>:<order>`` of a Merkle
   tree (``merkle``), whose root is published and printed on every receipt.
2. When the draw is due, public evidence (``randomness``) and the published terms (``terms``) give a seed of 32 bytes.
3. Seed and root make a stream of numbers: HMAC-SHA256 with the seed as key over
   ``"mostrador winners 1" || root || counter``, the counter in 8 bytes from 0, each answer one number below 2^256.
4. A number of the stream chooses among ``n`` by its remainder, unless it is not below the last multiple of ``n`` under
   2^256: then it is thrown away and the next one chooses, so that no place is likelier than another.
5. The numbers that take part stand in ascending order in an urn. For each prize in turn one is chosen by its place,
   taken out, and not put back; what a number that nobody bought does, the commitment says (``Unsold``).
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any, Final

from mostrador.errors import Conflict, Invalid
from mostrador.raffles.rules import commitments, merkle
from mostrador.raffles.rules.commitments import Commitment, Redraw, Unsold

_STREAM: Final = b"mostrador winners 1"
_WORDS: Final = 2**256


class FrozenTooLate(Conflict):
    code = "frozen_too_late"
    en = "the sold numbers were frozen at {frozen_at}, when the randomness of {draw_at} may be known: it needs a redraw"
    es = "los vendidos se cerraron en {frozen_at}, cuando el azar de {draw_at} ya se podría conocer: se debe resortear"


class UnknownPrize(Invalid):
    code = "unknown_prize"
    en = "prizes {given} are not some of 1 to {prizes}, in order"
    es = "los premios {given} no son algunos de 1 a {prizes}, en orden"


class NotAWinner(Invalid):
    code = "not_a_winner"
    en = "number {number} has won none of the prizes that are drawn again: it cannot be left out"
    es = "el número {number} no ganó ninguno de los premios que se vuelven a sortear: no se puede dejar fuera"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A number sold; ``order`` is the public id of its order, or its position: nothing personal."""

    number: int
    order: str


@dataclass(frozen=True, slots=True)
class Win:
    """Prize ``prize``, from 1, and the number drawn for it: None where none was left to draw.

    ``order`` is None where the prize stays with the organiser. ``passed_over`` came out first, but nobody bought them.
    """

    prize: int
    number: int | None
    order: str | None
    passed_over: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw: the first, under the commitment, has no ``redraw``; one that was never held has no ``evidence``."""

    redraw: Redraw | None
    evidence: Mapping[str, Any] | None


def sorted_by_number(tickets: Sequence[Ticket]) -> list[Ticket]:
    """The sold list: by ascending number."""
    return sorted(tickets, key=lambda ticket: ticket.number)


def leaves(tickets: Sequence[Ticket]) -> list[bytes]:
    """The hashes of a sold list, in its order."""
    return [merkle.leaf(f"{ticket.number}:{ticket.order}".encode()) for ticket in tickets]


def winners(
    root: bytes,
    seed: bytes,
    *,
    tickets: Sequence[Ticket],
    numbers: range,
    prizes: Sequence[int],
    unsold: Unsold,
    out: AbstractSet[int] = frozenset(),
) -> list[Win]:
    """Who wins each of ``prizes``; ``numbers`` are all that could be bought, those in ``out`` take no part."""
    orders = {ticket.number: ticket.order for ticket in tickets}
    among = sorted(orders) if unsold is Unsold.SOLD_ONLY else numbers
    urn = [number for number in among if number not in out]
    words = _words(root, seed)
    return [_drawn(prize, urn, words, orders, unsold) for prize in prizes]


def _drawn(prize: int, urn: list[int], words: Iterator[int], orders: Mapping[int, str], unsold: Unsold) -> Win:
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
    """A number from 0 to ``limit`` - 1, each as likely, of words below 2^256."""
    return next(word for word in words if word < _WORDS - _WORDS % limit) % limit


def winners_of(
    commitment: Commitment, tickets: Sequence[Ticket], root: bytes, draw: Draw, earlier: Sequence[Sequence[Win]]
) -> list[Win]:
    """Who wins what in a draw, after what the ``earlier`` ones gave; nobody without evidence.

    Raises what ``terms.seed`` and ``check_redraw`` raise.
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
        out=_out(redraw, earlier) if redraw else frozenset(),
    )


def latest_wins(draws: Sequence[Sequence[Win]]) -> dict[int, Win]:
    """What each prize, from 1, has come to: a later draw of it replaces an earlier one."""
    return {win.prize: win for wins in draws for win in wins}


def check_redraw(commitment: Commitment, redraw: Redraw, earlier: Sequence[Sequence[Win]]) -> None:
    """Raise UnknownPrize or NotAWinner unless it draws prizes of the raffle and leaves out only who had won them."""
    prizes = range(1, len(commitment.prizes) + 1)
    if not redraw.prizes or list(redraw.prizes) != [prize for prize in prizes if prize in redraw.prizes]:
        raise UnknownPrize(given=", ".join(map(str, redraw.prizes)), prizes=len(prizes))
    had_won = {win.number for wins in earlier for win in wins if win.prize in redraw.prizes}
    for number in redraw.excluded:
        if number not in had_won:
            raise NotAWinner(number=number)


def check_frozen(frozen_at: datetime, draw_at: datetime) -> None:
    """Raise FrozenTooLate unless the sold list was closed before the draw's randomness could be known."""
    if frozen_at >= draw_at:
        raise FrozenTooLate(
            frozen_at=commitments.format_instant(frozen_at), draw_at=commitments.format_instant(draw_at)
        )


def _out(redraw: Redraw, earlier: Sequence[Sequence[Win]]) -> AbstractSet[int]:
    kept = {win.number for prize, win in latest_wins(earlier).items() if prize not in redraw.prizes}
    return {number for number in kept if number is not None} | set(redraw.excluded)
