"""The resources of a start, or why it is not free: the rules applied to a context."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain
from typing import Final

from mostrador.errors import Conflict
from mostrador.scheduling import booking_context, free_starts, overriding
from mostrador.scheduling.booking_context import BookingContext, ServiceInactive
from mostrador.scheduling.rules import agenda, availability, pairs, refused_starts
from mostrador.scheduling.rules.agenda import Loss
from mostrador.scheduling.rules.availability import Reason, Refusal
from mostrador.scheduling.rules.overrides import Override
from mostrador.scheduling.slot_terms import Group, SlotQuery, Terms, terms
from mostrador.table.items.scheduling import Appointment, Resource
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader, Words

_LOOK_AHEAD: Final = timedelta(days=7)


class SlotTaken(Conflict):
    """``reason`` is the rule that refuses the start, ``details`` its figures; ``alternatives`` are the nearest free."""

    code = "slot_taken"
    en = "{starts_at:time} is not free: {reason:slot}"
    es = "el {starts_at:time} no está disponible: {reason:slot}"
    past = "el {starts_at:time} ya pasó", "{starts_at:time} is past"

    def variant(self, reader: Reader) -> Words | None:
        return self.past if reader.is_past(self.facts["starts_at"]) else None

    def suggests(self, _reader: Reader) -> NextAction:
        return NextAction.TAKE_ALTERNATIVE if self.facts["alternatives"] else NextAction.CHOOSE_ANOTHER_TIME


def choose(context: BookingContext, start: int, query: SlotQuery) -> list[Resource]:
    """``chosen`` for a context and a question. Raises SlotTaken, NotHere."""
    return chosen(terms(context, query), start)


def chosen(
    asked: Terms, start: int, *, kept_second: str | None = None, only_second: str | None = None
) -> list[Resource]:
    """The resources for a start, one of each group: the free ones with the fewest bookings, then the service's order.

    ``kept_second`` goes before, and then a class that has begun to fill; ``only_second`` is the only one that will do.
    Raises SlotTaken.
    """
    possible = [ids for ids in choices(asked, start) if only_second in (None, ids[-1])]
    if not possible:
        refusal = refusal_of(asked, start) or _no_pair(asked.context.demand, start)
        raise slot_taken_error(asked.context, start, asked.query, refusal)
    standing = _free_without_override(asked, start)
    burdens = {
        resource_id: (resource_id not in standing, *_burden(asked, resource_id, start))
        for ids in possible
        for resource_id in ids
    }
    picked = min(possible, key=lambda ids: (ids[-1] != kept_second, [burdens[resource_id] for resource_id in ids]))
    by_id = {resource.id: resource for resource in asked.context.resources}
    return [by_id[resource_id] for resource_id in picked]


def _free_without_override(asked: Terms, start: int) -> Container[str]:
    """The resources that need no override; they are chosen first."""
    plain = terms(asked.context, replace(asked.query, override=frozenset())) if asked.query.override else asked
    return {resource_id for group in plain.groups for resource_id in _free_ids(group, start)}


def choices(asked: Terms, start: int) -> Sequence[tuple[str, ...]]:
    """The resources that can be chosen together for a start, one of each group."""
    return _together(asked, start, *(_free_ids(group, start) for group in asked.groups))


def choices_of_days(asked: Terms, first: date, last: date) -> dict[int, Sequence[tuple[str, ...]]]:
    """The same for every free start of the local days ``first`` to ``last``, in order of time."""
    free = [free_starts.by_start(group, first, last) for group in asked.groups]
    starts = sorted(set(free[0]).intersection(*free))
    return {start: _together(asked, start, *(group[start] for group in free)) for start in starts}


def _together(asked: Terms, start: int, mains: Sequence[str], seconds: Sequence[str] = ()) -> Sequence[tuple[str, ...]]:
    """The combinations of free resources of the groups that can be booked together."""
    if asked.second is None:
        return [(resource_id,) for resource_id in mains]
    running, capacity = asked.running.get(start, {}), asked.context.demand.capacity
    fitting = [(pair.main, pair.second) for pair in pairs.possible(mains, seconds, running, capacity)]
    if capacity == 1:
        return fitting
    ordered = {frozenset(pair): pair for pair in reversed(fitting)}  # each booking of a class names its two alike
    return [pair for pair in fitting if ordered[frozenset(pair)] == pair]


def _free_ids(group: Group, start: int) -> list[str]:
    return [resource_id for resource_id, rules in group.items() if availability.refusal(rules, start) is None]


def refusal_of(asked: Terms, start: int) -> Refusal | None:
    """Why no resources can be chosen for a start; None where they can."""
    by_group = [[availability.refusal(rules, start) for rules in group.values()] for group in asked.groups]
    for refusals in by_group:
        if all(refusals):
            return _first(refusals, _NO_RESOURCE)
    if asked.second is None or choices(asked, start):
        return None
    return _first(chain(*by_group), _no_pair(asked.context.demand, start))


def _first(refusals: Iterable[Refusal | None], default: Refusal) -> Refusal:
    return next((refusal for refusal in refusals if refusal), default)


def _no_pair(demand: agenda.Demand, start: int) -> Refusal:
    """The refusal of a start at which each group has a free resource, but no two that can be together."""
    return Refusal(Reason.TAKEN, {"from": start - demand.before, "until": start + demand.duration + demand.after})


def _burden(asked: Terms, resource_id: str, start: int) -> tuple[bool, int]:
    """The order of free resources: first those whose class has begun to fill, then those with the fewest bookings."""
    rules = next(group[resource_id] for group in asked.groups if resource_id in group)
    is_joined = availability.seats_left(rules, start) < rules.demand.capacity
    booked = asked.context.booked(resource_id, asked.query.now) if asked.query.without else rules.booked
    return not is_joined, len(booked)


def slot_taken_error(context: BookingContext, start: int, query: SlotQuery, refusal: Refusal) -> SlotTaken:
    """The error for a refused start, with the three nearest free starts; busy times of calendars are no alternative.

    Other days are read only where those at hand do not tell the nearest.
    """
    near = _nearest_at_hand(context, start, _for_alternatives(query))
    if near is not None:
        return _error(context, start, query, refusal, near)
    first, last = _days_around(context, start, query)
    return _taken(booking_context.with_days(context, first, last), start, query, refusal)


def _for_alternatives(query: SlotQuery) -> SlotQuery:
    """The question that alternatives answer: times that no rule refuses, but where staff override the notice."""
    return replace(query, agreed_start=None, override=query.override & {Override.BEFORE_NOTICE})


def slot_taken_errors(context: BookingContext, refused: Mapping[int, Refusal], query: SlotQuery) -> list[SlotTaken]:
    """The errors for several refused starts; the days around all of them are read at once."""
    if not refused:
        return []
    around = [_days_around(context, start, query) for start in refused]
    wide = booking_context.with_days(context, min(first for first, _ in around), max(last for _, last in around))
    return [_taken(wide, start, query, refusal) for start, refusal in refused.items()]


def _days_around(context: BookingContext, start: int, query: SlotQuery) -> tuple[date, date]:
    """The days among which the free starts nearest to ``start`` are looked for."""
    zone = tenants.zone(context.tenant)
    day = local_time.local_day(start, zone)
    bare = replace(context, days={}, busy_days={})
    rules = next(iter(terms(bare, _for_alternatives(query)).main.values()), None)
    if rules:  # no day before or after these has a free start
        day = min(max(day, local_time.local_day(rules.earliest, zone)), rules.last_day)
    return day - timedelta(days=1), day + _LOOK_AHEAD


def _taken(wide: BookingContext, start: int, query: SlotQuery, refusal: Refusal) -> SlotTaken:
    """The error for a start, from a context that has the days around it."""
    first, last = _days_around(wide, start, query)
    around = booking_context.only_days(wide, first, last)
    found = free_starts.free(around, first, last, _for_alternatives(query))
    return _error(wide, start, query, refusal, availability.nearest(list(found), start))


def _nearest_at_hand(context: BookingContext, start: int, query: SlotQuery) -> list[int] | None:
    """The free starts nearest to ``start``, where the days that it touches tell them for sure.

    They tell of each start that lies within them with its buffers. A weekly limit and a move look at more days.
    """
    own, zone = context.demand, tenants.zone(context.tenant)
    if own.max_per_week is not None or query.without:
        return None
    days = agenda.days_touched(own, start, zone)
    low = local_time.day_bounds(days[0], zone)[0] + own.before
    high = local_time.day_bounds(days[-1], zone)[1] - own.duration - own.after
    found = free_starts.free(context, days[0], days[-1], query)
    near = availability.nearest([at for at in found if low <= at <= high], start)
    reach = max((abs(at - start) for at in near), default=0)
    earliest = local_time.minute(query.now)  # nothing before it is free, so nothing before ``low`` is missed
    is_sure = len(near) == availability.NEAREST and max(start - reach, earliest) >= low and start + reach <= high
    return near if is_sure else None


def _error(context: BookingContext, start: int, query: SlotQuery, refusal: Refusal, near: list[int]) -> SlotTaken:
    """The error for a start, with the free ones ``near`` it; for staff with what would let it pass."""
    zone = tenants.zone(context.tenant)
    starts_at = local_time.instant(start, zone).isoformat()
    hints = _hints(context, start, query, refusal) if query.may_override else {}
    return SlotTaken(
        **hints,
        field="body.scheduled_at",
        value=starts_at,
        starts_at=starts_at,
        reason=refusal.reason.value,
        details=refusal_details(refusal, context),
        alternatives=[local_time.instant(free_start, zone).isoformat() for free_start in near],
    )


def _hints(context: BookingContext, start: int, query: SlotQuery, refusal: Refusal) -> dict[str, object]:
    """``overridable``: the rules whose override lets the start pass; ``fits_minutes``: the length that would fit."""

    def refused(names: frozenset[str]) -> Refusal | None:
        return refusal_of(terms(context, replace(query, override=names)), start)

    names = overriding.that_would_do(refused, start, query)
    hints: dict[str, object] = {} if names is None else {"overridable": names}
    fits = overriding.fitting_minutes(context.demand, start, refusal)
    return hints if fits is None else hints | {"fits_minutes": fits}


def lost_time_error(appointment: Appointment, loss: Loss) -> Conflict:
    """The error for an appointment whose hold has lapsed and whose time cannot be taken again; no alternatives."""
    if loss is Loss.SERVICE_GONE:
        return ServiceInactive(name=appointment.service_name)
    reason = Reason.TAKEN if loss is Loss.TAKEN else Reason.CLOSED
    starts_at = appointment.scheduled_at.isoformat()
    return SlotTaken(starts_at=starts_at, reason=reason.value, details={}, alternatives=[])


def refusal_details(refusal: Refusal, context: BookingContext) -> dict[str, bool | int | str]:
    """The figures of a refusal, with instants on the tenant's clock; never whose booking it is."""
    zone = tenants.zone(context.tenant)
    return {
        name: local_time.instant(int(value), zone).isoformat() if name in _INSTANTS else value
        for name, value in refusal.details.items()
        if name != "appointment_id"
    }


def explained(asked: Terms, first: date, last: date, offered: Container[int]) -> list[tuple[int, Refusal]]:
    """Every start of the grid that is not ``offered``, with the first refusal of it, in order of time.

    Where two resources are needed it is of the group that has none, else of a resource that would be the other one.
    """
    by_group = [_refused(group, first, last, offered) for group in asked.groups]
    refusals = by_group[0]
    if asked.second is not None:
        refusals = _first_of_groups(asked, first, last, by_group)
    return [(start, _with_special_day(asked.context, start, refusals[start])) for start in sorted(refusals)]


def _refused(group: Group, first: date, last: date, offered: Container[int]) -> dict[int, Refusal]:
    """The first refusal of each start that is not ``offered``, in the order of the group."""
    refusals: dict[int, Refusal] = {}
    for rules in group.values():
        for start, refusal in refused_starts.explained(rules, first, last, without=offered):
            refusals.setdefault(start, refusal)
    return refusals


def _first_of_groups(
    asked: Terms, first: date, last: date, by_group: Sequence[Mapping[int, Refusal]]
) -> dict[int, Refusal]:
    """The refusal of each start that has one, or for which no two free resources can be together."""
    free = [free_starts.by_start(group, first, last) for group in asked.groups]
    offered = free_starts.paired(asked, *free).keys()
    refusals: dict[int, Refusal] = {}
    for start in {*by_group[0], *by_group[1], *(set(free[0]) | set(free[1])) - offered}:
        groups = sorted((0, 1), key=lambda number: start in free[number])  # one without a free resource goes first
        told = (by_group[number][start] for number in groups if start in by_group[number])
        refusals[start] = next(told, _no_pair(asked.context.demand, start))
    return refusals


def _with_special_day(context: BookingContext, start: int, refusal: Refusal) -> Refusal:
    """A refusal for being closed, with the name of the special day that closes it."""
    if refusal.reason is not Reason.CLOSED:
        return refusal
    day = local_time.local_day(start, tenants.zone(context.tenant)).isoformat()
    by_owner = [resource.special_days or {} for resource in context.resources] + [context.tenant.special_days or {}]
    name = next((special_days[day]["name"] for special_days in by_owner if day in special_days), None)
    return replace(refusal, details={**refusal.details, "special_day": name}) if name else refusal


_INSTANTS: Final = frozenset({"earliest", "from", "until", "closes"})
_NO_RESOURCE: Final = Refusal(Reason.CLOSED)
