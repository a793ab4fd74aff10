"""The audit log's chain in the table: lines are linked as the stream brings them, each once.

A link is an item of its own beside the line, because a line is never touched again. Links and head are written in one
transaction on the head that was read: whoever loses that race, or repeats a batch, reads again and links what is left.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from mostrador.audit.rules import chain as rules
from mostrador.audit.rules.chain import Line
from mostrador.errors import Busy
from mostrador.observability import logger
from mostrador.table import keys, reads, writes
from mostrador.table.items.audit import AuditLink, ChainHead
from mostrador.table.keys import Key

MOST: Final = 90
"""Lines linked in one transaction: with the head they fit into DynamoDB's 100 actions and one round trip of reads."""


def link(tenant: str, lines: Mapping[Line, datetime | None]) -> int:
    """Link the lines that are not yet, in this order; tells how many.

    Each comes with the instant at which the stream saw it, None where it did not. Raises Busy.
    """
    given = list(lines.items())
    return sum(_link_some(tenant, dict(given[first : first + MOST])) for first in range(0, len(given), MOST))


def catch_up(tenant: str, *, since: datetime, until: datetime) -> int:
    """Link the lines of that time that the stream never brought; tells how many. Raises Busy."""
    found, after = 0, keys.at(since)
    while rows := reads.stretch(keys.audit_partition(tenant), after=after, upto=keys.at(until), most=MOST):
        found += link(tenant, dict.fromkeys(map(rules.line_of, rows)))
        after = rows[-1]["sk"]["S"]
    return found


def _link_some(tenant: str, lines: Mapping[Line, datetime | None]) -> int:
    head, places = keys.chain_head(tenant), dict[Key, Line]()
    for line in lines:
        places.setdefault(keys.link(tenant, line.sk), line)
    for _ in writes.attempts():
        known = reads.batch([head, *places])
        new = {line: lines[line] for place, line in places.items() if place not in known}
        try:
            return _write(tenant, known.get(head), new) if new else 0
        except writes.ConditionFailed:
            continue
    raise Busy


def _write(tenant: str, head: ChainHead | None, new: Mapping[Line, datetime | None]) -> int:
    """Add links behind ``head`` and move it. Raises Refused where somebody was quicker."""
    stored = ChainHead
    before = int(head.sequence) if head else 0
    sequence, digest = before, head.digest if head else rules.genesis(tenant)
    with writes.transaction() as tx:
        for line, seen_at in new.items():
            made = rules.link_line(
                line, sequence=sequence + 1, previous=digest, seen_at=keys.at(seen_at) if seen_at else ""
            )
            tx.save(_item(tenant, made), condition=AuditLink.pk.does_not_exist())
            sequence, digest = made.sequence, made.digest
        unmoved = stored.sequence == before if head else stored.pk.does_not_exist()
        tx.save(stored(*keys.chain_head(tenant), sequence=sequence, digest=digest), condition=unmoved)
    logger.info("audit linked", tenant=tenant, sequence=sequence, digest=digest)  # a record outside the table
    return len(new)


def _item(tenant: str, made: rules.Link) -> AuditLink:
    return AuditLink(
        *keys.link(tenant, made.sk),
        sequence=made.sequence,
        previous=made.previous,
        line=made.line,
        seen_at=made.seen_at or None,
        digest=made.digest,
    )
