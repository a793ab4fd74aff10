"""When a service can be booked, and why not at other times."""

from datetime import datetime

from mostrador import scenes, slots, tenants
from mostrador.rules import zones
from mostrador.views.appointments import AvailabilityQuery, AvailabilityView, RefusedStart, Slot


def find(tenant: str, query: AvailabilityQuery, *, now: datetime) -> AvailabilityView:
    """The free starts of the days asked for, on the tenant's clock, with who is free and the seats left.

    With ``explain`` also the starts of the grid that are not free, each with the rule that removed it.
    Raises NotHere for a service or resource that is not this tenant's, ServiceInactive.
    """
    first, last = query.span()
    scene = scenes.over(tenant, query.service, first, last, now=now)
    zone, length = tenants.zone(scene.tenant), scene.demand.duration
    asked = slots.Question(now, query.resource)
    free = [
        Slot(
            starts_at=zones.instant(at, zone),
            ends_at=zones.instant(at + length, zone),
            resource_ids=one.resource_ids,
            second_resource_ids=one.second_ids,
            seats_left=one.seats,
        )
        for at, one in slots.free(scene, first, last, asked).items()
    ]
    refused = None
    if query.explain:
        refused = [
            RefusedStart(starts_at=zones.instant(at, zone), reason=why.reason.value, by=slots.told(why, scene))
            for at, why in slots.explained(scene, first, last, asked)
        ]
    return AvailabilityView(service_id=scene.service.id, time_zone=scene.tenant.time_zone, slots=free, refused=refused)
