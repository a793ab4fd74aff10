"""A business to measure on: made by the use cases, its past written straight into the table."""

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from local import dynoxide
from mostrador import context, ids, process_cache
from mostrador.people.views.customers import NewCustomer
from mostrador.scheduling import booking, booking_context, busy_sources, busy_times, resources, services
from mostrador.scheduling.rules import agenda
from mostrador.scheduling.rules.busy_times import BusyTime
from mostrador.scheduling.views.appointments import AvailabilityQuery, NewAppointment
from mostrador.scheduling.views.services import NewResource, NewService, ResourceListing
from mostrador.table import base, keys, tenant_guard
from mostrador.table.attributes import packed, short
from mostrador.table.items.scheduling import AgendaDay, Appointment, Service
from mostrador.tenancy import tenants
from mostrador.tenancy.views.opening_hours import WEEKDAYS
from mostrador.tenancy.views.tenants import NewTenant
from mostrador.values import local_time

NOW: Final = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
ZONE: Final = ZoneInfo("America/Asuncion")
A_DAY: Final = 20
"""Bookings a day, in the past and in the month that is looked at."""
BUSY_A_DAY: Final = 5
_CALENDAR: Final = "GOOGLE_CALENDAR"
_PER_CUSTOMER: Final = 5
_BATCH: Final = 25

# The bench works for every tenant it makes, in whatever thread, as somebody whom the audit log has to name.
_AT_WORK: Final = context.Work(
    tenant_guard.EVERY_TENANT,
    context.Actor(str(UUID(int=7)), "staff", "eva@example.com", "203.0.113.7", str(UUID(int=9))),
)
context._current = ContextVar("work", default=_AT_WORK)  # type: ignore[misc]

Raw = dict[str, Any]
"""An item as the table holds it: ``{"pk": {"S": "T#salon"}, ...}``."""


@dataclass(frozen=True, slots=True)
class Business:
    """One tenant: ``solo`` is given by its first resource, ``duo`` by two."""

    slug: str
    solo: Service
    duo: Service

    def form(self, scheduled_at: datetime, phone: str, *, hold: bool = False) -> NewAppointment:
        customer = NewCustomer(name="María José Fernández", phone=phone, email="maria.jose@example.com")
        return NewAppointment(service_id=self.solo.id, scheduled_at=scheduled_at, customer_data=customer, hold=hold)

    def book(self, scheduled_at: datetime, phone: str, *, hold: bool = False) -> Appointment:
        form = self.form(scheduled_at, phone, hold=hold)
        return booking.book(self.slug, form, actor_name="eva@example.com", key=ids.new(), now=NOW)


def open_business(slug: str) -> Business:
    """Open around the clock, so that there is room for every booking that is measured."""
    week = {day: [{"opens": "00:00", "closes": "24:00"}] for day in WEEKDAYS}
    wanted = NewTenant.model_validate({"slug": slug, "name": "Salón Ñandutí", "business_hours": week})
    tenants.create(wanted, now=NOW)
    first = resources.listing(slug, ResourceListing(limit=1), now=NOW).items[0]
    second = resources.create(slug, NewResource(name="Silla de la ventana"), key=None, now=NOW)
    both = [first.id, second.id]
    terms = {"duration_minutes": 30, "price": "80000", "max_bookings_per_day": None, "advance_booking_days": 730}
    solo = services.create(slug, NewService(name="Corte", resource_ids=both[:1], **terms), key=None, now=NOW)
    duo = services.create(slug, NewService(name="Corte y barba", resource_ids=both, **terms), key=None, now=NOW)
    return Business(slug, solo, duo)


def query(service: Service, first: date, last: date) -> AvailabilityQuery:
    return AvailabilityQuery.model_validate({"service": service.id, "from": first, "to": last})


def forget() -> None:
    """Nothing is remembered from another engine, as in tests/conftest.py."""
    process_cache.clear_all()
    base.disconnect()


def noon(day: int) -> datetime:
    """12:00 on the tenant's clock, ``day`` days from now."""
    return (NOW.astimezone(ZONE) + timedelta(days=day)).replace(hour=12, minute=0)


def fill_days(business: Business, first: date, days: int) -> None:
    """A_DAY bookings on the agenda of each day of both resources; no appointments behind them."""
    for resource_id in business.duo.resource_ids:
        for number in range(days):
            day = first + timedelta(days=number)
            _agenda_day(business, resource_id, day, _lines(business, day, A_DAY)).save()


def connect_calendar(business: Business, first: date, days: int) -> None:
    """A calendar elsewhere that is busy BUSY_A_DAY times on each day, late in the evening; read once."""
    begins = [local_time.day_bounds(first + timedelta(days=number), ZONE)[0] + 19 * 60 for number in range(days)]
    starts = [begin + 50 * place for begin in begins for place in range(BUSY_A_DAY)]
    busy_sources.follow(business.slug, _CALENDAR, now=NOW)
    turn = int(busy_sources.begin(business.slug, _CALENDAR).version)
    busies = [BusyTime(f"event {start}", start, start + 45) for start in starts]
    busy_times.full(business.slug, _CALENDAR, business.duo.resource_ids, busies, turn=turn, now=NOW)
    busy_sources.finish(business.slug, _CALENDAR, turn=turn, resource_ids=business.duo.resource_ids, as_of=NOW)


def _lines(business: Business, day: date, count: int) -> list[agenda.Booking]:
    """So many bookings of ``solo``, one after the other from 00:30 on the clock."""
    starts, demand = local_time.day_bounds(day, ZONE)[0] + 30, booking_context.demand(business.solo)
    return [demand.booking(ids.new(), starts + demand.duration * place) for place in range(count)]


def _agenda_day(business: Business, resource_id: str, day: date, lines: list[agenda.Booking]) -> AgendaDay:
    key = keys.agenda_day(business.slug, resource_id, day)
    kept = {short(line.appointment_id): packed(line, day) for line in lines}
    return AgendaDay(*key, version=len(lines), lines=kept)


def live_through(endpoint: str, business: Business, bookings: int) -> None:
    """A past of so many bookings: appointments, the days they stood in, and a customer for every few of them.

    All are copies of one real booking, each with an id, a time and keys of its own.
    """
    client = dynoxide.client(endpoint)
    everything = _past(business, pattern(client, business, noon(700)), bookings)
    while batch := list(islice(everything, _BATCH)):
        requests = [{"PutRequest": {"Item": item}} for item in batch]
        left = client.batch_write_item(RequestItems={base.Item.Meta.table_name: requests})["UnprocessedItems"]
        if left:
            raise RuntimeError(f"dynoxide left {len(left)} items unwritten")


def pattern(client: Any, business: Business, scheduled_at: datetime) -> tuple[Raw, Raw, Raw]:
    """A booked appointment, its customer and the guard of the customer's phone, as stored."""
    made = business.book(scheduled_at, f"0981 {scheduled_at:%y%m%d}")
    wanted = (
        keys.appointment(business.slug, made.id),
        keys.customer(business.slug, made.customer_id),
        keys.phone(business.slug, made.customer_phone),
    )
    visit, customer, guard = (stored(client, key) for key in wanted)
    return visit, customer, guard


def stored(client: Any, key: keys.Key) -> Raw:
    item: Raw = client.get_item(TableName=base.Item.Meta.table_name, Key=_texts(pk=key[0], sk=key[1]))["Item"]
    return item


def _past(business: Business, patterns: tuple[Raw, Raw, Raw], bookings: int) -> Iterator[Raw]:
    """Day after day into the past, each with its customers, its appointments and its agenda."""
    today = NOW.astimezone(ZONE).date()
    for number in range(0, bookings, A_DAY):
        day = today - timedelta(days=1 + number // A_DAY)
        lines = _lines(business, day, min(A_DAY, bookings - number))
        guests = [ids.new() for _ in lines[::_PER_CUSTOMER]]
        yield _agenda_day(business, business.solo.resource_ids[0], day, lines).serialize()
        for place, guest in enumerate(guests):
            yield from _guest(business, patterns, guest, f"+59598{number + place:07d}")
        for place, line in enumerate(lines):
            yield _visit(business, patterns, line, guests[place // _PER_CUSTOMER])


def _guest(business: Business, patterns: tuple[Raw, Raw, Raw], customer_id: str, phone: str) -> tuple[Raw, Raw]:
    _, customer, guard = patterns
    pk, sk = keys.customer(business.slug, customer_id)
    by_name, name_sk = keys.customer_by_name(business.slug, customer["folded"]["S"], customer_id)
    made = customer | _texts(pk=pk, sk=sk, gsi1pk=by_name, gsi1sk=name_sk, id=customer_id, phone=phone)
    pk, sk = keys.phone(business.slug, phone)
    return made, guard | _texts(pk=pk, sk=sk, customer_id=customer_id)


def _visit(business: Business, patterns: tuple[Raw, Raw, Raw], line: agenda.Booking, customer_id: str) -> Raw:
    scheduled_at, visit_id = local_time.instant(line.starts, ZONE).astimezone(UTC), line.appointment_id
    pk, sk = keys.appointment(business.slug, visit_id)
    by_start, start_sk = keys.appointment_by_start(business.slug, scheduled_at, visit_id)
    of_customer, customer_sk = keys.appointment_of_customer(business.slug, customer_id, scheduled_at, visit_id)
    own = _texts(pk=pk, sk=sk, gsi1pk=by_start, gsi1sk=start_sk, gsi2pk=of_customer, gsi2sk=customer_sk)
    ends_at = scheduled_at + timedelta(minutes=line.duration)
    instant = Appointment.scheduled_at.serialize
    return patterns[0] | own | _texts(id=visit_id, scheduled_at=instant(scheduled_at), ends_at=instant(ends_at))


def _texts(**values: str) -> Raw:
    return {name: {"S": value} for name, value in values.items()}
