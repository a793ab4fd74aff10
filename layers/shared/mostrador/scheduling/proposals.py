"""New places for the appointments at a blocked time: one plan for all of them, in which no two take the same place.

The agenda is read once for all: a query for each resource that gives one of the services. It is eventually consistent,
because ``reassigning`` decides each move again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from heapq import nsmallest
from typing import Final

from mostrador.scheduling import affected, blocks, booking_context, booking_keys, placing, rescheduling, slots
from mostrador.scheduling.affected import Affected
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules import availability, reassignment
from mostrador.scheduling.rules.reassignment import Place, Wish
from mostrador.scheduling.slot_terms import Terms, terms
from mostrador.table import keys, reads
from mostrador.table.base import Item
from mostrador.table.items.busy_times import BusyDay
from mostrador.table.items.scheduling import AgendaDay, Appointment, Resource, Service
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time

MOST: Final = 50
"""Appointments of one plan; those after them are told as a number."""
MOST_PLACES: Final = 60
"""Places that are considered for each of them, the cheapest first: more than there are appointments."""
_DAY: Final = 10_000
_MINUTE: Final = 4
"""The cost of a day further away, and of a minute on the clock; another resource costs 1."""
Days = Mapping[keys.Key, Item]
_Priced = tuple[int, int, tuple[str, ...]]
"""Cost, start and resources."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A place for an appointment, with the names of its resources; none where there is no free one left."""

    affected: Affected
    start: int | None
    resources: Sequence[Resource]


@dataclass(frozen=True, slots=True)
class Proposals:
    """The plan, in the order of the appointments; ``left`` counts those that were too many for it."""

    items: list[Proposal]
    left: int


@dataclass(frozen=True, slots=True)
class _Offer:
    """The services, resources and agendas from which places are chosen."""

    tenant: Tenant
    services: Mapping[str, Service]
    resources: Mapping[str, Resource]
    days: Days


def propose(slug: str, block_id: str, *, days: int, now: datetime) -> Proposals:
    """Places on the same day, then on the nearest ones, at most ``days`` away. Nothing is written. Raises NotHere."""
    block = blocks.get(slug, block_id, now=now)
    standing = affected.of_block(slug, block, now=now)
    asked = [one for one in standing if one.appointment.scheduled_at > now][:MOST]
    offer = _read(tenants.current(slug, now=now), [one.appointment for one in asked], days, now)
    quotas = dict[str, int]()
    wishes = [_wish(offer, one.appointment, days, quotas, now) for one in asked]
    chosen = reassignment.plan(wishes, quotas).chosen
    items = [_proposal(offer, one, chosen.get(one.appointment.id)) for one in asked]
    return Proposals(items, len(standing) - len(items))


def _proposal(offer: _Offer, one: Affected, place: Place | None) -> Proposal:
    if place is None:
        return Proposal(one, None, [])
    return Proposal(one, place.start, [offer.resources[resource_id] for resource_id in place.resource_ids])


def _read(tenant: Tenant, asked: Sequence[Appointment], days: int, now: datetime) -> _Offer:
    if not asked:
        return _Offer(tenant, {}, {}, {})
    found = reads.batch({keys.service(tenant.slug, one.service_id) for one in asked}, consistent=False)
    services = {item.id: item for item in found.values() if isinstance(item, Service)}
    every: Iterable[Resource] = reads.everything(*keys.resource(tenant.slug, ""))
    bare = _Offer(tenant, services, {one.id: one for one in every}, {})
    spans = dict[str, tuple[date, date]]()
    for one in asked:
        if one.service_id in services:
            _widen(spans, bare, one, days, now)
    return replace(bare, days=_agendas(tenant.slug, spans))


def _agendas(slug: str, spans: Mapping[str, tuple[date, date]]) -> dict[keys.Key, Item]:
    """The agenda days and busy days of each resource, from its first to its last one."""
    read: dict[keys.Key, Item] = {}
    for resource_id, (since, until) in sorted(spans.items()):
        partition, last_key = keys.busy_day(slug, resource_id, until)
        read |= {(day.pk, day.sk): day for day in reads.span(partition, str(since), last_key)}
    return read


def _widen(spans: dict[str, tuple[date, date]], offer: _Offer, one: Appointment, days: int, now: datetime) -> None:
    """Add the days that decide about the appointment to those of its service's resources."""
    context = _context(offer, one)
    since, until = booking_context.reach(context, *_around(context, one, days, now))
    for resource_id in booking_keys.read_ids(context.service):
        first, last = spans.get(resource_id, (since, until))
        spans[resource_id] = min(first, since), max(last, until)


def _context(offer: _Offer, one: Appointment) -> BookingContext:
    """The context of the appointment's service, with the appointment's own length and buffers."""
    slug, service = offer.tenant.slug, offer.services[one.service_id]
    partitions = {keys.agenda_partition(slug, resource_id) for resource_id in booking_keys.read_ids(service)}
    own = {key: day for key, day in offer.days.items() if key[0] in partitions}
    return BookingContext(
        tenant=offer.tenant,
        service=service,
        demand=rescheduling.own_demand(booking_context.demand(service), one),
        resources=_active(offer, service),
        days={key: day for key, day in own.items() if isinstance(day, AgendaDay)},
        busy_days={key: day for key, day in own.items() if isinstance(day, BusyDay)},
    )


def _active(offer: _Offer, service: Service) -> list[Resource]:
    found = (offer.resources.get(resource_id) for resource_id in booking_keys.resource_ids(service))
    return [resource for resource in found if resource and resource.is_active]


def _around(context: BookingContext, one: Appointment, days: int, now: datetime) -> tuple[date, date]:
    """The first and the last local day on which a place is looked for."""
    zone = tenants.zone(context.tenant)
    own = local_time.local_day(local_time.minute(one.scheduled_at), zone)
    today = local_time.local_day(local_time.minute(now), zone)
    return max(today, own - timedelta(days=days)), own + timedelta(days=days)


def _wish(offer: _Offer, one: Appointment, days: int, quotas: dict[str, int], now: datetime) -> Wish:
    """The appointment with its cheapest places; ``quotas`` gets those that they use. No service: no place."""
    if one.service_id not in offer.services:
        return Wish(one.id, rescheduling.own_demand(agenda_rules.Demand(one.service_id, 1), one), [])
    context = _context(offer, one)
    first, last = _around(context, one, days, now)
    asked = terms(booking_context.only_days(context, first, last), placing.query(now, one.id))
    free = slots.choices_of_days(asked, first, last)
    priced = ((_cost(context, one, start, ids), start, ids) for start, together in free.items() for ids in together)
    places = [_place(asked, one, found, quotas) for found in nsmallest(MOST_PLACES, priced)]
    return Wish(one.id, context.demand, places)


def _cost(context: BookingContext, one: Appointment, start: int, resource_ids: tuple[str, ...]) -> int:
    """Days away first, then minutes on the clock, then resources that change."""
    zone = tenants.zone(context.tenant)
    was, becomes = one.scheduled_at.astimezone(zone), local_time.instant(start, zone)
    days = abs((becomes.date() - was.date()).days)
    minutes = abs((becomes.hour - was.hour) * 60 + becomes.minute - was.minute)
    changed = len(set(resource_ids) - {one.resource_id, one.second_resource_id})
    return days * _DAY + minutes * _MINUTE + changed


def _place(asked: Terms, one: Appointment, found: _Priced, quotas: dict[str, int]) -> Place:
    """A place as the plan takes it."""
    cost, start, resource_ids = found
    used = dict(_limits(asked, one, start))
    if asked.context.demand.capacity > 1:
        used[f"{one.service_id} {start} {resource_ids}"] = _seats(asked, start, resource_ids)
    for name, left in used.items():
        quotas[name] = min(left, quotas.get(name, left))
    return Place(cost, start, resource_ids, tuple(used))


def _seats(asked: Terms, start: int, resource_ids: tuple[str, ...]) -> int:
    """The free seats of the class that these resources have, or would have, at ``start``."""
    running = asked.running.get(start, {})
    if len(resource_ids) == 1:
        return availability.seats_left(asked.main[resource_ids[0]], start)
    people = frozenset[str]().union(*(running.get(resource_id, ()) for resource_id in resource_ids))
    return asked.context.demand.capacity - len(people)


def _limits(asked: Terms, one: Appointment, start: int) -> Iterable[tuple[str, int]]:
    """The service's limits that count the appointment anew at ``start``, and how many more each allows."""
    rules = next(iter(asked.main.values()))
    own, day = (local_time.local_day(at, rules.zone) for at in (local_time.minute(one.scheduled_at), start))
    demand = rules.demand
    if demand.max_per_day is not None and day != own:
        yield f"{one.service_id} on {day}", demand.max_per_day - rules.service_counts[day]
    monday = availability.monday_of(day)
    if demand.max_per_week is not None and monday != availability.monday_of(own):
        yield f"{one.service_id} in the week of {monday}", demand.max_per_week - rules.in_week(day)
