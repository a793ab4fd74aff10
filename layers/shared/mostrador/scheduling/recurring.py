"""Recurring bookings: every so many weeks at the same time on the clock, all in one transaction or none.

The record of the series is written in the same transaction. It knows each call that booked dates, so a repeat finds
its appointments whatever the clocks show by then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from mostrador import ids
from mostrador.errors import Conflict, Invalid
from mostrador.scheduling import booking, booking_request, slot_terms, slots
from mostrador.scheduling.booking_context import BookingContext, Items
from mostrador.scheduling.booking_request import BookingRequest
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.rules.overrides import ORDINARY
from mostrador.scheduling.views.recurring import NewSeries, SeriesConflict, SeriesView
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import Appointment, Batch, Resource, Series
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction

MOST: Final = 30
Conflicting = list[dict[str, Any]]
Record = Callable[[list[Appointment], Batch], Series]
"""The series to save, once its appointments and their batch are known."""


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


class Known(Exception):
    """The same call booked dates before."""

    def __init__(self, series_id: str, batch: Batch) -> None:
        super().__init__(series_id)
        self.series_id, self.batch = series_id, batch


@dataclass(frozen=True, slots=True)
class Wanted:
    """One call that books dates of a series: its request, the dates that the clocks skip, and how it is recorded."""

    request: BookingRequest
    missing: Sequence[SeriesConflict]
    batch_id: str
    skip_conflicts: bool
    record: Record


def book(
    slug: str,
    form: NewSeries,
    *,
    may_override: frozenset[str] = ORDINARY,
    actor_name: str,
    key: str | None,
    now: datetime,
    role: str = "",
) -> SeriesView:
    """Book every date, past the service's window too, or with ``skip_conflicts`` those that are free.

    A repeated ``key`` gives the same answer. Raises Conflicts, BadSeries, the errors of ``booking.book`` and ``write``.
    """
    tenant = tenants.current(slug, now=now)
    zone, series_id = tenants.zone(tenant), ids.derived(slug, "series", key) if key else ids.new()
    first = local_time.instant(booking_request.minute(form.scheduled_at), zone)
    starts, missing = starts_of(_days(form, zone), first.hour * 60 + first.minute, zone, fold=first.fold)
    request = booking_request.from_form(
        tenant,
        form.appointment(),
        starts=starts,
        appointment_ids=ids_of(slug, series_id, starts),
        actor_name=actor_name,
        now=now,
        series_id=series_id,
        sent=form.as_sent(),
        may_override=may_override,
        more={"role": role},
    )
    record = partial(_new_record, request, form)
    wanted = Wanted(request, missing, series_id, form.skip_conflicts, record)
    return carry_out(slug, lambda: wanted)


def carry_out(slug: str, make: Callable[[], Wanted]) -> SeriesView:
    """Book what ``make`` gives, called again after a lost race; a repeat gives what was booked. Raises Conflicts."""

    def load(_attempt: int) -> tuple[Wanted, BookingRequest, BookingContext]:
        wanted = make()
        request, context = booking_request.load_context(wanted.request, check=partial(_check_new, wanted))
        return wanted, request, context

    try:
        return writes.retrying(load, lambda loaded: _book(*loaded))
    except Known as known:
        return _told(slug, known.series_id, known.batch)
    except booking_request.Repeated as repeated:  # of before the record
        told = next((one.series_conflicts for one in repeated.earlier if one.series_conflicts), [])
        return _view(str(repeated.earlier[0].series_id), repeated.earlier, told)


def ids_of(slug: str, batch_id: str, starts: Sequence[int]) -> list[str]:
    """The ids of the appointments of a batch."""
    return [ids.derived(slug, f"of series {batch_id}", str(start)) for start in starts]


def check_known(series: Series, batch_id: str, fingerprint: str) -> None:
    """Raise Known where the batch was booked before, and KeyReused where that was another request."""
    batch = next((one for one in series.batches if one["id"] == batch_id), None)
    if batch is None:
        return
    if batch["fingerprint"] != fingerprint:
        raise writes.KeyReused
    raise Known(series.id, batch)


def _check_new(wanted: Wanted, items: Items) -> None:
    series = items.get(keys.series(wanted.request.slug, str(wanted.request.series_id)))
    if isinstance(series, Series):
        check_known(series, wanted.batch_id, wanted.request.fingerprint)
    wanted.request.check_new(items)


def _book(wanted: Wanted, request: BookingRequest, context: BookingContext) -> SeriesView:
    plan = _plan(request, context)
    conflicts = [conflict.model_dump(mode="json") for conflict in [*plan.conflicts, *wanted.missing]]
    if not plan.free or (conflicts and not wanted.skip_conflicts):
        raise Conflicts(count=len(conflicts), conflicts=conflicts)

    def also(tx: Transaction, booked: list[Appointment]) -> None:
        dates = {one.id: str(one.local_start) for one in booked}
        batch = Batch(id=wanted.batch_id, fingerprint=request.fingerprint, dates=dates, conflicts=conflicts)
        tx.save(wanted.record(booked, batch))

    some = booking_request.only(request, list(plan.free))
    booked = booking.write(some, context, list(plan.free.values()), also=also)
    return _view(str(request.series_id), booked, conflicts)


def _new_record(request: BookingRequest, form: NewSeries, booked: list[Appointment], batch: Batch) -> Series:
    own, first = keys.series(request.slug, str(request.series_id)), booked[0]
    gsi1pk, gsi1sk = keys.by_start(own, first.scheduled_at)
    return Series(
        *own,
        gsi1pk=gsi1pk,
        gsi1sk=gsi1sk,
        id=request.series_id,
        service_id=first.service_id,
        customer_id=first.customer_id,
        resource_id=form.resource_id,
        every_weeks=form.every_weeks,
        starts_at=first.scheduled_at,
        dates=len(booked),
        time_zone=first.time_zone,
        batches=[batch],
        created_by=request.actor_name,
        created_at=request.now,
        fingerprint=request.fingerprint,
    )


def _days(form: NewSeries, zone: ZoneInfo) -> list[date]:
    """The local dates, from the first start's on. Raises BadSeries, OddStart."""
    first = local_time.local_day(booking_request.minute(form.scheduled_at), zone)
    step = timedelta(weeks=form.every_weeks)
    count = form.count or (((form.until or first) - first) // step + 1)
    if not 2 <= count <= MOST:  # noqa: PLR2004
        named = f"every_weeks={form.every_weeks}, count={form.count}, until={form.until}"
        raise BadSeries(field="body.count", value=named, count=count, most=MOST)
    return [first + step * number for number in range(count)]


def starts_of(
    days: Sequence[date], wall: int, zone: ZoneInfo, *, fold: int = 0
) -> tuple[list[int], list[SeriesConflict]]:
    """The instants at which the clocks show ``wall`` minutes after midnight; dates on which they skip it are conflicts.

    Where the clocks show it twice it is the first time, or the second with ``fold`` 1.
    """
    starts, missing = list[int](), list[SeriesConflict]()
    for day in days:
        instants = local_time.instants(day, wall, zone)
        if instants:
            starts.append(instants[-fold])
        else:
            at = datetime(day.year, day.month, day.day, wall // 60, wall % 60, tzinfo=zone)
            missing.append(SeriesConflict(starts_at=at, reason=Reason.CLOSED, details={}, alternatives=[]))
    return starts, missing


class _Plan(NamedTuple):
    """The resources for each free start, and the conflicts of the others."""

    free: Mapping[int, list[Resource]]
    conflicts: list[SeriesConflict]


def _plan(request: BookingRequest, context: BookingContext) -> _Plan:
    query = replace(request.query, any_day=True)
    asked = slot_terms.terms(context, query)
    refused = {start: refusal for start in request.starts if (refusal := slots.refusal_of(asked, start))}
    errors = slots.slot_taken_errors(context, refused, query)
    return _Plan(
        {start: slots.chosen(asked, start) for start in request.starts if start not in refused},
        [
            SeriesConflict.model_validate({name: error.facts[name] for name in SeriesConflict.model_fields})
            for error in errors
        ],
    )


def _told(slug: str, series_id: str, batch: Batch) -> SeriesView:
    """The answer to a repeat: the appointments that are still there, and the conflicts that were told."""
    found = reads.batch(keys.appointment(slug, appointment_id) for appointment_id in batch["dates"])
    booked = [found[key] for one in batch["dates"] if (key := keys.appointment(slug, one)) in found]
    return _view(series_id, booked, batch["conflicts"])


def _view(series_id: str, booked: Sequence[Appointment], conflicts: Conflicting) -> SeriesView:
    return SeriesView.model_validate({"series_id": series_id, "booked": booked, "conflicts": conflicts})
