"""When a service can be booked."""

from datetime import datetime

from mostrador import scenes, tenants
from mostrador.errors import NotHere
from mostrador.rules import availability as rules
from mostrador.rules import zones
from mostrador.table import items
from mostrador.views.appointments import AvailabilityQuery, AvailabilityView, Slot


def find(tenant: str, query: AvailabilityQuery, *, now: datetime) -> AvailabilityView:
    """The free starts of the days asked for, on the tenant's clock, with the resources free at each.

    Raises NotHere for a service or resource that is not this tenant's, ServiceInactive.
    """
    first, last = query.span()
    scene = scenes.over(tenant, query.service, first, last, now=now)
    zone = tenants.zone(scene.tenant)
    free: dict[int, list[str]] = {}
    for resource in chosen(scene, query.resource):
        for start in rules.starts(scene.terms(resource, now), first, last):
            free.setdefault(start, []).append(resource.id)
    length = scene.demand.duration
    slots = [
        Slot(
            starts_at=zones.instant(start, zone), ends_at=zones.instant(start + length, zone), resource_ids=free[start]
        )
        for start in sorted(free)
    ]
    return AvailabilityView(service_id=scene.service.id, time_zone=scene.tenant.time_zone, slots=slots)


def chosen(scene: scenes.Scene, resource_id: str | None) -> list[items.Resource]:
    """The resource asked for, or all that give the service. Raises NotHere when it does not give it."""
    if resource_id is None:
        return scene.resources
    named = [resource for resource in scene.resources if resource.id == resource_id]
    if not named:
        raise NotHere(entity="resource", id=resource_id)
    return named
