"""What a proof leaves to a person: facts that neither the proof nor the beacon can show.

The organiser makes the proof, and could make one after the randomness is known. Then commitment, sold list and
announcements of redraws agree with each other, but not with those that were published in time. So a reader needs the
values noted at that time. The numbers of a lottery, and reasons why a draw was not held, stand elsewhere.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from mostrador.raffles.rules import commitments, draw, instants, proof_checks, randomness
from mostrador.raffles.rules.commitments import FIRST_VERSION, DrawCommitment
from mostrador.raffles.rules.draw import Draw
from mostrador.raffles.rules.proofs import Proof
from mostrador.raffles.rules.randomness import CommitReveal, Drand, Lottery


class Notes(NamedTuple):
    """Digests that the reader noted at the time: of the commitment, the root, and announcements of redraws."""

    commitment: str | None = None
    root: str | None = None
    redraws: Sequence[str] = ()


def disagreements(proof: Proof, notes: Notes) -> Iterator[str]:
    """Each difference between the proof and the notes, as one sentence."""
    noted = [
        ("commitment digest", proof.commitment_sha256, notes.commitment),
        ("root", proof.root.hex(), notes.root),
    ]
    for name, recomputed, value in noted:
        if value is not None:
            yield from proof_checks.difference(name, recomputed, value, source="you noted")
    announced = {commitments.digest_of(claimed.draw.redraw) for claimed in proof.draws if claimed.draw.redraw}
    for digest in notes.redraws:
        if digest not in announced:
            yield f"redraw: the proof does not have the announcement {digest} that you noted"


def lookups(proof: Proof, notes: Notes, *, now: datetime) -> Iterator[str]:
    """Each fact that a person must look up, as one sentence; none where the proof is good by itself at ``now``."""
    known_from = randomness.known_from(proof.commitment.method, proof.commitment.draw_at)
    if notes.commitment is None:
        yield f"the commitment {proof.commitment_sha256} must have been published before the sale (--commitment)"
    if notes.root is None:
        at = instants.published(known_from)
        yield f"the root {proof.root.hex()} must have been published before {at} (--root or --receipt)"
    for place, claimed in enumerate(proof.draws, 1):
        of_draw = [*_of_announcement(proof, claimed.draw, notes), *_of_outcome(proof, place, now)]
        yield from (f"draw {place}: {fact}" for fact in of_draw)
    if not proof.draws:
        yield from _overdue(proof.commitment, proof.frozen_at, now)


def _of_announcement(proof: Proof, drawn: Draw, notes: Notes) -> Iterator[str]:
    """What a redraw leaves open: its announcement, and in the first format the time to claim."""
    redraw = drawn.redraw
    if redraw is None:
        return
    digest, at = commitments.digest_of(redraw), instants.published(redraw.draw_at)
    if digest not in notes.redraws:
        yield f"its announcement {digest} must have been published before {at} (--redraw)"
    if proof.commitment.version == FIRST_VERSION:
        yield "the time to claim prizes, which the commitment does not have, must have ended before the announcement"


def _of_outcome(proof: Proof, place: int, now: datetime) -> Iterator[str]:
    """What the evidence of a draw, or its absence, leaves open."""
    drawn = proof.draws[place - 1].draw
    held_under = proof.commitment_of(drawn)
    if drawn.evidence is not None:
        yield from _of_evidence(held_under, drawn.evidence)
    elif place < len(proof.draws):
        yield _of_void_draw(held_under, proof.frozen_at)
    else:
        yield from _overdue(held_under, proof.frozen_at, now)


def _of_evidence(held_under: DrawCommitment, evidence: randomness.PublicEvidence) -> Iterator[str]:
    method = held_under.method
    if isinstance(method, CommitReveal):
        yield "nobody who could buy, sell or close the sale may have known the secret: it tells the outcome"
    if isinstance(method, Lottery):
        numbers = " ".join(evidence["numbers"])
        when = f", drawn at {instants.published(method.held_at)}" if method.held_at else ""
        yield f"look up {numbers}: these must be {method.takes} of {method.lottery}{when}, at {method.source}"
        if not method.held_at:
            yield "the lottery must have drawn after the numbers were frozen: the commitment does not say when it draws"


def _of_void_draw(held_under: DrawCommitment, frozen_at: datetime) -> str:
    """Why a draw that was replaced was not held: the organiser's word."""
    if draw.is_frozen_too_late(frozen_at, held_under):
        return f"the root must not have been published before {instants.published(frozen_at)}, or the draw was due"
    if isinstance(held_under.method, Lottery):
        lottery = f"{held_under.method.takes} of {held_under.method.lottery}"
        return f"{lottery} must never have come, or the draw was due and its outcome known"
    return "the secret was not revealed, though its author knew the outcome"


def _overdue(held_under: DrawCommitment, frozen_at: datetime, now: datetime) -> Iterator[str]:
    """A draw that should have been held by now."""
    at = instants.published(held_under.draw_at)
    if now < held_under.draw_at:
        return
    if draw.is_frozen_too_late(frozen_at, held_under):
        yield f"the draw of {at} is void, and no other one was announced: a newer proof must have it"
    elif isinstance(held_under.method, Drand):
        yield f"round {held_under.method.round} is out since {at}, but the draw was not held: see a newer proof"
    else:
        yield f"the draw of {at} was due and was not held: a newer proof must have it"
