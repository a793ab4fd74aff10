"""A series is moved, cancelled or extended from a date on.

Moves and cancellations are a transaction for each date, and safe to repeat: a date that is as wanted stays so. A call
takes so many dates as fit into its time, and says from which date the next one goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from mostrador import ids
from mostrador.errors import Conflict, ServiceError
from mostrador.scheduling import appointments, booking_request, placing, recurring, series
from mostrador.scheduling.placing import Target
from mostrador.scheduling.recurring import Wanted
from mostrador.scheduling.rules import series as rules
from mostrador.scheduling.rules.appointment_states import OCCUPYING, AppointmentStatus
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.rules.series import SeriesResult
from mostrador.scheduling.series import Occurrence
from mostrador.scheduling.slots import SlotTaken
from mostrador.scheduling.views.appointments import NewAppointment
from mostrador.scheduling.views.recurring import SeriesView
from mostrador.table import writes
from mostrador.table.items.scheduling import Appointment, Batch, Series
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.scheduling.views.series import Extension, SeriesCancellation, SeriesMove

WITHIN: Final = timedelta(seconds=6)
"""No further date begins later: a function has ten seconds."""
MOST: Final = 30
"""Dates of one call."""
_Change = Callable[[Occurrence], tuple[SeriesResult, Appointment | None]]


class SeriesFull(Conflict):
    code = "series_full"
    en = "a series has {most} dates at most, and this one would have {count}; begin another"
    es = "una serie tiene {most} fechas como máximo, y esta tendría {count}; comience otra"
    next_action = NextAction.ASK_FOR_FEWER


class NothingToExtend(Conflict):
    code = "series_is_empty"
    en = "every appointment of the series was deleted; begin another"
    es = "se eliminaron todos los turnos de la serie; comience otra"
    next_action = NextAction.START_AGAIN


@dataclass(frozen=True, slots=True)
class DateOutcome:
    """What became of one date: its appointment as it is now, or why it was refused."""

    planned: str
    result: SeriesResult
    appointment: Appointment | None
    error: ServiceError | None = None


@dataclass(slots=True)
class Outcome:
    """The dates of one call in their order; ``next_from`` is where another call goes on, None at the end."""

    rows: list[DateOutcome] = field(default_factory=list)
    next_from: date | None = None


def move(slug: str, series_id: str, form: "SeriesMove", *, actor_name: str, clock: Callable[[], datetime]) -> Outcome:
    """Move the dates from one on to another weekday of their week, time, resource or length. Raises NotHere.

    Those that were moved by themselves stay, unless the form includes them. Paid money, links and history stay.
    """
    now = clock()
    found = series.get(slug, series_id, now=now)
    zone, weekday = tenants.zone(tenants.current(slug, now=now)), form.weekday_number()
    wanted = [one for one in found.dates if one.appointment and rules.is_from(one.planned_day, form.from_, weekday)]

    def change(one: Occurrence) -> tuple[SeriesResult, Appointment | None]:
        return _move(slug, found.series, one, form, zone, actor_name=actor_name, now=now)

    return _each(wanted, change, clock=clock, now=now)


def cancel(
    slug: str, series_id: str, form: "SeriesCancellation", *, actor_name: str, clock: Callable[[], datetime]
) -> Outcome:
    """Cancel the dates from one on, as each would be cancelled by itself. Raises NotHere."""
    now = clock()
    found = series.get(slug, series_id, now=now)
    wanted = [one for one in found.dates if one.appointment and one.planned_day >= form.from_]

    def change(one: Occurrence) -> tuple[SeriesResult, Appointment | None]:
        appointment = one.appointment
        if appointment and appointment.status == AppointmentStatus.CANCELLED:
            return SeriesResult.ALREADY_DONE, appointment
        if appointment is None or not _is_to_come(appointment, now):
            return SeriesResult.ENDED, appointment
        cancelled = appointments.cancel(
            slug, appointment.id, reason=form.reason, keep_payment=form.keep_payment, actor_name=actor_name, now=now
        )
        return SeriesResult.DONE, cancelled

    return _each(wanted, change, clock=clock, now=now)


def _each(wanted: Sequence[Occurrence], change: _Change, *, clock: Callable[[], datetime], now: datetime) -> Outcome:
    outcome = Outcome()
    for number, one in enumerate(wanted):
        if number == MOST or clock() >= now + WITHIN:
            outcome.next_from = one.planned_day
            break
        try:
            result, appointment = change(one)
            outcome.rows.append(DateOutcome(one.planned, result, appointment))
        except ServiceError as error:
            outcome.rows.append(DateOutcome(one.planned, SeriesResult.REFUSED, one.appointment, error))
    return outcome


def _is_to_come(appointment: Appointment, now: datetime) -> bool:
    has_begun = appointment.started_at is not None or appointment.scheduled_at <= now
    return appointment.status in OCCUPYING and not has_begun


def _move(
    slug: str, record: Series, one: Occurrence, form: "SeriesMove", zone: ZoneInfo, *, actor_name: str, now: datetime
) -> tuple[SeriesResult, Appointment | None]:
    planned = _planned(one, form)

    def decide(appointment: Appointment) -> tuple[SeriesResult, Appointment | None]:
        if not _is_to_come(appointment, now):
            return SeriesResult.ENDED, appointment
        if appointment.local_start != appointment.series_on and not form.include_moved:
            return SeriesResult.KEPT, appointment
        resource_id = form.resource_id or (appointment.resource_id if record.resource_id else None)
        target = Target(_start(planned, zone), resource_id, duration=form.duration_minutes)
        if target.is_where(appointment) and appointment.series_on == planned:
            return SeriesResult.ALREADY_DONE, appointment
        appointment.series_on = planned
        placing.put(slug, appointment, target, actor_name=actor_name, now=now)
        return SeriesResult.DONE, appointment

    appointment_id = one.appointment.id if one.appointment else ""
    return writes.retrying(lambda _attempt: appointments.get(slug, appointment_id, now=now), decide)


def _planned(one: Occurrence, form: "SeriesMove") -> str:
    """The time on the clock to which a date moves."""
    return f"{rules.moved_day(one.planned_day, form.weekday_number())}T{form.time or one.planned[11:]}"


def _start(planned: str, zone: ZoneInfo) -> int:
    """Its minute since the epoch. Raises SlotTaken where the clocks skip that time."""
    at = datetime.fromisoformat(planned)
    found = local_time.instants(at.date(), at.hour * 60 + at.minute, zone)
    if not found:
        starts_at = at.replace(tzinfo=zone).isoformat()
        facts = {"starts_at": starts_at, "reason": Reason.CLOSED.value, "details": {}, "alternatives": []}
        raise SlotTaken(field="body.time", value=planned, **facts)
    return found[0]


def extend(
    slug: str, series_id: str, form: "Extension", *, actor_name: str, key: str | None, now: datetime
) -> SeriesView:
    """Book further dates behind the last that stands, in one transaction; a repeated ``key`` gives the same answer.

    They have the last date's service, length, time, customer and notes, and its resource if the series has a certain
    one. Raises NotHere, Conflicts, BadSeries, SeriesFull, NothingToExtend, and the errors of ``booking.write``.
    """
    tenant = tenants.current(slug, now=now)
    batch_id = ids.derived(slug, f"extension of {series_id}", key) if key else ids.new()

    def make() -> Wanted:
        found = series.get(slug, series_id, now=now)
        recurring.check_known(found.series, batch_id, ids.fingerprint(form.as_sent()))
        last = found.last
        if last is None or last.appointment is None:
            raise NothingToExtend
        days = _further(found.series, last, form)
        at = datetime.fromisoformat(last.planned)
        starts, missing = recurring.starts_of(days, at.hour * 60 + at.minute, tenants.zone(tenant))
        request = booking_request.from_form(
            tenant,
            _form(found.series, last.appointment),
            starts=starts,
            appointment_ids=recurring.ids_of(slug, batch_id, starts),
            actor_name=actor_name,
            now=now,
            series_id=series_id,
            sent=form.as_sent(),
        )
        record = partial(_extended, found.series, now)
        return Wanted(request, missing, batch_id, form.skip_conflicts, record)

    return recurring.carry_out(slug, make)


def _further(record: Series, last: Occurrence, form: "Extension") -> list[date]:
    """The local dates to book. Raises BadSeries, SeriesFull."""
    endless = rules.next_days(last.planned_day, int(record.every_weeks), form.from_)
    until = form.until or date.max
    days = list(islice(takewhile(lambda day: day <= until, endless), form.count or recurring.MOST + 1))
    if not 1 <= len(days) <= recurring.MOST:
        named = f"count={form.count}, until={form.until}"
        raise recurring.BadSeries(field="body.count", value=named, count=len(days), most=recurring.MOST)
    count = sum(len(batch["dates"]) + len(batch["conflicts"]) for batch in record.batches) + len(days)
    if count > rules.MOST:
        raise SeriesFull(count=count, most=rules.MOST)
    return days


def _form(record: Series, last: Appointment) -> NewAppointment:
    """The request for each of the further dates, apart from the start."""
    return NewAppointment(
        service_id=last.service_id,
        scheduled_at=last.scheduled_at,
        duration_minutes=last.duration_minutes,
        resource_id=last.resource_id if record.resource_id else None,
        customer_id=last.customer_id,
        customer_notes=last.customer_notes,
        internal_notes=None,
        status="CONFIRMED" if last.confirmed_at else "PENDING",
    )


def _extended(record: Series, now: datetime, booked: list[Appointment], batch: Batch) -> Series:
    record.batches, record.dates, record.updated_at = [*record.batches, batch], int(record.dates) + len(booked), now
    return record
