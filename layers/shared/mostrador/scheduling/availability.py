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
    context = booking_context.load_days(
        tenant, query.service, first, last, duration_minutes=query.duration_minutes, now=now
    )
    zone, length = tenants.zone(context.tenant), context.demand.duration
    asked = slots.SlotQuery(now, query.resource)
    free = [
        Slot(
            starts_at=local_time.instant(at, zone),
            ends_at=local_time.instant(at + length, zone),
            resource_ids=one.resource_ids,
            second_resource_ids=one.second_ids,
            seats_left=one.seats,
        )
        for at, one in slots.free(context, first, last, asked).items()
    ]
    refused = None
    if query.explain:
        refused = [
            RefusedStart(
                starts_at=local_time.instant(at, zone),
                reason=why.reason.value,
                details=slots.refusal_details(why, context),
            )
            for at, why in slots.explained(context, first, last, asked)
        ]
    calendar = _freshness(context, query.resource, now)
    return AvailabilityView(
        service_id=context.service.id,
        time_zone=context.tenant.time_zone,
        slots=free,
        calendar_as_of=local(calendar.as_of, zone),
        calendar_is_stale=calendar.is_stale,
        refused=refused,
    )


def _freshness(context: booking_context.BookingContext, resource_id: str | None, now: datetime) -> busy_times.Freshness:
    """How old what we know of the calendars is that block the resources asked about, those of a second group too."""
    asked = {resource_id} if resource_id else set(context.service.resource_ids)
    able = [one.id for one in context.resources if one.id in asked | set(context.service.second_resource_ids)]
    states = [context.calendars.get(key) for key in booking_context.calendar_keys(context.tenant, able)]
    return busy_times.freshness((state.as_of if state else None for state in states), now)
