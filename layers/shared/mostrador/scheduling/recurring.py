"""Recurring bookings: every so many weeks at the same time on the clock, all in one transaction or none."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from mostrador import ids
from mostrador.errors import Conflict, Invalid
from mostrador.scheduling import booking, booking_request, slot_terms, slots
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.booking_request import BookingRequest
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.views.recurring import NewSeries, SeriesConflict, SeriesView
from mostrador.table import writes
from mostrador.table.items.scheduling import Appointment, Resource
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction

MOST: Final = 30


class Conflicts(Conflict):
    """``conflicts`` are the dates that are not free, each with its reason and alternatives; nothing was booked."""

    code = "series_conflicts"
    en = "{count} of the dates are not free"
    es = "fechas que no están libres: {count}"
    next_action = NextAction.SKIP_CONFLICTS


class BadSeries(Invalid):
    code = "invalid_series"
    en = "a series has 2 to {most} dates, and this makes {count}"
    es = "una serie tiene de 2 a {most} fechas, y estas serían {count}"


def book(slug: str, form: NewSeries, *, actor_name: str, key: str | None, now: datetime) -> SeriesView:
    """Book every date, or with ``skip_conflicts`` those that are free; a repeated ``key`` gives the same answer.

    Staff may plan past the service's advance window. Raises Conflicts, BadSeries, and the errors of ``booking.book``
    and ``booking.write``.
    """
    tenant = tenants.current(slug, now=now)
    zone, series_id = tenants.zone(tenant), ids.derived(slug, "series", key) if key else ids.new()
    starts, missing = _starts(form, _days(form, zone), zone)
    request = booking_request.from_form(
        tenant,
        form.appointment(),
        starts=starts,
        appointment_ids=[ids.derived(slug, f"of series {series_id}", str(start)) for start in starts],
        actor_name=actor_name,
        now=now,
        series_id=series_id,
        sent=form.as_sent(),
    )

    def load(_attempt: int) -> BookingContext:
        nonlocal request
        request, context = booking_request.load_context(request, check=request.check_new)
        return context

    def decide(context: BookingContext) -> SeriesView:
        return _book(request, context, form, missing)

    try:
        return writes.retrying(load, decide)
    except booking_request.Repeated as repeated:
        told = next((one.series_conflicts for one in repeated.earlier if one.series_conflicts), [])
        return _view(request, repeated.earlier, told)


def _book(
    request: BookingRequest, context: BookingContext, form: NewSeries, missing: Sequence[SeriesConflict]
) -> SeriesView:
    plan = _plan(request, context, form, request.starts)
    conflicts = [conflict.model_dump(mode="json") for conflict in [*plan.conflicts, *missing]]
    if not plan.free or (conflicts and not form.skip_conflicts):
        raise Conflicts(count=len(conflicts), conflicts=conflicts)
    some = replace(booking_request.only(request, list(plan.free)), conflicts=conflicts)
    return _view(request, booking.write(some, context, list(plan.free.values())), conflicts)


def _days(form: NewSeries, zone: ZoneInfo) -> list[date]:
    """The local dates, from the first start's on. Raises BadSeries, OddStart."""
    first = local_time.local_day(booking_request.minute(form.scheduled_at), zone)
    step = timedelta(weeks=form.every_weeks)
    count = form.count or (((form.until or first) - first) // step + 1)
    if not 2 <= count <= MOST:  # noqa: PLR2004
        named = f"every_weeks={form.every_weeks}, count={form.count}, until={form.until}"
        raise BadSeries(field="body.count", value=named, count=count, most=MOST)
    return [first + step * number for number in range(count)]


def _starts(form: NewSeries, days: list[date], zone: ZoneInfo) -> tuple[list[int], list[SeriesConflict]]:
    """The instants at which the clocks show the first start's time; dates on which they skip it are conflicts.

    Where the clocks show it twice it is the first time, or the second where the series begins at a second time.
    """
    first = local_time.instant(booking_request.minute(form.scheduled_at), zone)
    wall = first.hour * 60 + first.minute
    starts, missing = list[int](), list[SeriesConflict]()
    for day in days:
        instants = local_time.instants(day, wall, zone)
        if instants:
            starts.append(instants[-first.fold])
        else:
            at = datetime(day.year, day.month, day.day, wall // 60, wall % 60, tzinfo=zone)
            missing.append(SeriesConflict(starts_at=at, reason=Reason.CLOSED, details={}, alternatives=[]))
    return starts, missing


class _Plan(NamedTuple):
    """The resources for each free start, and the conflicts of the others."""

    free: dict[int, list[Resource]]
    conflicts: list[SeriesConflict]


def _plan(request: BookingRequest, context: BookingContext, form: NewSeries, starts: Sequence[int]) -> _Plan:
    query = slot_terms.SlotQuery(
        request.now,
        form.resource_id,
        any_day=True,
        ignore_calendar=form.ignore_calendar,
        override=form.overriding(),
    )
    asked = slot_terms.terms(context, query)
    refused = {start: refusal for start in starts if (refusal := slots.refusal_of(asked, start))}
    errors = slots.slot_taken_errors(context, refused, query)
    return _Plan(
        {start: slots.chosen(asked, start) for start in starts if start not in refused},
        [
            SeriesConflict.model_validate({name: error.facts[name] for name in SeriesConflict.model_fields})
            for error in errors
        ],
    )


def _view(request: BookingRequest, booked: list[Appointment], conflicts: list[dict[str, Any]]) -> SeriesView:
    return SeriesView.model_validate({"series_id": request.series_id, "booked": booked, "conflicts": conflicts})
