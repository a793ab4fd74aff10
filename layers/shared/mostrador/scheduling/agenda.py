"""The agenda days: the ledger in which a time is taken, made firm and freed.

Whatever takes time or makes it firm sets a new ``version`` and is refused when somebody else did so since the day was
read. Freeing needs no version: whoever decides on an older copy sees more taken than is, and errs on the safe side.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from mostrador.errors import Conflict
from mostrador.scheduling import busy_sources
from mostrador.scheduling.rules import agenda
from mostrador.table import keys, reads
from mostrador.table.attributes import packed, short
from mostrador.table.items.busy_times import BusyDay
from mostrador.table.items.scheduling import AgendaDay, Appointment
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values import local_time

Days = Mapping[keys.Key, AgendaDay]
MOST_LINES: Final = 5000
"""Bookings of one resource on one day: 210 KB of the 400 KB that an item may have."""
MOST_DROPPED: Final = 60
"""Lapsed holds dropped in one write: an update expression has 4 KB."""


class AgendaFull(Conflict):
    code = "agenda_full"
    en = "no more than {most} bookings fit into {day}"
    es = "no caben más de {most} turnos el {day}"


def take(tx: Transaction, key: keys.Key, days: Days, lines: Sequence[agenda.Booking], now: datetime) -> None:
    """Add ``lines`` to the day under ``key`` as it was read, and drop what has lapsed from it."""
    before, stored, day = days.get(key), AgendaDay, date.fromisoformat(key[1])
    added = {short(line.appointment_id): packed(line, day) for line in lines}
    if before is None:
        tx.save(stored(*key, version=1, lines=added), condition=stored.pk.does_not_exist())
        return
    if len(before.lines) + len(added) > MOST_LINES:
        raise AgendaFull(day=key[1], most=MOST_LINES)
    counting = {short(one.appointment_id) for one in booked([before], now)}
    lapsed = [name for name in before.lines if name not in counting and name not in added]
    actions = [stored.version.set(int(before.version) + 1)]
    actions += [stored.lines[name].set(line) for name, line in added.items()]
    actions += [stored.lines[name].remove() for name in lapsed[:MOST_DROPPED]]
    tx.update(stored(*key), actions=actions, condition=stored.version == int(before.version))


def check_unchanged(tx: Transaction, key: keys.Key, days: Days) -> None:
    """Refuse the transaction if the day under ``key`` has changed since it was read."""
    before, stored = days.get(key), AgendaDay
    unchanged = stored.pk.does_not_exist() if before is None else stored.version == int(before.version)
    tx.condition_check(stored, *key, condition=unchanged)


def set_hold(tx: Transaction, tenant: str, appointment: Appointment) -> None:
    """Let a hold lapse later, or no more, without reading the days; refused where its time was given away."""
    line, stored = line_of(appointment), AgendaDay
    for key in keys_of(tenant, appointment):
        mine, kept = stored.lines[short(appointment.id)], packed(line, date.fromisoformat(key[1]))
        tx.update(stored(*key), actions=[mine.set(kept), stored.version.add(1)], condition=mine.exists())


def reclaim(tenant: str, appointment: Appointment, now: datetime) -> Callable[[Any], None] | None:
    """What takes the time of a lapsed hold once more, within a transaction; None when it is no longer free.

    The limits are not asked again: the booking passed them when it was made.
    """
    day_keys, busy_keys = keys_of(tenant, appointment), _busy_keys(tenant, appointment, now)
    service_key = keys.service(tenant, appointment.service_id)
    found = reads.batch([*day_keys, *busy_keys, service_key])
    service = found.pop(service_key, None)
    line = line_of(appointment)
    capacity = int(service.capacity) if service else 1
    wanted = agenda.Demand(appointment.service_id, line.duration, line.before, line.after, capacity)
    for partition in {pk for pk, _ in day_keys}:
        days = [day for day in found.values() if day.pk == partition]
        others = [one for one in booked(days, now) if one.appointment_id != appointment.id]
        if agenda.in_the_way(wanted, line.starts, others):
            return None
    spans = [span for key, sources in busy_keys.items() if key in found for span in found[key].spans(sources)]
    if agenda.elsewhere(wanted, line.starts, spans):
        return None

    def write(tx: Transaction) -> None:
        for key in day_keys:
            take(tx, key, found, [replace(line, lapses_at=0)], now)

    return write


def _busy_keys(tenant: str, appointment: Appointment, now: datetime) -> dict[keys.Key, list[str]]:
    """Where calendars elsewhere may say that an appointment's time is taken, and which of them count."""
    if appointment.ignores_calendar:
        return {}
    shop = tenants.current(tenant, now=now)
    resource_ids = filter(None, (appointment.resource_id, appointment.second_resource_id))
    followed = {one: sources for one in resource_ids if (sources := busy_sources.blocking(shop, one))}
    days = [date.fromisoformat(day) for day in appointment.days]
    return {keys.busy_day(tenant, one, day): sources for one, sources in followed.items() for day in days}


def free(tx: Transaction, appointment_id: str, day_keys: Iterable[keys.Key]) -> None:
    """Take an appointment out of these days."""
    action = AgendaDay.lines[short(appointment_id)].remove()
    for key in day_keys:
        tx.update(AgendaDay(*key), actions=[action], condition=AgendaDay.pk.exists())


def booked(days: Iterable[AgendaDay | BusyDay], now: datetime) -> list[agenda.Booking]:
    """What counts at ``now`` in ``days``; busy times elsewhere, which are read with them, are no bookings."""
    ours = [day for day in days if isinstance(day, AgendaDay)]
    return agenda.live((line for day in ours for line in day.bookings()), int(now.timestamp()))


def keys_of(tenant: str, appointment: Appointment) -> list[keys.Key]:
    """The agenda days in which an appointment stands, of each of its resources."""
    resource_ids = filter(None, (appointment.resource_id, appointment.second_resource_id))
    days = [date.fromisoformat(day) for day in appointment.days]
    return [keys.agenda_day(tenant, one, day) for one in resource_ids for day in days]


def line_of(appointment: Appointment) -> agenda.Booking:
    """The appointment as its agenda days keep it."""
    starts, held = local_time.minute(appointment.scheduled_at), appointment.hold_expires_at
    return agenda.Booking(
        appointment_id=appointment.id,
        service=agenda.tag(appointment.service_id),
        starts=starts,
        duration=appointment.duration_minutes,
        before=int(appointment.buffer_before_minutes),
        after=int(appointment.buffer_time_minutes),
        lapses_at=int(held.timestamp()) if held else 0,
    )
