"""The data for a decision about a time, read in one round trip: tenant, service, resources and their agenda days.

The keys to read depend on the service's resources, duration and buffers. A warm process remembers those of the last
read. It reads twice only at a first call, and where the fresh copies show that the service has changed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, Self, TypeVar

from mostrador.errors import Conflict, NotHere
from mostrador.process_cache import ProcessCache
from mostrador.scheduling import agenda, booking_keys, busy_sources, open_hours
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules import availability, busy_times, opening_hours
from mostrador.table import keys, reads
from mostrador.table.base import Item
from mostrador.table.items.busy_times import BusyDay, CalendarState
from mostrador.table.items.scheduling import AgendaDay, Resource, Service
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction

_TENANT_AGE: Final = timedelta(seconds=5)
_ItemT = TypeVar("_ItemT")
_KeysOf = Callable[[Tenant, Service], set[keys.Key]]
_DemandOf = Callable[[Service], agenda_rules.Demand]
Items = Mapping[keys.Key, Item]
_hints: Final = ProcessCache[tuple[str, str], tuple[Tenant, Service]](size=500)


class ServiceInactive(Conflict):
    code = "service_inactive"
    en = "{name} is not offered at present"
    es = "{name} no se ofrece por el momento"
    next_action = NextAction.CHOOSE_ANOTHER_SERVICE


@dataclass(frozen=True, slots=True)
class BookingContext:
    """Fresh copies of the items. ``days`` are the agenda days that exist, ``busy_days`` the days of external calendars.

    ``calendars`` are the states of those calendars, read only for a range of days. ``other`` are the items of other
    keys that the caller asked for. ``demand`` is the service's, or the moved appointment's own.
    """

    tenant: Tenant
    service: Service
    demand: agenda_rules.Demand
    resources: list[Resource]
    days: Mapping[keys.Key, AgendaDay]
    busy_days: Mapping[keys.Key, BusyDay] = field(default_factory=dict)
    calendars: Mapping[keys.Key, CalendarState] = field(default_factory=dict)
    other: Items = field(default_factory=dict)

    def offered(self) -> Self:
        """This context, of a service that is offered. Raises ServiceInactive."""
        if not self.service.is_active:
            raise ServiceInactive(name=self.service.name)
        return self

    @property
    def needs_second(self) -> bool:
        return bool(self.service.second_resource_ids)

    def is_active(self, resource_id: str) -> bool:
        return any(resource.id == resource_id for resource in self.resources)

    def booked(self, resource_id: str, now: datetime, without: str = "") -> list[agenda_rules.Booking]:
        """The bookings of one resource that count at ``now`` in the days read, except the appointment ``without``."""
        partition = keys.agenda_partition(self.tenant.slug, resource_id)
        return agenda.booked((day for (pk, _), day in self.days.items() if pk == partition), now, without)

    def hours(self, resource: Resource) -> opening_hours.Hours:
        return open_hours.of_resource(self.tenant, resource)

    def windows(self, resource: Resource, first: date, last: date) -> list[opening_hours.Window]:
        """The resource's open windows from ``first`` to the day after ``last``, into which a late start may reach."""
        return opening_hours.windows(self.hours(resource), tenants.zone(self.tenant), first, last + timedelta(days=1))

    def slot_rules(
        self, resource_ids: Iterable[str], now: datetime, without: str = ""
    ) -> dict[str, availability.SlotRules]:
        """The rules for each of these resources that is active, in their order. Each day read is looked at once."""
        active = {resource.id: resource for resource in self.resources}
        wanted = [resource_id for resource_id in resource_ids if resource_id in active]
        counted = booking_keys.counted_ids(self.service) if self.demand.has_limits else []
        days, busy_days = _by_partition(self.days), _by_partition(self.busy_days)
        booked = {
            resource_id: agenda.booked(days.get(keys.agenda_partition(self.tenant.slug, resource_id), ()), now, without)
            for resource_id in {*wanted, *counted}
        }
        counts = self._service_counts(booked[resource_id] for resource_id in counted)
        return {
            resource_id: self._slot_rules(
                active[resource_id], now, counts, booked[resource_id], self._busy_spans(resource_id, busy_days)
            )
            for resource_id in wanted
        }

    def _slot_rules(
        self,
        resource: Resource,
        now: datetime,
        counts: Counter[date],
        booked: list[agenda_rules.Booking],
        busy: list[busy_times.Span],
    ) -> availability.SlotRules:
        zone, service = tenants.zone(self.tenant), self.service
        today = local_time.local_day(local_time.minute(now), zone)
        last_day = today + timedelta(days=int(service.advance_booking_days))
        until = date.fromisoformat(service.bookable_until) if service.bookable_until else last_day
        return availability.SlotRules(
            demand=self.demand,
            hours=self.hours(resource),
            zone=zone,
            step=int(self.tenant.slot_step_minutes),
            earliest=availability.earliest(now, int(self.tenant.minimum_notice_minutes)),
            last_day=min(last_day, until),
            booked=booked,
            service_counts=counts,
            busy=busy,
        )

    def _busy_spans(self, resource_id: str, busy_days: Mapping[str, list[BusyDay]]) -> list[busy_times.Span]:
        """The busy spans of external calendars in one resource's days that were read, in order of time."""
        sources = busy_sources.blocking(self.tenant, resource_id)
        days = busy_days.get(keys.agenda_partition(self.tenant.slug, resource_id), []) if sources else []
        return sorted(span for day in days for span in day.spans(sources))

    def _service_counts(self, booked: Iterable[list[agenda_rules.Booking]]) -> Counter[date]:
        """The service's bookings by local day, each once over all its resources; only for a limit that counts them."""
        zone, own = tenants.zone(self.tenant), agenda_rules.tag(self.service.id)
        starts = {line.appointment_id: line.starts for lines in booked for line in lines if line.service == own}
        return Counter(local_time.local_day(start, zone) for start in starts.values())


def _by_partition(days: Mapping[keys.Key, _ItemT]) -> dict[str, list[_ItemT]]:
    """The days of each resource, in the order in which they were read."""
    grouped: dict[str, list[_ItemT]] = {}
    for (partition, _), day in days.items():
        grouped.setdefault(partition, []).append(day)
    return grouped


def demand(service: Service, duration_minutes: int | None = None) -> agenda_rules.Demand:
    """The demand of one appointment of the service, with its own duration or ``duration_minutes``."""
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
    slug: str,
    service_id: str,
    starts: Sequence[int],
    other: Iterable[keys.Key],
    *,
    duration_minutes: int | None = None,
    check: Callable[[Items], None] = lambda _items: None,
) -> BookingContext:
    """The context of some starts (minutes since the epoch), consistent, ``offered`` or not. Raises NotHere.

    One round trip when warm, for up to 100 items. ``check`` gets all items read, before anything is looked at.
    """

    def more(tenant: Tenant, service: Service) -> set[keys.Key]:
        own = demand(service, duration_minutes)
        return set().union(*(booking_keys.of_start(tenant, service, own, start) for start in starts))

    context = _read(slug, service_id, more, set(other), check=check)
    return replace(context, demand=demand(context.service, duration_minutes))


def load_days(
    slug: str, service_id: str, first: date, last: date, *, own: _DemandOf | None = None, now: datetime
) -> BookingContext:
    """The context of the local days ``first`` to ``last`` for the service's demand, or its ``own``: a query a resource.

    Eventually consistent, and the tenant some seconds old: a booking is decided on a fresh read. Raises NotHere.
    """
    known = {keys.tenant(slug): tenants.current(slug, now=now, within=_TENANT_AGE)}

    def more(tenant: Tenant, service: Service) -> set[keys.Key]:
        return booking_keys.of_calendars(tenant, booking_keys.resource_ids(service))

    context = _read(slug, service_id, more, (), known=known)
    return with_days(replace(context, demand=(own or demand)(context.service)), first, last)


def with_days(context: BookingContext, first: date, last: date) -> BookingContext:
    """The context with the agendas of all days that a start from ``first`` to ``last`` can touch."""
    since, until = reach(context, first, last)
    days: dict[keys.Key, Item] = {}
    for resource_id in booking_keys.read_ids(context.service):  # bookings of inactive ones count for limits too
        partition, last_key = keys.busy_day(context.tenant.slug, resource_id, until)
        days |= {(day.pk, day.sk): day for day in reads.span(partition, str(since), last_key)}
    return _with_items(context, {**days, **context.days, **context.busy_days})  # items read consistently stay


def only_days(context: BookingContext, first: date, last: date) -> BookingContext:
    """The context without the days that no start from ``first`` to ``last`` can touch."""
    since, until = map(str, reach(context, first, last))
    days = {key: day for key, day in context.days.items() if since <= key[1][:10] <= until}
    busy_days = {key: day for key, day in context.busy_days.items() if since <= key[1][:10] <= until}
    return replace(context, days=days, busy_days=busy_days)


def reach(context: BookingContext, first: date, last: date) -> tuple[date, date]:
    """The first and the last day that a start from ``first`` to ``last`` can touch, or whose limits count for it."""
    zone, own = tenants.zone(context.tenant), context.demand
    begins, ends = local_time.day_bounds(first, zone)[0], local_time.day_bounds(last, zone)[1]
    closes = [window.ends for resource in context.resources for window in context.windows(resource, first, last)]
    latest = min(ends + own.duration, max(closes, default=ends)) + own.after
    since, until = local_time.local_day(begins - own.before, zone), local_time.local_day(latest - 1, zone)
    if own.max_per_week is not None:
        since = min(since, availability.monday_of(first))
        until = max(until, availability.monday_of(last) + timedelta(days=6))
    return since, until


def with_demand(context: BookingContext, own: agenda_rules.Demand, start: int) -> BookingContext:
    """The context of a moved appointment, which keeps its ``own`` demand, with the days that it touches."""
    zone = tenants.zone(context.tenant)
    touched = agenda_rules.days_touched(own, start, zone)
    context = replace(context, demand=own)
    if touched == agenda_rules.days_touched(demand(context.service), start, zone):
        return context
    resource_ids = [resource.id for resource in context.resources]
    return _with_items(context, reads.batch(booking_keys.of_days(context.tenant, resource_ids, touched)))


def _with_items(context: BookingContext, items: Items) -> BookingContext:
    days, busy_days = _all(AgendaDay, items), _all(BusyDay, items)
    return replace(context, days={**context.days, **days}, busy_days={**context.busy_days, **busy_days})


def _all(kind: type[_ItemT], items: Items) -> dict[keys.Key, _ItemT]:
    return {key: item for key, item in items.items() if isinstance(item, kind)}


def _read(
    slug: str,
    service_id: str,
    more: _KeysOf,
    other: Iterable[keys.Key],
    *,
    known: Items | None = None,
    check: Callable[[Items], None] = lambda _items: None,
) -> BookingContext:
    """Read the keys that the hint needs; again if the fresh tenant and service need others.

    ``known`` items are not read; with them the read is eventually consistent.
    """
    known = known or {}
    hint = _hints.get((slug, service_id))
    while True:
        wanted = {keys.tenant(slug), keys.service(slug, service_id), *other}
        if hint:
            wanted |= booking_keys.of_resources(*hint) | more(*hint)
        items = {**reads.batch(wanted - set(known), consistent=not known), **known}
        check(items)
        hint = _fresh(slug, service_id, items)
        if booking_keys.of_resources(*hint) | more(*hint) <= wanted:
            return _context(*hint, items, other)


def _fresh(slug: str, service_id: str, items: Items) -> tuple[Tenant, Service]:
    tenant, service = items.get(keys.tenant(slug)), items.get(keys.service(slug, service_id))
    tenant = tenants.active(tenant if isinstance(tenant, Tenant) else None, slug)
    if not isinstance(service, Service):
        _hints.drop((slug, service_id))
        raise NotHere(entity="service", id=service_id)
    return _hints.put((slug, service_id), (tenant, service))


def _context(tenant: Tenant, service: Service, items: Items, other: Iterable[keys.Key]) -> BookingContext:
    resources = (items.get(keys.resource(tenant.slug, one)) for one in booking_keys.resource_ids(service))
    return BookingContext(
        tenant=tenant,
        service=service,
        demand=demand(service),
        resources=[resource for resource in resources if isinstance(resource, Resource) and resource.is_active],
        days=_all(AgendaDay, items),
        busy_days=_all(BusyDay, items),
        calendars=_all(CalendarState, items),
        other={key: items[key] for key in other if key in items},
    )
