"""Availability: when a service can be booked, and why not at other times."""

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from mostrador.fields import local
from mostrador.scheduling import (
    appointments,
    booking_context,
    booking_keys,
    free_starts,
    rescheduling,
    slot_terms,
    slots,
)
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules import busy_times
from mostrador.scheduling.views.appointments import AvailabilityQuery, AvailabilityView
from mostrador.table.items.scheduling import Appointment, Service
from mostrador.tenancy import tenants
from mostrador.values import local_time


def find(slug: str, query: AvailabilityQuery, *, by_link: bool = False, now: datetime) -> AvailabilityView:
    """The free starts of the days asked for, on the tenant's clock, with the free resources and seats.

    ``calendar_as_of`` says when external calendars were read; old busy times still block. With ``explain`` also every
    other start of the grid, with the rule that refuses it. With ``moving`` they are the starts to which that
    appointment can move: its own time and its place in every limit are free. ``by_link`` they are its resource's.
    Raises NotHere for a service, resource or appointment that is not this tenant's, ServiceInactive,
    WrongAppointmentState.
    """
    first, last = query.span()
    moving = _moving(slug, query, now)
    own = partial(_demand, moving=moving, minutes=query.duration_minutes)
    context = booking_context.load_days(slug, query.service, first, last, own=own, now=now)
    if by_link or moving is None or moving.service_id != query.service:
        context = context.offered()
    resource_id = query.resource or (_kept(context, moving) if by_link else None)
    asked = slot_terms.terms(context, slot_terms.SlotQuery(now, resource_id, without=query.moving or ""))
    offered = free_starts.offered(asked, first, last)
    calendar, zone = _freshness(context, resource_id, now), tenants.zone(context.tenant)
    return AvailabilityView(
        service_id=context.service.id,
        time_zone=context.tenant.time_zone,
        slots=[_slot(start, free, context.demand.duration, zone) for start, free in offered.items()],
        calendar_as_of=local(calendar.as_of, zone),
        calendar_is_stale=calendar.is_stale,
        refused=[
            {
                "starts_at": local_time.instant(start, zone),
                "reason": refusal.reason,
                "details": slots.refusal_details(refusal, context),
            }
            for start, refusal in slots.explained(asked, first, last, offered)
        ]
        if query.explain
        else None,
    )


def _moving(slug: str, query: AvailabilityQuery, now: datetime) -> Appointment | None:
    """The appointment that is to be moved. Raises NotHere, WrongAppointmentState."""
    if query.moving is None:
        return None
    appointment = appointments.get(slug, query.moving, now=now)
    rescheduling.check_occupying(appointment, now)
    return appointment


def _kept(context: BookingContext, moving: Appointment | None) -> str | None:
    """The resource that a move by link keeps."""
    return moving.resource_id if moving and rescheduling.can_keep(context, moving) else None


def _demand(service: Service, *, moving: Appointment | None, minutes: int | None) -> agenda_rules.Demand:
    """The time that is looked for: a moved appointment keeps its length and buffers, unless it changes its service."""
    if moving is None or moving.service_id != service.id:
        return booking_context.demand(service, minutes)
    return rescheduling.own_demand(booking_context.demand(service), moving, minutes)


def _slot(start: int, free: free_starts.Free, duration: int, zone: ZoneInfo) -> dict[str, object]:
    """The fields of a Slot: the view makes all of them at once."""
    return {
        "starts_at": local_time.instant(start, zone),
        "ends_at": local_time.instant(start + duration, zone),
        "resource_ids": free.resource_ids,
        "second_resource_ids": free.second_ids,
        "seats_left": free.seats,
    }


def _freshness(context: BookingContext, resource_id: str | None, now: datetime) -> busy_times.Freshness:
    """How fresh the external calendars are that block the resources asked for, and those of the second group."""
    wanted = {resource_id} if resource_id else set(context.service.resource_ids)
    wanted |= set(context.service.second_resource_ids)
    active = [resource.id for resource in context.resources if resource.id in wanted]
    states = [context.calendars.get(key) for key in booking_keys.of_calendars(context.tenant, active)]
    return busy_times.freshness((state.as_of if state else None for state in states), now)
