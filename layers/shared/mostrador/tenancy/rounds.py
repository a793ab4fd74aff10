"""A nightly job's round over all tenants: each is reached once a day, in as many runs as that takes.

A run goes on behind the last tenant reached. A new day's round begins behind it too, so those left out come first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mostrador import context
from mostrador.observability import logger
from mostrador.table import keys, reads
from mostrador.table.items.tenants import JobRound, Tenant

MOST_NAMED: Final = 100


@dataclass(slots=True)
class Turn:
    """The tenants left for this run, in order; without a ``stored`` round they are all, and nothing is kept."""

    left: list[Tenant]
    stored: JobRound | None = None


def all_tenants() -> Turn:
    """Every tenant, whatever a round has reached."""
    return Turn(reads.span(keys.TENANTS, "-", "~", index="gsi1"))


def begin(job: str, *, now: datetime) -> Turn:
    """Go on with today's round, or begin it. Logs an error, which rings, with the tenants that the last one left."""
    tenants, day = all_tenants().left, now.date().isoformat()
    with context.working(keys.JOBS, context.SYSTEM):
        found = reads.get_item(keys.job_round(job))
    stored = found if isinstance(found, JobRound) else None
    if stored and stored.day == day:
        return Turn(_left(tenants, stored), stored)
    if stored and (missed := _left(tenants, stored)):
        names = [tenant.slug for tenant in missed[:MOST_NAMED]]
        logger.error("tenants not reached", job=job, day=stored.day, count=len(missed), tenants=names)
    start = stored.after if stored else ""
    fresh = JobRound(*keys.job_round(job), day=day, start=start, after=start, is_done=False)
    return Turn(_in_order(tenants, start), fresh)


def end(turn: Turn, *, reached: int) -> None:
    """Keep how many of the turn's tenants were reached, for the next run."""
    if turn.stored is None:
        return
    if reached:
        turn.stored.after = turn.left[reached - 1].slug
    turn.stored.is_done = reached == len(turn.left)
    with context.working(keys.JOBS, context.SYSTEM):
        turn.stored.save()


def _in_order(tenants: Sequence[Tenant], start: str) -> list[Tenant]:
    return sorted(tenants, key=lambda tenant: _place(tenant.slug, start))


def _left(tenants: Sequence[Tenant], stored: JobRound) -> list[Tenant]:
    """The tenants that the round has not reached, also those made since."""
    if stored.is_done:
        return []
    order = _in_order(tenants, stored.start)
    if stored.after == stored.start:
        return order
    last = _place(stored.after, stored.start)
    return [tenant for tenant in order if _place(tenant.slug, stored.start) > last]


def _place(slug: str, start: str) -> tuple[bool, str]:
    """The place in a round that begins behind ``start`` and goes on from the first slug."""
    return slug <= start, slug
