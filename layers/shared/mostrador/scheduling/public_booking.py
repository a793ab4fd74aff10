"""Public booking, without an account: see the offers, book, and manage the booking by its link."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mostrador.context import PUBLIC
from mostrador.errors import Conflict, Invalid
from mostrador.people.views.customers import NewCustomer
from mostrador.scheduling import (
    appointments,
    availability,
    booking,
    manage_links,
    overriding,
    payment_reviews,
    plan_count,
    rescheduling,
    services,
    slots,
)
from mostrador.scheduling.rules import appointment_states as rules
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.scheduling.views.appointments import (
    AvailabilityQuery,
    AvailabilityView,
    NewAppointment,
    Rescheduling,
)
from mostrador.scheduling.views.public_booking import PublicBooking, PublicFreeTimes
from mostrador.scheduling.views.services import ServiceListing
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import Appointment, Resource, Service
from mostrador.table.items.tenants import Tenant, TransferDetails
from mostrador.tenancy import public_holds, tenants
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.ledger.views.receipts import Receipt

ACTOR: Final = PUBLIC


class TooLate(Conflict):
    """``until`` is the last moment at which it was possible."""

    code = "too_late"
    en = "this could be done by oneself until {until:time}; please contact {name}"
    es = "esto se podía hacer hasta el {until:time}; comuníquese con {name}"
    next_action = NextAction.CONTACT_BUSINESS


class NotTakingBookings(Conflict):
    code = "not_taking_bookings"
    en = "{name} takes no bookings here at present; please contact them"
    es = "{name} no recibe turnos por este medio en este momento; comuníquese directamente"
    next_action = NextAction.CONTACT_BUSINESS


class OtherService(Invalid):
    code = "other_service"
    en = "the appointment that is to be moved is of {name}, not of the service {value}"
    es = "el turno que se mueve es de {name}, no del servicio {value}"
    next_action = NextAction.CORRECT_REQUEST


class TransfersNotTaken(Conflict):
    code = "transfers_not_taken"
    en = "{name} has told no account to transfer to"
    es = "{name} no indicó una cuenta para transferencias"
    next_action = NextAction.CONTACT_BUSINESS


@dataclass(frozen=True, slots=True)
class Offer:
    """An active service and the active resources that a customer may choose."""

    service: Service
    resources: list[Resource]


@dataclass(frozen=True, slots=True)
class ManagedAppointment:
    """An appointment with its link; ``cancel_until`` and ``reschedule_until`` are None where its state forbids both."""

    tenant: Tenant
    appointment: Appointment
    token: str

    @property
    def cancel_until(self) -> datetime | None:
        return self._until(self.tenant.cancel_notice_minutes)

    @property
    def reschedule_until(self) -> datetime | None:
        return self._until(self.tenant.reschedule_notice_minutes)

    @property
    def transfer_details(self) -> TransferDetails | None:
        """The account to transfer to, while something is due."""
        is_live = AppointmentStatus(self.appointment.status) in rules.OCCUPYING
        is_due = is_live and self.appointment.total_amount > (self.appointment.paid_amount or 0)
        return self.tenant.transfer_details if is_due else None

    def _until(self, notice_minutes: float | None) -> datetime | None:
        if AppointmentStatus(self.appointment.status) not in rules.OCCUPYING:
            return None
        return _last_moment(self.appointment, notice_minutes)


def offers(tenant: str, *, size: int, cursor: str | None, now: datetime) -> reads.Page:
    """Active services with the resources to choose from, in the order of their creation. Raises NotHere, BadCursor."""
    page = services.listing(tenant, ServiceListing(is_active=True, limit=size, cursor=cursor), now=now)
    stored: list[Resource] = reads.everything(*keys.resource(tenant, ""))
    active = {resource.id: resource for resource in stored if resource.is_active}
    found = [Offer(service, [active[id_] for id_ in service.resource_ids if id_ in active]) for service in page.items]
    return reads.Page(found, page.next)


def free_times(slug: str, query: PublicFreeTimes, *, now: datetime) -> AvailabilityView:
    """The free starts; see ``availability.find``. ``moving`` is the token of a link to an appointment of the service.

    Raises DeadLink, OtherService, and what ``availability.find`` raises.
    """
    asked = query.model_dump(by_alias=True)
    if query.moving is not None:
        appointment = find(slug, query.moving, now=now).appointment
        if appointment.service_id != query.service:
            raise OtherService(field="query.service", value=query.service, name=appointment.service_name)
        asked["moving"] = appointment.id
    return availability.find(slug, AvailabilityQuery(**asked), by_link=True, now=now)


def book(slug: str, form: PublicBooking, *, address: str, key: str | None, now: datetime) -> ManagedAppointment:
    """Book as PENDING; the same ``key`` from the same ``address`` with the same form gives the same appointment.

    Raises NotTakingBookings, and the errors of ``booking.book``.
    """
    tenant = tenants.current(slug, now=now)
    staff_form = NewAppointment(
        service_id=form.service_id,
        scheduled_at=form.scheduled_at,
        resource_id=form.resource_id,
        customer_notes=form.customer_notes,
        customer_data=NewCustomer(**form.customer_data.model_dump()),
    )
    own_key = public_holds.own_key(address, key) if key else None
    with _public_errors(tenant):
        booked = booking.book(
            slug,
            staff_form,
            actor_name=ACTOR,
            key=own_key,
            now=now,
            public_address=address,
            may_override=overriding.NOBODY,
        )
    return ManagedAppointment(tenant, booked, manage_links.token(slug, booked.id))


def find(slug: str, token: str, *, now: datetime) -> ManagedAppointment:
    """The appointment of a link. Raises NotHere (tenant), DeadLink."""
    tenant = tenants.current(slug, now=now)
    return ManagedAppointment(tenant, manage_links.verify_token(slug, token, now=now), token)


def cancel(slug: str, token: str, *, reason: str, now: datetime) -> ManagedAppointment:
    """Cancel by link; again changes nothing. Raises NotHere, DeadLink, TooLate, WrongAppointmentState, Busy."""
    managed = find(slug, token, now=now)
    cancelled = appointments.cancel(
        slug,
        managed.appointment.id,
        reason=" ".join(reason.split()),  # one line, as each cancellation is one line in the notes
        actor_name=ACTOR,
        now=now,
        check=_in_time(managed.tenant, managed.tenant.cancel_notice_minutes, now),
    )
    return replace(managed, appointment=cancelled)


def receive(slug: str, token: str, form: "Receipt", *, address: str, now: datetime) -> ManagedAppointment:
    """Declare a transfer by link. Raises DeadLink, TransfersNotTaken, and as ``payment_reviews.receive``."""
    managed = find(slug, token, now=now)
    if not managed.tenant.transfer_details:
        raise TransfersNotTaken(name=managed.tenant.name)
    with _public_errors(managed.tenant):
        received = payment_reviews.receive(
            slug, managed.appointment.id, form, actor_name=ACTOR, now=now, public_address=address
        )
    return replace(managed, appointment=received)


def reschedule(slug: str, token: str, form: Rescheduling, *, address: str, now: datetime) -> ManagedAppointment:
    """Move by link to another free start; the link stays the same.

    Raises NotHere, DeadLink, TooLate, and the errors of ``rescheduling.move``.
    """
    managed = find(slug, token, now=now)
    check = _in_time(managed.tenant, managed.tenant.reschedule_notice_minutes, now)
    with _public_errors(managed.tenant):
        moved = rescheduling.move(
            slug,
            managed.appointment.id,
            form,
            actor_name=ACTOR,
            now=now,
            check=check,
            public_address=address,
            may_override=overriding.NOBODY,
        )
    return replace(managed, appointment=moved)


def _in_time(tenant: Tenant, notice_minutes: float | None, now: datetime) -> appointments.Check:
    """A check that raises TooLate when fewer minutes are left."""

    def check(appointment: Appointment) -> None:
        until = _last_moment(appointment, notice_minutes)
        if now > until:
            raise TooLate(until=until.isoformat(), name=tenant.name)

    return check


def _last_moment(appointment: Appointment, notice_minutes: float | None) -> datetime:
    """So many minutes before the start, on the tenant's clock."""
    until: datetime = appointment.scheduled_at - timedelta(minutes=int(notice_minutes or 0))
    return until.astimezone(appointment.zone)


@contextmanager
def _public_errors(tenant: Tenant) -> Iterator[None]:
    """Keep the figures of a refusal, such as limits and bookings, from the public."""
    try:
        yield
    except plan_count.PlanLimitReached as error:
        raise NotTakingBookings(name=tenant.name) from error
    except slots.SlotTaken as error:
        raise slots.SlotTaken(**error.facts | {"details": {}}) from error
