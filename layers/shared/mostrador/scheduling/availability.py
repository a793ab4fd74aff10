"""When a service can be booked, and why not at other times."""

from datetime import datetime

from mostrador.fields import local
from mostrador.scheduling import booking_context, slots
from mostrador.scheduling.rules import busy_times
from mostrador.scheduling.views.appointments import AvailabilityQuery, AvailabilityView, RefusedStart, Slot
from mostrador.tenancy import tenants
from mostrador.values import local_time


def find(tenant: str, query: AvailabilityQuery, *, now: datetime) -> AvailabilityView:
    """The free starts of the days asked for, on the tenant's clock, with who is free and the seats left.

    ``calendar_as_of`` tells how old what we know of calendars elsewhere is: old news still block, and are told.
    With ``explain`` also the starts of the grid that are not free, each with the rule that removed it.
    Raises NotHere for a service or resource that is not this tenant's, ServiceInactive.
    """
    first, last = query.span()
    scene = booking_context.over(tenant, query.service, first, last, now=now)
    zone, length = tenants.zone(scene.tenant), scene.demand.duration
    asked = slots.Question(now, query.resource)
    free = [
        Slot(
            starts_at=local_time.instant(at, zone),
            ends_at=local_time.instant(at + length, zone),
            resource_ids=one.resource_ids,
            second_resource_ids=one.second_ids,
            seats_left=one.seats,
        )
        for at, one in slots.free(scene, first, last, asked).items()
    ]
    refused = None
    if query.explain:
        refused = [
            RefusedStart(starts_at=local_time.instant(at, zone), reason=why.reason.value, by=slots.told(why, scene))
            for at, why in slots.explained(scene, first, last, asked)
        ]
    calendar = _freshness(scene, query.resource, now)
    return AvailabilityView(
        service_id=scene.service.id,
        time_zone=scene.tenant.time_zone,
        slots=free,
        calendar_as_of=local(calendar.as_of, zone),
        calendar_is_stale=calendar.is_stale,
        refused=refused,
    )


def _freshness(scene: booking_context.Scene, resource_id: str | None, now: datetime) -> busy_times.Freshness:
    """How old what we know of the calendars is that block the resources asked about, those of a second group too."""
    asked = {resource_id} if resource_id else set(scene.service.resource_ids)
    able = [one.id for one in scene.resources if one.id in asked | set(scene.service.second_resource_ids)]
    states = [scene.calendars.get(key) for key in booking_context.calendar_keys(scene.tenant, able)]
    return busy_times.freshness((state.as_of if state else None for state in states), now)
