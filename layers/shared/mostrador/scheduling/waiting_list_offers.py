"""The lines of the waiting list: everybody who waits for the same service and local day.

A line is looked at once a minute, whatever its length. An offer is a held appointment, so nobody else can take its
time. Its id is derived from the wait and its version: whoever repeats an offer, after a crash or at the same moment,
finds the same appointment.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mostrador import ids
from mostrador.errors import Conflict, Invalid, NotHere, Stale
from mostrador.observability import logger
from mostrador.people import customers
from mostrador.scheduling import appointments, booking, booking_context, slots, waiting_list
from mostrador.scheduling.rules import appointment_states as appointment_rules
from mostrador.scheduling.rules import waiting_states as rules
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

LOOK: Final = timedelta(seconds=30)
"""Between two looks at least: half of the sweeper's minute, so that a run a second early does not miss a line."""
IDLE: Final = timedelta(minutes=10)
"""Between two looks at a line in which nobody stands; whoever joins it has it looked at at once."""


def advance(tenant: str, line: WaitingLine, *, now: datetime) -> int:
    """Look at a line: settle its offers, offer what is free to the first in line; tells how many offers were made."""
    shop, day = tenants.current(tenant, now=now), date.fromisoformat(line.date)
    standing = [one for one in _standing(tenant, line) if not waiting_list.settle(tenant, one, now)]
    unserved = [one for one in standing if one.status == WaitingStatus.WAITING]
    if day < local_time.local_day(local_time.minute(now), tenants.zone(shop)):
        _close(tenant, unserved, now)
        _look_again(line, now + LOOK if standing else None)
        return 0
    is_clear = not any(waiting_list.is_unsettled(tenant, one, now) for one in standing)
    made = _serve(shop, line, unserved, now) if unserved and is_clear else 0
    _look_again(line, now + (LOOK if standing else IDLE))
    return made


def _close(tenant: str, unserved: Sequence[Waiting], now: datetime) -> None:
    """Nobody can be served any more."""
    for entry in unserved:
        waiting_list.end(tenant, entry, WaitingStatus.EXPIRED, now)


def _standing(tenant: str, line: WaitingLine) -> list[Waiting]:
    partition, prefix = keys.waiting_in_line(tenant, line.service_id, line.date, "")
    in_line = Waiting.status.is_in(*sorted(rules.IN_LINE))
    return reads.span(partition, prefix, f"{prefix}~", index="gsi1", keep=in_line)


def _serve(shop: Tenant, line: WaitingLine, unserved: Sequence[Waiting], now: datetime) -> int:
    """Offer the first free times to the first who can take them; one question for the line, one more for each offer."""
    made = 0
    look = _look(shop, line, unserved, now)
    for entry in unserved:
        if look is None:
            break
        try:
            appointment = _found(look, entry, now) or _held(look, entry, now)
        except (slots.SlotTaken, booking.PlanLimitReached):
            break  # somebody was quicker, or nobody may book: the next look tells
        except (Conflict, Invalid):
            continue  # this one may not have it
        if appointment is not None:
            made += _offer(shop.slug, entry, appointment, now)
            look = _look(shop, line, unserved, now)
    return made


@dataclass(slots=True)
class _Look:
    """A line's day as it is now, and the first start to offer, by the resource wished for."""

    context: booking_context.BookingContext
    day: date
    starts: dict[str | None, int | None] = field(default_factory=dict)

    def first_free(self, resource_id: str | None, now: datetime) -> int | None:
        if resource_id not in self.starts:
            self.starts[resource_id] = _first_free(self.context, self.day, resource_id, now)
        return self.starts[resource_id]


def _look(shop: Tenant, line: WaitingLine, unserved: Sequence[Waiting], now: datetime) -> _Look | None:
    """None where the service is not offered; one that is gone for good ends every wait."""
    day = date.fromisoformat(line.date)
    try:
        return _Look(booking_context.load_days(shop.slug, line.service_id, day, day, now=now), day)
    except booking_context.ServiceInactive:
        return None
    except NotHere:
        _close(shop.slug, [one for one in unserved if one.status == WaitingStatus.WAITING], now)
        return None


def _first_free(
    context: booking_context.BookingContext, day: date, resource_id: str | None, now: datetime
) -> int | None:
    """The first free start after an offer of it would have lapsed."""
    lapses = local_time.minute(now) + int(context.tenant.hold_minutes)
    try:
        free = slots.free(context, day, day, slots.SlotQuery(now, resource_id))
    except NotHere:  # the resource gives the service no longer
        return None
    return next((start for start in sorted(free) if start > lapses), None)


def _offer_key(entry: Waiting) -> str:
    """The Idempotency-Key of the entry's next offer."""
    return f"waiting {entry.id} {entry.version}"


def _offer_id(tenant: str, entry: Waiting) -> str:
    return ids.derived(tenant, "appointment", _offer_key(entry))


def _found(look: _Look, entry: Waiting, now: datetime) -> Appointment | None:
    """The appointment held for the entry by a run that did not live to tell; it stands in the agenda."""
    context = look.context
    wanted = _offer_id(context.tenant.slug, entry)
    if any(line.appointment_id == wanted for one in context.resources for line in context.booked(one.id, now)):
        return appointments.get(context.tenant.slug, wanted, now=now)
    return None


def _held(look: _Look, entry: Waiting, now: datetime) -> Appointment | None:
    """Hold the first free start for the entry; None where there is none. Raises what ``bookings.book`` raises."""
    shop, start = look.context.tenant, look.first_free(entry.resource_id, now)
    if start is None:
        return None
    try:
        customer = customers.stored(shop.slug, entry.customer_id, now=now)
    except NotHere:
        waiting_list.end(shop.slug, entry, WaitingStatus.WITHDRAWN, now)
        return None
    form = _form(entry, customer, local_time.instant(start, tenants.zone(shop)))
    try:
        return booking.book(shop.slug, form, actor_name="system", key=_offer_key(entry), now=now)
    except writes.KeyReused:  # another run holds another start for them
        return appointments.get(shop.slug, _offer_id(shop.slug, entry), now=now)


def _form(entry: Waiting, customer: Customer, scheduled_at: datetime) -> "NewAppointment":
    from mostrador.scheduling.views.appointments import NewAppointment  # noqa: PLC0415 - most looks at a line make no offer

    told: dict[str, Any] = {"name": customer.name, "phone": customer.phone}
    who = {"customer_data": told} if customer.phone else {"customer_id": customer.id}
    return NewAppointment(
        service_id=entry.service_id,
        scheduled_at=scheduled_at,
        resource_id=entry.resource_id,
        customer_notes=entry.customer_notes,
        hold=True,
        **who,
    )


def _offer(tenant: str, entry: Waiting, appointment: Appointment, now: datetime) -> bool:
    """WAITING -> OFFERED; False when somebody else moved the entry, or the appointment is no offer any more."""
    lapses = appointment.hold_expires_at
    is_open = appointment.status in appointment_rules.OCCUPYING and not has_lapsed(lapses, now)
    if is_open:
        rules.MOVES.check(entry.status, WaitingStatus.OFFERED)
        entry.status, entry.appointment_id = WaitingStatus.OFFERED.value, appointment.id
        entry.offer_starts_at, entry.offer_expires_at = appointment.scheduled_at, lapses
    entry.updated_at = now  # and a new version: the next offer of a wait whose offer never reached anybody
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


def _look_again(line: WaitingLine, at: datetime | None) -> None:
    """Set when to look next, or drop the line; who joined meanwhile has it looked at at once."""
    unchanged = WaitingLine.version == int(line.version)
    with suppress(Stale), writes.refusing(Stale(given=line.version, current="")):
        if at is None:
            line.delete(condition=unchanged)
        else:
            line.update(
                actions=[WaitingLine.due_at.set(keys.at(at)), WaitingLine.version.add(1)],
                condition=unchanged,
            )
