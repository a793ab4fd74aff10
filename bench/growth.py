"""P9: what the past of a tenant adds to the cost of book, availability and list."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from time import process_time
from typing import Final

from bench import businesses, progress
from bench.businesses import NOW, Business
from bench.figures import Figure
from bench.meter import metered
from mostrador.scheduling import appointments, availability
from mostrador.scheduling.views.appointments import AppointmentListing

ENGINE: Final = "dynoxide"
PASTS: Final = (100, 1_000, 10_000)
ROUNDS: Final = 25
_MONTH: Final = (date(2027, 1, 1), date(2027, 1, 31))


@dataclass(frozen=True, slots=True)
class Cost:
    trips: float
    units: float
    seconds: float


def figures(endpoint: str) -> Iterator[Figure]:
    """A tenant for each past, measured in turns so that what else the machine does falls on all alike."""
    tenants = {past: businesses.open_business(f"past-{past}") for past in PASTS}
    for past, business in progress.each("tenants with a past", tenants.items(), len(tenants)):
        businesses.live_through(endpoint, business, past)
        businesses.fill_days(business, _MONTH[0], 31)
    for name, operation in _OPERATIONS.items():
        costs = _costs(tenants, operation)
        for what, unit, most in (("trips", "trips", 0.0), ("units", "units", 0.0), ("seconds", "CPU", 0.05)):
            values = [getattr(cost, what) for cost in costs.values()]
            slope = _slope(list(costs), values)
            scale = 1000 if what == "seconds" else 1
            terms = {f"N={past:,}": scale * value for past, value in zip(costs, values, strict=True)}
            shown = f"growth of {name}, {unit}{' ms' if scale > 1 else ''}"
            yield Figure("P9", shown, ENGINE, round(slope, 3) + 0.0, at_most=most, terms=terms)


def _book(business: Business, number: int) -> None:
    business.book(businesses.noon(100 + number), f"0982 {number:06d}")


def _view(business: Business, _: int) -> None:
    availability.find(business.slug, businesses.query(business.solo, *_MONTH), now=NOW)


def _list(business: Business, _: int) -> None:
    appointments.listing(business.slug, AppointmentListing(limit=25, sort="-scheduled_at"), now=NOW)


_OPERATIONS: Final[Mapping[str, Callable[[Business, int], None]]] = {
    "book": _book,
    "availability": _view,
    "list": _list,
}


def _costs(tenants: Mapping[int, Business], operation: Callable[[Business, int], None]) -> dict[int, Cost]:
    costs: dict[int, list[Cost]] = {past: [] for past in tenants}
    for number in progress.steps("rounds", range(ROUNDS + 1)):
        for past, business in tenants.items():
            costs[past].append(_cost(business, number, operation))
    return {past: _middle(found[1:]) for past, found in costs.items()}  # the first is not warm


def _cost(business: Business, number: int, operation: Callable[[Business, int], None]) -> Cost:
    with metered() as spent:
        before = process_time()
        operation(business, number)
        seconds = process_time() - before
    return Cost(len(spent.trips), spent.read.total() + spent.written.total(), seconds)


def _middle(costs: Sequence[Cost]) -> Cost:
    return Cost(*(median(getattr(cost, part) for cost in costs) for part in ("trips", "units", "seconds")))


def _slope(pasts: Sequence[float], values: Sequence[float]) -> float:
    """The least-squares slope of log(value) over log(past): 0 is constant, 1 proportional."""
    across, up = [math.log(past) for past in pasts], [math.log(value) for value in values]
    middle_across, middle_up = sum(across) / len(across), sum(up) / len(up)
    over = sum((x - middle_across) ** 2 for x in across)
    return sum((x - middle_across) * (y - middle_up) for x, y in zip(across, up, strict=True)) / over
