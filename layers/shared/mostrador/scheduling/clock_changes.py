"""Appointments to come keep their time on the clock: after an update of tzdata, and when a tenant gets another zone.

An appointment stores its instant and the time on the clock that was agreed. Where the tenant's zone no longer shows
that time at that instant, the appointment moves to the instant at which it does. Each move is one transaction and
safe to repeat. A move that meets another booking is reported and not done.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from mostrador.observability import logger
from mostrador.scheduling import agenda, appointments, booking_limits
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules import clock_changes as rules
from mostrador.scheduling.rules.appointment_states import OCCUPYING, AppointmentChange, AppointmentStatus
from mostrador.scheduling.rules.clock_changes import Shift
from mostrador.scheduling.rules.waiting_states import IN_LINE
from mostrador.table import keys, reads, writes
from mostrador.table.base import Item
from mostrador.table.items.scheduling import AgendaDay, Appointment, Waiting
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.holds import has_lapsed

BACK: Final = timedelta(hours=27)
"""No two zones are further apart: a stored instant that is past may be to come on the right clock."""
_ENDED: Final = frozenset({AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW})
Zones = Mapping[str, ZoneInfo]


class Result(StrEnum):
    """CONFLICT: another booking is in the way. LEFT: somebody changed the appointment meanwhile; look again."""

    MOVED = "MOVED"
    CONFLICT = "CONFLICT"
    LEFT = "LEFT"


@dataclass(frozen=True, slots=True)
class Survey:
    """The appointments to come of a tenant that its clock no longer shows as agreed.

    ``found`` has each such appointment by id, ``shifts`` its move, ``stuck`` the booking in its way by id. ``kept``
    counts appointments that only get the tenant's present zone, at the same instant. ``unknown`` are those that store
    no time on the clock, ``waits`` the open waits, and ``to_come`` counts all that were looked at.
    """

    tenant: Tenant
    found: Mapping[str, Appointment]
    shifts: Sequence[Shift]
    stuck: Mapping[str, str]
    unknown: Sequence[Appointment]
    waits: Sequence[Waiting]
    to_come: int

    @property
    def kept(self) -> int:
        return sum(shift.start == shift.target for shift in self.shifts)


@dataclass(slots=True)
class Outcome:
    """The appointments moved to another instant, those blocked (id -> the booking in the way), and those left."""

    moved: list[str] = field(default_factory=list)
    conflicts: dict[str, str] = field(default_factory=dict)
    left: int = 0

    def note(self, shift: Shift, result: Result, other: str) -> None:
        """Count one shift; ``other`` is the booking in its way."""
        if result is Result.CONFLICT:
            self.conflicts[shift.appointment_id] = other
        elif result is Result.LEFT:
            self.left += 1
        elif shift.start != shift.target:
            self.moved.append(shift.appointment_id)


def survey(tenant: Tenant, *, now: datetime, former: Zones | None = None) -> Survey:
    """Compare every appointment to come with the tenant's clock. Nothing is written.

    ``former`` are zones under earlier rules, by name: they tell the time on the clock of appointments that do not
    store it.
    """
    slug, targets = tenant.slug, dict[str, int]()
    to_come = []
    for appointment in reads.span(keys.appointments_partition(slug), *reads.within(now - BACK, None), index="gsi1"):
        target = _target(appointment, tenants.zone(tenant), former or {})
        if appointment.status not in _ENDED and _is_to_come(appointment, target, now):
            targets[appointment.id] = target
            to_come.append(appointment)
    changed = {one.id: one for one in to_come if _is_changed(one, targets[one.id], tenant)}
    shifts, stuck = _judged(tenant, changed, targets, now)
    unknown = [one for one in to_come if not one.local_start]
    return Survey(tenant, changed, shifts, stuck, unknown, _waits(slug), len(to_come))


def _judged(
    tenant: Tenant, changed: Mapping[str, Appointment], targets: Mapping[str, int], now: datetime
) -> tuple[list[Shift], dict[str, str]]:
    """The moves in the order in which they are made, and those with another booking in the way."""
    if not changed:
        return [], {}
    services = {one.id: int(one.capacity) for one in reads.everything(*keys.service(tenant.slug, ""))}
    bare = [_shift(one, targets[one.id], 1) for one in changed.values()]
    booked = _booked(tenant, changed, bare, now)
    mates = Counter((resource_id, line[1:3]) for resource_id, lines in booked.items() for line in lines)

    def seats(shift: Shift) -> int:
        """A class moves with all its seats, also where its service has fewer now, or is gone."""
        line = agenda.line_of(changed[shift.appointment_id])
        return max(services.get(shift.demand.service_id, 1), mates[shift.resource_ids[0], line[1:3]])

    shifts = [shift._replace(demand=replace(shift.demand, capacity=seats(shift))) for shift in bare]
    occupying = [shift for shift in shifts if _occupies(changed[shift.appointment_id], now)]
    return sorted(shifts, key=_order), rules.stuck(occupying, booked)


def apply(surveyed: Survey, *, actor_name: str, clock: Callable[[], datetime], until: datetime) -> Outcome:
    """Move the appointments of a survey, until the time is over; each in a transaction of its own. Raises Busy."""
    outcome = Outcome(conflicts=dict(surveyed.stuck))
    shifts = [shift for shift in surveyed.shifts if shift.appointment_id not in outcome.conflicts]
    targets = {shift.appointment_id: shift.target for shift in shifts}
    offers = {wait.appointment_id: wait for wait in surveyed.waits if wait.appointment_id}
    for number, shift in enumerate(shifts):
        if clock() >= until:
            outcome.left += len(shifts) - number
            break
        move = _Move(surveyed.tenant, surveyed.found[shift.appointment_id], shift, targets, actor_name)
        result, other = move.write(offers.get(shift.appointment_id), clock())
        if result is Result.CONFLICT:
            del targets[shift.appointment_id]
        outcome.note(shift, result, other)
    _rename_zone(surveyed)
    slug, conflicts = surveyed.tenant.slug, len(outcome.conflicts)
    logger.info("clock kept", tenant=slug, moved=len(outcome.moved), conflicts=conflicts, left=outcome.left)
    return outcome


def record(surveyed: Survey, *, former: Zones | None = None) -> int:
    """Store the time on the clock of appointments that are without it; returns how many. No version changes."""
    recorded = 0
    for appointment in surveyed.unknown:
        zone = (former or {}).get(appointment.time_zone, appointment.zone)
        shown = local_time.wall(local_time.minute(appointment.scheduled_at), zone)
        is_same = Appointment.version == int(appointment.version)
        try:
            writes.update_attribute(appointment, Appointment.local_start.set(shown), condition=is_same)
        except writes.ConditionFailed:
            continue  # moved or cancelled meanwhile: the next run sees it
        recorded += 1
    return recorded


@dataclass(frozen=True, slots=True)
class _Move:
    """One shift of a survey; ``targets`` are where the appointments that can move will be."""

    tenant: Tenant
    surveyed: Appointment
    shift: Shift
    targets: Mapping[str, int]
    actor_name: str

    def write(self, offer: Waiting | None, now: datetime) -> tuple[Result, str]:
        """Move it unless it has changed since the survey; with CONFLICT, the booking in its way. Raises Busy."""
        slug, own = self.tenant.slug, (self.surveyed.pk, self.surveyed.sk)
        wanted = {own, *self._day_keys(), *([(offer.pk, offer.sk)] if offer else [])}

        def decide(items: Mapping[keys.Key, Item]) -> tuple[Result, str]:
            appointment = items.get(own)
            if not isinstance(appointment, Appointment) or appointment.version != self.surveyed.version:
                return Result.LEFT, ""
            if _occupies(appointment, now) and (other := self._in_the_way(items, now)):
                return Result.CONFLICT, other.appointment_id
            self._save(slug, appointment, items, now)
            return Result.MOVED, ""

        return writes.retrying(lambda _attempt: reads.batch(wanted), decide)

    def _day_keys(self) -> set[keys.Key]:
        zone = tenants.zone(self.tenant)
        return {*agenda.keys_of(self.tenant.slug, self.surveyed), *_target_keys(self.tenant.slug, self.shift, zone)}

    def _in_the_way(self, items: Mapping[keys.Key, Item], now: datetime) -> agenda_rules.Booking | None:
        slug, days = self.tenant.slug, _agenda_days(items)
        booked = {name: _of_resource(slug, name, days, now) for name in self.shift.resource_ids}
        return rules.in_the_way(self.shift, booked, self.targets)

    def _save(self, slug: str, appointment: Appointment, items: Mapping[keys.Key, Item], now: datetime) -> None:
        days = _agenda_days(items)
        old_keys, before = set(agenda.keys_of(slug, appointment)), appointment.scheduled_at
        appointment.time_zone = self.tenant.time_zone
        agreed = appointment.local_start
        agenda.set_time(appointment, self.shift.target, self.shift.demand)
        appointment.local_start = agreed or appointment.local_start  # also where the clocks skip it
        if appointment.scheduled_at != before:
            times = {"from": keys.at(before), "to": keys.at(appointment.scheduled_at)}
            appointments.record(appointment, now, self.actor_name, AppointmentChange.CLOCK_CHANGED, **times)
        with writes.transaction() as tx:
            tx.save(appointment)
            if appointment.status in OCCUPYING:
                new_keys = set(agenda.keys_of(slug, appointment))
                for key in new_keys:
                    agenda.take(tx, key, days, [agenda.line_of(appointment)], now)
                agenda.free(tx, appointment.id, (old_keys - new_keys) & days.keys())
                booking_limits.update(tx, slug, appointment)
            for offer in (item for item in items.values() if isinstance(item, Waiting)):
                if offer.appointment_id == appointment.id:
                    offer.offer_starts_at = appointment.scheduled_at
                    tx.save(offer)


def _target(appointment: Appointment, zone: ZoneInfo, former: Zones) -> int:
    """The minute at which the clock of ``zone`` shows the agreed time; where nothing tells that, the stored one."""
    start, agreed = local_time.minute(appointment.scheduled_at), appointment.local_start
    if agreed is None:
        rules_then = former.get(appointment.time_zone)
        if rules_then is None and appointment.time_zone == zone.key:
            return start
        agreed = local_time.wall(start, rules_then or appointment.zone)
    return local_time.at_wall(agreed, zone, nearest=start)


def _is_to_come(appointment: Appointment, target: int, now: datetime) -> bool:
    return max(local_time.minute(appointment.scheduled_at), target) > local_time.minute(now)


def _is_changed(appointment: Appointment, target: int, tenant: Tenant) -> bool:
    return bool(local_time.minute(appointment.scheduled_at) != target or appointment.time_zone != tenant.time_zone)


def _occupies(appointment: Appointment, now: datetime) -> bool:
    return appointment.status in OCCUPYING and not has_lapsed(appointment.hold_expires_at, now)


def _shift(appointment: Appointment, target: int, capacity: int) -> Shift:
    line = agenda.line_of(appointment)
    demand = agenda_rules.Demand(appointment.service_id, line.duration, line.before, line.after, capacity)
    return Shift(appointment.id, tuple(agenda.resource_ids(appointment)), demand, line.starts, target)


def _order(shift: Shift) -> int:
    """Earlier ones first where all move to earlier times, and later ones first where they move to later ones."""
    return shift.start if shift.target <= shift.start else -shift.start


def _target_keys(slug: str, shift: Shift, zone: ZoneInfo) -> set[keys.Key]:
    days = agenda_rules.days_touched(shift.demand, shift.target, zone)
    return {keys.agenda_day(slug, resource_id, day) for resource_id in shift.resource_ids for day in days}


def _booked(
    tenant: Tenant, changed: Mapping[str, Appointment], shifts: Sequence[Shift], now: datetime
) -> dict[str, list[agenda_rules.Booking]]:
    """The bookings of the days from which and to which appointments move, by resource."""
    slug, zone, wanted = tenant.slug, tenants.zone(tenant), set[keys.Key]()
    for shift in shifts:
        wanted |= _target_keys(slug, shift, zone) | set(agenda.keys_of(slug, changed[shift.appointment_id]))
    days = _agenda_days(reads.batch(wanted))
    return {resource_id: _of_resource(slug, resource_id, days, now) for resource_id in _resources(shifts)}


def _agenda_days(items: Mapping[keys.Key, Item]) -> dict[keys.Key, AgendaDay]:
    return {key: item for key, item in items.items() if isinstance(item, AgendaDay)}


def _resources(shifts: Iterable[Shift]) -> set[str]:
    return {resource_id for shift in shifts for resource_id in shift.resource_ids}


def _of_resource(
    slug: str, resource_id: str, days: Mapping[keys.Key, AgendaDay], now: datetime
) -> list[agenda_rules.Booking]:
    partition = keys.agenda_partition(slug, resource_id)
    return agenda.booked((day for (pk, _), day in days.items() if pk == partition), now)


def _waits(slug: str) -> list[Waiting]:
    in_line = Waiting.status.is_in(*sorted(IN_LINE))
    found: Iterable[Waiting] = reads.span(keys.waiting_partition(slug), " ", "~", index="gsi1", keep=in_line)
    return list(found)


def _rename_zone(surveyed: Survey) -> None:
    """Give the open waits the tenant's present zone, on whose clock their offers are shown."""
    for wait in surveyed.waits:
        if wait.time_zone != surveyed.tenant.time_zone:
            action = Waiting.time_zone.set(surveyed.tenant.time_zone)
            writes.update_attribute(wait, action, condition=Waiting.pk.exists())
