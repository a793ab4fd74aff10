"""What a raffle sold: the list that is frozen after the close, kept under its Merkle root.

By its root: whoever writes the same list twice, or at the same moment, writes the same items, and another list would
not touch them. Which list counts, the raffle says.
"""

import zlib
from collections.abc import Sequence
from typing import Final

from mostrador.process_cache import ProcessCache
from mostrador.raffles.rules import draw, merkle
from mostrador.raffles.rules.draw import Ticket
from mostrador.raffles.rules.states import public_code
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import Raffle, RaffleNumber, SoldChunk

PER_CHUNK: Final = 10_000
"""Numbers in one item: some 100 KB."""
_lists: Final = ProcessCache[tuple[str, str, str], tuple[Ticket, ...]](size=2)
"""By tenant, raffle and root: a list never changes under its root."""


def collect(tenant: str, raffle_id: str) -> list[Ticket]:
    """Every number that is sold, as it is at this moment."""
    partition, prefix = keys.raffle_partition(tenant, raffle_id), keys.NUMBER_PREFIX
    rows = reads.rows(partition, prefix, only=("sk", "order_id"), keep=RaffleNumber.is_sold == True)  # noqa: E712 - a condition
    codes: dict[str, str] = {}
    tickets = []
    for row in rows:
        order_id = row["order_id"]["S"]
        if order_id not in codes:
            codes[order_id] = public_code(order_id)
        tickets.append(Ticket(int(row["sk"]["S"].removeprefix(prefix)), codes[order_id]))
    return draw.sorted_by_number(tickets)


def store(tenant: str, raffle_id: str, tickets: Sequence[Ticket]) -> str:
    """Keep a list; tells its root, in hex."""
    root = merkle.merkle_root(draw.leaves(tickets)).hex()
    for chunk, begin in enumerate(range(0, len(tickets), PER_CHUNK)):
        lines = "\n".join(f"{one.number}:{one.order}" for one in tickets[begin : begin + PER_CHUNK])
        with writes.transaction() as tx:
            tx.save(SoldChunk(*keys.sold_chunk(tenant, raffle_id, root, chunk), entries=zlib.compress(lines.encode())))
    return root


def read(tenant: str, frozen: Raffle) -> tuple[Ticket, ...]:
    """The list of a raffle that is frozen, by ascending number."""
    count = int(frozen.sold_count)
    return _lists.get_or_make((tenant, frozen.id, frozen.root), lambda: _read(tenant, frozen.id, frozen.root, count))


def _read(tenant: str, raffle_id: str, root: str, count: int) -> tuple[Ticket, ...]:
    wanted = [keys.sold_chunk(tenant, raffle_id, root, chunk) for chunk in range(-(-count // PER_CHUNK))]
    found = reads.batch(wanted) if wanted else {}
    lines = [line for key in wanted for line in zlib.decompress(found[key].entries).decode().split("\n")]
    return tuple(Ticket(int(number), order) for number, order in (line.split(":") for line in lines))
