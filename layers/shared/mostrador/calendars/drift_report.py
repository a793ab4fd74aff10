"""The differences between a tenant's calendars and its appointments now, and one call that repairs them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mostrador.calendars import changes_feed, comparison, google_access, watch_runs, watches
from mostrador.calendars.comparison import Difference
from mostrador.calendars.event_sync import Clock
from mostrador.calendars.rules.event_plan import DifferenceKind
from mostrador.errors import ServiceError
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import tenants
from mostrador.tenancy.rules.integration_states import IntegrationState

MOST: Final = 100


@dataclass(slots=True)
class Drift:
    """The differences of one connection; ``counts`` by kind. ``reason`` tells why it could not be compared.

    Until ``deletions_kept_until`` events deleted in Google are put back, because too many were deleted at once.
    """

    resource_id: str | None
    calendar_id: str
    status: str
    reason: str | None = None
    read_at: datetime | None = None
    proved_at: datetime | None = None
    deletions_kept_until: datetime | None = None
    is_whole: bool = False
    counts: dict[DifferenceKind, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


def compare(tenant: str, resource_id: str | None, *, clock: Clock) -> list[Drift]:
    """The differences now, in each calendar of the tenant or in the resource's; nothing is changed."""
    return [_compared(tenant, connection, clock()) for connection in _selected(tenant, resource_id, clock())]


def repair(tenant: str, resource_id: str | None, *, clock: Clock, until: datetime) -> list[Drift]:
    """Repair the differences, and return them. Those left at ``until`` are repaired by themselves within minutes."""
    drifts = []
    for connection in _selected(tenant, resource_id, clock()):
        drift = _compared(tenant, connection, clock())
        if connection.status == IntegrationState.ACTIVE:
            watches.wake(tenant, connection, now=clock())
            watch = watches.find(tenant, connection.sk)
            is_done = watch is not None and watch_runs.advance(tenant, watch, clock=clock, until=until)
            drift.is_whole = drift.is_whole and is_done
        drifts.append(drift)
    return drifts


def _selected(tenant: str, resource_id: str | None, now: datetime) -> list[Integration]:
    tenants.current(tenant, now=now)
    known = comparison.connections(tenant).values()
    return [found for found in known if found.sealed and (resource_id is None or found.resource_id == resource_id)]


def _compared(tenant: str, connection: Integration, now: datetime) -> Drift:
    watch = watches.find(tenant, connection.sk)
    drift = Drift(connection.resource_id, google_access.choices(connection).calendar_id, connection.status)
    if watch:
        drift.read_at, drift.proved_at = watch.read_at, watch.proved_at
        drift.deletions_kept_until = watch.deletions_kept_until
    try:
        events = changes_feed.read_all(connection, now=now)
    except ServiceError as error:
        drift.status, drift.reason = connection.status, error.code
        return drift
    for difference in comparison.differences(tenant, connection, events, now=now):
        drift.counts[difference.kind] = drift.counts.get(difference.kind, 0) + 1
        if len(drift.differences) < MOST:
            drift.differences.append(difference)
    drift.is_whole = True
    return drift
