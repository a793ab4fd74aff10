"""drand over HTTP: a round of the public randomness beacon, its signature checked.

https://docs.drand.love/developer/http-api (version 1, which every relay speaks)
"""

import json
from dataclasses import dataclass
from typing import Final

import urllib3

from mostrador.clients import http_bodies
from mostrador.errors import Conflict, Unavailable
from mostrador.raffles.rules import drand
from mostrador.raffles.rules.drand import BeaconChain
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader, Words

# A relay delays its answer while a round is being made, for one period at most: 3 seconds on quicknet.
_TIMEOUT: Final = urllib3.Timeout(connect=2, read=4)
_LARGEST: Final = 4096
_OK: Final = 200
_NOT_YET: Final = (404, 425)


class NotYetPublished(Conflict):
    code = "beacon_not_published"
    en = "round {round} of the randomness beacon is not published yet: it is due on {due_at:time}"
    es = "la ronda {round} del faro de aleatoriedad aún no se publicó: le corresponde el {due_at:time}"
    late = "la ronda {round} del faro de aleatoriedad todavía no se encuentra", "round {round} is not to be found yet"

    def variant(self, reader: Reader) -> Words | None:
        return self.late if reader.is_past(self.facts["due_at"]) else None

    def suggests(self, reader: Reader) -> NextAction:
        return NextAction.TRY_AGAIN if reader.is_past(self.facts["due_at"]) else NextAction.WAIT_UNTIL


class BeaconUnavailable(Unavailable):
    code = "beacon_unavailable"
    en = "the randomness beacon did not answer as it should: {reason}"
    es = "el faro de aleatoriedad no respondió como debe"


class NotGenuine(Unavailable):
    code = "beacon_not_genuine"
    en = "what came as round {round} of the randomness beacon does not carry its signature"
    es = "lo que llegó como ronda {round} del faro de aleatoriedad no lleva su firma"


@dataclass(frozen=True, slots=True)
class Beacon:
    """A genuine round; ``signature`` and ``randomness`` in hex, as they stand in a proof."""

    round: int
    signature: str
    randomness: str


def fetch(base_url: str, chain: BeaconChain, number: int) -> Beacon:
    """Round ``number`` of ``chain``, from the relay at ``base_url``.

    Raises NotYetPublished (also where the relay does not know the chain), BeaconUnavailable, NotGenuine.
    """
    status, body = _got(f"{base_url.rstrip('/')}/{chain.chain_hash}/public/{number}")
    if status in _NOT_YET:
        raise NotYetPublished(round=number, due_at=drand.published_at(chain, number).isoformat())
    if status != _OK:
        raise BeaconUnavailable(reason=f"status {status}")
    signature = _signature(body)
    if not drand.is_genuine(chain, number, signature):
        raise NotGenuine(round=number)
    return Beacon(number, signature.hex(), drand.randomness(signature).hex())


def _got(url: str) -> tuple[int, bytes]:
    """Status and body, at most _LARGEST bytes of it; a redirect is not followed. Raises BeaconUnavailable."""
    try:
        with urllib3.PoolManager(retries=False, timeout=_TIMEOUT) as pool:
            answer = pool.request("GET", url, preload_content=False, decode_content=False)
            return answer.status, http_bodies.read(answer, _LARGEST)
    except urllib3.exceptions.HTTPError as error:
        raise BeaconUnavailable(reason=type(error).__name__) from error


def _signature(body: bytes) -> bytes:
    """The signature of a round in JSON. Raises BeaconUnavailable."""
    try:
        return bytes.fromhex(json.loads(body)["signature"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BeaconUnavailable(reason="it is not a round") from error
