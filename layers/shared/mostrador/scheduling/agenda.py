"""The agenda days: the ledger in which a time is taken, confirmed and freed.

A write that takes time or confirms a hold sets a new ``version``. It is refused if the day has another version than
the one read. Freeing needs no version: a decision on an older copy sees more taken time than there is, which is safe.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from mostrador.errors import Conflict
from mostrador.scheduling import busy_sources, open_hours
from mostrador.scheduling.rules import agenda, pairs
from mostrador.scheduling.rules.busy_times import Span
from mostrador.scheduling.rules.overrides import DOUBLE, Override
from mostrador.table import keys, reads
from mostrador.table.attributes import packed, short
from mostrador.table.items.busy_times import BusyDay
from mostrador.table.items.scheduling import AgendaDay, Appointment, Resource, Service
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction, transaction
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction

Days = Mapping[keys.Key, AgendaDay]
Write = Callable[[Transaction], None]
MOST_LINES: Final = 5000
"""Bookings of one resource on one day: 210 KB of the 400 KB that an item may have."""
MOST_DROPPED: Final = 60
"""Lapsed holds dropped in one write: an update expression has 4 KB."""

MOST_RENEWED: Final = 100
"""Days in one transaction."""


class AgendaFull(Conflict):
    code = "agenda_full"
    en = "no more than {most:count} bookings fit into {day:day}"
    es = "no caben más de {most:count} turnos el {day:day}"
    next_action = NextAction.CHOOSE_ANOTHER_DAY


def take(tx: Transaction, key: keys.Key, days: Days, lines: Sequence[agenda.Booking], now: datetime) -> None:
    """Add ``lines`` to the day under ``key`` as it was read, and drop its lapsed holds. Raises AgendaFull."""
    before, date_ = days.get(key), date.fromisoformat(key[1])
    added = {short(line.appointment_id): packed(line, date_) for line in lines}
    if before is None:
        tx.save(AgendaDay(*key, version=1, lines=added), condition=AgendaDay.pk.does_not_exist())
        return
    if len(before.lines) + len(added) > MOST_LINES:
        raise AgendaFull(day=key[1], most=MOST_LINES)
    live = {short(booking.appointment_id) for booking in booked([before], now)}
    lapsed = [name for name in before.lines if name not in live and name not in added]
    actions = [AgendaDay.version.set(int(before.version) + 1)]
    actions += [AgendaDay.lines[name].set(line) for name, line in added.items()]
    actions += [AgendaDay.lines[name].remove() for name in lapsed[:MOST_DROPPED]]
    tx.update(AgendaDay(*key), actions=actions, condition=AgendaDay.version == int(before.version))


def check_unchanged(tx: Transaction, key: keys.Key, days: Days) -> None:
    """Refuse the transaction if the day under ``key`` has changed since it was read."""
    before = days.get(key)
    unchanged = AgendaDay.pk.does_not_exist() if before is None else AgendaDay.version == int(before.version)
    tx.condition_check(AgendaDay, *key, condition=unchanged)


def check_resource(tx: Transaction, tenant: str, resource_id: str) -> None:
    """Refuse the transaction if the resource is deleted or inactive."""
    tx.condition_check(Resource, *keys.resource(tenant, resource_id), condition=Resource.is_active == True)  # noqa: E712


def renew(tenant: str, resource_id: str, days: Sequence[date]) -> None:
    """Give days of a resource a new version, so that each booking decided on an older copy is refused."""
    for begin in range(0, len(days), MOST_RENEWED):
        with transaction() as tx:
            for day in days[begin : begin + MOST_RENEWED]:
                actions = [
                    AgendaDay.entity.set(AgendaDay),  # the update may create the item
                    AgendaDay.lines.set(AgendaDay.lines | {}),
                    AgendaDay.version.add(1),
                ]
                tx.update(AgendaDay(*keys.agenda_day(tenant, resource_id, day)), actions=actions)


def set_hold(tx: Transaction, tenant: str, appointment: Appointment) -> None:
    """Write when a hold lapses or that it no longer does, or that a visit ended early, without reading the days.

    The transaction is refused where another booking has dropped the lapsed hold.
    """
    booking = line_of(appointment)
    for key in keys_of(tenant, appointment):
        own, line = AgendaDay.lines[short(appointment.id)], packed(booking, date.fromisoformat(key[1]))
        tx.update(AgendaDay(*key), actions=[own.set(line), AgendaDay.version.add(1)], condition=own.exists())


def reclaim(
    slug: str, appointment: Appointment, now: datetime, *, is_late: bool, lapses_at: int = 0, over_busy: bool = False
) -> Write | agenda.Loss:
    """Prepare to take the time of a hold again: the write for a transaction, or why it cannot be taken.

    ``is_late``: the hold has lapsed, so its service must still be offered, its resources there and open. Limits are
    not checked again: the booking passed them when it was made. The transaction is refused where one of these changes
    before it, such as by a special day. ``lapses_at`` is the end of a new hold, or 0. ``over_busy``: busy times of
    other calendars do not matter.
    """
    day_keys = keys_of(slug, appointment)
    busy_keys = _busy_keys(slug, appointment, now, over_busy=over_busy)
    tenant_key, service_key = keys.tenant(slug), keys.service(slug, appointment.service_id)
    resource_keys = [keys.resource(slug, resource_id) for resource_id in resource_ids(appointment)]
    found = reads.batch([*day_keys, *busy_keys, tenant_key, service_key, *resource_keys])
    tenant, service = found.pop(tenant_key), found.pop(service_key, None)
    resources = [found.pop(key, None) for key in resource_keys]
    booking = line_of(appointment)
    overridden = appointment.overridden or ()
    if is_late and (loss := _ended(tenant, service, resources, booking, is_open=Override.CLOSED in overridden)):
        return loss
    demand = _demand(appointment, service)
    is_elsewhere = agenda.busy_in_the_way(demand, booking.starts, _spans(found, busy_keys))
    is_apart = is_late and _is_in_another_class(found, day_keys, booking, now)
    is_taken = not DOUBLE & set(overridden) and _is_booked(found, day_keys, booking, demand, now)
    if any((is_apart, is_elsewhere, is_taken)):
        return agenda.Loss.TAKEN

    def write(tx: Transaction) -> None:
        for key in day_keys:
            take(tx, key, found, [booking._replace(lapses_at=lapses_at)], now)
        if is_late:
            _check_not_ended(tx, [tenant, service, *resources])

    return write


def _demand(appointment: Appointment, service: Service | None) -> agenda.Demand:
    """The appointment's own time, with the seats that its service has now."""
    line, capacity = line_of(appointment), int(service.capacity) if service else 1
    return agenda.Demand(appointment.service_id, line.duration, line.before, line.after, capacity)


def _check_not_ended(tx: Transaction, items: Iterable[Tenant | Service | Resource]) -> None:
    """Refuse the transaction if one of these has changed since it was read."""
    for item in items:
        kind = type(item)
        tx.condition_check(kind, item.pk, item.sk, condition=kind.version == int(item.version))


def _spans(found: Mapping[keys.Key, BusyDay], busy_keys: Mapping[keys.Key, Iterable[str]]) -> list[Span]:
    """The busy times of other calendars, from those that were found."""
    return [span for key, sources in busy_keys.items() if key in found for span in found[key].spans(sources)]


def _ended(
    tenant: Tenant,
    service: Service | None,
    resources: Iterable[Resource | None],
    booking: agenda.Booking,
    *,
    is_open: bool,
) -> agenda.Loss | None:
    """What ended since the booking was made: the service, a resource, or that it is open then; ``is_open`` anyway."""
    if service is None or not service.is_active:
        return agenda.Loss.SERVICE_GONE
    for resource in resources:
        if resource is None or not resource.is_active:
            return agenda.Loss.RESOURCE_GONE
        if not is_open and not open_hours.is_open(tenant, resource, booking.starts, booking.duration):
            return agenda.Loss.CLOSED
    return None


def _is_booked(
    days: Days, day_keys: Iterable[keys.Key], own: agenda.Booking, demand: agenda.Demand, now: datetime
) -> bool:
    """Whether other bookings leave no room for ``demand`` at its own start, with any of its resources."""
    return any(agenda.in_the_way(demand, own.starts, others) for others in _others(days, day_keys, own, now))


def _is_in_another_class(days: Days, day_keys: Iterable[keys.Key], own: agenda.Booking, now: datetime) -> bool:
    """Whether one of the two resources has begun a class of the same service and start without the other."""
    place = (own.service, own.starts)
    classes = [
        frozenset(other.appointment_id for other in others if (other.service, other.starts) == place)
        for others in _others(days, day_keys, own, now)
    ]
    return len(classes) > 1 and not pairs.is_one_class(*classes)


def _others(days: Days, day_keys: Iterable[keys.Key], own: agenda.Booking, now: datetime) -> list[list[agenda.Booking]]:
    """The other bookings of each resource that has a day among ``day_keys``."""
    by_resource = [
        booked([day for (pk, _), day in days.items() if pk == partition], now)
        for partition in dict.fromkeys(pk for pk, _ in day_keys)
    ]
    return [[other for other in found if other.appointment_id != own.appointment_id] for found in by_resource]


def _busy_keys(slug: str, appointment: Appointment, now: datetime, *, over_busy: bool) -> dict[keys.Key, list[str]]:
    """The busy days of the appointment's resources, each with the external calendars that block the resource."""
    if appointment.ignores_calendar or over_busy:
        return {}
    tenant, days = tenants.current(slug, now=now), [date.fromisoformat(day) for day in appointment.days]
    blocked = {
        resource_id: sources
        for resource_id in resource_ids(appointment)
        if (sources := busy_sources.blocking(tenant, resource_id))
    }
    return {keys.busy_day(slug, resource_id, day): sources for resource_id, sources in blocked.items() for day in days}


def free(tx: Transaction, appointment_id: str, day_keys: Iterable[keys.Key], unchanged: Days | None = None) -> None:
    """Take an appointment out of these days. Days of ``unchanged`` must be as they were read."""
    action, as_read = AgendaDay.lines[short(appointment_id)].remove(), unchanged or {}
    for key in day_keys:
        before = as_read.get(key)
        condition = AgendaDay.version == int(before.version) if before else AgendaDay.pk.exists()
        tx.update(AgendaDay(*key), actions=[action], condition=condition)


def booked(days: Iterable[AgendaDay | BusyDay], now: datetime, without: str = "") -> list[agenda.Booking]:
    """The bookings that count at ``now``, except the appointment ``without``; busy days, read along, have none."""
    agenda_days = [day for day in days if isinstance(day, AgendaDay)]
    live = agenda.live((booking for day in agenda_days for booking in day.bookings()), int(now.timestamp()))
    return [booking for booking in live if booking.appointment_id != without] if without else live


def keys_of(tenant: str, appointment: Appointment) -> list[keys.Key]:
    """The agenda days of an appointment, of each of its resources."""
    days = [date.fromisoformat(day) for day in appointment.days]
    return [keys.agenda_day(tenant, resource_id, day) for resource_id in resource_ids(appointment) for day in days]


def resource_ids(appointment: Appointment) -> list[str]:
    """The resources of an appointment, the first group's first."""
    return [resource_id for resource_id in (appointment.resource_id, appointment.second_resource_id) if resource_id]


def line_of(appointment: Appointment) -> agenda.Booking:
    """The appointment as a line of its agenda days, to the end that it has there."""
    starts, held = local_time.minute(appointment.scheduled_at), appointment.hold_expires_at
    return agenda.Booking(
        appointment_id=appointment.id,
        service=agenda.tag(appointment.service_id),
        starts=starts,
        duration=local_time.minute(appointment.freed_at or appointment.ends_at) - starts,
        before=int(appointment.buffer_before_minutes),
        after=int(appointment.buffer_time_minutes),
        lapses_at=int(held.timestamp()) if held else 0,
    )


def _end_review_at(appointment: Appointment, start: datetime) -> None:
    """A review ends at the latest when its appointment begins, and so does its hold."""
    appointment.review_due_at = start
    if appointment.hold_expires_at:
        appointment.hold_expires_at, (appointment.due_pk, appointment.due_at) = start, keys.due(appointment.id, start)


def _forget_visit(appointment: Appointment, *, is_another_day: bool) -> None:
    """After another start it is late no more, and no earlier move can be undone.

    A customer who came that day comes again on another.
    """
    appointment.undoable = appointment.delayed_to = appointment.delayed_from = None
    if is_another_day:
        appointment.arrived_at = appointment.started_at = None


def set_time(appointment: Appointment, start: int, demand: agenda.Demand) -> None:
    """Set an appointment's time, and the days and the index keys that follow from it.

    Another start sets the time on the clock too; at its present start the agreed one stays, whatever the clock shows.
    """
    zone, slug, before = appointment.zone, keys.tenant_of(appointment.pk), appointment.scheduled_at
    scheduled_at = local_time.instant(start, zone)
    if not appointment.local_start or before != scheduled_at:
        appointment.local_start = local_time.wall(start, zone)
    if before and before != scheduled_at:
        _forget_visit(appointment, is_another_day=local_time.local_day(start, zone).isoformat() not in appointment.days)
    appointment.scheduled_at, appointment.ends_at = scheduled_at, local_time.instant(start + demand.duration, zone)
    if appointment.review_due_at and appointment.review_due_at > scheduled_at:
        _end_review_at(appointment, scheduled_at)
    appointment.buffer_before_minutes, appointment.buffer_time_minutes = demand.before, demand.after
    appointment.days = [day.isoformat() for day in agenda.days_touched(demand, start, zone)]
    by_start = keys.appointment_by_start(slug, scheduled_at, appointment.id)
    of_customer = keys.appointment_of_customer(slug, appointment.customer_id, scheduled_at, appointment.id)
    (appointment.gsi1pk, appointment.gsi1sk), (appointment.gsi2pk, appointment.gsi2sk) = by_start, of_customer
