"""What a decision about a time needs, read in one round trip: tenant, service, resources and their agenda days.

Which keys to read depends on the service's resources, duration and buffers. A warm process remembers those from the
last read and checks them against the fresh copies that come with it; only a first call, or one after the service was
changed, reads twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from mostrador.errors import Conflict, NotHere
from mostrador.process_cache import ProcessCache
from mostrador.scheduling import agenda, busy_sources
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules import availability, busy_times, opening_hours
from mostrador.table import keys, reads
from mostrador.table.items.busy_times import BusyDay, CalendarState
from mostrador.table.items.scheduling import AgendaDay, Resource, Service
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time

_GLANCE: Final = timedelta(seconds=5)
_ItemT = TypeVar("_ItemT")
_KeysOf = Callable[[Tenant, Service], set[keys.Key]]
_hints: Final = ProcessCache[tuple[str, str], tuple[Tenant, Service]](size=500)


class ServiceInactive(Conflict):
    code = "service_inactive"
    en = "{name} is not offered at present"
    es = "{name} no se ofrece por el momento"


@dataclass(frozen=True, slots=True)
class BookingContext:
    """Fresh copies; ``days`` are the agenda days that exist, ``busy_days`` what calendars elsewhere take of them.

    ``calendars`` tell how far those were read (of a range of days only), ``other`` is whatever else was asked for.
    ``demand`` is the service's, unless an appointment made under earlier terms is moved.
    """

    tenant: Tenant
    service: Service
    demand: agenda_rules.Demand
    resources: list[Resource]
    days: Mapping[keys.Key, AgendaDay]
    busy_days: Mapping[keys.Key, BusyDay] = field(default_factory=dict)
    calendars: Mapping[keys.Key, CalendarState] = field(default_factory=dict)
    other: Mapping[keys.Key, Any] = field(default_factory=dict)

    @property
    def needs_second(self) -> bool:
        return bool(self.service.second_resource_ids)

    def is_active(self, resource_id: str) -> bool:
        return any(one.id == resource_id for one in self.resources)

    def booked(self, resource_id: str, now: datetime, without: str = "") -> list[agenda_rules.Booking]:
        """What counts at ``now`` in the days of one resource that were read, but for the appointment ``without``."""
        partition = keys.agenda_partition(self.tenant.slug, resource_id)
        lines = agenda.booked((day for (pk, _), day in self.days.items() if pk == partition), now)
        return [line for line in lines if line.appointment_id != without]

    def elsewhere(self, resource_id: str) -> list[busy_times.Span]:
        """What the connected calendars take of the days of one resource that were read, in order of time."""
        sources = busy_sources.blocking(self.tenant, resource_id)
        partition = keys.agenda_partition(self.tenant.slug, resource_id)
        days = [day for (pk, _), day in self.busy_days.items() if pk == partition] if sources else []
        return sorted(span for day in days for span in day.spans(sources))

    def hours(self, resource: Resource) -> opening_hours.Hours:
        """The resource's own opening hours or the tenant's; of the special days its own before the tenant's."""
        week = resource.hours if resource.hours is not None else self.tenant.hours
        special = opening_hours.special(self.tenant.special_days) | opening_hours.special(resource.special_days)
        return opening_hours.Hours(opening_hours.counted(week), special, int(self.tenant.slot_offset_minutes or 0))

    def windows(self, resource: Resource, first: date, last: date) -> list[opening_hours.Window]:
        """When the resource is open from ``first`` to the day after ``last``, into which a late start may reach."""
        return opening_hours.windows(self.hours(resource), tenants.zone(self.tenant), first, last + timedelta(days=1))

    def terms(self, resource_ids: Iterable[str], now: datetime, without: str = "") -> dict[str, availability.SlotRules]:
        """The rules for each of these resources that is active, in their order."""
        counts = self._service_counts(now, without)
        known = {one.id: one for one in self.resources}
        return {one: self._terms(known[one], now, without, counts) for one in resource_ids if one in known}

    def _terms(self, resource: Resource, now: datetime, without: str, counts: Counter[date]) -> availability.SlotRules:
        zone, service = tenants.zone(self.tenant), self.service
        notice = timedelta(minutes=int(self.tenant.minimum_notice_minutes))
        last_day = local_time.local_day(local_time.minute(now), zone) + timedelta(
            days=int(service.advance_booking_days)
        )
        until = date.fromisoformat(service.bookable_until) if service.bookable_until else last_day
        return availability.SlotRules(
            demand=self.demand,
            hours=self.hours(resource),
            zone=zone,
            step=int(self.tenant.slot_step_minutes),
            earliest=local_time.minute(now + notice + timedelta(seconds=59, microseconds=999_999)),
            last_day=min(last_day, until),
            booked=self.booked(resource.id, now, without),
            service_counts=counts,
            busy=self.elsewhere(resource.id),
        )

    def _service_counts(self, now: datetime, without: str) -> Counter[date]:
        zone = tenants.zone(self.tenant)
        return Counter(
            local_time.local_day(line.starts, zone)
            for resource_id in self.service.resource_ids
            for line in self.booked(resource_id, now, without)
            if line.service == agenda_rules.tag(self.service.id)
        )


def demand(service: Service, duration_minutes: int | None = None) -> agenda_rules.Demand:
    """What an appointment of the service takes; ``duration_minutes`` instead of the service's own."""
    day, week = service.max_bookings_per_day, service.max_bookings_per_week
    return agenda_rules.Demand(
        service_id=service.id,
        duration=int(duration_minutes or service.duration_minutes),
        before=int(service.buffer_before_minutes),
        after=int(service.buffer_time_minutes),
        capacity=int(service.capacity),
        max_per_day=None if day is None else int(day),
        max_per_week=None if week is None else int(week),
    )


def load(
    tenant: str,
    service_id: str,
    starts: Sequence[int],
    other: Iterable[keys.Key],
    *,
    duration_minutes: int | None = None,
    first: Callable[[Mapping[keys.Key, Any]], None] = lambda _found: None,
) -> BookingContext:
    """The scene of some starts (minutes since the epoch), consistent. Raises NotHere, ServiceInactive.

    One round trip when warm, for up to 100 items. ``first`` sees what was read before anything is refused.
    """

    def more(shop: Tenant, service: Service) -> set[keys.Key]:
        return set().union(*(_day_keys(shop, service, demand(service, duration_minutes), start) for start in starts))

    context = _read(tenant, service_id, more, set(other), first=first)
    return replace(context, demand=demand(context.service, duration_minutes))


def load_days(
    tenant: str, service_id: str, first: date, last: date, *, duration_minutes: int | None = None, now: datetime
) -> BookingContext:
    """The scene of the local days ``first`` to ``last``: one query more for each resource. Raises NotHere.

    Eventually consistent, and the tenant some seconds old: whoever books what it offers is judged by a fresh read.
    """
    shop = tenants.current(tenant, now=now, within=_GLANCE)
    known = {keys.tenant(tenant): shop}

    def more(shop: Tenant, service: Service) -> set[keys.Key]:
        return calendar_keys(shop, _resource_ids(service))

    context = _read(tenant, service_id, more, (), known=known)
    return widened(replace(context, demand=demand(context.service, duration_minutes)), first, last)


def widened(context: BookingContext, first: date, last: date) -> BookingContext:
    """The same scene with the agenda of the days that a start from ``first`` to ``last`` can touch."""
    zone, demand = tenants.zone(context.tenant), context.demand
    begins, ends = local_time.day_bounds(first, zone)[0], local_time.day_bounds(last, zone)[1]
    closes = [window.ends for one in context.resources for window in context.windows(one, first, last)]
    latest = min(ends + demand.duration, max(closes, default=ends)) + demand.after
    since, until = local_time.local_day(begins - demand.before, zone), local_time.local_day(latest - 1, zone)
    if demand.max_per_week is not None:
        since = min(since, availability.monday_of(first))
        until = max(until, availability.monday_of(last) + timedelta(days=6))
    days: dict[keys.Key, Any] = {}
    for one in _resource_ids(context.service):  # the inactive too: what they have counts against the limits
        partition, behind = keys.busy_day(context.tenant.slug, one, until)
        days |= {(day.pk, day.sk): day for day in reads.span(partition, str(since), behind)}
    return _with(context, {**days, **context.days, **context.busy_days})  # what was read consistently stays


def touching(context: BookingContext, starts: int) -> BookingContext:
    """The same scene with the days that its own ``demand`` touches, read if the service's did not."""
    touched = agenda_rules.days_touched(context.demand, starts, tenants.zone(context.tenant))
    wanted = _keys_of_days(context.tenant, [one.id for one in context.resources], touched)
    if touched == agenda_rules.days_touched(demand(context.service), starts, tenants.zone(context.tenant)):
        return context
    return _with(context, reads.batch(wanted))


def _with(context: BookingContext, found: Mapping[keys.Key, Any]) -> BookingContext:
    days, busy_days = _all(AgendaDay, found), _all(BusyDay, found)
    return replace(context, days={**context.days, **days}, busy_days={**context.busy_days, **busy_days})


def _all(kind: type[_ItemT], found: Mapping[keys.Key, Any]) -> dict[keys.Key, _ItemT]:
    return {key: item for key, item in found.items() if isinstance(item, kind)}


def _read(
    tenant: str,
    service_id: str,
    more: _KeysOf,
    other: Iterable[keys.Key],
    *,
    known: Mapping[keys.Key, Any] | None = None,
    first: Callable[[Mapping[keys.Key, Any]], None] = lambda _found: None,
) -> BookingContext:
    """Read what is thought to be needed; again if the fresh service needs something else.

    What is ``known`` is not read; then the rest need not be consistent either.
    """
    known = known or {}
    hint = _hints.get((tenant, service_id))
    while True:
        asked = {keys.tenant(tenant), keys.service(tenant, service_id), *other}
        if hint:
            asked |= _resource_keys(*hint) | more(*hint)
        found = {**reads.batch(asked - set(known), consistent=not known), **known}
        first(found)
        hint = _fresh(tenant, service_id, found)
        if _resource_keys(*hint) | more(*hint) <= asked:
            return _context(*hint, found, other)


def _fresh(tenant: str, service_id: str, found: Mapping[keys.Key, Any]) -> tuple[Tenant, Service]:
    shop = tenants.active(found.get(keys.tenant(tenant)), tenant)
    service = found.get(keys.service(tenant, service_id))
    if not isinstance(service, Service):
        _hints.drop((tenant, service_id))
        raise NotHere(entity="service", id=service_id)
    return _hints.put((tenant, service_id), (shop, service))


def _resource_keys(shop: Tenant, service: Service) -> set[keys.Key]:
    return {keys.resource(shop.slug, one) for one in _resource_ids(service)}


def _day_keys(shop: Tenant, service: Service, demand: agenda_rules.Demand, starts: int) -> set[keys.Key]:
    """The days a booking touches, and the whole week of the first group where a weekly limit counts it."""
    zone = tenants.zone(shop)
    touched = agenda_rules.days_touched(demand, starts, zone)
    found = _keys_of_days(shop, _resource_ids(service), touched)
    if service.max_bookings_per_week is not None:
        week = week_of(local_time.local_day(starts, zone))
        found |= {keys.agenda_day(shop.slug, one, day) for one in service.resource_ids for day in week}
    return found


def _keys_of_days(shop: Tenant, resource_ids: Iterable[str], days: Iterable[date]) -> set[keys.Key]:
    """The agenda days, and the busy times of those resources that a calendar elsewhere blocks."""
    found = set()
    for one in resource_ids:
        found |= {keys.agenda_day(shop.slug, one, day) for day in days}
        if busy_sources.blocking(shop, one):
            found |= {keys.busy_day(shop.slug, one, day) for day in days}
    return found


def calendar_keys(shop: Tenant, resource_ids: Iterable[str]) -> set[keys.Key]:
    """Where it stands how far the calendars were read that block any of these resources."""
    return {
        keys.calendar_state(shop.slug, source) for one in resource_ids for source in busy_sources.blocking(shop, one)
    }


def week_of(day: date) -> list[date]:
    """Monday to Sunday."""
    monday = availability.monday_of(day)
    return [monday + timedelta(days=number) for number in range(7)]


def _resource_ids(service: Service) -> list[str]:
    return [*service.resource_ids, *service.second_resource_ids]


def _context(
    shop: Tenant, service: Service, found: Mapping[keys.Key, Any], other: Iterable[keys.Key]
) -> BookingContext:
    if not service.is_active:
        raise ServiceInactive(name=service.name)
    resources = (found.get(keys.resource(shop.slug, one)) for one in _resource_ids(service))
    return BookingContext(
        tenant=shop,
        service=service,
        demand=demand(service),
        resources=[resource for resource in resources if resource is not None and resource.is_active],
        days=_all(AgendaDay, found),
        busy_days=_all(BusyDay, found),
        calendars=_all(CalendarState, found),
        other={key: found[key] for key in other if key in found},
    )
