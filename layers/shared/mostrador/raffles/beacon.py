"""The randomness beacon that this installation trusts, and the relay at which it asks for its rounds."""

from datetime import datetime

from mostrador import settings
from mostrador.clients import drand
from mostrador.clients.drand import Beacon
from mostrador.errors import Conflict
from mostrador.raffles.rules import randomness
from mostrador.raffles.rules.drand import QUICKNET, BeaconChain
from mostrador.raffles.rules.randomness import Drand


class AnotherChain(Conflict):
    code = "another_beacon"
    en = "the draw is committed to the beacon {committed}, this installation trusts {trusted}"
    es = "el sorteo está comprometido con el faro {committed}, esta instalación confía en {trusted}"


def chain() -> BeaconChain:
    """drand's quicknet, or the chain that the settings name: that of a stand-in."""
    named = settings.drand_chain()
    if not named:
        return QUICKNET
    chain_hash, public_key, genesis, period = named.split(":")
    return BeaconChain(chain_hash=chain_hash, public_key=public_key, genesis=int(genesis), period=int(period))


def method(draw_at: datetime) -> Drand:
    """The first round due at ``draw_at`` or after it, as a draw commits to it. Raises BeforeTheChain."""
    return randomness.drand_method(chain(), draw_at)


def fetch(wanted: Drand) -> Beacon:
    """The round, its signature checked. Raises AnotherChain, and what ``clients.drand.fetch`` raises."""
    trusted = chain()
    if (wanted.chain_hash, wanted.public_key) != (trusted.chain_hash, trusted.public_key):
        raise AnotherChain(committed=wanted.chain_hash, trusted=trusted.chain_hash)
    return drand.fetch(settings.drand_url(), trusted, wanted.round)
