"""Recurring bookings: every so many weeks at the same time on the clock, all in one transaction or none."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from mostrador import ids
from mostrador.errors import Busy, Conflict, Invalid
from mostrador.scheduling import booking, booking_context, booking_request, slots
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.views.recurring import NewSeries, SeriesConflict, SeriesView
from mostrador.table import keys, writes
from mostrador.table.items.scheduling import Appointment, Resource
from mostrador.tenancy import tenants
from mostrador.values import local_time

MOST: Final = 30


class Conflicts(Conflict):
    """``conflicts`` are the dates that are not free, each with its reason and alternatives; nothing was booked."""

    code = "series_conflicts"
    en = "{count} of the dates are not free"
    es = "{count} de las fechas no están libres"


class BadSeries(Invalid):
    code = "invalid_series"
    en = "{value} makes {count} dates: a series has 2 to {most}"
    es = "{value} da {count} fechas: una serie tiene de 2 a {most}"


def book(tenant: str, form: NewSeries, *, actor_name: str, key: str | None, now: datetime) -> SeriesView:
    """Book every date, or those that are free with ``skip_conflicts``; a ``key`` repeated gives the same series.

    Staff may plan past the service's advance window. Raises Conflicts, BadSeries, and what ``bookings.book`` raises.
    """
    shop = tenants.current(tenant, now=now)
    days = _days(form, tenants.zone(shop))
    series_id = ids.derived(tenant, "series", key) if key else ids.new()
    starts, missing = _starts(form, days, tenants.zone(shop))
    request = booking_request.from_form(
        shop,
        form.appointment(),
        starts=starts,
        appointment_ids=[ids.derived(tenant, f"of series {series_id}", str(start)) for start in starts],
        actor_name=actor_name,
        now=now,
        series_id=series_id,
        request=form.as_sent(),
    )
    for _ in writes.attempts():
        context = booking_context.load(
            tenant, form.service_id, starts, request.keys(), duration_minutes=form.duration_minutes
        )
        request, is_complete = request.after(context)
        if not is_complete:
            continue
        earlier = _earlier(context, request)
        free, conflicts = _judge(
            context, request, form, taken_by_us={local_time.minute(one.scheduled_at) for one in earlier}
        )
        conflicts += missing
        if earlier:
            return _view(series_id, earlier, conflicts)
        if not free or (conflicts and not form.skip_conflicts):
            raise Conflicts(count=len(conflicts), conflicts=[one.model_dump(mode="json") for one in conflicts])
        try:
            return _view(series_id, _write(request, context, free), conflicts)
        except writes.ConditionFailed:
            continue
    raise Busy


def _days(form: NewSeries, zone: ZoneInfo) -> list[date]:
    """The local dates, from the first start's on."""
    first, step = (
        local_time.local_day(booking_request.minute(form.scheduled_at), zone),
        timedelta(weeks=form.every_weeks),
    )
    count = form.count or (((form.until or first) - first) // step + 1)
    if not 2 <= count <= MOST:  # noqa: PLR2004
        named = f"every_weeks={form.every_weeks}, count={form.count}, until={form.until}"
        raise BadSeries(field="body.count", value=named, count=count, most=MOST)
    return [first + step * number for number in range(count)]


def _starts(form: NewSeries, days: list[date], zone: ZoneInfo) -> tuple[list[int], list[SeriesConflict]]:
    """The instants at which the clocks show the first start's time; dates on which they skip it are conflicts."""
    local = local_time.instant(booking_request.minute(form.scheduled_at), zone)
    wall = local.hour * 60 + local.minute
    starts: list[int] = []
    missing = []
    for day in days:
        found = local_time.instants(day, wall, zone)
        if found:
            starts.append(found[0])
        else:
            at = datetime(day.year, day.month, day.day, wall // 60, wall % 60, tzinfo=zone)
            missing.append(SeriesConflict(starts_at=at, reason=Reason.CLOSED.value, details={}, alternatives=[]))
    return starts, missing


def _judge(
    context: booking_context.BookingContext,
    request: booking_request.BookingRequest,
    form: NewSeries,
    taken_by_us: set[int],
) -> tuple[dict[int, list[Resource]], list[SeriesConflict]]:
    """Who takes each start that is free, and the conflicts of the others."""
    asked = slots.SlotQuery(request.now, form.resource_id, any_day=True, ignore_calendar=form.ignore_calendar)
    free, conflicts = {}, []
    for start in (one for one in request.starts if one not in taken_by_us):
        try:
            free[start] = slots.choose(context, start, asked)
        except slots.SlotTaken as taken:
            conflicts.append(SeriesConflict(**{name: taken.facts[name] for name in SeriesConflict.model_fields}))
    return free, conflicts


def _write(
    request: booking_request.BookingRequest, context: booking_context.BookingContext, free: dict[int, list[Resource]]
) -> list[Appointment]:
    ids_of = dict(zip(request.starts, request.appointment_ids, strict=True))
    some = booking_request.only(request, starts=list(free), appointment_ids=[ids_of[start] for start in free])
    return booking.write(some, context, list(free.values()))


def _earlier(context: booking_context.BookingContext, request: booking_request.BookingRequest) -> list[Appointment]:
    """What the same request made before. Raises KeyReused."""
    found = (context.other.get(keys.appointment(request.tenant, one)) for one in request.appointment_ids)
    return [writes.same_request(one, request.fingerprint) for one in found if one is not None]


def _view(series_id: str, booked: list[Appointment], conflicts: list[SeriesConflict]) -> SeriesView:
    return SeriesView.model_validate({"series_id": series_id, "booked": booked, "conflicts": conflicts})
