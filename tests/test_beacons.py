import pytest

from mostrador import beacons
from mostrador.rules.beacon import QUICKNET
from tests.support import relays
from tests.support.beacons import own_chain


def test_quicknet_is_trusted_unless_the_settings_name_another(monkeypatch):
    assert beacons.chain() == QUICKNET
    with relays.running(monkeypatch):
        assert beacons.chain() == own_chain()


def test_a_draw_is_committed_to_the_first_round_that_is_due_then(now):
    method = beacons.method(now)

    assert (method.chain_hash, method.public_key) == (QUICKNET.chain_hash, QUICKNET.public_key)
    assert method.round == (int(now.timestamp()) - QUICKNET.genesis + 2) // 3 + 1


def test_the_round_is_asked_of_the_relay_of_the_settings(monkeypatch, now):
    with relays.running(monkeypatch) as relay:
        wanted = beacons.method(now)
        found = beacons.fetch(wanted)

        assert (found.round, relay.asked) == (wanted.round, [f"/{wanted.chain_hash}/public/{wanted.round}"])
        with pytest.raises(beacons.AnotherChain):
            beacons.fetch(beacons.randomness.of_chain(QUICKNET, now))
