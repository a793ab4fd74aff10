"""drand, the public randomness beacon: which round an instant falls to, and whether a round's signature is genuine.

A network of independent organisations signs the number of each round at its time, and not before. The signature is
unique, so nobody can choose it. Its hash is the randomness. The chain's public key is enough to check it.

https://docs.drand.love/docs/cryptography (scheme ``bls-unchained-g1-rfc9380``)
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from mostrador.errors import Invalid
from mostrador.raffles.rules import bls


class BeforeTheChain(Invalid):
    code = "before_the_beacon"
    en = "{instant:time} is before the first round of the randomness beacon"
    es = "el {instant:time} es anterior a la primera ronda del faro de aleatoriedad"


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconChain:
    """Hash and key in hex, ``genesis`` in Unix seconds (when round 1 is due), ``period`` in seconds."""

    chain_hash: str
    public_key: str
    genesis: int
    period: int


# https://api.drand.sh/52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971/info gives these values.
QUICKNET: Final = BeaconChain(
    chain_hash="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    public_key="83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    genesis=1692803367,
    period=3,
)


def round_at(chain: BeaconChain, instant: datetime) -> int:
    """The first round that is published at ``instant`` or after it. Raises BeforeTheChain."""
    since_first = instant - published_at(chain, 1)
    if since_first < timedelta(0):
        raise BeforeTheChain(instant=instant.isoformat())
    return -(-since_first // timedelta(seconds=chain.period)) + 1


def published_at(chain: BeaconChain, number: int) -> datetime:
    """When round ``number`` is due."""
    return datetime.fromtimestamp(chain.genesis + (number - 1) * chain.period, UTC)


def is_genuine(chain: BeaconChain, number: int, signature: bytes) -> bool:
    """Whether the chain signed round ``number`` with ``signature``."""
    return bls.is_signed(bytes.fromhex(chain.public_key), sha256(number.to_bytes(8)).digest(), signature)


def randomness(signature: bytes) -> bytes:
    """The 32 random bytes of the round with this signature."""
    return sha256(signature).digest()
