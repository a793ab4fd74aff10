"""The offers of the waiting list, made line by line: a line has all waits for one service and local day.

A line is checked when time was freed (``freed_time``) or somebody joins, whatever its length. An offer is a held
appointment, so nobody else can take its time. Its id is derived from the wait and its version: a repeated offer, after
a crash or at the same moment, finds the same appointment.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from mostrador import ids
from mostrador.errors import Conflict, Invalid, NotHere, Stale
from mostrador.observability import logger
from mostrador.people import customers
from mostrador.scheduling import (
    appointments,
    booking,
    booking_context,
    free_starts,
    plan_count,
    slot_terms,
    slots,
    waiting_list,
)
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.rules import waiting_states as rules
from mostrador.scheduling.rules.appointment_states import OCCUPYING
from mostrador.scheduling.rules.waiting_states import WaitingStatus
from mostrador.table import keys, reads, writes
from mostrador.table.items.people import Customer
from mostrador.table.items.scheduling import Appointment, Waiting, WaitingLine
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.holds import has_lapsed

if TYPE_CHECKING:
    from mostrador.scheduling.views.appointments import NewAppointment

CHECK_AGAIN: Final = timedelta(minutes=10)
"""The pause before a check that nothing asked for: a time that another calendar frees wakes no line."""
IDLE: Final = timedelta(days=2)
"""An empty line is due for its removal so long after its day begins in UTC; a new wait makes it due at once."""


def advance(slug: str, line: WaitingLine, *, now: datetime) -> int:
    """Check a line: settle its offers, and offer free times to the first waits. Returns the number of new offers."""
    tenant = tenants.current(slug, now=now)
    in_line = [entry for entry in _in_line(slug, line) if not waiting_list.settle(slug, entry, now)]
    if _is_past(line, tenant, now):
        _expire(slug, _unserved(in_line), now)
        _schedule(line, now + CHECK_AGAIN if in_line else None)
        return 0
    is_unclear = any(waiting_list.is_unsettled(slug, entry, now) for entry in in_line)
    offers = 0 if is_unclear else _serve(tenant, line, _unserved(in_line), now)
    _schedule(line, now + CHECK_AGAIN if in_line else max(now + CHECK_AGAIN, _over_at(line)))
    return offers


def _unserved(entries: Sequence[Waiting]) -> list[Waiting]:
    return [entry for entry in entries if entry.status == WaitingStatus.WAITING]


def _is_past(line: WaitingLine, tenant: Tenant, now: datetime) -> bool:
    return date.fromisoformat(line.date) < local_time.local_day(local_time.minute(now), tenants.zone(tenant))


def _over_at(line: WaitingLine) -> datetime:
    """An instant at which the line's day is over in every zone."""
    return datetime.combine(date.fromisoformat(line.date), time.min, UTC) + IDLE


def _expire(slug: str, unserved: Sequence[Waiting], now: datetime) -> None:
    """End waits that nothing can serve any more."""
    for entry in unserved:
        waiting_list.end(slug, entry, WaitingStatus.EXPIRED, now)


def _in_line(slug: str, line: WaitingLine) -> list[Waiting]:
    partition, prefix = keys.waiting_in_line(slug, line.service_id, line.date, "")
    is_in_line = Waiting.status.is_in(*sorted(rules.IN_LINE))
    return reads.span(partition, prefix, f"{prefix}~", index="gsi1", keep=is_in_line)


def _serve(tenant: Tenant, line: WaitingLine, unserved: Sequence[Waiting], now: datetime) -> int:
    """Offer the first free times to the first waits that can take them. The day is read again after each offer."""
    offers = 0
    agenda = _load(tenant, line, unserved, now) if unserved else None
    for entry in unserved:
        if agenda is None:
            break
        try:
            appointment = _earlier_offer(agenda, entry, now) or _hold_for(agenda, entry, now)
        except (slots.SlotTaken, plan_count.PlanLimitReached):
            break  # another booking was faster, or nobody may book: the next check sees it
        except (Conflict, Invalid):
            continue  # this customer may not book it
        if appointment is not None:
            offers += _offer(tenant.slug, entry, appointment, now)
            agenda = _load(tenant, line, unserved, now)
    return offers


@dataclass(slots=True)
class _DayAgenda:
    """A line's day as it is now; ``starts`` caches the first start to offer for each resource asked for."""

    context: BookingContext
    day: date
    starts: dict[str | None, int | None] = field(default_factory=dict)

    def first_free(self, resource_id: str | None, now: datetime) -> int | None:
        if resource_id not in self.starts:
            self.starts[resource_id] = _first_free(self.context, self.day, resource_id, now)
        return self.starts[resource_id]


def _load(tenant: Tenant, line: WaitingLine, unserved: Sequence[Waiting], now: datetime) -> _DayAgenda | None:
    """None where the service is inactive; a deleted service ends every wait."""
    day = date.fromisoformat(line.date)
    try:
        return _DayAgenda(booking_context.load_days(tenant.slug, line.service_id, day, day, now=now).offered(), day)
    except booking_context.ServiceInactive:
        return None
    except NotHere:
        _expire(tenant.slug, _unserved(unserved), now)
        return None


def _first_free(context: BookingContext, day: date, resource_id: str | None, now: datetime) -> int | None:
    """The first free start that is later than the end of an offer of it."""
    lapses_at = local_time.minute(now) + int(context.tenant.hold_minutes)
    try:
        free = free_starts.free(context, day, day, slot_terms.SlotQuery(now, resource_id))
    except NotHere:  # the resource no longer gives the service
        return None
    return next((start for start in sorted(free) if start > lapses_at), None)


def _offer_key(entry: Waiting) -> str:
    """The Idempotency-Key of the entry's next offer."""
    return f"waiting {entry.id} {entry.version}"


def _offer_id(tenant: str, entry: Waiting) -> str:
    return ids.derived(tenant, "appointment", _offer_key(entry))


def _earlier_offer(agenda: _DayAgenda, entry: Waiting, now: datetime) -> Appointment | None:
    """The appointment that a crashed run held for the entry; it stands in the agenda."""
    context = agenda.context
    offer_id = _offer_id(context.tenant.slug, entry)
    held = (line for resource in context.resources for line in context.booked(resource.id, now))
    if any(line.appointment_id == offer_id for line in held):
        return appointments.get(context.tenant.slug, offer_id, now=now)
    return None


def _hold_for(agenda: _DayAgenda, entry: Waiting, now: datetime) -> Appointment | None:
    """Hold the first free start for the entry; None where there is none. Raises the errors of ``booking.book``."""
    tenant, start = agenda.context.tenant, agenda.first_free(entry.resource_id, now)
    if start is None:
        return None
    try:
        customer = customers.stored(tenant.slug, entry.customer_id, now=now)
    except NotHere:
        waiting_list.end(tenant.slug, entry, WaitingStatus.WITHDRAWN, now)
        return None
    form = _form(entry, customer, local_time.instant(start, tenants.zone(tenant)))
    try:
        return booking.book(tenant.slug, form, actor_name="system", key=_offer_key(entry), now=now, waiting_id=entry.id)
    except writes.KeyReused:  # another run holds another start for the entry
        return appointments.get(tenant.slug, _offer_id(tenant.slug, entry), now=now)


def _form(entry: Waiting, customer: Customer, scheduled_at: datetime) -> "NewAppointment":
    from mostrador.scheduling.views.appointments import NewAppointment  # noqa: PLC0415 - most checks make no offer

    form = {
        "service_id": entry.service_id,
        "scheduled_at": scheduled_at,
        "resource_id": entry.resource_id,
        "customer_notes": entry.customer_notes,
        "hold": True,
    }
    if customer.phone:
        name = entry.booked_as or customer.name
        given = {"email": entry.booked_email, "notes": entry.booked_notes}
        form["customer_data"] = {"name": name, "phone": customer.phone} | given
    else:
        form["customer_id"] = customer.id
    return NewAppointment.model_validate(form)


def _offer(tenant: str, entry: Waiting, appointment: Appointment, now: datetime) -> bool:
    """WAITING -> OFFERED; False where somebody else moved the entry, or the appointment is no longer on offer."""
    lapses_at = appointment.hold_expires_at
    is_open = appointment.status in OCCUPYING and not has_lapsed(lapses_at, now)
    if is_open:
        rules.MOVES.check(entry.status, WaitingStatus.OFFERED)
        entry.status, entry.appointment_id = WaitingStatus.OFFERED.value, appointment.id
        entry.offer_starts_at, entry.offer_expires_at = appointment.scheduled_at, lapses_at
    entry.updated_at = now  # the new version gives the next offer a new key, also where this one is over
    try:
        with writes.refusing(writes.stale_error(entry)), writes.transaction() as tx:
            tx.save(entry)
    except Stale:
        if waiting_list.get(tenant, entry.id, now=now).appointment_id != appointment.id:
            waiting_list.release(tenant, appointment.id, now)
        return False
    if is_open:
        logger.info(
            "waiting.offered",
            tenant=tenant,
            service_id=entry.service_id,
            waiting_id=entry.id,
            appointment_id=appointment.id,
        )
    return is_open


def _schedule(line: WaitingLine, at: datetime | None) -> None:
    """Set the time of the next check, or delete the line. A wait added meanwhile keeps its own time: at once."""
    unchanged = WaitingLine.version == int(line.version)
    with suppress(Stale), writes.refusing(Stale(given=line.version, current="")):
        if at is None:
            line.delete(condition=unchanged)
        else:
            line.update(
                actions=[WaitingLine.due_at.set(keys.at(at)), WaitingLine.version.add(1)],
                condition=unchanged,
            )
