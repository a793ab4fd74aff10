"""The audit log for whoever reads it: page by page, and whether it still is what was written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import islice
from operator import and_
from typing import Any, Final

from mostrador.audit.rules import chain, verification
from mostrador.audit.rules.verification import Finding, Problem, Progress
from mostrador.audit.views.audit import AuditListing, VerifyQuery
from mostrador.table import keys, reads
from mostrador.table.items.audit import AuditEntry, ChainHead
from mostrador.tenancy import tenants

WINDOW: Final = 1000
"""Lines, and links, read at a time."""
WINDOWS: Final = 5
"""Those of one answer; what is left has a cursor."""
MOST_PROBLEMS: Final = 100


def listing(tenant: str, query: AuditListing, *, now: datetime) -> reads.Page:
    """Lines of [from, to) that match every filter, newest first. Raises NotHere, BadCursor."""
    tenants.current(tenant, now=now)
    since = keys.at(query.from_) if query.from_ else reads.LOWEST
    until = keys.at(query.to) if query.to else reads.HIGHEST
    return reads.page(
        keys.audit_partition(tenant),
        tenant=tenant,
        query=(query.model_dump_json(exclude={"cursor", "limit"}),),
        size=query.limit,
        cursor=query.cursor,
        between=(since, until),
        keep=_filter(query),
        newest_first=True,
    )


def _filter(query: AuditListing) -> Any:
    """The condition that keeps what the filters ask for; None when they ask for nothing."""
    stored = AuditEntry
    asked = [stored.about.contains(text) for text in _told(query)]
    if query.user:
        asked.append((stored.user == query.user) | (stored.name == query.user))
    return reduce(and_, asked) if asked else None


def _told(query: AuditListing) -> Iterator[str]:
    """What a line's ``about`` must hold, which is " entity#id entity.verb entity#id entity.verb "."""
    if query.id:
        yield f"{f' {query.kind}' if query.kind else ''}#{query.id} {f'{query.action} ' if query.action else ''}"
        return
    if query.kind:
        yield f" {query.kind}#"
    if query.action:
        yield f" {query.action} "


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found in the lines and links that it read, and the cursor of those that it did not.

    ``caught_up``: links of lines that the stream did not bring. ``unlinked``: lines older than ``verification.GRACE``
    that wait behind everything that is linked.
    """

    is_intact: bool
    lines: int
    linked: int
    caught_up: int
    unlinked: int
    head: tuple[int, str]
    problems: list[Finding]
    next: str | None


def verify(tenant: str, query: VerifyQuery, *, now: datetime) -> Verdict:
    """Compute the chain again over up to ``WINDOW * WINDOWS`` lines and compare it with the log; changes nothing.

    What is wrong is told only when it is so in a second look too: the first may have met a write half way. Raises
    NotHere, BadCursor.
    """
    tenants.current(tenant, now=now)
    signer = reads.signer_of(tenant, "verify")
    start = reads.decode_cursor(signer, query.cursor) or Progress.starting(tenant, _head(tenant), reads.LOWEST).packed()
    for _ in range(2):
        walk = Progress.unpacked(start)
        problems = verification.mark_reordered(islice(_walked(tenant, walk, query, now), MOST_PROBLEMS))
        if not problems:
            break
    walk.wrong += len(problems)
    return Verdict(
        is_intact=not (walk.wrong or walk.unlinked),
        lines=walk.lines,
        linked=walk.linked,
        caught_up=walk.caught_up,
        unlinked=walk.unlinked,
        head=walk.head,
        problems=problems,
        next=None if _is_over(walk) or len(problems) == MOST_PROBLEMS else signer.dumps(json.dumps(walk.packed())),
    )


def _is_over(walk: Progress) -> bool:
    return walk.after == reads.HIGHEST or walk.is_torn()


def _head(tenant: str) -> tuple[int, str]:
    """Sequence and digest of the last link."""
    head: ChainHead | None = reads.one(keys.chain_head(tenant))
    return (int(head.sequence), head.digest) if head else (0, chain.genesis(tenant))


def _walked(tenant: str, walk: Progress, query: VerifyQuery, now: datetime) -> Iterator[Finding]:
    """Go on as far as one answer goes; gives what is wrong there."""
    for _ in range(WINDOWS):
        if _is_over(walk):
            break
        yield from _window(tenant, walk, query, now)
    if _is_over(walk):
        is_all = walk.after == reads.HIGHEST
        yield from walk.gaps(is_all=is_all)
        last = _head(tenant)[0]
        if is_all and walk.highest > last:
            yield Finding(Problem.HEAD, last)
        if query.sequence and query.sequence > last:
            yield Finding(Problem.REWRITTEN, query.sequence)


def _window(tenant: str, walk: Progress, query: VerifyQuery, now: datetime) -> Iterator[Finding]:
    """Read on, links before lines so that the line of each link is there already, and compare them."""
    links, prefix = keys.chain_partition(tenant), keys.LINK_PREFIX
    stored = reads.stretch(links, after=prefix + walk.after, upto=prefix + reads.HIGHEST, most=WINDOW)
    known = [chain.link_of(row, row["sk"]["S"].removeprefix(prefix)) for row in stored]
    newest = known[-1].sk if known else ""
    upto = newest if len(known) == WINDOW else reads.HIGHEST
    stored = reads.stretch(keys.audit_partition(tenant), after=walk.after, upto=upto, most=WINDOW)
    lines = {line.sk: line for line in map(chain.line_of, stored)}
    if len(lines) == WINDOW:
        upto = stored[-1]["sk"]["S"]
    known = [link for link in known if link.sk <= upto]
    old, future = keys.at(now - verification.GRACE), keys.at(now + verification.GRACE)
    yield from walk.look(known, lines, newest=newest, old=old, future=future)
    for link in known:
        if link.sequence == query.sequence and link.digest != query.digest:
            yield Finding(Problem.REWRITTEN, link.sequence, link.sk)
    walk.after = upto
