"""Which starts are free, with whom, and what refuses the others: rules applied to a scene.

A service may need two resources at once, one of each group; then a start is free where both groups have one.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from mostrador.errors import Conflict, NotHere
from mostrador.scheduling import booking_context
from mostrador.scheduling.rules import availability as rules
from mostrador.table.items.scheduling import Resource
from mostrador.tenancy import tenants
from mostrador.values import local_time

_LOOK_AHEAD: Final = timedelta(days=7)


class SlotTaken(Conflict):
    """``reason`` is the rule that refuses the start, ``details`` its figures; ``alternatives`` are the nearest free."""

    code = "slot_taken"
    en = "{starts_at} is not free: {reason}"
    es = "el horario {starts_at} no está disponible: {reason}"

    def says(self, language: str) -> str:
        words = _WORDS[language == "en"]
        reason = words[rules.Reason(self.facts["reason"])]
        return (self.en if language == "en" else self.es).format(starts_at=self.facts["starts_at"], reason=reason)


_WORDS: Final[tuple[dict[rules.Reason, str], dict[rules.Reason, str]]] = (
    {
        rules.Reason.CLOSED: "está cerrado",
        rules.Reason.OFF_GRID: "los turnos no comienzan a esa hora",
        rules.Reason.NOTICE: "falta muy poco",
        rules.Reason.WINDOW: "todavía no se agenda para ese día",
        rules.Reason.TAKEN: "ya está ocupado",
        rules.Reason.SEATS: "no quedan cupos",
        rules.Reason.DAILY_LIMIT: "se llegó al máximo de turnos del día",
        rules.Reason.WEEKLY_LIMIT: "se llegó al máximo de turnos de la semana",
        rules.Reason.EXTERNAL: "ocupado en el calendario externo",
    },
    {
        rules.Reason.CLOSED: "closed",
        rules.Reason.OFF_GRID: "appointments do not begin at that time",
        rules.Reason.NOTICE: "too short notice",
        rules.Reason.WINDOW: "too far ahead",
        rules.Reason.TAKEN: "taken",
        rules.Reason.SEATS: "no seats left",
        rules.Reason.DAILY_LIMIT: "the day's limit is reached",
        rules.Reason.WEEKLY_LIMIT: "the week's limit is reached",
        rules.Reason.EXTERNAL: "busy in the external calendar",
    },
)


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """What is asked of a scene: which resource of the first group, not counting which appointment.

    ``any_day`` is for staff who plan further ahead than customers may, ``ignore_calendar`` for staff who book over what
    calendars elsewhere say.
    """

    now: datetime
    resource_id: str | None = None
    without: str = ""
    any_day: bool = False
    ignore_calendar: bool = False


@dataclass(frozen=True, slots=True)
class Free:
    """Who is free at a start: of the first group, of the second where there is one, and the seats of a class."""

    resource_ids: list[str]
    second_ids: list[str]
    seats: int


def free(context: booking_context.BookingContext, first: date, last: date, asked: SlotQuery) -> dict[int, Free]:
    """The free starts of the local days ``first`` to ``last``, by minute. Raises NotHere for a foreign resource."""
    main, second = _groups(context, asked)
    of_main = [(terms, set(rules.starts(terms, first, last))) for terms in main.values()]
    of_second = {one: set(rules.starts(terms, first, last)) for one, terms in second.items()}
    found: dict[int, Free] = {}
    for start in sorted(set().union(*(starts for _, starts in of_main)) if of_main else ()):
        others = [one for one, starts in of_second.items() if start in starts]
        if context.needs_second and not others:
            continue
        able = [one for one, (_, starts) in zip(main, of_main, strict=True) if start in starts]
        found[start] = Free(able, others, max(rules.seats_left(main[one], start) for one in able))
    return found


def choose(context: booking_context.BookingContext, at: int, asked: SlotQuery) -> list[Resource]:
    """Who takes the start: of those free, who has least that day, then the service's order; one of each group.

    Raises SlotTaken, NotHere.
    """
    chosen = []
    for group in _groups(context, asked):
        refusals = {one: rules.refusal(terms, at) for one, terms in group.items()}
        able = [one for one, why in refusals.items() if why is None]
        if able:
            chosen.append(min(able, key=lambda one: _burden(context, one, group[one], at, asked)))
        elif refusals or group is not _EMPTY:
            raise slot_taken_error(context, at, asked, next((why for why in refusals.values() if why), _NOBODY))
    return [one for wanted in chosen for one in context.resources if one.id == wanted]


def _burden(
    context: booking_context.BookingContext, one: str, terms: rules.SlotRules, at: int, asked: SlotQuery
) -> tuple[bool, int]:
    """What decides between resources that are free: an open class is filled first, then who has least that day."""
    is_joined = rules.seats_left(terms, at) < terms.demand.capacity
    return not is_joined, len(context.booked(one, asked.now))


def slot_taken_error(
    context: booking_context.BookingContext, at: int, asked: SlotQuery, why: rules.Refusal
) -> SlotTaken:
    """The refusal of a start, with the three nearest free starts of the days around, busy ones left out."""
    asked = replace(asked, ignore_calendar=False)
    zone = tenants.zone(context.tenant)
    day = local_time.local_day(at, zone)
    some = next(iter(_groups(context, asked)[0].values()), None)
    if some:  # where anything can be free at all
        day = min(max(day, local_time.local_day(some.earliest, zone)), some.last_day)
    first, last = day - timedelta(days=1), day + _LOOK_AHEAD
    around = rules.nearest(list(free(booking_context.widened(context, first, last), first, last, asked)), at)
    return SlotTaken(
        field="body.scheduled_at",
        value=local_time.instant(at, zone).isoformat(),
        starts_at=local_time.instant(at, zone).isoformat(),
        reason=why.reason.value,
        details=refusal_details(why, context),
        alternatives=[local_time.instant(start, zone).isoformat() for start in around],
    )


def refusal_details(why: rules.Refusal, context: booking_context.BookingContext) -> dict[str, Any]:
    """The figures of a refusal with their instants on the tenant's clock; never who booked."""
    zone = tenants.zone(context.tenant)
    instants = {"earliest", "from", "until", "closes"}
    return {
        name: local_time.instant(value, zone).isoformat() if name in instants else value
        for name, value in why.details.items()
        if name != "appointment_id"
    }


def explained(
    context: booking_context.BookingContext, first: date, last: date, asked: SlotQuery
) -> list[tuple[int, rules.Refusal]]:
    """Every start of the grid that is not offered, with the first refusal that concerns it."""
    offered = free(context, first, last, asked)
    main, second = _groups(context, asked)
    whys: dict[int, rules.Refusal] = {}
    for terms in [*main.values(), *second.values()]:
        for start, why in rules.explained(terms, first, last):
            if start not in offered:
                whys.setdefault(start, why)
    return [(start, _named(context, start, why)) for start, why in sorted(whys.items(), key=lambda pair: pair[0])]


def _named(context: booking_context.BookingContext, start: int, why: rules.Refusal) -> rules.Refusal:
    """A refusal for being closed, with the name of the special day that is why."""
    day = local_time.local_day(start, tenants.zone(context.tenant)).isoformat()
    owners: list[Any] = [*context.resources, context.tenant]
    name = next((owner.special_days[day]["name"] for owner in owners if day in (owner.special_days or {})), None)
    return (
        replace(why, details={**why.details, "special_day": name})
        if name and why.reason is rules.Reason.CLOSED
        else why
    )


_EMPTY: Final[dict[str, rules.SlotRules]] = {}
_NOBODY: Final = rules.Refusal(rules.Reason.CLOSED)


def _groups(
    context: booking_context.BookingContext, asked: SlotQuery
) -> tuple[dict[str, rules.SlotRules], dict[str, rules.SlotRules]]:
    """The terms of each active resource, of the first group and of the second, if one is needed."""
    main_ids = context.service.resource_ids
    if asked.resource_id is not None:
        if asked.resource_id not in main_ids or not context.is_active(asked.resource_id):
            raise NotHere(entity="resource", id=asked.resource_id)
        main_ids = [asked.resource_id]
    groups = [main_ids, context.service.second_resource_ids] if context.needs_second else [main_ids]
    found = [context.terms(one, asked.now, without=asked.without) for one in groups]
    if asked.ignore_calendar:
        found = [{one: replace(terms, busy=()) for one, terms in group.items()} for group in found]
    if asked.any_day:
        found = [{one: replace(terms, last_day=date.max) for one, terms in group.items()} for group in found]
    return found[0], found[1] if context.needs_second else _EMPTY
