"""Other people's events in a connected calendar block times of the resources that the connection is for."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mostrador.calendars import google_access
from mostrador.calendars.changes_feed import CalendarEvents
from mostrador.calendars.rules import google_event as rules
from mostrador.errors import NotHere
from mostrador.scheduling import busy_sources, busy_times
from mostrador.table import keys, reads
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import tenants


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to write busy times, taken before the calendar is read; only the newest turn may write.

    ``is_first``: the calendar was never read, so a list of changes is not enough.
    """

    tenant: str
    source: str
    number: int
    resource_ids: list[str]
    began_at: datetime
    is_first: bool


def begin(tenant: str, connection: Integration, *, now: datetime) -> Turn | None:
    """Take the next turn. None, with all its times free, where the tenant does not want other events to block times.

    Raises NotHere where the connection is gone meanwhile, Overtaken, Busy.
    """
    source = _source(connection.sk)
    if not google_access.choices(connection).two_way:
        if source in (tenants.find(tenant, now=now).calendars or []):
            end(tenant, connection.sk, now=now)
        return None
    if busy_sources.follow(tenant, source, now=now) and reads.get_item((connection.pk, connection.sk)) is None:
        end(tenant, connection.sk, now=now)  # the disconnection came before the call of ``follow``
        raise NotHere(entity="integration", id=source)
    state = busy_sources.begin(tenant, source)
    return Turn(tenant, source, int(state.version), _blocked(tenant, connection), now, is_first=state.as_of is None)


def take(turn: Turn, events: CalendarEvents, *, now: datetime) -> None:
    """Write the busy times of these events. Raises Overtaken, Busy."""
    zone = _zone(events) or tenants.zone(tenants.find(turn.tenant, now=now))
    times = {str(event.get("id")): rules.busy_of(event, zone, turn.tenant) for event in events.foreign}
    if events.is_full:
        busy = [time for time in times.values() if time]
        busy_times.full(turn.tenant, turn.source, turn.resource_ids, busy, turn=turn.number, now=now)
    else:
        busy_times.replace(turn.tenant, turn.source, turn.resource_ids, times, turn=turn.number, now=now)
    busy_sources.finish(turn.tenant, turn.source, turn=turn.number, resource_ids=turn.resource_ids, as_of=turn.began_at)


def end(tenant: str, connection: str, *, now: datetime) -> None:
    """Free all times that the calendar of a connection (its sort key) blocks; a repeat completes it.

    Raises Overtaken, Busy.
    """
    busy_times.clear(tenant, _source(connection), now=now)


def _source(connection: str) -> str:
    return connection.removeprefix(keys.INTEGRATION_PREFIX)


def _zone(events: CalendarEvents) -> ZoneInfo | None:
    """The calendar's zone; None where Google gives none, or one that is not known here."""
    try:
        return ZoneInfo(events.time_zone) if events.time_zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, no name at all, the name of a directory
        return None


def _blocked(tenant: str, connection: Integration) -> list[str]:
    if connection.resource_id:
        return [connection.resource_id]
    return [resource.id for resource in reads.everything(*keys.resource(tenant, ""))]
