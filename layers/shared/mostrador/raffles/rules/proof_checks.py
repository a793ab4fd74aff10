"""What is wrong with a proof: everything in it is done again, and whatever comes out otherwise is named.

A proof that was forged as a whole agrees with itself. It is caught by what was noted at the time: the commitment's
digest, published before the sale, and the root, published at its close. Both are on every receipt.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise, zip_longest

from mostrador.errors import ServiceError
from mostrador.raffles.rules import commitments, drand, draw, merkle
from mostrador.raffles.rules.drand import BeaconChain
from mostrador.raffles.rules.draw import Draw, Win
from mostrador.raffles.rules.proofs import MALFORMED, ClaimedDraw, Proof, Receipt
from mostrador.raffles.rules.randomness import Drand


def failures(proof: Proof, chain: BeaconChain) -> Iterator[str]:
    """Everything in a proof that is not as it says, in a sentence each; of drand only ``chain`` is trusted."""
    yield from differing("commitment digest", proof.commitment_sha256, proof.said_commitment_sha256)
    yield from _sold_list(proof)
    yield from differing("root", proof.root.hex(), proof.said_root)
    earlier: list[list[Win]] = []
    for place, said in enumerate(proof.draws, 1):
        wins, refusal = _held(proof, said.draw, earlier)
        faults = [*_announced(proof, said, place), *(refusal or _outcome(proof, said, wins, chain))]
        yield from (f"draw {place}: {fault}" for fault in faults)
        earlier.append(wins)


def receipt_failures(proof: Proof, receipt: Receipt) -> Iterator[str]:
    """Everything in which a receipt disagrees with the proof or with itself."""
    digest, root, ticket = proof.commitment_sha256, proof.root.hex(), receipt.ticket
    yield from differing("receipt: commitment digest", digest, receipt.commitment_sha256, source="receipt says")
    yield from differing("receipt: root", root, receipt.root, source="receipt says")
    try:
        (leaf,) = draw.leaves([ticket])
        found = merkle.root_from_path(leaf, receipt.index, receipt.size, receipt.path)
    except ServiceError as error:
        yield f"receipt: {error}"
    else:
        yield from differing("receipt: root by its path", found.hex(), receipt.root, source="receipt says")
    if ticket not in proof.tickets:
        yield f"receipt: {number_shown(proof, ticket.number)} of order {ticket.order} is not in the sold list"


def differing(name: str, found: object, said: object, *, source: str = "proof says") -> Iterator[str]:
    """The sentence that ``name`` was recomputed otherwise than its source has it, if it was."""
    if found != said:
        yield f"{name}: recomputed {found}, {source} {said}"


def number_shown(proof: Proof, number: int) -> str:
    """A number with the leading zeros that it is printed with."""
    return f"{number:0{len(str(proof.commitment.last_number))}}"


def win_shown(proof: Proof, win: Win | None) -> str:
    """Who won a prize, in words."""
    if win is None:
        return "nobody"
    if win.number is None:
        return f"nobody for prize {win.prize}, no number being left"
    order = "bought by nobody" if win.order is None else f"order {win.order}"
    passed_over = f", after {len(win.passed_over)} bought by nobody" if win.passed_over else ""
    return f"{number_shown(proof, win.number)} for prize {win.prize} ({order}{passed_over})"


def _sold_list(proof: Proof) -> Iterator[str]:
    first, last = proof.commitment.first_number, proof.commitment.last_number
    numbers = [ticket.number for ticket in proof.tickets]
    for number in numbers:
        if not first <= number <= last:
            yield f"sold list: {number} is outside {first}-{last}"
    for before, after in pairwise(numbers):
        if before == after:
            yield f"sold list: {number_shown(proof, after)} is there twice"
        elif before > after:
            yield f"sold list: {number_shown(proof, after)} stands after {number_shown(proof, before)}"


def _held(proof: Proof, one: Draw, earlier: list[list[Win]]) -> tuple[list[Win], list[str]]:
    """The winners of a draw, or why there are none."""
    try:
        return draw.winners_of(proof.commitment, proof.tickets, proof.root, one, earlier), []
    except ServiceError as error:
        return [], [str(error)]
    except MALFORMED as error:
        return [], [f"its evidence cannot be read: {error!r}"]


def _announced(proof: Proof, said: ClaimedDraw, place: int) -> Iterator[str]:
    """What is wrong with the terms of a draw."""
    under, redraw = proof.terms(said.draw), said.draw.redraw
    yield from differing("digest of its terms", commitments.digest(commitments.to_document(under)), said.terms_sha256)
    if (place == 1) != (redraw is None):
        yield "the first draw is under the commitment alone, every other under a redraw"
    if redraw:
        yield from differing("raffle", proof.commitment.raffle_id, redraw.raffle_id)
        yield from differing("commitment digest", proof.commitment_sha256, redraw.commitment_sha256)
        yield from differing("root", proof.root.hex(), redraw.root)
        yield from differing("place among the draws", place, redraw.draw)
    if said.draw.evidence is not None:
        try:
            draw.check_frozen(proof.frozen_at, under.draw_at)
        except ServiceError as error:
            yield str(error)


def _outcome(proof: Proof, said: ClaimedDraw, wins: list[Win], chain: BeaconChain) -> Iterator[str]:
    """What is wrong with the evidence, the seed and the winners of a draw."""
    under, evidence = proof.terms(said.draw), said.draw.evidence
    seed = None if evidence is None else commitments.seed(under, evidence).hex()
    yield from differing("seed", seed, said.seed)
    if evidence is not None and isinstance(under.method, Drand):
        yield from _beacon(under.method, under.draw_at, bytes.fromhex(evidence["signature"]), chain)
    for true, told in zip_longest(wins, said.winners):
        if true != told:
            place = (true or told).prize
            yield f"winner {place} is {win_shown(proof, true)}, proof says {win_shown(proof, told)}"


def _beacon(method: Drand, draw_at: datetime, signature: bytes, chain: BeaconChain) -> Iterator[str]:
    if (method.chain_hash, method.public_key) != (chain.chain_hash, chain.public_key):
        yield f"chain {method.chain_hash} is not {chain.chain_hash}, the only one trusted here"
        return
    try:
        due = drand.round_at(chain, draw_at)
    except ServiceError as error:
        yield str(error)
        return
    yield from differing(f"round due at {commitments.format_instant(draw_at)}", due, method.round)
    if not drand.is_genuine(chain, due, signature):
        yield f"the signature is not the chain's own of round {due}"
