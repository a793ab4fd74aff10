"""P8: whole calls about free times, from the use case to the JSON, and how they grow with what they hold."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from statistics import median
from time import process_time
from typing import Final

from bench import businesses, progress
from bench.businesses import NOW, ZONE, Business
from bench.figures import Figure
from bench.meter import metered
from mostrador import ids
from mostrador.errors import Conflict
from mostrador.people.views.customers import NewCustomer
from mostrador.scheduling import availability, booking, booking_context, recurring, resources, services
from mostrador.scheduling.rules import agenda
from mostrador.scheduling.views.appointments import AvailabilityQuery, NewAppointment
from mostrador.scheduling.views.recurring import NewSeries
from mostrador.scheduling.views.services import NewResource, NewService
from mostrador.table import keys
from mostrador.table.attributes import packed, short
from mostrador.table.items.scheduling import AgendaDay, Service
from mostrador.values import local_time

ENGINE: Final = "dynoxide"
ROUNDS: Final = 7
FIRST: Final = date(2027, 1, 1)
DAYS: Final = 31
GROUP: Final = 10
SEATS: Final = 30
_CLASSES: Final = 20
"""Classes a day, of half an hour each."""
_TERMS: Final = {"duration_minutes": 30, "price": "80000", "max_bookings_per_day": None, "advance_booking_days": 730}


@dataclass(frozen=True, slots=True)
class Shop:
    """A business with a service of one resource, a class, and a service of ten resources."""

    business: Business
    lesson: Service
    group: Service
    group_ids: list[str]


def figures(endpoint: str) -> Iterator[Figure]:  # noqa: ARG001 - the engine is set in the environment
    shop = _shop()
    calls = _calls(shop)
    for name, (call, most) in progress.each("calls", calls.items(), len(calls)):
        seconds, trips = _median(call)
        terms = {"round trips": trips, "CPU ms": 1000 * seconds}
        yield Figure("P8", f"whole call: {name}", ENGINE, round(1000 * seconds, 1), "ms", at_most=most, terms=terms)
    yield from _growth(shop)


def _shop() -> Shop:
    business = businesses.open_business("calls")
    businesses.fill_days(business, FIRST, DAYS)
    more = [resources.create(business.slug, NewResource(name=f"Sala {n}"), key=None, now=NOW).id for n in range(GROUP)]
    lesson_room = resources.create(business.slug, NewResource(name="Salón"), key=None, now=NOW).id
    lesson = _service(business, "Clase", [lesson_room], capacity=SEATS)
    group = _service(business, "Consulta", more)
    for resource_id in more:
        _fill(business, group, resource_id, seats=1)
    _fill(business, lesson, lesson_room, seats=GROUP)
    return Shop(business, lesson, group, more)


def _service(business: Business, name: str, resource_ids: list[str], capacity: int = 1) -> Service:
    form = NewService.model_validate(_TERMS | {"name": name, "resource_ids": resource_ids, "capacity": capacity})
    return services.create(business.slug, form, key=None, now=NOW)


def _fill(business: Business, service: Service, resource_id: str, *, seats: int) -> None:
    demand = booking_context.demand(service)
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        begins = local_time.day_bounds(day, ZONE)[0] + 30
        lines = [
            demand.booking(ids.new(), begins + 30 * place) for place in range(_CLASSES) for _ in range(seats)
        ]  # fmt: skip
        _agenda_day(business, resource_id, day, lines).save()


def _agenda_day(business: Business, resource_id: str, day: date, lines: list[agenda.Booking]) -> AgendaDay:
    kept = {short(line.appointment_id): packed(line, day) for line in lines}
    return AgendaDay(*keys.agenda_day(business.slug, resource_id, day), version=len(lines), lines=kept)


_Call = tuple[Callable[[], object], float | None]


def _calls(shop: Shop) -> Mapping[str, _Call]:
    named = {"868 starts, 620 bookings": shop.business.solo, "class of 30": shop.lesson, "10 resources": shop.group}
    goals = {"868 starts, 620 bookings": (10, 20)}
    found: dict[str, _Call] = {}
    for name, service in named.items():
        for explain, most in zip((False, True), goals.get(name, (None, None)), strict=True):
            query = _query(service, explain=explain)
            found[f"month, {name}{', explain' if explain else ''}"] = partial(_view, shop, query), most
    free, taken = datetime(2027, 3, 1, 0, 0, tzinfo=ZONE), datetime(2027, 1, 1, 1, 0, tzinfo=ZONE)
    found["series of 30 dates"] = (lambda: _series(shop, free), None)
    found["series of 30 dates, 30 conflicts"] = (lambda: _series(shop, free.replace(minute=7)), None)
    found["booking"] = (lambda: shop.business.book(next(_NOONS), f"0983 {next(_COUNT):06d}"), None)
    found["booking refused"] = (lambda: _refused(shop.business, shop.business.solo, taken), None)
    at_ten = taken.replace(hour=10)
    found["booking refused, free time near"] = (lambda: _refused(shop.business, shop.business.solo, at_ten), None)
    off_grid = taken.replace(minute=15)
    found["booking refused, class of 200 a day"] = (lambda: _refused(shop.business, shop.lesson, off_grid), None)
    return found


_COUNT: Final = iter(range(10**6))
_NOONS: Final = (businesses.noon(100 + number) for number in range(500))
_WEEKS: Final = iter(range(1, 10**6))


def _query(service: Service, days: int = DAYS, *, explain: bool = False) -> AvailabilityQuery:
    last = FIRST + timedelta(days=days - 1)
    return AvailabilityQuery.model_validate({"service": service.id, "from": FIRST, "to": last, "explain": explain})


def _view(shop: Shop, query: AvailabilityQuery) -> str:
    return availability.find(shop.business.slug, query, now=NOW).model_dump_json()


def _series(shop: Shop, first: datetime) -> None:
    """Each round at another time of the day: the first dates of a series are taken then."""
    at = first + timedelta(minutes=30 * next(_WEEKS))
    form = NewSeries.model_validate({
        "service_id": shop.business.solo.id, "scheduled_at": at, "every_weeks": 1, "count": 30,
        "customer_data": {"name": "María José", "phone": "0984 123456"},
    })  # fmt: skip
    with suppress(Conflict):
        recurring.book(shop.business.slug, form, actor_name="eva@example.com", key=ids.new(), now=NOW)


def _refused(business: Business, service: Service, at: datetime) -> None:
    customer = NewCustomer(name="María José", phone="0984 123456")
    form = NewAppointment(service_id=service.id, scheduled_at=at, customer_data=customer)
    with suppress(Conflict):
        booking.book(business.slug, form, actor_name="eva@example.com", key=ids.new(), now=NOW)
        raise RuntimeError("it was booked")


def _growth(shop: Shop) -> Iterator[Figure]:
    """Twice the days and twice the resources must not take more than twice the CPU."""
    for name, service in {"class of 30": shop.lesson, "10 resources": shop.group}.items():
        few, many = (_median(partial(_view, shop, _query(service, days, explain=True)))[0] for days in (8, 31))
        terms = {"8 days ms": 1000 * few, "31 days ms": 1000 * many}
        yield Figure("P9", f"31 days against 8, {name}, explain", ENGINE, round(many / few, 2), "x", 4.5, terms=terms)


def _median(call: Callable[[], object]) -> tuple[float, int]:
    """Median CPU seconds of a warm call, and its round trips."""
    took = []
    call()
    for _ in range(ROUNDS):
        with metered() as spent:
            before = process_time()
            call()
            took.append(process_time() - before)
    return median(took), len(spent.trips)
