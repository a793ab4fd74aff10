"""A plan of new places for appointments whose resource is away: no two of them take the same place.

Each place of a wish is free while all appointments stand where they are. So the plan only keeps the new places apart,
and any part of it can be carried out, in any order. The plan places as many as it can, then at the least cost.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from mostrador.scheduling.rules.agenda import Demand

ROUNDS: Final = 10
"""Orders in which all appointments are placed one after the other."""
STEPS: Final = 20_000
"""Places that the exact search tries; few appointments need less."""


class Result(StrEnum):
    """NOT_TRIED: there was no time left; the same request again goes on."""

    MOVED = "MOVED"
    ALREADY_MOVED = "ALREADY_MOVED"
    REFUSED = "REFUSED"
    NOT_TRIED = "NOT_TRIED"


class Place(NamedTuple):
    """A start (minute since the epoch) with one resource of each group.

    ``quotas`` are the names of what it uses up: a seat of a class, one more booking of a limited day or week.
    """

    cost: int
    start: int
    resource_ids: tuple[str, ...]
    quotas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """An appointment to place; ``places`` are in order of their cost."""

    appointment_id: str
    demand: Demand
    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class Plan:
    """Appointment id -> its place; one without a place is left out. ``is_best``: no other plan is better."""

    chosen: Mapping[str, Place]
    is_best: bool

    def score(self, wishes: Sequence[Wish]) -> tuple[int, int]:
        """How many are left out, and the cost of the others."""
        return len(wishes) - len(self.chosen), sum(place.cost for place in self.chosen.values())


def plan(wishes: Sequence[Wish], quotas: Mapping[str, int]) -> Plan:
    """The same plan for the same wishes; ``quotas`` tells how often each named quota can be used."""
    order = sorted(wishes, key=lambda wish: (len(wish.places), wish.places[:1], wish.appointment_id))
    best = _one_by_one(order, quotas)
    for _ in range(ROUNDS):
        left_out = [wish for wish in order if wish.appointment_id not in best.chosen]
        if not left_out:
            break
        order = left_out + [wish for wish in order if wish.appointment_id in best.chosen]
        best = min(best, _one_by_one(order, quotas), key=lambda made: made.score(wishes))
    search = _Search(order, _Board(quotas), dict(best.chosen), best.score(wishes))
    search.place(0, 0, 0)
    return Plan(search.best, search.steps < STEPS)


def _one_by_one(order: Iterable[Wish], quotas: Mapping[str, int]) -> Plan:
    """Each gets the cheapest place that those before it leave."""
    board, chosen = _Board(quotas), dict[str, Place]()
    for wish in order:
        found = next((place for place in wish.places if board.has_room(wish.demand, place)), None)
        if found:
            board.add(wish.demand, found)
            chosen[wish.appointment_id] = found
    return Plan(chosen, is_best=False)


class _Taken(NamedTuple):
    begins: int
    ends: int
    class_: tuple[object, ...] | None
    """Service, start and resources where others may sit in the same class, else None."""


def _taken(demand: Demand, place: Place) -> _Taken:
    class_ = (demand.service_id, place.start, place.resource_ids) if demand.capacity > 1 else None
    return _Taken(place.start - demand.before, place.start + demand.duration + demand.after, class_)


class _Board:
    """The places taken so far, by resource, and the use of each quota."""

    def __init__(self, quotas: Mapping[str, int]) -> None:
        self._quotas, self._used = quotas, Counter[str]()
        self._by_resource: dict[str, list[_Taken]] = {}

    def has_room(self, demand: Demand, place: Place) -> bool:
        if any(self._used[name] >= self._quotas[name] for name in place.quotas):
            return False
        own = _taken(demand, place)
        others = (other for one in place.resource_ids for other in self._by_resource.get(one, ()))
        return not any(_excludes(own, other) for other in others)

    def add(self, demand: Demand, place: Place) -> None:
        self._used.update(place.quotas)
        for resource_id in place.resource_ids:
            self._by_resource.setdefault(resource_id, []).append(_taken(demand, place))

    def remove_last(self, place: Place) -> None:
        """Take back what was added last."""
        self._used.subtract(place.quotas)
        for resource_id in place.resource_ids:
            self._by_resource[resource_id].pop()


def _excludes(one: _Taken, other: _Taken) -> bool:
    is_same_class = one.class_ is not None and one.class_ == other.class_
    return not is_same_class and one.begins < other.ends and other.begins < one.ends


@dataclass(slots=True)
class _Search:
    """Tries every plan that may be better than the best one so far (branch and bound), within ``STEPS``."""

    order: Sequence[Wish]
    board: _Board
    best: dict[str, Place]
    score: tuple[int, int]
    steps: int = 0
    chosen: dict[str, Place] = field(default_factory=dict)
    bounds: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.bounds = [(0, 0)]  # the least that the wishes from each position on leave out and cost
        for wish in reversed(self.order):
            left_out, cost = self.bounds[0]
            cheapest = wish.places[0].cost if wish.places else 0
            self.bounds.insert(0, (left_out + (not wish.places), cost + cheapest))

    def place(self, number: int, left_out: int, cost: int) -> None:
        """Place the wishes from ``number`` on; so many before are left out, and the others cost so much."""
        least = self.bounds[number]
        if (left_out + least[0], cost + least[1]) >= self.score and number < len(self.order):
            return
        if number == len(self.order):
            if (left_out, cost) < self.score:
                self.best, self.score = dict(self.chosen), (left_out, cost)
            return
        wish = self.order[number]
        for place in wish.places:
            self.steps += 1
            if self.steps >= STEPS:
                return
            if self.board.has_room(wish.demand, place):
                self._try(wish, place, number, left_out, cost)
        self.place(number + 1, left_out + 1, cost)

    def _try(self, wish: Wish, place: Place, number: int, left_out: int, cost: int) -> None:
        self.board.add(wish.demand, place)
        self.chosen[wish.appointment_id] = place
        self.place(number + 1, left_out, cost + place.cost)
        del self.chosen[wish.appointment_id]
        self.board.remove_last(place)
