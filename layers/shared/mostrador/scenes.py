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
from mostrador.rules import agenda, availability, zones
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

    def terms(self, resource: items.Resource, now: datetime) -> availability.Terms:
        """The rules for one resource."""
        zone = tenants.zone(self.tenant)
        notice = timedelta(minutes=int(self.tenant.minimum_notice_minutes))
        return availability.Terms(
            demand=self.demand,
            hours=hours.counted(resource.hours if resource.hours is not None else self.tenant.hours),
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
            if line.service_id == self.service.id
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


def over(tenant: str, service_id: str, first: date, last: date) -> Scene:
    """The scene of the local days ``first`` to ``last``: one query more for each resource. Raises NotHere."""
    scene = _read(tenant, service_id, lambda _shop, _service: set(), ())
    return widened(scene, first, last)


def widened(scene: Scene, first: date, last: date) -> Scene:
    """The same scene with the agenda of more days."""
    days = _days(scene.tenant.slug, [resource.id for resource in scene.resources], first, last)
    return Scene(scene.tenant, scene.service, scene.resources, {**scene.days, **days}, scene.other)


def forget() -> None:
    """Drop what this process remembers."""
    _hints.clear()


def _days(slug: str, resource_ids: Iterable[str], first: date, last: date) -> dict[keys.Key, Any]:
    """The agenda days of the span and of the day on either side, whose late bookings reach in."""
    begins, ends = (first - timedelta(days=1)).isoformat(), (last + timedelta(days=1)).isoformat()
    return {
        (day.pk, day.sk): day
        for resource_id in resource_ids
        for day in reads.span(keys.agenda_partition(slug, resource_id), begins, ends)
    }


def _read(tenant: str, service_id: str, more: _KeysOf, other: Iterable[keys.Key]) -> Scene:
    """Read what is known to be needed; again if the fresh service needs something else."""
    known = _hints.get((tenant, service_id))
    while True:
        asked = {keys.tenant(tenant), keys.service(tenant, service_id)}
        if known:
            asked |= _resource_keys(*known) | more(*known)
        found = reads.batch(asked)
        known = _fresh(tenant, service_id, found)
        if _resource_keys(*known) | more(*known) <= asked:
            return _scene(*known, found, other)


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
