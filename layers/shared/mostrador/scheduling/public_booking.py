"""What anybody may do without an account: see what is offered, book, and manage the booking by its link."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from mostrador.errors import Conflict
from mostrador.people.views.customers import NewCustomer
from mostrador.scheduling import appointments, availability, booking, manage_links, services, slots
from mostrador.scheduling.rules import appointment_states as rules
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.scheduling.views.appointments import (
    AvailabilityQuery,
    AvailabilityView,
    FreeTimesQuery,
    NewAppointment,
    Rescheduling,
)
from mostrador.scheduling.views.public_booking import PublicBooking
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import Appointment, Resource, Service
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import rate_limits, tenants

BY: Final = "public"
BOOKINGS_AN_HOUR: Final = 20


class TooLate(Conflict):
    """``until`` is when it was possible."""

    code = "too_late"
    en = "this could be done by oneself until {until}; please contact {name}"
    es = "esto se podía hacer hasta {until}; comuníquese con {name}"


class NotTakingBookings(Conflict):
    code = "not_taking_bookings"
    en = "{name} takes no bookings here at present; please contact them"
    es = "{name} no recibe turnos por este medio en este momento; comuníquese directamente"


@dataclass(frozen=True, slots=True)
class Offer:
    """An active service and the active resources among which a customer may choose."""

    service: Service
    resources: list[Resource]


@dataclass(frozen=True, slots=True)
class Managed:
    """An appointment for whoever holds its link; the ``until`` are None where its state allows no change."""

    shop: Tenant
    appointment: Appointment
    token: str

    @property
    def cancel_until(self) -> datetime | None:
        return self._until(self.shop.cancel_notice_minutes)

    @property
    def reschedule_until(self) -> datetime | None:
        return self._until(self.shop.reschedule_notice_minutes)

    def _until(self, notice: Any) -> datetime | None:
        if AppointmentStatus(self.appointment.status) not in rules.OCCUPYING:
            return None
        return _last_moment(self.appointment, notice)


def offers(tenant: str, *, size: int, cursor: str | None, now: datetime) -> reads.Page:
    """Active services with the resources to choose from, in the order in which they were made. Raises NotHere."""
    page = services.listing(tenant, is_active=True, now=now, size=size, cursor=cursor)
    everyone = {one.id: one for one in reads.everything(*keys.resource(tenant, "")) if one.is_active}
    found = [Offer(one, [everyone[id_] for id_ in one.resource_ids if id_ in everyone]) for one in page.items]
    return reads.Page(found, page.next)


def free_times(tenant: str, query: FreeTimesQuery, *, now: datetime) -> AvailabilityView:
    """The free starts; see ``availability.find``."""
    return availability.find(tenant, AvailabilityQuery(**query.model_dump(by_alias=True)), now=now)


def book(tenant: str, form: PublicBooking, *, address: str, key: str | None, now: datetime) -> Managed:
    """Book as PENDING; the same ``key`` with the same form gives the same appointment.

    Raises TooOften (by ``address``), NotTakingBookings, and what ``bookings.book`` raises.
    """
    shop = tenants.current(tenant, now=now)
    rate_limits.count(tenant, "book", address, limit=BOOKINGS_AN_HOUR, now=now)
    wanted = NewAppointment(
        service_id=form.service_id,
        scheduled_at=form.scheduled_at,
        resource_id=form.resource_id,
        customer_notes=form.customer_notes,
        customer_data=NewCustomer(**form.customer_data.model_dump()),
    )
    own_key = f"{BY} {key}" if key else None  # never a key of the staff, which holds no space
    with _fit_for_the_public(shop):
        booked = booking.book(tenant, wanted, actor_name=BY, key=own_key, now=now, is_public=True)
    return Managed(shop, booked, manage_links.token(tenant, booked.id))


def find(tenant: str, token: str, *, now: datetime) -> Managed:
    """The appointment behind a link. Raises NotHere (tenant), DeadLink."""
    shop = tenants.current(tenant, now=now)
    return Managed(shop, manage_links.verify_token(tenant, token, now=now), token)


def cancel(tenant: str, token: str, *, reason: str, now: datetime) -> Managed:
    """Cancel by link; again changes nothing. Raises DeadLink, TooLate, WrongState."""
    shop, appointment_id = _opened(tenant, token, now)
    one_line = " ".join(reason.split())  # the notes have a line for each event, and nobody else writes one
    cancelled = appointments.cancel(
        tenant,
        appointment_id,
        reason=one_line,
        actor_name=BY,
        now=now,
        check=lambda one: _check_in_time(shop, one, shop.cancel_notice_minutes, now),
    )
    return Managed(shop, cancelled, token)


def reschedule(tenant: str, token: str, form: Rescheduling, *, now: datetime) -> Managed:
    """Move by link to another free start; the link stays. Raises DeadLink, TooLate, WrongState, SlotTaken."""
    shop, appointment_id = _opened(tenant, token, now)
    with _fit_for_the_public(shop):
        moved = appointments.reschedule(
            tenant,
            appointment_id,
            form,
            actor_name=BY,
            now=now,
            check=lambda one: _check_in_time(shop, one, shop.reschedule_notice_minutes, now),
        )
    return Managed(shop, moved, token)


def _opened(tenant: str, token: str, now: datetime) -> tuple[Tenant, str]:
    found = find(tenant, token, now=now)
    return found.shop, found.appointment.id


def _check_in_time(shop: Tenant, appointment: Appointment, notice: Any, now: datetime) -> None:
    """Raise TooLate when fewer than ``notice`` minutes are left."""
    until = _last_moment(appointment, notice)
    if now > until:
        raise TooLate(until=until.isoformat(), name=shop.name)


def _last_moment(appointment: Appointment, notice: Any) -> datetime:
    """``notice`` minutes before the start, on the tenant's clock."""
    until: datetime = appointment.scheduled_at - timedelta(minutes=int(notice or 0))
    return until.astimezone(appointment.zone)


@contextmanager
def _fit_for_the_public(shop: Tenant) -> Iterator[None]:
    """Keep a refusal's figures, such as limits and what is booked, within the business."""
    try:
        yield
    except booking.PlanLimitReached as error:
        raise NotTakingBookings(name=shop.name) from error
    except slots.SlotTaken as error:
        raise slots.SlotTaken(**error.facts | {"details": {}}) from error
