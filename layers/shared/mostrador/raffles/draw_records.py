"""The draws of raffles on record: an item for each draw, written together with its raffle."""

from collections.abc import Iterable

from mostrador.raffles.rules.prize_outcome import StoredDraw
from mostrador.table import keys, reads
from mostrador.table.items.raffles import Raffle, RaffleDraw
from mostrador.table.writes import Transaction


def load(tenant: str, raffles: Iterable[Raffle]) -> None:
    """Give raffles their ``draws``. It takes one request where one of them has any, otherwise none."""
    found = list(raffles)
    draw_keys = {raffle.id: _keys(tenant, raffle) for raffle in found}
    wanted = [key for of_raffle in draw_keys.values() for key in of_raffle]
    items = reads.batch(wanted) if wanted else {}
    for raffle in found:
        stored: list[StoredDraw] = [items[key].record for key in draw_keys[raffle.id]]
        raffle.draws = stored or raffle.inline_draws


def put(tx: Transaction, tenant: str, raffle: Raffle, new: Iterable[int]) -> None:
    """Write the raffle, and its draws at the ``new`` places from 1. Those that a raffle of before has inline go too."""
    draws = raffle.draws or []
    places = set(new) if raffle.draw_count is not None else range(1, len(draws) + 1)
    for place in places:
        tx.save(RaffleDraw(*keys.raffle_draw(tenant, raffle.id, place), record=draws[place - 1]))
    raffle.draw_count, raffle.inline_draws = len(draws), None
    tx.save(raffle)


def _keys(tenant: str, raffle: Raffle) -> list[keys.Key]:
    return [keys.raffle_draw(tenant, raffle.id, place) for place in range(1, int(raffle.draw_count or 0) + 1)]
