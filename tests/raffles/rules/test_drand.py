from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from mostrador.raffles.rules import drand
from mostrador.raffles.rules.drand import QUICKNET
from tests.support import beacons

GENESIS = datetime.fromtimestamp(QUICKNET.genesis, UTC)


@pytest.mark.parametrize(
    ("after_genesis", "number"),
    [(0, 1), (0.001, 2), (1, 2), (3, 2), (3.5, 3), (6, 3), (2997, 1000)],
)
def test_the_round_of_an_instant_is_the_first_that_is_not_before_it(after_genesis, number):
    assert drand.round_at(QUICKNET, GENESIS + timedelta(seconds=after_genesis)) == number


@pytest.mark.parametrize("number", [1, 2, 1000, 40_000_000])
def test_the_round_of_the_instant_when_a_round_is_due_is_that_round(number):
    assert drand.round_at(QUICKNET, drand.published_at(QUICKNET, number)) == number


def test_an_instant_before_the_chain_is_refused_with_its_value():
    with pytest.raises(drand.BeforeTheChain, match="2023-08-23T15:09:26"):
        drand.round_at(QUICKNET, GENESIS - timedelta(seconds=1))


def test_the_randomness_of_a_round_is_as_drand_says():
    assert drand.randomness(bytes.fromhex(beacons.QUICKNET[1000])).hex() == beacons.RANDOMNESS_1000


def test_a_round_that_drand_published_is_genuine():
    assert drand.is_genuine(QUICKNET, 42, bytes.fromhex(beacons.QUICKNET[42]))


def test_a_round_is_not_genuine_as_another_one():
    assert not drand.is_genuine(QUICKNET, 43, bytes.fromhex(beacons.QUICKNET[42]))


def test_the_hash_of_quicknet_stands_for_the_key_genesis_and_period_that_are_pinned():
    """As drand's ``chain.Info.Hash`` makes it; its seed and its name are those of the public /info."""
    seed = "f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e"
    pinned = QUICKNET.period.to_bytes(4) + QUICKNET.genesis.to_bytes(8) + bytes.fromhex(QUICKNET.public_key)

    assert sha256(pinned + bytes.fromhex(seed) + b"quicknet").hexdigest() == QUICKNET.chain_hash
