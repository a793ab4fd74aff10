"""Other people's events in a connected calendar block times of the resources that it is for."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mostrador.calendars import google_access
from mostrador.calendars.changes_feed import Reading
from mostrador.calendars.rules import google_event as rules
from mostrador.errors import NotHere
from mostrador.scheduling import busy_sources, busy_times
from mostrador.table import keys, reads
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import tenants


@dataclass(frozen=True, slots=True)
class Turn:
    """Who may write busy times, taken before the calendar is asked.

    ``is_first``: nothing is known of the calendar yet, so what changed in it is not enough.
    """

    tenant: str
    source: str
    number: int
    resource_ids: list[str]
    began_at: datetime
    is_first: bool


def begin(tenant: str, connection: Integration, *, now: datetime) -> Turn | None:
    """None where the tenant did not choose that other events block times; those that did are free again.

    Raises NotHere where the connection is gone meanwhile, Overtaken, Busy.
    """
    source = _source(connection.sk)
    if not google_access.choices(connection).two_way:
        if source in (tenants.find(tenant, now=now).calendars or []):
            end(tenant, connection.sk, now=now)
        return None
    if busy_sources.follow(tenant, source, now=now) and reads.one((connection.pk, connection.sk)) is None:
        end(tenant, connection.sk, now=now)  # who disconnected it had ended it before it was followed here
        raise NotHere(entity="integration", id=source)
    state = busy_sources.begin(tenant, source)
    return Turn(tenant, source, int(state.version), _blocked(tenant, connection), now, is_first=state.as_of is None)


def take(turn: Turn, reading: Reading, *, now: datetime) -> None:
    """Write what a reading tells. Raises Overtaken, Busy."""
    zone = _zone(reading) or tenants.zone(tenants.find(turn.tenant, now=now))
    told = {str(event.get("id")): rules.busy_of(event, zone, turn.tenant) for event in reading.theirs}
    if reading.is_whole:
        busies = [busy for busy in told.values() if busy]
        busy_times.full(turn.tenant, turn.source, turn.resource_ids, busies, turn=turn.number, now=now)
    else:
        busy_times.replace(turn.tenant, turn.source, turn.resource_ids, told, turn=turn.number, now=now)
    busy_sources.finish(turn.tenant, turn.source, turn=turn.number, resource_ids=turn.resource_ids, as_of=turn.began_at)


def end(tenant: str, connection: str, *, now: datetime) -> None:
    """The calendar of a connection (its sort key) blocks nothing any more; again completes it.

    Raises Overtaken, Busy.
    """
    busy_times.clear(tenant, _source(connection), now=now)


def _source(connection: str) -> str:
    return connection.removeprefix(keys.INTEGRATION_PREFIX)


def _zone(reading: Reading) -> ZoneInfo | None:
    """The calendar's zone; None where Google names one that is not known here, or none."""
    try:
        return ZoneInfo(reading.time_zone) if reading.time_zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, no name at all, the name of a directory
        return None


def _blocked(tenant: str, connection: Integration) -> list[str]:
    if connection.resource_id:
        return [connection.resource_id]
    return [one.id for one in reads.everything(*keys.resource(tenant, ""))]
