"""Availability: when a service can be booked, and why not at other times."""

from datetime import datetime
from zoneinfo import ZoneInfo

from mostrador.fields import local
from mostrador.scheduling import booking_context, booking_keys, slots
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.rules import busy_times
from mostrador.scheduling.views.appointments import AvailabilityQuery, AvailabilityView, RefusedStart, Slot
from mostrador.tenancy import tenants
from mostrador.values import local_time


def find(slug: str, query: AvailabilityQuery, *, now: datetime) -> AvailabilityView:
    """The free starts of the days asked for, on the tenant's clock, with the free resources and seats.

    ``calendar_as_of`` says when external calendars were read; old busy times still block. With ``explain`` also every
    other start of the grid, with the rule that refuses it. Raises NotHere for a service or resource that is not this
    tenant's, ServiceInactive.
    """
    first, last = query.span()
    context = booking_context.load_days(
        slug, query.service, first, last, duration_minutes=query.duration_minutes, now=now
    )
    asked = slots.terms(context, slots.SlotQuery(now, query.resource))
    offered = slots.offered(asked, first, last)
    calendar, zone = _freshness(context, query.resource, now), tenants.zone(context.tenant)
    return AvailabilityView(
        service_id=context.service.id,
        time_zone=context.tenant.time_zone,
        slots=[_slot(start, free, context.demand.duration, zone) for start, free in offered.items()],
        calendar_as_of=local(calendar.as_of, zone),
        calendar_is_stale=calendar.is_stale,
        refused=[
            RefusedStart.model_validate(
                {
                    "starts_at": local_time.instant(start, zone),
                    "reason": refusal.reason,
                    "details": slots.refusal_details(refusal, context),
                }
            )
            for start, refusal in slots.explained(asked, first, last, offered)
        ]
        if query.explain
        else None,
    )


def _slot(start: int, free: slots.Free, duration: int, zone: ZoneInfo) -> Slot:
    return Slot(
        starts_at=local_time.instant(start, zone),
        ends_at=local_time.instant(start + duration, zone),
        resource_ids=free.resource_ids,
        second_resource_ids=free.second_ids,
        seats_left=free.seats,
    )


def _freshness(context: BookingContext, resource_id: str | None, now: datetime) -> busy_times.Freshness:
    """How fresh the external calendars are that block the resources asked for, and those of the second group."""
    wanted = {resource_id} if resource_id else set(context.service.resource_ids)
    wanted |= set(context.service.second_resource_ids)
    active = [resource.id for resource in context.resources if resource.id in wanted]
    states = [context.calendars.get(key) for key in booking_keys.of_calendars(context.tenant, active)]
    return busy_times.freshness((state.as_of if state else None for state in states), now)
