import pytest

from mostrador.raffles import beacon
from mostrador.raffles.rules.drand import QUICKNET
from tests.support import relays
from tests.support.beacons import own_chain


def test_quicknet_is_trusted_unless_the_settings_name_another(monkeypatch):
    assert beacon.chain() == QUICKNET
    with relays.running(monkeypatch):
        assert beacon.chain() == own_chain()


def test_a_draw_is_committed_to_the_first_round_that_is_due_then(now):
    method = beacon.method(now)

    assert (method.chain_hash, method.public_key) == (QUICKNET.chain_hash, QUICKNET.public_key)
    assert method.round == (int(now.timestamp()) - QUICKNET.genesis + 2) // 3 + 1


def test_the_round_is_asked_of_the_relay_of_the_settings(monkeypatch, now):
    with relays.running(monkeypatch) as relay:
        wanted = beacon.method(now)
        found = beacon.fetch(wanted)

        assert (found.round, relay.asked) == (wanted.round, [f"/{wanted.chain_hash}/public/{wanted.round}"])
        with pytest.raises(beacon.AnotherChain):
            beacon.fetch(beacon.randomness.drand_method(QUICKNET, now))
