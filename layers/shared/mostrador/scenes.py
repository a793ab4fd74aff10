"""What a decision about a time needs, read in one round trip: tenant, service, resources and their agenda days.

Which keys to read depends on the service's resources, duration and buffers. A warm process remembers those from the
last read and checks them against the fresh copies that come with it; only a first call, or one after the service was
changed, reads twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from mostrador import agendas, tenants
from mostrador.errors import Conflict, NotHere
from mostrador.rules import agenda, availability, opening, zones
from mostrador.table import items, keys, reads
from mostrador.views import hours

_REMEMBERED: Final = 500
_KeysOf = Callable[[items.Tenant, items.Service], set[keys.Key]]
_hints: dict[tuple[str, str], tuple[items.Tenant, items.Service]] = {}


class ServiceInactive(Conflict):
    code = "service_inactive"
    en = "{name} is not offered at present"
    es = "{name} no se ofrece por el momento"


@dataclass(frozen=True, slots=True)
class Scene:
    """Fresh copies; ``days`` are the agenda days that exist, ``other`` whatever else was asked for."""

    tenant: items.Tenant
    service: items.Service
    resources: list[items.Resource]
    days: Mapping[keys.Key, items.AgendaDay]
    other: Mapping[keys.Key, Any] = field(default_factory=dict)

    @property
    def demand(self) -> agenda.Demand:
        return demand(self.service)

    def booked(self, resource_id: str, now: datetime) -> list[agenda.Booking]:
        """What counts at ``now`` in the days of one resource that were read."""
        partition = keys.agenda_partition(self.tenant.slug, resource_id)
        return agendas.booked((day for (pk, _), day in self.days.items() if pk == partition), now)

    def hours(self, resource: items.Resource) -> opening.Hours:
        """The resource's own opening hours, or the tenant's."""
        return hours.counted(resource.hours if resource.hours is not None else self.tenant.hours)

    def windows(self, resource: items.Resource, first: date, last: date) -> list[opening.Window]:
        """When the resource is open from ``first`` to the day after ``last``, into which a late start may reach."""
        return opening.windows(self.hours(resource), tenants.zone(self.tenant), first, last + timedelta(days=1))

    def terms(self, resource: items.Resource, now: datetime) -> availability.Terms:
        """The rules for one resource."""
        zone = tenants.zone(self.tenant)
        notice = timedelta(minutes=int(self.tenant.minimum_notice_minutes))
        return availability.Terms(
            demand=self.demand,
            hours=self.hours(resource),
            zone=zone,
            step=int(self.tenant.slot_step_minutes),
            earliest=zones.minute(now + notice + timedelta(seconds=59, microseconds=999_999)),
            last_day=zones.local_day(zones.minute(now), zone) + timedelta(days=int(self.service.advance_booking_days)),
            booked=self.booked(resource.id, now),
            service_counts=self._service_counts(now),
        )

    def _service_counts(self, now: datetime) -> Counter[date]:
        zone = tenants.zone(self.tenant)
        return Counter(
            zones.local_day(line.starts, zone)
            for resource_id in self.service.resource_ids
            for line in self.booked(resource_id, now)
            if line.service == agenda.tag(self.service.id)
        )


def demand(service: items.Service) -> agenda.Demand:
    limit = service.max_bookings_per_day
    return agenda.Demand(
        service_id=service.id,
        duration=int(service.duration_minutes),
        before=int(service.buffer_before_minutes),
        after=int(service.buffer_after_minutes),
        capacity=int(service.capacity),
        max_per_day=None if limit is None else int(limit),
    )


def at(tenant: str, service_id: str, starts: int, other: Iterable[keys.Key]) -> Scene:
    """The scene of one start (minutes since the epoch), consistent; one round trip when warm. Raises NotHere."""
    wanted = set(other)
    return _read(tenant, service_id, lambda shop, service: wanted | _day_keys(shop, service, starts), wanted)


def over(tenant: str, service_id: str, first: date, last: date, *, now: datetime) -> Scene:
    """The scene of the local days ``first`` to ``last``: one query more for each resource. Raises NotHere.

    Eventually consistent, and the tenant up to a minute old: whoever books what it offers is judged by a fresh read.
    """
    shop = tenants.current(tenant, now=now)
    known = {keys.tenant(tenant): shop}
    return widened(_read(tenant, service_id, lambda _shop, _service: set(), (), known=known), first, last)


def widened(scene: Scene, first: date, last: date) -> Scene:
    """The same scene with the agenda of the days that a start from ``first`` to ``last`` can touch."""
    zone, demand = tenants.zone(scene.tenant), scene.demand
    begins, ends = zones.day_bounds(first, zone)[0], zones.day_bounds(last, zone)[1]
    closes = [window.ends for one in scene.resources for window in scene.windows(one, first, last)]
    latest = min(ends + demand.duration, max(closes, default=ends)) + demand.after
    reach = zones.local_day(begins - demand.before, zone), zones.local_day(latest - 1, zone)
    days = {
        (day.pk, day.sk): day
        for resource in scene.resources
        for day in reads.span(keys.agenda_partition(scene.tenant.slug, resource.id), *map(str, reach))
    }
    return Scene(scene.tenant, scene.service, scene.resources, {**scene.days, **days}, scene.other)


def forget() -> None:
    """Drop what this process remembers."""
    _hints.clear()


def _read(
    tenant: str,
    service_id: str,
    more: _KeysOf,
    other: Iterable[keys.Key],
    *,
    known: Mapping[keys.Key, Any] | None = None,
) -> Scene:
    """Read what is thought to be needed; again if the fresh service needs something else.

    What is ``known`` is not read; then the rest need not be consistent either.
    """
    known = known or {}
    hint = _hints.get((tenant, service_id))
    while True:
        asked = {keys.tenant(tenant), keys.service(tenant, service_id)}
        if hint:
            asked |= _resource_keys(*hint) | more(*hint)
        found = {**reads.batch(asked - set(known), consistent=not known), **known}
        hint = _fresh(tenant, service_id, found)
        if _resource_keys(*hint) | more(*hint) <= asked:
            return _scene(*hint, found, other)


def _fresh(tenant: str, service_id: str, found: Mapping[keys.Key, Any]) -> tuple[items.Tenant, items.Service]:
    shop = tenants.active(found.get(keys.tenant(tenant)), tenant)
    service = found.get(keys.service(tenant, service_id))
    if not isinstance(service, items.Service):
        _hints.pop((tenant, service_id), None)
        raise NotHere(entity="service", id=service_id)
    if len(_hints) >= _REMEMBERED:
        _hints.clear()
    _hints[(tenant, service_id)] = shop, service
    return shop, service


def _resource_keys(shop: items.Tenant, service: items.Service) -> set[keys.Key]:
    return {keys.resource(shop.slug, one) for one in service.resource_ids}


def _day_keys(shop: items.Tenant, service: items.Service, starts: int) -> set[keys.Key]:
    touched = agenda.days_touched(demand(service), starts, tenants.zone(shop))
    return {keys.agenda_day(shop.slug, one, day) for one in service.resource_ids for day in touched}


def _scene(
    shop: items.Tenant, service: items.Service, found: Mapping[keys.Key, Any], other: Iterable[keys.Key]
) -> Scene:
    if not service.is_active:
        raise ServiceInactive(name=service.name)
    resources = (found.get(keys.resource(shop.slug, one)) for one in service.resource_ids)
    return Scene(
        tenant=shop,
        service=service,
        resources=[resource for resource in resources if resource is not None and resource.is_active],
        days={key: item for key, item in found.items() if isinstance(item, items.AgendaDay)},
        other={key: found[key] for key in other if key in found},
    )
