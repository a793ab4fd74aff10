"""The rules of a question about free starts: of each resource, and of the classes that need two resources."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from mostrador.errors import NotHere
from mostrador.scheduling import booking_keys
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.rules import agenda, availability, overrides, pairs
from mostrador.scheduling.rules.availability import SlotRules


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """A question about free starts: of one resource of the first group or any, without counting one appointment.

    ``any_day`` is for staff who plan further ahead than customers may. ``override`` names the rules that staff
    override, ``may_override`` those that the caller could. ``agreed_start`` is that of the appointment.
    """

    now: datetime
    resource_id: str | None = None
    without: str = ""
    any_day: bool = False
    agreed_start: int | None = None
    override: frozenset[str] = frozenset()
    may_override: frozenset[str] = frozenset()


Group = dict[str, SlotRules]
"""Resource id -> its rules; only active resources, in the service's order."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of the first group's active resources under a question, and of the second's if one is needed.

    They are made once for a context and a question: they hold every booking of every day that was read. ``running`` are
    the classes by start and resource, where a class needs two resources.
    """

    context: BookingContext
    query: SlotQuery
    main: Group
    second: Group | None
    running: Mapping[int, Mapping[str, pairs.Class]] = field(default_factory=dict)

    @property
    def groups(self) -> list[Group]:
        return [self.main] if self.second is None else [self.main, self.second]


def terms(context: BookingContext, query: SlotQuery) -> Terms:
    """The rules for the question. Raises NotHere for a foreign resource."""
    main, second = _groups(context, query)
    running = {} if second is None or context.demand.capacity == 1 else _running(context, query, {**main, **second})
    return Terms(context, query, main, second, running)


def _running(context: BookingContext, query: SlotQuery, known: Group) -> dict[int, dict[str, pairs.Class]]:
    """The classes of the service that have bookings: start -> resource, inactive ones too -> appointments."""
    own = agenda.tag(context.service.id)
    running: dict[int, dict[str, pairs.Class]] = {}
    for resource_id in dict.fromkeys(booking_keys.resource_ids(context.service)):
        rules = known.get(resource_id)
        booked = rules.booked if rules else context.booked(resource_id, query.now, query.without)
        for line in booked:
            if line.service == own:
                classes = running.setdefault(line.starts, {})
                classes[resource_id] = classes.get(resource_id, frozenset()) | {line.appointment_id}
    return running


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
    if query.override:
        group = {one: overrides.without(rules, query.override, query.now) for one, rules in group.items()}
    if query.agreed_start is not None:
        group = {one: availability.as_agreed(rules, query.agreed_start) for one, rules in group.items()}
    if query.any_day:
        group = {resource_id: replace(rules, last_day=date.max) for resource_id, rules in group.items()}
    return group
