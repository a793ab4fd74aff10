"""The sold list of a raffle: the numbers sold with the public codes of their orders, stored under its Merkle root.

Two writers of the same list write the same items. A different list has another root and touches other items. The raffle
says which root counts.
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
_trees: Final = ProcessCache[tuple[str, str, str], merkle.Tree](size=2)
"""By tenant, raffle and root: a list never changes under its root."""


def collect(tenant: str, raffle_id: str) -> list[Ticket]:
    """Every number that is sold at this moment (consistent reads), by ascending number."""
    partition, prefix = keys.raffle_partition(tenant, raffle_id), keys.NUMBER_PREFIX
    is_sold = RaffleNumber.is_sold == True  # noqa: E712 - a condition
    rows = reads.rows(partition, prefix, only=("sk", "order_id"), keep=is_sold)
    codes: dict[str, str] = {}
    tickets = []
    for row in rows:
        order_id = row["order_id"]["S"]
        if order_id not in codes:
            codes[order_id] = public_code(order_id)
        tickets.append(Ticket(int(row["sk"]["S"].removeprefix(prefix)), codes[order_id]))
    return draw.sorted_by_number(tickets)


def store(tenant: str, raffle_id: str, tickets: Sequence[Ticket]) -> str:
    """Store a sold list and return its Merkle root, in hex."""
    root = merkle.merkle_root(draw.leaves(tickets)).hex()
    for chunk, begin in enumerate(range(0, len(tickets), PER_CHUNK)):
        lines = "\n".join(f"{number}:{order}" for number, order in tickets[begin : begin + PER_CHUNK])
        with writes.transaction() as tx:
            tx.save(SoldChunk(*keys.sold_chunk(tenant, raffle_id, root, chunk), entries=zlib.compress(lines.encode())))
    return root


def read(tenant: str, frozen: Raffle) -> tuple[Ticket, ...]:
    """The sold list of a raffle that is frozen, by ascending number."""
    count = int(frozen.sold_count)
    return _lists.get_or_make((tenant, frozen.id, frozen.root), lambda: _read(tenant, frozen.id, frozen.root, count))


def tree(tenant: str, frozen: Raffle) -> merkle.Tree:
    """The Merkle tree of a raffle that is frozen."""
    tickets = read(tenant, frozen)
    return _trees.get_or_make((tenant, frozen.id, frozen.root), lambda: merkle.tree(draw.leaves(tickets)))


def _read(tenant: str, raffle_id: str, root: str, count: int) -> tuple[Ticket, ...]:
    chunk_keys = [keys.sold_chunk(tenant, raffle_id, root, chunk) for chunk in range(-(-count // PER_CHUNK))]
    chunks = reads.batch(chunk_keys) if chunk_keys else {}
    lines = [line for key in chunk_keys for line in zlib.decompress(chunks[key].entries).decode().split("\n")]
    return tuple(Ticket(int(number), order) for number, order in (line.split(":") for line in lines))
