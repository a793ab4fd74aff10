"""How big a raffle may be, so that everything that follows its opening fits into DynamoDB's 400 KB for an item.

The commitment repeats the prizes. Deliveries and claims are added after the draw. Draws are items of their own.
"""

from typing import Final

from mostrador.errors import Invalid
from mostrador.table.items.raffles import Raffle

MOST_BYTES: Final = 100_000
"""Of a raffle as it is edited and opened, without its commitment."""
MOST_WITH_DELIVERIES: Final = 300_000


class RaffleTooBig(Invalid):
    code = "raffle_too_big"
    en = "the texts of the raffle come to {value:count} bytes: at most {most:count} can be stored"
    es = "los textos de la rifa suman {value:count} bytes: se pueden guardar {most:count} como máximo"


def check(raffle: Raffle, *, field: str, most: int = MOST_BYTES) -> None:
    """Raise RaffleTooBig where the raffle has more than ``most`` bytes as it is stored."""
    stored = raffle.serialize()
    size = sum(len(name) + len(str(value).encode()) for name, typed in stored.items() for value in typed.values())
    if size > most:
        raise RaffleTooBig(field=field, value=size, most=most)
