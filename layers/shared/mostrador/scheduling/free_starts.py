"""The free starts of a range of days, with their resources and seats.

A service may need two resources at once, one of each group. A start is then free where the groups have two different
ones that are free, and that no running class separates (``rules.pairs``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.rules import availability, pairs
from mostrador.scheduling.rules.availability import SlotRules
from mostrador.scheduling.slot_terms import Group, SlotQuery, Terms, terms
from mostrador.values import local_time


@dataclass(frozen=True, slots=True)
class Free:
    """The resources that are free at a start: of the first group, of the second if one is needed; seats of a class."""

    resource_ids: list[str]
    second_ids: list[str]
    seats: int


def free(context: BookingContext, first: date, last: date, query: SlotQuery) -> dict[int, Free]:
    """The free starts of the local days ``first`` to ``last``, by minute. Raises NotHere for a foreign resource."""
    return offered(terms(context, query), first, last)


def offered(asked: Terms, first: date, last: date) -> dict[int, Free]:
    """The free starts of the local days ``first`` to ``last``, by minute."""
    mains = by_start(asked.main, first, last)
    found = _single(asked, mains) if asked.second is None else paired(asked, mains, by_start(asked.second, first, last))
    rules = next(iter(asked.main.values()), None)
    has_more_seats = asked.context.demand.capacity > 1 and asked.context.demand.has_limits
    return _limited(found, rules) if rules and has_more_seats else found


def _single(asked: Terms, mains: Mapping[int, list[str]]) -> dict[int, Free]:
    taken = {resource_id: availability.seats_taken(rules) for resource_id, rules in asked.main.items()}
    capacity = asked.context.demand.capacity
    return {
        start: Free(mains[start], [], capacity - min(taken[resource_id][start] for resource_id in mains[start]))
        for start in sorted(mains)
    }


def paired(asked: Terms, mains: Mapping[int, list[str]], seconds: Mapping[int, list[str]]) -> dict[int, Free]:
    """The starts at which a resource of each group is free, and the two can be together."""
    starts = sorted(mains.keys() & seconds.keys())
    found = ((start, _together(asked, start, mains[start], seconds[start])) for start in starts)
    return {start: free for start, free in found if free.resource_ids}


def _together(asked: Terms, start: int, mains: Sequence[str], seconds: Sequence[str]) -> Free:
    """Those of the free resources that have a partner in the other group, and the seats of their classes."""
    capacity, running = asked.context.demand.capacity, asked.running.get(start)
    if running is None:
        return Free(*pairs.apart(mains, seconds), capacity)
    fitting = pairs.possible(mains, seconds, running, capacity)
    seats = capacity - min((pair.taken for pair in fitting), default=capacity)
    with_main, with_second = {pair.main for pair in fitting}, {pair.second for pair in fitting}
    return Free([one for one in mains if one in with_main], [one for one in seconds if one in with_second], seats)


def _limited(found: Mapping[int, Free], rules: SlotRules) -> dict[int, Free]:
    """The free starts with no more seats than the service's limits leave on their days."""
    by_day = {start: local_time.local_day(start, rules.zone) for start in found}
    left = {day: rules.left(day) for day in set(by_day.values())}
    return {
        start: free if (most := left[by_day[start]]) is None else replace(free, seats=min(free.seats, most))
        for start, free in found.items()
    }


def by_start(group: Group, first: date, last: date) -> dict[int, list[str]]:
    """The resources that are free at each start, in the service's order."""
    found: dict[int, list[str]] = {}
    for resource_id, rules in group.items():
        for start in availability.starts(rules, first, last):
            found.setdefault(start, []).append(resource_id)
    return found
