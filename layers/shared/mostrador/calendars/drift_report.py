"""How a tenant's calendars compare with its appointments now, and one call that puts them right."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mostrador.calendars import changes_feed, comparison, google_access, watches
from mostrador.calendars.comparison import Difference
from mostrador.calendars.event_sync import Clock
from mostrador.errors import ServiceError
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import tenants
from mostrador.tenancy.integrations import IntegrationState

MOST: Final = 100


@dataclass(slots=True)
class Drift:
    """Of one connection; ``counts`` by kind. ``reason`` tells why it could not be compared, or not to the end.

    Until ``deletions_kept_until`` what is deleted in Google is put back, because too much was at once.
    """

    resource_id: str | None
    calendar_id: str
    status: str
    reason: str | None = None
    read_at: datetime | None = None
    proved_at: datetime | None = None
    deletions_kept_until: datetime | None = None
    is_whole: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


def compare(tenant: str, resource_id: str | None, *, clock: Clock) -> list[Drift]:
    """What differs now, in each calendar of the tenant, or in the one of a resource; nothing is changed."""
    return [_compared(tenant, one, clock()) for one in _asked(tenant, resource_id, clock())]


def repair(tenant: str, resource_id: str | None, *, clock: Clock, until: datetime) -> list[Drift]:
    """Put right what differs; tells what did. What is left at ``until`` is done by itself within minutes."""
    found = []
    for connection in _asked(tenant, resource_id, clock()):
        drift = _compared(tenant, connection, clock())
        if connection.status == IntegrationState.ACTIVE:
            watches.wake(tenant, connection, now=clock())
            watch = watches.find(tenant, connection.sk)
            is_done = watch is not None and watches.advance(tenant, watch, clock=clock, until=until)
            drift.is_whole = drift.is_whole and is_done
        found.append(drift)
    return found


def _asked(tenant: str, resource_id: str | None, now: datetime) -> list[Integration]:
    tenants.current(tenant, now=now)
    known = comparison.connections(tenant).values()
    return [one for one in known if one.sealed and (resource_id is None or one.resource_id == resource_id)]


def _compared(tenant: str, connection: Integration, now: datetime) -> Drift:
    watch = watches.find(tenant, connection.sk)
    drift = Drift(connection.resource_id, google_access.choices(connection).calendar_id, connection.status)
    if watch:
        drift.read_at, drift.proved_at = watch.read_at, watch.proved_at
        drift.deletions_kept_until = watch.deletions_kept_until
    try:
        reading = changes_feed.whole(connection, now=now)
    except ServiceError as error:
        drift.status, drift.reason = connection.status, error.code
        return drift
    for one in comparison.differences(tenant, connection, reading, now=now):
        drift.counts[one.kind] = drift.counts.get(one.kind, 0) + 1
        if len(drift.differences) < MOST:
            drift.differences.append(one)
    drift.is_whole = True
    return drift
