"""The public proof of a raffle's draws, and the receipt of a number, as JSON objects: how they are made and read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from mostrador.raffles.rules import commitments, draw, merkle
from mostrador.raffles.rules.commitments import Commitment, DrawCommitment
from mostrador.raffles.rules.draw import Draw, Ticket, Win

# What reading an object of another form may raise.
MALFORMED: Final = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


class Unreadable(ValueError):
    """An object that does not have the form of a proof or a receipt."""


@dataclass(frozen=True, slots=True)
class ClaimedDraw:
    """A draw, and what the proof says came of it."""

    draw: Draw
    terms_sha256: str
    seed: str | None
    winners: list[Win]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as read: ``commitment_sha256`` and ``root`` are recomputed, ``said_...`` is what stands there."""

    commitment: Commitment
    commitment_sha256: str
    said_commitment_sha256: str
    tickets: list[Ticket]
    root: bytes
    said_root: str
    frozen_at: datetime
    draws: list[ClaimedDraw]

    def terms(self, of: Draw) -> DrawCommitment:
        """What a draw is held under."""
        return of.redraw or self.commitment


@dataclass(frozen=True, slots=True)
class Receipt:
    """A number of the sold list, the ``index``-th of ``size`` from 0, with its path to the root."""

    ticket: Ticket
    index: int
    size: int
    path: list[bytes]
    root: str
    commitment_sha256: str


def proof(
    commitment: Commitment, tickets: Sequence[Ticket], frozen_at: datetime, draws: Sequence[Draw]
) -> dict[str, Any]:
    """The proof of what was committed to, sold (``draw.frozen``) and drawn so far. Raises what ``draw.held`` raises."""
    root = merkle.merkle_root(draw.leaves(tickets))
    told = commitments.to_document(commitment)
    history: list[list[Win]] = []
    for one in draws:
        history.append(draw.winners_of(commitment, tickets, root, one, history))
    return {
        "version": commitments.VERSION,
        "commitment": told,
        "commitment_sha256": commitments.digest(told),
        "frozen_at": commitments.format_instant(frozen_at),
        "sold": [[ticket.number, ticket.order] for ticket in tickets],
        "root": root.hex(),
        "draws": [_told(one, one.redraw or commitment, wins) for one, wins in zip(draws, history, strict=True)],
    }


def _told(one: Draw, under: DrawCommitment, wins: Sequence[Win]) -> dict[str, Any]:
    return {
        "redraw": commitments.to_document(one.redraw) if one.redraw else None,
        "terms_sha256": commitments.digest(commitments.to_document(under)),
        "evidence": one.evidence,
        "seed": None if one.evidence is None else commitments.seed(under, one.evidence).hex(),
        "winners": [asdict(win) | {"passed_over": list(win.passed_over)} for win in wins],
    }


def receipts(commitment: Commitment, tickets: Sequence[Ticket], order: str) -> list[dict[str, Any]]:
    """The receipt of each number of ``order`` in the frozen list ``tickets``."""
    levels = merkle.tree(draw.leaves(tickets))
    common = {
        "version": commitments.VERSION,
        "raffle_id": commitment.raffle_id,
        "commitment_sha256": commitments.digest(commitments.to_document(commitment)),
        "root": merkle.merkle_root(levels[-1]).hex(),
        "size": len(tickets),
        "order": order,
    }
    paths = {place: merkle.inclusion_path(levels, place) for place, one in enumerate(tickets) if one.order == order}
    return [
        common | {"number": tickets[place].number, "index": place, "path": [step.hex() for step in path]}
        for place, path in paths.items()
    ]


def read_proof(told: Any) -> Proof:
    """The proof of a JSON object. Raises Unreadable, or a ServiceError where its terms are such as cannot be."""
    try:
        _check_version(told)
        tickets = [_ticket(number, order) for number, order in told["sold"]]
        return Proof(
            commitment=commitments.read_commitment(told["commitment"]),
            commitment_sha256=commitments.digest(told["commitment"]),
            said_commitment_sha256=told["commitment_sha256"],
            tickets=tickets,
            root=merkle.merkle_root(draw.leaves(tickets)),
            said_root=told["root"],
            frozen_at=commitments.parse_instant(told["frozen_at"]),
            draws=[_said(one) for one in told["draws"]],
        )
    except MALFORMED as error:
        raise Unreadable(f"it does not have the form of a proof: {error!r}") from error


def read_receipt(told: Any) -> Receipt:
    """The receipt of a JSON object. Raises Unreadable."""
    try:
        _check_version(told)
        return Receipt(
            ticket=_ticket(told["number"], told["order"]),
            index=_integer(told["index"]),
            size=_integer(told["size"]),
            path=[bytes.fromhex(step) for step in told["path"]],
            root=told["root"],
            commitment_sha256=told["commitment_sha256"],
        )
    except MALFORMED as error:
        raise Unreadable(f"it does not have the form of a receipt: {error!r}") from error


def _check_version(told: Any) -> None:
    if told["version"] != commitments.VERSION:
        raise ValueError(f"version {told['version']} is not {commitments.VERSION}")


def _said(told: Any) -> ClaimedDraw:
    redraw = told["redraw"]
    return ClaimedDraw(
        draw=Draw(None if redraw is None else commitments.read_redraw(redraw), told["evidence"]),
        terms_sha256=told["terms_sha256"],
        seed=told["seed"],
        winners=[_win(**win) for win in told["winners"]],
    )


def _win(prize: Any, number: Any, order: Any, passed_over: Any) -> Win:
    drawn = None if number is None else _integer(number)
    return Win(_integer(prize), drawn, order, tuple(_integer(one) for one in passed_over))


def _ticket(number: Any, order: Any) -> Ticket:
    if not isinstance(order, str):
        raise TypeError(f"order {order!r} is not a text")
    return Ticket(_integer(number), order)


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a whole number")
    return value
