"""P4, P5: round trips and capacity units of each operation, warm, on dynoxide."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from bench import businesses, progress, till
from bench.businesses import NOW, Business
from bench.figures import Figure
from bench.meter import Spent, metered, size
from local import dynoxide
from mostrador.scheduling import (
    appointments,
    availability,
    conclusions,
    delays,
    pushes,
    rescheduling,
    undoing,
    visits,
)
from mostrador.scheduling.rules.visits import VisitMove
from mostrador.scheduling.views.appointments import AppointmentListing, Rescheduling
from mostrador.scheduling.views.visits import Delay
from mostrador.table.items.scheduling import Appointment

ENGINE: Final = "dynoxide"
_MONTH: Final = (date(2027, 1, 1), date(2027, 1, 31))
_BUSY: Final = 45
"""A day of that month, counted from now."""
_PAGE: Final = 25
_BY: Final[dict[str, Any]] = {"actor_name": "eva@example.com"}


@dataclass(frozen=True, slots=True)
class Operation:
    """``run`` is called with 0 to get warm and with 1 to be measured; the goals are those of P4 and P5."""

    name: str
    run: Callable[[int], object]
    trips: int
    write_units: float | None = None
    read_units: float | None = None


def figures(endpoint: str) -> Iterator[Figure]:
    business = businesses.open_business("bench")
    businesses.live_through(endpoint, business, 100)
    businesses.fill_days(business, _MONTH[0] - timedelta(days=1), 33)
    connected = businesses.open_business("connected")
    businesses.fill_days(connected, _MONTH[0] - timedelta(days=1), 33)
    businesses.connect_calendar(connected, _MONTH[0] - timedelta(days=1), 33)
    with till.at_bancard(business.slug):
        operations = [*_operations(business), *_visits(business), *_with_calendar(connected), *_payments(business)]
        measured = [(operation, _measured(operation)) for operation in progress.steps("operations", operations)]
    for operation, spent in measured:
        terms = Counter(spent.trips)
        yield Figure("P4", operation.name, ENGINE, len(spent.trips), "trips", at_most=operation.trips, terms=terms)
    for operation, spent in measured:
        yield from _units(operation, spent)
    yield from _sizes(endpoint, business)


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


def _sizes(endpoint: str, business: Business) -> Iterator[Figure]:
    """What decides the units: an appointment over 1,024 bytes costs twice as much in the table and each index."""
    client = dynoxide.client(endpoint)
    visit, customer, _ = businesses.pattern(client, business, businesses.noon(699))
    made = appointments.confirm(business.slug, visit["id"]["S"], actor_name="eva@example.com", now=NOW)
    confirmed = businesses.stored(client, (made.pk, made.sk))
    yield Figure("P5", "appointment as booked", ENGINE, size(visit), "bytes")
    yield Figure("P5", "appointment as confirmed", ENGINE, size(confirmed), "bytes")
    yield Figure("P5", "customer as booked", ENGINE, size(customer), "bytes")


def _operations(business: Business) -> list[Operation]:
    """Each books times of its own, so that none is in another's way."""
    known = business.book(businesses.noon(2), "0981 000 002")
    held = [business.book(businesses.noon(3 + n), "0981 000 002", hold=True) for n in range(2)]
    pending = [business.book(businesses.noon(5 + n), "0981 000 002") for n in range(4)]
    moving = [business.book(businesses.noon(14 + n), "0981 000 002") for n in range(2)]
    slug, actor_name = business.slug, "eva@example.com"
    newest = AppointmentListing(limit=_PAGE, sort="-scheduled_at")
    return [
        Operation("book, new customer", lambda n: business.book(businesses.noon(10 + n), f"0981 100 00{n}"), 2, 14),
        Operation(
            "book, new customer, 21st of its day",
            lambda n: business.book(businesses.noon(_BUSY + n), f"0981 200 00{n}"),
            2,
            14,
        ),
        Operation("book, known phone", lambda n: business.book(businesses.noon(12 + n), "0981 000 002"), 2, 10),
        Operation("confirm", lambda n: appointments.confirm(slug, pending[n].id, actor_name=actor_name, now=NOW), 2),
        Operation(
            "confirm a hold", lambda n: appointments.confirm(slug, held[n].id, actor_name=actor_name, now=NOW), 2
        ),
        Operation(
            "cancel",
            lambda n: appointments.cancel(slug, pending[2 + n].id, reason="", actor_name=actor_name, now=NOW),
            2,
        ),
        Operation("reschedule to another day", lambda n: _move(business, moving[n].id, businesses.noon(20 + n)), 3),
        Operation("get", lambda _: appointments.get(slug, known.id, now=NOW), 1),
        Operation("page of 25 appointments", lambda _: _page(slug, newest), 1, read_units=4),
        Operation("month view, 1 resource", lambda _: _view(business, business.solo), 2, read_units=5),
        Operation("month view, 2 resources", lambda _: _view(business, business.duo), 3),
    ]


def _visits(business: Business) -> list[Operation]:
    """The moves of the counter, each at its start; what is undone was done before."""
    coming, ending, late, pushed, back, wrong = (
        [business.book(businesses.noon(500 + 2 * kind + n), "0981 000 002") for n in range(2)] for kind in range(6)
    )
    slug, by = business.slug, _BY
    for one in [*ending, *back]:
        visits.start(slug, one.id, **by, now=one.scheduled_at)
    for one in back:
        conclusions.complete(slug, one.id, **by, now=one.scheduled_at)
    for one in wrong:
        appointments.cancel(slug, one.id, reason="", **by, now=NOW)

    def undo(one: Appointment, move: VisitMove, at: datetime) -> object:
        return undoing.undo(slug, one.id, move, **by, key=None, now=at)

    def delayed(one: Appointment, late: Callable[..., object], *, push: bool) -> object:
        return late(slug, one.id, Delay(minutes=10, push=push), **by, now=one.scheduled_at)

    return [
        Operation("arrive", lambda n: visits.arrive(slug, coming[n].id, **by, now=coming[n].scheduled_at), 2),
        Operation(
            "complete early", lambda n: conclusions.complete(slug, ending[n].id, **by, now=ending[n].scheduled_at), 3
        ),
        Operation("undo an early end", lambda n: undo(back[n], VisitMove.COMPLETE, back[n].scheduled_at), 3),
        Operation("undo a cancellation", lambda n: undo(wrong[n], VisitMove.CANCEL, NOW), 3),
        Operation("delay", lambda n: delayed(late[n], delays.delay, push=False), 4),
        Operation("delay and push, alone", lambda n: delayed(pushed[n], pushes.push, push=True), 4),
    ]


def _payments(business: Business) -> list[Operation]:
    waiting = [business.book(till.slot(n), f"0981 400 00{n}", hold=True) for n in range(2)]
    asked = [till.asked(business, till.slot(2 + n)) for n in range(2)]
    return [
        Operation("start a checkout", lambda n: till.start(business, waiting[n].id), 4),
        Operation("webhook: paid in time", lambda n: till.notify(business, asked[n]), 3),
    ]


def _with_calendar(business: Business) -> list[Operation]:
    """Where a calendar elsewhere blocks every resource."""
    business.book(businesses.noon(2), "0981 000 002")
    return [
        Operation(
            "book, known phone, calendar", lambda n: business.book(businesses.noon(12 + n), "0981 000 002"), 2, 10
        ),
        Operation("month view, 1 resource, calendar", lambda _: _view(business, business.solo), 2),
        Operation("month view, 2 resources, calendar", lambda _: _view(business, business.duo), 3),
    ]


def _move(business: Business, appointment_id: str, scheduled_at: datetime) -> None:
    form = Rescheduling(scheduled_at=scheduled_at)
    rescheduling.move(business.slug, appointment_id, form, actor_name="eva@example.com", now=NOW)


def _page(slug: str, query: AppointmentListing) -> None:
    found = appointments.listing(slug, query, now=NOW).items
    if len(found) != _PAGE:
        raise RuntimeError(f"the page holds {len(found)} appointments instead of {_PAGE}")


def _view(business: Business, service: Any) -> None:
    slots = availability.find(business.slug, businesses.query(service, *_MONTH), now=NOW).slots
    if not slots:
        raise RuntimeError("the month shows no free start")
