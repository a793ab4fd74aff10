"""Everything in a proof is recomputed, and each difference is named.

A proof that was forged as a whole agrees with itself. Values that were noted at the time catch it: the digests of the
commitment and of each announced redraw, and the root (``proof_lookups``). Every receipt has commitment and root.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise, zip_longest

from mostrador.errors import ServiceError
from mostrador.raffles.rules import commitments, drand, draw, instants, merkle, redraw_checks
from mostrador.raffles.rules.drand import BeaconChain
from mostrador.raffles.rules.draw import Draw, Win
from mostrador.raffles.rules.proofs import MALFORMED, ClaimedDraw, Proof, Receipt
from mostrador.raffles.rules.randomness import Drand


def failures(proof: Proof, chain: BeaconChain) -> Iterator[str]:
    """Each fault of a proof, as one sentence; of drand's chains only ``chain`` is trusted."""
    yield from difference("commitment digest", proof.commitment_sha256, proof.claimed_commitment_sha256)
    yield from _sold_list_faults(proof)
    yield from difference("root", proof.root.hex(), proof.claimed_root)
    earlier: list[list[Win]] = []
    for place, claimed in enumerate(proof.draws, 1):
        wins, refusals = _recomputed_wins(proof, claimed.draw, earlier)
        faults = [
            *_commitment_faults(proof, claimed, place),
            *_redraw_faults(proof, place, earlier),
            *(refusals or _outcome_faults(proof, claimed, wins, chain)),
        ]
        yield from (f"draw {place}: {fault}" for fault in faults)
        earlier.append(wins)


def receipt_failures(proof: Proof, receipt: Receipt) -> Iterator[str]:
    """Each difference between a receipt and the proof, or within the receipt, as one sentence."""
    digest, root, ticket = proof.commitment_sha256, proof.root.hex(), receipt.ticket
    yield from difference("receipt: commitment digest", digest, receipt.commitment_sha256, source="receipt says")
    yield from difference("receipt: root", root, receipt.root, source="receipt says")
    try:
        (leaf,) = draw.leaves([ticket])
        root_by_path = merkle.root_from_path(leaf, receipt.index, receipt.size, receipt.path)
    except ServiceError as error:
        yield f"receipt: {error}"
    else:
        yield from difference("receipt: root by its path", root_by_path.hex(), receipt.root, source="receipt says")
    if ticket not in proof.tickets:
        yield f"receipt: {number_shown(proof, ticket.number)} of order {ticket.order} is not in the sold list"


def difference(name: str, recomputed: object, claimed: object, *, source: str = "proof says") -> Iterator[str]:
    """One sentence where the recomputed value is not the one that the source claims."""
    if recomputed != claimed:
        yield f"{name}: recomputed {recomputed}, {source} {claimed}"


def number_shown(proof: Proof, number: int) -> str:
    """A number with the leading zeros that it is printed with."""
    return f"{number:0{len(str(proof.commitment.last_number))}}"


def win_shown(proof: Proof, win: Win | None) -> str:
    """The number and the order that won a prize, in words."""
    if win is None:
        return "nobody"
    if win.number is None:
        return f"nobody for prize {win.prize}, no number being left"
    order = "bought by nobody" if win.order is None else f"order {win.order}"
    passed_over = f", after {len(win.passed_over)} bought by nobody" if win.passed_over else ""
    return f"{number_shown(proof, win.number)} for prize {win.prize} ({order}{passed_over})"


def _sold_list_faults(proof: Proof) -> Iterator[str]:
    """Numbers of the sold list that are outside the raffle's, twice there, or out of order."""
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


def _recomputed_wins(proof: Proof, drawn: Draw, earlier: list[list[Win]]) -> tuple[list[Win], list[str]]:
    """The winners of a draw, or why there are none."""
    try:
        return draw.winners_of(proof.commitment, proof.tickets, proof.root, drawn, earlier), []
    except ServiceError as error:
        return [], [str(error)]
    except MALFORMED as error:
        return [], [f"its evidence cannot be read: {error!r}"]


def _commitment_faults(proof: Proof, claimed: ClaimedDraw, place: int) -> Iterator[str]:
    """The faults of the commitment that a draw is held under."""
    commitment, redraw = proof.commitment_of(claimed.draw), claimed.draw.redraw
    yield from difference(
        "digest of its commitment, terms_sha256", commitments.digest_of(commitment), claimed.commitment_sha256
    )
    if (place == 1) != (redraw is None):
        yield "the first draw is under the commitment alone, every other under a redraw"
    if redraw:
        yield from difference("raffle", proof.commitment.raffle_id, redraw.raffle_id)
        yield from difference("commitment digest", proof.commitment_sha256, redraw.commitment_sha256)
        yield from difference("root", proof.root.hex(), redraw.root)
        yield from difference("place among the draws", place, redraw.draw)
    if claimed.draw.evidence is not None:
        try:
            draw.check_frozen(proof.frozen_at, commitment)
        except ServiceError as error:
            yield str(error)


def _redraw_faults(proof: Proof, place: int, earlier: list[list[Win]]) -> Iterator[str]:
    """The rules that a redraw breaks."""
    drawn = [claimed.draw for claimed in proof.draws[:place]]
    if redraw := drawn[-1].redraw:
        yield from redraw_checks.faults(proof.commitment, proof.frozen_at, drawn[:-1], earlier, redraw)


def _outcome_faults(proof: Proof, claimed: ClaimedDraw, wins: list[Win], chain: BeaconChain) -> Iterator[str]:
    """The faults of the evidence, the seed and the winners of a draw."""
    commitment, evidence = proof.commitment_of(claimed.draw), claimed.draw.evidence
    seed = None if evidence is None else commitments.seed(commitment, evidence).hex()
    yield from difference("seed", seed, claimed.seed)
    if evidence is not None and not evidence.keys() <= commitment.method.evidence:
        yield f"its evidence has other fields: {', '.join(evidence)}"
    if evidence is not None and isinstance(commitment.method, Drand):
        signature = bytes.fromhex(evidence["signature"])
        yield from _beacon_faults(commitment.method, commitment.draw_at, signature, chain)
    for recomputed, said in zip_longest(wins, claimed.winners):
        if recomputed != said:
            prize = (recomputed or said).prize
            yield f"winner {prize} is {win_shown(proof, recomputed)}, proof says {win_shown(proof, said)}"


def _beacon_faults(method: Drand, draw_at: datetime, signature: bytes, chain: BeaconChain) -> Iterator[str]:
    """The faults of a drand round: its chain, its number, its signature."""
    if (method.chain_hash, method.public_key) != (chain.chain_hash, chain.public_key):
        yield f"chain {method.chain_hash} is not {chain.chain_hash}, the only one trusted here"
        return
    try:
        due = drand.round_at(chain, draw_at)
    except ServiceError as error:
        yield str(error)
        return
    yield from difference(f"round due at {instants.published(draw_at)}", due, method.round)
    if not drand.is_genuine(chain, due, signature):
        yield f"the signature is not the chain's own of round {due}"
