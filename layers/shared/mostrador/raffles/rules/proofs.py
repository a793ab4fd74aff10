"""The public proof of a raffle's draws and the receipt of a number, as JSON objects: how they are made and read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, TypedDict

from mostrador.raffles.rules import commitments, draw, instants, merkle
from mostrador.raffles.rules.commitment_documents import CommitmentDocument, RedrawDocument
from mostrador.raffles.rules.commitments import Commitment, DrawCommitment, integer
from mostrador.raffles.rules.draw import Draw, Ticket, Win
from mostrador.raffles.rules.randomness import PublicEvidence

# Reading an object of another form may raise these.
MALFORMED: Final = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


class WinDocument(TypedDict):
    """A ``Win`` as the proof has it."""

    prize: int
    number: int | None
    order: str | None
    passed_over: list[int]


class DrawDocument(TypedDict):
    """A draw as the proof has it; ``terms_sha256`` is the digest of the commitment that it was held under."""

    redraw: RedrawDocument | None
    terms_sha256: str
    evidence: PublicEvidence | None
    seed: str | None
    winners: list[WinDocument]


class ProofDocument(TypedDict):
    """The proof as it is downloaded; ``sold`` has number and order of each ticket."""

    version: int
    commitment: CommitmentDocument
    commitment_sha256: str
    frozen_at: str
    sold: list[tuple[int, str] | list[int | str]]
    root: str
    draws: list[DrawDocument]


class ReceiptDocument(TypedDict):
    """The receipt of a number as it is downloaded; ``path`` has the hashes up to the root, in hex."""

    version: int
    raffle_id: str
    commitment_sha256: str
    root: str
    size: int
    order: str
    number: int
    index: int
    path: list[str]


class Unreadable(ValueError):
    """An object that does not have the form of a proof or a receipt."""


class ClaimedDraw(NamedTuple):
    """A draw as read, with the digest of its commitment, the seed and the winners that the proof claims."""

    draw: Draw
    commitment_sha256: str
    seed: str | None
    winners: list[Win]


class Proof(NamedTuple):
    """A proof as read: ``commitment_sha256`` and ``root`` are recomputed, ``claimed_...`` are its own values."""

    commitment: Commitment
    commitment_sha256: str
    claimed_commitment_sha256: str
    tickets: list[Ticket]
    root: bytes
    claimed_root: str
    frozen_at: datetime
    draws: list[ClaimedDraw]

    def commitment_of(self, draw: Draw) -> DrawCommitment:
        """The commitment that a draw is held under."""
        return draw.redraw or self.commitment


@dataclass(frozen=True, slots=True)
class Receipt:
    """A ticket of the sold list, number ``index`` from 0 of ``size``, with its path to the root."""

    ticket: Ticket
    index: int
    size: int
    path: list[bytes]
    root: str
    commitment_sha256: str


def proof(
    commitment: Commitment, tickets: Sequence[Ticket], frozen_at: datetime, draws: Sequence[Draw]
) -> ProofDocument:
    """The proof of a commitment, the sold list ``tickets`` and the draws so far. Raises what ``winners_of`` raises."""
    root = merkle.merkle_root(draw.leaves(tickets))
    published = commitments.to_document(commitment)
    history: list[list[Win]] = []
    for held in draws:
        history.append(draw.winners_of(commitment, tickets, root, held, history))
    return {
        "version": commitment.version,
        "commitment": published,
        "commitment_sha256": commitments.digest(published),
        "frozen_at": instants.published(frozen_at),
        "sold": [[ticket.number, ticket.order] for ticket in tickets],
        "root": root.hex(),
        "draws": [
            _draw_document(held, held.redraw or commitment, wins) for held, wins in zip(draws, history, strict=True)
        ],
    }


def _draw_document(held: Draw, commitment: DrawCommitment, wins: Sequence[Win]) -> DrawDocument:
    return {
        "redraw": commitments.to_document(held.redraw) if held.redraw else None,
        "terms_sha256": commitments.digest_of(commitment),
        "evidence": held.evidence,
        "seed": None if held.evidence is None else commitments.seed(commitment, held.evidence).hex(),
        "winners": [
            {"prize": win.prize, "number": win.number, "order": win.order, "passed_over": list(win.passed_over)}
            for win in wins
        ],
    }


def receipts(
    commitment: Commitment, tickets: Sequence[Ticket], order: str, levels: merkle.Tree | None = None
) -> list[ReceiptDocument]:
    """The receipt of each number of ``order`` in the sold list ``tickets``, whose tree has these ``levels``."""
    levels = merkle.tree(draw.leaves(tickets)) if levels is None else levels
    digest, root = commitments.digest_of(commitment), merkle.merkle_root(levels[-1]).hex()
    return [
        {
            "version": commitment.version,
            "raffle_id": commitment.raffle_id,
            "commitment_sha256": digest,
            "root": root,
            "size": len(tickets),
            "order": order,
            "number": ticket.number,
            "index": index,
            "path": [step.hex() for step in merkle.inclusion_path(levels, index)],
        }
        for index, ticket in enumerate(tickets)
        if ticket.order == order
    ]


def read_proof(document: ProofDocument) -> Proof:
    """The proof of a JSON object. Raises Unreadable, or a ServiceError where its commitments cannot be."""
    try:
        _check_fields(document, ProofDocument)
        _check_version(document["version"])
        tickets = [_ticket(number, order) for number, order in document["sold"]]
        commitment = commitments.read_commitment(document["commitment"])
        if commitment.version != document["version"]:
            raise ValueError(f"version {document['version']} is not {commitment.version}, that of the commitment")
        return Proof(
            commitment=commitment,
            commitment_sha256=commitments.digest(document["commitment"]),
            claimed_commitment_sha256=document["commitment_sha256"],
            tickets=tickets,
            root=merkle.merkle_root(draw.leaves(tickets)),
            claimed_root=document["root"],
            frozen_at=instants.parse(document["frozen_at"]),
            draws=[_claimed_draw(drawn) for drawn in document["draws"]],
        )
    except MALFORMED as error:
        raise Unreadable(f"it does not have the form of a proof: {error!r}") from error


def read_receipt(document: ReceiptDocument) -> Receipt:
    """The receipt of a JSON object. Raises Unreadable."""
    try:
        _check_fields(document, ReceiptDocument)
        _check_version(document["version"])
        return Receipt(
            ticket=_ticket(document["number"], document["order"]),
            index=integer(document["index"]),
            size=integer(document["size"]),
            path=[bytes.fromhex(step) for step in document["path"]],
            root=document["root"],
            commitment_sha256=document["commitment_sha256"],
        )
    except MALFORMED as error:
        raise Unreadable(f"it does not have the form of a receipt: {error!r}") from error


def _check_version(version: int) -> None:
    if version not in (commitments.FIRST_VERSION, commitments.VERSION):
        raise ValueError(f"version {version} is neither {commitments.FIRST_VERSION} nor {commitments.VERSION}")


def _check_fields(document: Mapping[str, object], form: type) -> None:
    """Raise ValueError where the object has other fields than its form."""
    if document.keys() != form.__annotations__.keys():
        raise ValueError(f"its fields are {', '.join(document)}")


def _claimed_draw(document: DrawDocument) -> ClaimedDraw:
    _check_fields(document, DrawDocument)
    redraw = document["redraw"]
    return ClaimedDraw(
        draw=Draw(None if redraw is None else commitments.read_redraw(redraw), document["evidence"]),
        commitment_sha256=document["terms_sha256"],
        seed=document["seed"],
        winners=[_win(**win) for win in document["winners"]],
    )


def _win(prize: object, number: object, order: str | None, passed_over: Sequence[object]) -> Win:
    drawn = None if number is None else integer(number)
    return Win(integer(prize), drawn, order, tuple(integer(passed) for passed in passed_over))


def _ticket(number: object, order: object) -> Ticket:
    if not isinstance(order, str):
        raise TypeError(f"order {order!r} is not a text")
    return Ticket(integer(number), order)
