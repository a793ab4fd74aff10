"""The randomness beacon that this installation trusts, and the relay that it asks for rounds."""

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
    """drand's quicknet, or the chain of a stand-in where the settings name one."""
    configured = settings.drand_chain()
    if not configured:
        return QUICKNET
    chain_hash, public_key, genesis, period = configured.split(":")
    return BeaconChain(chain_hash=chain_hash, public_key=public_key, genesis=int(genesis), period=int(period))


def method(draw_at: datetime) -> Drand:
    """The method of a draw at ``draw_at``: the first round due then or later. Raises BeforeTheChain."""
    return randomness.drand_method(chain(), draw_at)


def fetch(committed: Drand) -> Beacon:
    """The round that a draw committed to, its signature checked. Raises AnotherChain, and as ``drand.fetch``."""
    trusted = chain()
    if (committed.chain_hash, committed.public_key) != (trusted.chain_hash, trusted.public_key):
        raise AnotherChain(committed=committed.chain_hash, trusted=trusted.chain_hash)
    return drand.fetch(settings.drand_url(), trusted, committed.round)
