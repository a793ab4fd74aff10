"""A calendar elsewhere, and pulls of it: what the tests of busy times share."""

from datetime import date, timedelta

from mostrador.scheduling import availability, busy_sources, busy_times
from mostrador.scheduling.rules.busy_times import BusyTime
from mostrador.scheduling.views.appointments import AvailabilityQuery
from mostrador.table import keys, reads
from mostrador.table.items.busy_times import BusyDay, unpacked
from mostrador.values import local_time
from tests.support.days import shifted

GOOGLE = "GOOGLE_CALENDAR"
DAY = shifted(date(2026, 12, 1))


def event(name, starts_at, minutes):
    return BusyTime(name, local_time.minute(starts_at), local_time.minute(starts_at + timedelta(minutes=minutes)))


def resource_ids(tenant="salon"):
    return [one.id for one in reads.everything(*keys.resource(tenant, ""))]


def pull(*events, now, gone=(), tenant="salon", source=GOOGLE, resources=None, is_full=False):
    """Follow the calendar if need be, and bring what changed, or all of it, into the agenda."""
    blocked = resource_ids(tenant) if resources is None else resources
    busy_sources.follow(tenant, source, now=now)
    turn = int(busy_sources.begin(tenant, source).version)
    if is_full:
        busy_times.full(tenant, source, blocked, events, turn=turn, now=now)
    else:
        changes = dict.fromkeys(gone) | {one.event_id: one for one in events}
        busy_times.replace(tenant, source, blocked, changes, turn=turn, now=now)
    busy_sources.finish(tenant, source, turn=turn, as_of=now, resource_ids=blocked)


def view(service, *, now, tenant="salon", day=DAY, **more):
    return availability.find(tenant, AvailabilityQuery(service=service.id, date=day, **more), now=now)


def free(service, *, now, **more):
    """The free starts of the day on the clock."""
    return [slot.starts_at.strftime("%H:%M") for slot in view(service, now=now, **more).slots]


def busy_days(resource_id, tenant="salon"):
    """Every busy day of a resource: date -> its spans in minutes after 00:00 UTC of it, whatever the calendar."""
    found = reads.span(keys.agenda_partition(tenant, resource_id), "0", "9999", consistent=True)
    days = {one.sk.partition("#")[0]: one for one in found if isinstance(one, BusyDay)}
    return {day: sorted(_spans(one, date.fromisoformat(day))) for day, one in days.items()}


def _spans(day, on):
    midnight = local_time.wall_midnight(on)
    return [tuple(at - midnight for at in unpacked(line, on)) for line in day.lines.values()]
