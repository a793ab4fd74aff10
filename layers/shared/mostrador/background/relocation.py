"""Another time zone or country of a tenant: what would change, or the change."""

from collections.abc import Callable, Sequence
from copy import copy
from datetime import datetime
from zoneinfo import ZoneInfo

from mostrador.raffles import relocation as raffle_relocation
from mostrador.raffles.rules.states import RaffleStatus
from mostrador.scheduling import clock_changes
from mostrador.scheduling.clock_changes import Outcome, Survey
from mostrador.table import keys, reads
from mostrador.table.items.raffles import Raffle
from mostrador.table.items.scheduling import Resource
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.tenancy.views.relocation import MOST_LISTED, BlockedMove, RelocatedRaffle, Relocation, RelocationView
from mostrador.values import local_time


def relocate(
    slug: str, form: Relocation, *, actor_name: str, clock: Callable[[], datetime], until: datetime
) -> RelocationView:
    """Give the tenant another zone or country; appointments to come keep their time on the clock.

    Without ``apply`` nothing is written. With it, what the time does not suffice for is ``left`` to a repeat.
    Raises NotHere, Busy.
    """
    before = tenants.find(slug, now=clock())
    former, raffles = (str(before.time_zone), str(before.country)), raffle_relocation.to_come(slug)
    zone = ZoneInfo(form.time_zone or before.time_zone)
    if form.apply:
        after = tenants.relocate(slug, time_zone=form.time_zone, country=form.country, now=clock())
        raffle_relocation.move_drafts(raffles, zone, now=clock())
        raffles = raffle_relocation.to_come(slug)
    else:
        after = copy(before)
        after.time_zone, after.country = form.time_zone or before.time_zone, form.country or before.country
        raffles = [raffle_relocation.keep_clock(raffle, zone) for raffle in raffles]
    surveyed = clock_changes.survey(after, now=clock())
    outcome = _planned(surveyed)
    if form.apply:
        outcome = clock_changes.apply(surveyed, actor_name=actor_name, clock=clock, until=until)
    return RelocationView(
        time_zone=after.time_zone,
        former_time_zone=former[0],
        country=after.country,
        former_country=former[1],
        is_applied=form.apply,
        appointments=surveyed.to_come,
        moved=len(outcome.moved),
        kept=surveyed.kept,
        conflicts=len(outcome.conflicts),
        left=outcome.left,
        blocked=_blocked(surveyed, outcome, zone),
        waits=len(surveyed.waits),
        special_days=_special_days(after, clock()),
        raffles=[_raffle(raffle) for raffle in raffles],
    )


def _planned(surveyed: Survey) -> Outcome:
    """The outcome of a survey that is applied at once, with time enough."""
    moved = {one.appointment_id for one in surveyed.shifts if one.start != one.target}
    return Outcome(sorted(moved - surveyed.stuck.keys()), dict(surveyed.stuck))


def _blocked(surveyed: Survey, outcome: Outcome, zone: ZoneInfo) -> list[BlockedMove]:
    targets = {shift.appointment_id: shift.target for shift in surveyed.shifts}
    return [
        BlockedMove(appointment_id=name, keeps=local_time.wall(targets[name], zone), blocked_by=other)
        for name, other in sorted(outcome.conflicts.items(), key=lambda one: targets[one[0]])[:MOST_LISTED]
    ]


def _special_days(tenant: Tenant, now: datetime) -> int:
    """The special days from today on, of the tenant and of its resources."""
    today = local_time.local_day(local_time.minute(now), tenants.zone(tenant)).isoformat()
    owners: Sequence[Tenant | Resource] = [tenant, *reads.everything(*keys.resource(tenant.slug, ""))]
    return sum(day >= today for owner in owners for day in owner.special_days or {})


def _raffle(raffle: Raffle) -> RelocatedRaffle:
    zone = ZoneInfo(raffle.time_zone)
    return RelocatedRaffle(
        id=raffle.id,
        title=raffle.title,
        status=RaffleStatus(raffle.status),
        keeps="WALL_TIME" if raffle.status == RaffleStatus.DRAFT else "INSTANT",
        sale_closes_at=raffle.sale_closes_at.astimezone(zone),
        draw_at=raffle.draw_at.astimezone(zone),
    )
