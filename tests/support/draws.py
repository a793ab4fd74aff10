"""A small raffle, sold and drawn in each of the ways there are."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from mostrador.raffles.rules import commitments, draw, merkle, proofs, randomness
from mostrador.raffles.rules.commitments import Commitment, Redraw, Unsold
from mostrador.raffles.rules.drand import QUICKNET, published_at
from mostrador.raffles.rules.draw import Draw, Ticket
from mostrador.raffles.rules.randomness import CommitReveal, Lottery, PublicEvidence
from tests.support import beacons

SECRET = bytes(range(32))
REVEALED: PublicEvidence = {"secret": SECRET.hex()}
SECRETLY = CommitReveal(secret_sha256=sha256(SECRET).hexdigest())
BY_LOTTERY = Lottery(
    lottery="Quiniela", takes="the first four prizes", source="https://lottery.test", numbers=4, digits=3
)
LOTTERY_NUMBERS: PublicEvidence = {"numbers": ["007", "940", "123", "000"]}
PRIZES = ("Auto 0 km", "Ñandutí", "Termo")
DRAW_AT = datetime(2026, 12, 24, 22, tzinfo=UTC)
FROZEN_AT = DRAW_AT - timedelta(hours=2)

HELD = (Draw(None, REVEALED),)

# 20 numbers of 1-100, in 7 orders.
TICKETS = draw.sorted_by_number([Ticket(number * 7 % 100 + 1, f"o{number // 3}") for number in range(20)])


def commitment(**changes) -> Commitment:
    usual: dict[str, Any] = {
        "raffle_id": "0192f0c1a2b37c4d8e5f60718293a4b5",
        "first_number": 1,
        "last_number": 100,
        "prizes": PRIZES,
        "unsold": Unsold.SOLD_ONLY,
        "draw_at": DRAW_AT,
        "method": SECRETLY,
    }
    return Commitment(**usual | changes)


def redraw(of=None, **changes) -> Redraw:
    """The second draw of the small raffle: prize 2 again, by lottery, a week later."""
    of = of or commitment()
    usual: dict[str, Any] = {
        "raffle_id": of.raffle_id,
        "commitment_sha256": commitments.digest(commitments.to_document(of)),
        "root": merkle.merkle_root(draw.leaves(TICKETS)).hex(),
        "draw": 2,
        "reason": "Nobody claimed it",
        "announced_at": DRAW_AT + timedelta(days=6),
        "prizes": (2,),
        "excluded": (),
        "draw_at": DRAW_AT + timedelta(days=7),
        "method": BY_LOTTERY,
    }
    return Redraw(**usual | changes)


def proof(of=None, draws=HELD, tickets=TICKETS, frozen_at=FROZEN_AT):
    """The proof, as the JSON object that people download."""
    return proofs.proof(of or commitment(), tickets, frozen_at, draws)


def drand_proof(signature=beacons.QUICKNET[1000], *, chain=QUICKNET):
    """Drawn by round 1000 of a chain; quicknet did publish its own."""
    draw_at = published_at(chain, 1000)
    of = commitment(draw_at=draw_at, method=randomness.drand_method(chain, draw_at))
    evidence = {"signature": signature, "randomness": sha256(bytes.fromhex(signature)).hexdigest()}
    return proof(of, [Draw(None, evidence)], frozen_at=draw_at - timedelta(minutes=5))
