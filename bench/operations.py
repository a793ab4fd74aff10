"""P4, P5: round trips and capacity units of each operation, warm, on dynoxide."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from bench import progress, till
from bench import shop as shops
from bench.figures import Figure
from bench.meter import Spent, metered, size
from bench.shop import NOW, Shop
from local import dynoxide
from mostrador.scheduling import appointments, availability, rescheduling
from mostrador.scheduling.views.appointments import AppointmentListing, Rescheduling

ENGINE: Final = "dynoxide"
_MONTH: Final = (date(2027, 1, 1), date(2027, 1, 31))
_BUSY: Final = 45
"""A day of that month, counted from now."""
_PAGE: Final = 25


@dataclass(frozen=True, slots=True)
class Operation:
    """``run`` is called with 0 to get warm and with 1 to be measured; the goals are those of P4 and P5."""

    name: str
    run: Callable[[int], object]
    trips: int
    write_units: float | None = None
    read_units: float | None = None


def figures(endpoint: str) -> Iterator[Figure]:
    shop = shops.opened("bench")
    shops.live_through(endpoint, shop, 100)
    shops.fill_days(shop, _MONTH[0] - timedelta(days=1), 33)
    connected = shops.opened("connected")
    shops.fill_days(connected, _MONTH[0] - timedelta(days=1), 33)
    shops.connect_calendar(connected, _MONTH[0] - timedelta(days=1), 33)
    with till.at_bancard(shop.slug):
        operations = [*_operations(shop), *_with_calendar(connected), *_payments(shop)]
        measured = [(operation, _measured(operation)) for operation in progress.steps("operations", operations)]
    for operation, spent in measured:
        told = Counter(spent.trips)
        yield Figure("P4", operation.name, ENGINE, len(spent.trips), "trips", at_most=operation.trips, terms=told)
    for operation, spent in measured:
        yield from _units(operation, spent)
    yield from _sizes(endpoint, shop)


def _measured(operation: Operation) -> Spent:
    operation.run(0)
    with metered() as spent:
        operation.run(1)
    return spent


def _units(operation: Operation, spent: Spent) -> Iterator[Figure]:
    for unit, units, goal in (
        ("WRU", spent.written, operation.write_units),
        ("RRU", spent.read, operation.read_units),
    ):
        if units:
            terms = dict(sorted(units.items(), key=lambda term: ("table", "gsi1", "gsi2", "due").index(term[0])))
            yield Figure("P5", operation.name, ENGINE, units.total(), unit, at_most=goal, terms=terms)


def _sizes(endpoint: str, shop: Shop) -> Iterator[Figure]:
    """What decides the units: an appointment over 1,024 bytes costs twice as much in the table and each index."""
    client = dynoxide.client(endpoint)
    visit, customer, _ = shops.pattern(client, shop, shops.noon(699))
    made = appointments.confirm(shop.slug, visit["id"]["S"], actor_name="eva@example.com", now=NOW)
    confirmed = shops.stored(client, (made.pk, made.sk))
    yield Figure("P5", "appointment as booked", ENGINE, size(visit), "bytes")
    yield Figure("P5", "appointment as confirmed", ENGINE, size(confirmed), "bytes")
    yield Figure("P5", "customer as booked", ENGINE, size(customer), "bytes")


def _operations(shop: Shop) -> list[Operation]:
    """Each books times of its own, so that none is in another's way."""
    known = shop.book(shops.noon(2), "0981 000 002")
    held = [shop.book(shops.noon(3 + n), "0981 000 002", hold=True) for n in range(2)]
    pending = [shop.book(shops.noon(5 + n), "0981 000 002") for n in range(4)]
    moving = [shop.book(shops.noon(14 + n), "0981 000 002") for n in range(2)]
    slug, actor_name = shop.slug, "eva@example.com"
    newest = AppointmentListing(limit=_PAGE, order="newest")
    return [
        Operation("book, new customer", lambda n: shop.book(shops.noon(10 + n), f"0981 100 00{n}"), 2, 14),
        Operation(
            "book, new customer, 21st of its day", lambda n: shop.book(shops.noon(_BUSY + n), f"0981 200 00{n}"), 2, 14
        ),
        Operation("book, known phone", lambda n: shop.book(shops.noon(12 + n), "0981 000 002"), 2, 10),
        Operation("confirm", lambda n: appointments.confirm(slug, pending[n].id, actor_name=actor_name, now=NOW), 2),
        Operation(
            "confirm a hold", lambda n: appointments.confirm(slug, held[n].id, actor_name=actor_name, now=NOW), 2
        ),
        Operation(
            "cancel",
            lambda n: appointments.cancel(slug, pending[2 + n].id, reason="", actor_name=actor_name, now=NOW),
            2,
        ),
        Operation("reschedule to another day", lambda n: _move(shop, moving[n].id, shops.noon(20 + n)), 3),
        Operation("get", lambda _: appointments.get(slug, known.id, now=NOW), 1),
        Operation("page of 25 appointments", lambda _: _page(slug, newest), 1, read_units=4),
        Operation("month view, 1 resource", lambda _: _view(shop, shop.solo), 2, read_units=5),
        Operation("month view, 2 resources", lambda _: _view(shop, shop.duo), 3),
    ]


def _payments(shop: Shop) -> list[Operation]:
    waiting = [shop.book(till.slot(n), f"0981 400 00{n}", hold=True) for n in range(2)]
    asked = [till.asked(shop, till.slot(2 + n)) for n in range(2)]
    return [
        Operation("start a checkout", lambda n: till.start(shop, waiting[n].id), 4),
        Operation("webhook: paid in time", lambda n: till.notify(shop, asked[n]), 3),
    ]


def _with_calendar(shop: Shop) -> list[Operation]:
    """Where a calendar elsewhere blocks every resource."""
    shop.book(shops.noon(2), "0981 000 002")
    return [
        Operation("book, known phone, calendar", lambda n: shop.book(shops.noon(12 + n), "0981 000 002"), 2, 10),
        Operation("month view, 1 resource, calendar", lambda _: _view(shop, shop.solo), 2),
        Operation("month view, 2 resources, calendar", lambda _: _view(shop, shop.duo), 3),
    ]


def _move(shop: Shop, appointment_id: str, scheduled_at: datetime) -> None:
    form = Rescheduling(scheduled_at=scheduled_at)
    rescheduling.move(shop.slug, appointment_id, form, actor_name="eva@example.com", now=NOW)


def _page(slug: str, query: AppointmentListing) -> None:
    found = appointments.listing(slug, query, now=NOW).items
    if len(found) != _PAGE:
        raise RuntimeError(f"the page holds {len(found)} appointments instead of {_PAGE}")


def _view(shop: Shop, service: Any) -> None:
    slots = availability.find(shop.slug, shops.query(service, *_MONTH), now=NOW).slots
    if not slots:
        raise RuntimeError("the month shows no free start")
