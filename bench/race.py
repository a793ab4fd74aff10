"""P10: many clients at once on one slot, round after round."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic
from typing import Final

from bench import businesses, progress
from bench.businesses import Business
from bench.figures import Figure
from mostrador.errors import ServiceError
from mostrador.scheduling.slots import SlotTaken

ENGINE: Final = "dynoxide"
CLIENTS: Final = 200
ROUNDS: Final = 20


def figures(_endpoint: str) -> Iterator[Figure]:
    business = businesses.open_business("race")
    business.book(businesses.noon(1), "0981 000 001")  # the client is made before the threads are
    began, rounds = monotonic(), [_round(business, number) for number in progress.steps("rounds", range(ROUNDS))]
    seconds, answers = monotonic() - began, sum(rounds, Counter[str]())
    exact = sum(counts["won"] == 1 and counts["won"] + counts["refused"] == CLIENTS for counts in rounds)
    terms = {"clients": CLIENTS, "answers": sum(answers.values()), "seconds": seconds} | dict(answers)
    yield Figure("P10", "rounds with one winner, the others 409", ENGINE, exact, "", at_least=ROUNDS, terms=terms)


def _round(business: Business, number: int) -> Counter[str]:
    """What each client was told: ``won``, ``refused`` (with free alternatives), or the name of anything else."""
    barrier, start = Barrier(CLIENTS), businesses.noon(3 + number)

    def client(place: int) -> str:
        barrier.wait()
        try:
            business.book(start, f"0981 {300000 + place}")
        except SlotTaken as taken:
            return "refused" if len(taken.facts["alternatives"]) == 3 else "refused without alternatives"
        except ServiceError as refusal:
            return refusal.code
        return "won"

    with ThreadPoolExecutor(CLIENTS) as pool:
        return Counter(pool.map(client, range(CLIENTS)))
