"""A small raffle, sold and drawn in each of the ways there are."""

from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from mostrador.raffles.rules import commitments, draw, merkle, proofs, randomness
from mostrador.raffles.rules.commitments import Commitment, Prize, Redraw, Unsold
from mostrador.raffles.rules.drand import QUICKNET, published_at
from mostrador.raffles.rules.draw import Draw, Ticket
from mostrador.raffles.rules.randomness import CommitReveal, Drand, Lottery, PublicEvidence
from tests.support import beacons

SECRET = bytes(range(32))
REVEALED: PublicEvidence = {"secret": SECRET.hex()}
SECRETLY = CommitReveal(secret_sha256=sha256(SECRET).hexdigest())
DRAW_AT = datetime(2026, 12, 24, 22, tzinfo=UTC)
FROZEN_AT = DRAW_AT - timedelta(hours=2)
BY_LOTTERY = Lottery(
    lottery="Quiniela",
    takes="the first four prizes",
    source="https://lottery.test",
    numbers=4,
    digits=3,
    held_at=DRAW_AT - timedelta(hours=1),
)
LOTTERY_NUMBERS: PublicEvidence = {"numbers": ["007", "940", "123", "000"]}
PRIZES = (Prize("Auto 0 km", "Color a elección", "Gs. 90.000.000"), Prize("Ñandutí"), Prize("Termo"))
CHAIN = beacons.own_chain()
CLAIM_DAYS = 5

HELD = (Draw(None, REVEALED),)

# 20 numbers of 1-100, in 7 orders.
TICKETS = draw.sorted_by_number([Ticket(number * 7 % 100 + 1, f"o{number // 3}") for number in range(20)])


def by_beacon(draw_at) -> Drand:
    """The round of our own chain that is due at an instant."""
    return randomness.drand_method(CHAIN, draw_at)


@cache
def round_of(draw_at) -> PublicEvidence:
    """The evidence of the round of our own chain that is due at an instant."""
    signature = beacons.own_signature(by_beacon(draw_at).round).hex()
    return {"signature": signature, "randomness": sha256(bytes.fromhex(signature)).hexdigest()}


def commitment(**changes) -> Commitment:
    usual: dict[str, Any] = {
        "raffle_id": "0192f0c1a2b37c4d8e5f60718293a4b5",
        "first_number": 1,
        "last_number": 100,
        "prizes": PRIZES,
        "unsold": Unsold.SOLD_ONLY,
        "draw_at": DRAW_AT,
        "method": SECRETLY,
        "claim_days": CLAIM_DAYS,
        "terms_url": "https://salon.test/bases",
    }
    return Commitment(**usual | changes)


def old_commitment(**changes) -> Commitment:
    """The small raffle in the first format."""
    old = {"version": 1, "prizes": tuple(Prize(prize.name) for prize in PRIZES), "claim_days": None, "terms_url": None}
    return commitment(**old | changes)


def redraw(of=None, **changes) -> Redraw:
    """The second draw of the small raffle: prize 2 again, by the beacon, a week later."""
    of = of or commitment()
    draw_at = changes.get("draw_at", DRAW_AT + timedelta(days=7))
    usual: dict[str, Any] = {
        "raffle_id": of.raffle_id,
        "commitment_sha256": commitments.digest(commitments.to_document(of)),
        "root": merkle.merkle_root(draw.leaves(TICKETS)).hex(),
        "draw": 2,
        "reason": "Nobody claimed it",
        "announced_at": DRAW_AT + timedelta(days=6),
        "prizes": (2,),
        "excluded": (34,),
        "draw_at": draw_at,
        "method": by_beacon(draw_at),
    }
    return Redraw(**usual | changes)


def redrawn(of=None, evidence=None, **changes) -> Draw:
    """A redraw that was held by its round."""
    announced = redraw(of, **changes)
    return Draw(announced, evidence or round_of(announced.draw_at))


def proof(of=None, draws=HELD, tickets=TICKETS, frozen_at=FROZEN_AT):
    """The proof, as the JSON object that people download."""
    return proofs.proof(of or commitment(), tickets, frozen_at, draws)


def drand_proof(signature=beacons.QUICKNET[1000], *, chain=QUICKNET):
    """Drawn by round 1000 of a chain; quicknet did publish its own."""
    draw_at = published_at(chain, 1000)
    of = commitment(draw_at=draw_at, method=randomness.drand_method(chain, draw_at))
    evidence = {"signature": signature, "randomness": sha256(bytes.fromhex(signature)).hexdigest()}
    return proof(of, [Draw(None, evidence)], frozen_at=draw_at - timedelta(minutes=5))
