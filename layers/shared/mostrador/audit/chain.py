"""The audit log's chain in the table: lines are linked as the stream brings them, each once.

A link is an item of its own beside its line, because a line never changes. Links and head are written in one
transaction, on the head that was read. After a lost race, or with a repeated batch, all is read again and the rest is
linked.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from mostrador.audit.rules import chain as rules
from mostrador.audit.rules.chain import Line
from mostrador.observability import logger
from mostrador.table import keys, reads, writes
from mostrador.table.base import Item
from mostrador.table.items.audit import AuditLink, ChainHead
from mostrador.table.keys import Key

MOST: Final = 90
"""Lines linked in one transaction: with the head within DynamoDB's 100 actions and one round trip of reads."""


def link(tenant: str, lines: Mapping[Line, datetime | None]) -> int:
    """Link those of the lines that have no link yet, in this order; returns how many.

    Each line comes with the instant at which the stream brought it, None where it did not. Raises Busy.
    """
    items = list(lines.items())
    return sum(_link_some(tenant, dict(items[first : first + MOST])) for first in range(0, len(items), MOST))


def catch_up(tenant: str, *, since: datetime, until: datetime) -> int:
    """Link the lines of that time that the stream never brought; returns how many. Raises Busy."""
    linked, after = 0, keys.at(since)
    while rows := reads.stretch(keys.audit_partition(tenant), after=after, upto=keys.at(until), most=MOST):
        linked += link(tenant, dict.fromkeys(map(rules.line_of, rows)))
        after = rows[-1]["sk"]["S"]
    return linked


def _link_some(tenant: str, lines: Mapping[Line, datetime | None]) -> int:
    head_key, line_of_link = keys.chain_head(tenant), dict[Key, Line]()
    for line in lines:
        line_of_link.setdefault(keys.link(tenant, line.sk), line)

    def write_missing(stored: Mapping[Key, Item]) -> int:
        head = stored.get(head_key)
        missing = {line: lines[line] for key, line in line_of_link.items() if key not in stored}
        return _write(tenant, head if isinstance(head, ChainHead) else None, missing) if missing else 0

    return writes.retrying(lambda _attempt: reads.batch([head_key, *line_of_link]), write_missing)


def _write(tenant: str, head: ChainHead | None, lines: Mapping[Line, datetime | None]) -> int:
    """Add links behind ``head`` and move it. Raises ConditionFailed where the head has moved."""
    before = int(head.sequence) if head else 0
    sequence, digest = before, head.digest if head else rules.genesis(tenant)
    with writes.transaction() as tx:
        for line, seen_at in lines.items():
            seen = keys.at(seen_at) if seen_at else ""
            link = rules.link_line(line, sequence=sequence + 1, previous=digest, seen_at=seen)
            tx.save(_item(tenant, link), condition=AuditLink.pk.does_not_exist())
            sequence, digest = link.sequence, link.digest
        unmoved = ChainHead.sequence == before if head else ChainHead.pk.does_not_exist()
        tx.save(ChainHead(*keys.chain_head(tenant), sequence=sequence, digest=digest), condition=unmoved)
    logger.info("audit linked", tenant=tenant, sequence=sequence, digest=digest)  # a record outside the table
    return len(lines)


def _item(tenant: str, link: rules.Link) -> AuditLink:
    return AuditLink(
        *keys.link(tenant, link.sk),
        sequence=link.sequence,
        previous=link.previous,
        line=link.line,
        seen_at=link.seen_at or None,
        digest=link.digest,
    )
