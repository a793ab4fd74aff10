"""The audit log for its readers: its lines page by page, and the verification that they are unchanged."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from itertools import islice
from operator import or_
from typing import Final, NamedTuple

from mostrador.audit.rules import chain, verification
from mostrador.audit.rules.chain import Line, Link
from mostrador.audit.rules.verification import Finding, LogProblem, Progress
from mostrador.audit.views.audit import AuditListing, VerifyQuery
from mostrador.people import members
from mostrador.table import Condition, keys, reads
from mostrador.table.items.audit import AuditEntry, ChainHead
from mostrador.tenancy import tenants

STRETCH: Final = 1000
"""Lines, and links, read at a time."""
MOST_STRETCHES: Final = 5
"""Stretches verified in one answer; the rest has a cursor."""
MOST_PROBLEMS: Final = 100


def listing(tenant: str, query: AuditListing, *, now: datetime) -> reads.Page:
    """The lines of a time that match every filter. Raises NotHere, BadCursor."""
    zone = tenants.zone(tenants.current(tenant, now=now))
    about: list[list[Condition]]
    about = [[AuditEntry.about.contains(text) for text in texts] for texts in _about_texts(query)]
    filters = [reduce(or_, conditions) for conditions in about if conditions]
    if query.user:
        filters.append(_by(tenant, query.user))
    return reads.page(
        keys.audit_partition(tenant),
        tenant=tenant,
        query=(query.filters(),),
        size=query.limit,
        cursor=query.cursor,
        between=reads.within(*query.span(zone, now)),
        keep=reads.all_of(filters),
        newest_first=query.sort == "-at",
    )


def _by(tenant: str, users: Sequence[str]) -> Condition:
    """The condition that one of ``users`` did it: an id, a name, or an e-mail in any case.

    A line keeps the name of its day, which may be another spelling; a member's lines are found by the id as well.
    """
    emails = [user for user in users if "@" in user]
    ids = members.with_emails(tenant, emails) if emails else []
    names = dict.fromkeys(spelling for user in users for spelling in (user, user.lower()))
    any_of: Condition = AuditEntry.user.is_in(*users, *ids) | AuditEntry.name.is_in(*names)
    return any_of


def _about_texts(query: AuditListing) -> Iterator[list[str]]:
    """Lists of texts, of each of which a line's ``about`` must contain one.

    It reads " entity#id entity.verb entity#id entity.verb ".
    """
    kinds, actions = query.kind or [], query.action or []
    if query.id:
        yield list(_about_one(query.id, kinds, actions))
        return
    yield [f" {kind}#" for kind in kinds]
    yield [f" {action} " for action in actions]


def _about_one(entity_id: str, kinds: Sequence[str], actions: Sequence[str]) -> Iterator[str]:
    """The texts about one entity, for each of the kinds and actions, of which none means any."""
    for kind in [f" {kind}" for kind in kinds] or [""]:
        yield from (f"{kind}#{entity_id} {action}" for action in [f"{action} " for action in actions] or [""])


class Verdict(NamedTuple):
    """The result of a verification of some lines and links, and the cursor of the rest.

    ``caught_up``: links of lines that the stream did not bring. ``unlinked``: lines older than ``verification.GRACE``
    behind the last link.
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
    """Compute the chain again over up to ``STRETCH * MOST_STRETCHES`` lines and compare it with the log.

    It changes nothing. A problem is reported only if a second reading finds problems too: the first may have met a
    half-finished write. Raises NotHere, BadCursor.
    """
    tenants.current(tenant, now=now)
    signer = reads.signer_of(tenant, "verify")
    start = reads.decode_cursor(signer, query.cursor) or Progress.begin(tenant, _head(tenant), reads.LOWEST).to_json()
    for _ in range(2):
        progress = Progress.from_json(start)
        problems = verification.mark_reordered(islice(_find_problems(tenant, progress, query, now), MOST_PROBLEMS))
        if not problems:
            break
    progress.wrong += len(problems)
    is_over = _is_over(progress) or len(problems) == MOST_PROBLEMS
    return Verdict(
        is_intact=not (progress.wrong or progress.unlinked),
        lines=progress.lines,
        linked=progress.linked,
        caught_up=progress.caught_up,
        unlinked=progress.unlinked,
        head=progress.head,
        problems=problems,
        next=None if is_over else signer.dumps(json.dumps(progress.to_json())),
    )


def _is_over(progress: Progress) -> bool:
    return progress.after == reads.HIGHEST or progress.is_fragmented()


def _head(tenant: str) -> tuple[int, str]:
    """Sequence and digest of the last link."""
    head = reads.get_item(keys.chain_head(tenant))
    return (int(head.sequence), head.digest) if isinstance(head, ChainHead) else (0, chain.genesis(tenant))


def _find_problems(tenant: str, progress: Progress, query: VerifyQuery, now: datetime) -> Iterator[Finding]:
    """The problems of the next stretches, as many as one answer verifies, and of the whole chain at its end."""
    for _ in range(MOST_STRETCHES):
        if _is_over(progress):
            break
        yield from _compare_stretch(progress, _read_stretch(tenant, progress.after), query, now)
    if not _is_over(progress):
        return
    is_all = progress.after == reads.HIGHEST
    yield from progress.find_gaps(is_all=is_all)
    last = _head(tenant)[0]
    if is_all and progress.highest > last:
        yield Finding(LogProblem.HEAD, last)
    if query.sequence and query.sequence > last:
        yield Finding(LogProblem.REWRITTEN, query.sequence)


class _Stretch(NamedTuple):
    """Links and lines up to the sort key ``upto``; ``newest`` is the sort key of the last link read."""

    links: list[Link]
    lines: Mapping[str, Line]
    newest: str
    upto: str


def _read_stretch(tenant: str, after: str) -> _Stretch:
    """Read links before lines, so that the line of each link is there already."""
    partition, prefix = keys.chain_partition(tenant), keys.LINK_PREFIX
    rows = reads.stretch(partition, after=prefix + after, upto=prefix + reads.HIGHEST, most=STRETCH)
    links = [chain.link_of(row, row["sk"]["S"].removeprefix(prefix)) for row in rows]
    newest = links[-1].sk if links else ""
    upto = newest if len(links) == STRETCH else reads.HIGHEST
    rows = reads.stretch(keys.audit_partition(tenant), after=after, upto=upto, most=STRETCH)
    lines = {line.sk: line for line in map(chain.line_of, rows)}
    if len(lines) == STRETCH:
        upto = rows[-1]["sk"]["S"]
    return _Stretch([link for link in links if link.sk <= upto], lines, newest, upto)


def _compare_stretch(progress: Progress, stretch: _Stretch, query: VerifyQuery, now: datetime) -> Iterator[Finding]:
    old, future = keys.at(now - verification.GRACE), keys.at(now + verification.GRACE)
    yield from progress.compare(stretch.links, stretch.lines, newest=stretch.newest, old=old, future=future)
    for link in stretch.links:
        if link.sequence == query.sequence and link.digest != query.digest:
            yield Finding(LogProblem.REWRITTEN, link.sequence, link.sk)
    progress.after = stretch.upto
