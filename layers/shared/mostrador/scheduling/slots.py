"""Which starts are free, with which resources, and why the others are not: the rules applied to a context.

A service may need two resources at once, one of each group. A start is then free where both groups have one.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from mostrador.errors import Conflict, NotHere
from mostrador.scheduling import booking_context
from mostrador.scheduling.booking_context import BookingContext, ServiceInactive
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules import availability, overrides, refused_starts
from mostrador.scheduling.rules.agenda import Loss
from mostrador.scheduling.rules.availability import Reason, Refusal, SlotRules
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


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """A question about free starts: of one resource of the first group or any, without counting one appointment.

    ``any_day`` is for staff who plan further ahead than customers may. ``ignore_calendar`` is for staff who book over
    the busy times of external calendars, ``override`` names other rules. ``agreed_start`` is that of the appointment.
    """

    now: datetime
    resource_id: str | None = None
    without: str = ""
    any_day: bool = False
    ignore_calendar: bool = False
    agreed_start: int | None = None
    override: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Free:
    """The resources that are free at a start: of the first group, of the second if one is needed; seats of a class."""

    resource_ids: list[str]
    second_ids: list[str]
    seats: int


Group = dict[str, SlotRules]
"""Resource id -> its rules; only active resources, in the service's order."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of the first group's active resources under a question, and of the second's if one is needed.

    They are made once for a context and a question: they hold every booking of every day that was read.
    """

    context: BookingContext
    query: SlotQuery
    main: Group
    second: Group | None

    @property
    def groups(self) -> list[Group]:
        return [self.main] if self.second is None else [self.main, self.second]


def terms(context: BookingContext, query: SlotQuery) -> Terms:
    """The rules for the question. Raises NotHere for a foreign resource."""
    return Terms(context, query, *_groups(context, query))


def free(context: BookingContext, first: date, last: date, query: SlotQuery) -> dict[int, Free]:
    """The free starts of the local days ``first`` to ``last``, by minute. Raises NotHere for a foreign resource."""
    return offered(terms(context, query), first, last)


def offered(asked: Terms, first: date, last: date) -> dict[int, Free]:
    """The free starts of the local days ``first`` to ``last``, by minute."""
    mains = _resources_by_start(asked.main, first, last)
    seconds = _resources_by_start(asked.second or {}, first, last)
    starts = sorted(mains if asked.second is None else mains.keys() & seconds.keys())
    taken = {resource_id: availability.seats_taken(rules) for resource_id, rules in asked.main.items()}
    capacity = asked.context.demand.capacity
    return {
        start: Free(
            mains[start],
            seconds.get(start, []),
            capacity - min(taken[resource_id][start] for resource_id in mains[start]),
        )
        for start in starts
    }


def _resources_by_start(group: Group, first: date, last: date) -> dict[int, list[str]]:
    """The resources that are free at each start, in the service's order."""
    by_start: dict[int, list[str]] = {}
    for resource_id, rules in group.items():
        for start in availability.starts(rules, first, last):
            by_start.setdefault(start, []).append(resource_id)
    return by_start


def choose(context: BookingContext, start: int, query: SlotQuery) -> list[Resource]:
    """``chosen`` for a context and a question. Raises SlotTaken, NotHere."""
    return chosen(terms(context, query), start)


def chosen(asked: Terms, start: int) -> list[Resource]:
    """The resources for a start, one of each group: the free one with the fewest bookings, then the service's order.

    Raises SlotTaken.
    """
    picked = [_choose_from(group, asked, start) for group in asked.groups]
    return [resource for resource_id in picked for resource in asked.context.resources if resource.id == resource_id]


def refusal_of(asked: Terms, start: int) -> Refusal | None:
    """Why no resources can be chosen for a start; None where they can."""
    for group in asked.groups:
        refusals = [availability.refusal(rules, start) for rules in group.values()]
        if all(refusals):
            return next((refusal for refusal in refusals if refusal), _NO_RESOURCE)
    return None


def _choose_from(group: Group, asked: Terms, start: int) -> str:
    free_ids = [resource_id for resource_id, rules in group.items() if availability.refusal(rules, start) is None]
    if not free_ids:
        refusal = refusal_of(asked, start) or _NO_RESOURCE
        raise slot_taken_error(asked.context, start, asked.query, refusal)
    return min(free_ids, key=lambda resource_id: _burden(asked, resource_id, group[resource_id], start))


def _burden(asked: Terms, resource_id: str, rules: SlotRules, start: int) -> tuple[bool, int]:
    """The order of free resources: first those whose class has begun to fill, then those with the fewest bookings."""
    is_joined = availability.seats_left(rules, start) < rules.demand.capacity
    booked = asked.context.booked(resource_id, asked.query.now) if asked.query.without else rules.booked
    return not is_joined, len(booked)


def slot_taken_error(context: BookingContext, start: int, query: SlotQuery, refusal: Refusal) -> SlotTaken:
    """The error for a refused start, with the three nearest free starts; busy times of calendars are no alternative.

    Other days are read only where those at hand do not tell the nearest.
    """
    query = replace(query, agreed_start=None)
    near = _nearest_at_hand(context, start, query)
    if near is not None:
        return _error(context, start, refusal, near)
    first, last = _days_around(context, start, query)
    return _taken(booking_context.with_days(context, first, last), start, query, refusal)


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
    rules = next(iter(_groups(bare, query)[0].values()), None)
    if rules:  # no day before or after these has a free start
        day = min(max(day, local_time.local_day(rules.earliest, zone)), rules.last_day)
    return day - timedelta(days=1), day + _LOOK_AHEAD


def _taken(wide: BookingContext, start: int, query: SlotQuery, refusal: Refusal) -> SlotTaken:
    """The error for a start, from a context that has the days around it."""
    first, last = _days_around(wide, start, query)
    around = booking_context.only_days(wide, first, last)
    found = free(around, first, last, replace(query, ignore_calendar=False))
    return _error(wide, start, refusal, availability.nearest(list(found), start))


def _nearest_at_hand(context: BookingContext, start: int, query: SlotQuery) -> list[int] | None:
    """The free starts nearest to ``start``, where the days that it touches tell them for sure.

    They tell of each start that lies within them with its buffers. A weekly limit and a move look at more days.
    """
    own, zone = context.demand, tenants.zone(context.tenant)
    if own.max_per_week is not None or query.without:
        return None
    days = agenda_rules.days_touched(own, start, zone)
    low = local_time.day_bounds(days[0], zone)[0] + own.before
    high = local_time.day_bounds(days[-1], zone)[1] - own.duration - own.after
    found = free(context, days[0], days[-1], replace(query, ignore_calendar=False))
    near = availability.nearest([at for at in found if low <= at <= high], start)
    reach = max((abs(at - start) for at in near), default=0)
    earliest = local_time.minute(query.now)  # nothing before it is free, so nothing before ``low`` is missed
    is_sure = len(near) == availability.NEAREST and max(start - reach, earliest) >= low and start + reach <= high
    return near if is_sure else None


def _error(context: BookingContext, start: int, refusal: Refusal, near: list[int]) -> SlotTaken:
    """The error for a start, with the free ones ``near`` it."""
    zone = tenants.zone(context.tenant)
    starts_at = local_time.instant(start, zone).isoformat()
    return SlotTaken(
        field="body.scheduled_at",
        value=starts_at,
        starts_at=starts_at,
        reason=refusal.reason.value,
        details=refusal_details(refusal, context),
        alternatives=[local_time.instant(free_start, zone).isoformat() for free_start in near],
    )


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
    """Every start of the grid that is not ``offered``, with the first refusal of it, in order of time."""
    refusals: dict[int, Refusal] = {}
    for rules in [rules for group in asked.groups for rules in group.values()]:
        for start, refusal in refused_starts.explained(rules, first, last, without=offered):
            refusals.setdefault(start, refusal)
    return [(start, _with_special_day(asked.context, start, refusals[start])) for start in sorted(refusals)]


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


def _groups(context: BookingContext, query: SlotQuery) -> tuple[Group, Group | None]:
    """The rules of the first group's active resources, and of the second's; None where none is needed."""
    main_ids = context.service.resource_ids
    if query.resource_id is not None:
        if query.resource_id not in main_ids or not context.is_active(query.resource_id):
            raise NotHere(entity="resource", id=query.resource_id)
        main_ids = [query.resource_id]
    main = _group(context, main_ids, query)
    return main, _group(context, context.service.second_resource_ids, query) if context.needs_second else None


def _group(context: BookingContext, resource_ids: list[str], query: SlotQuery) -> Group:
    group = context.slot_rules(resource_ids, query.now, without=query.without)
    if query.ignore_calendar:
        group = {resource_id: replace(rules, busy=()) for resource_id, rules in group.items()}
    if query.override:
        group = {one: overrides.without(rules, query.override, query.now) for one, rules in group.items()}
    if query.agreed_start is not None:
        group = {one: availability.as_agreed(rules, query.agreed_start) for one, rules in group.items()}
    if query.any_day:
        group = {resource_id: replace(rules, last_day=date.max) for resource_id, rules in group.items()}
    return group
