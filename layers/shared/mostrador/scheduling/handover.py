"""Give an appointment to another customer, who is on record already."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mostrador.errors import Conflict, NotHere
from mostrador.people import customer_search, customers
from mostrador.scheduling import appointments, booking_limits
from mostrador.table import keys, reads
from mostrador.table.items.people import Customer
from mostrador.table.items.scheduling import ActiveBookings, Appointment
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction
from mostrador.values.next_actions import NextAction

_FIELD: Final = "body.customer_id"


class OfferKeepsCustomer(Conflict):
    code = "offer_keeps_customer"
    en = "{name} was offered this appointment from the waiting list: only they can have it"
    es = "este turno se ofreció a {name} desde la lista de espera: solo puede quedar a su nombre"
    next_action = NextAction.CANCEL_INSTEAD


@dataclass(frozen=True, slots=True)
class Handover:
    """An appointment that has another customer now, with what its own transaction must write besides.

    ``former_phone`` is the phone that it was counted for; ``ledger`` is that of the other customer's phone, as read.
    """

    tenant: Tenant
    appointment: Appointment
    customer: Customer
    former_phone: str | None
    ledger: ActiveBookings | None
    now: datetime

    def write(self, tx: Transaction) -> None:
        """Note the booking of the customer, and count it for their phone instead of the former one."""
        slug, appointment, phone = self.tenant.slug, self.appointment, self.customer.phone
        customers.note_booking(tx, slug, self.customer, appointment.scheduled_at, is_new=False)
        if phone and phone == self.former_phone:  # a correction has not reached this copy yet
            booking_limits.update(tx, slug, appointment)
            return
        if self.former_phone:
            booking_limits.leave(tx, slug, self.former_phone, appointment.id)
        if appointment.is_counted:
            limit = int(self.tenant.max_active_bookings)
            key = keys.active_bookings(slug, phone)
            booking_limits.add(tx, key, self.ledger, [appointment], limit=limit, now=self.now)


def prepare(tenant: Tenant, appointment: Appointment, customer_id: str, *, now: datetime) -> Handover:
    """Set the customer on the appointment, at the time that it has. Raises NotHere, OfferKeepsCustomer, TooManyActive.

    Names, e-mail and notes given with the booking go: they were those of another person.
    """
    if appointments.is_open_offer(appointment):
        raise OfferKeepsCustomer(name=appointment.booked_as or appointment.customer_name)
    customer = _customer(tenant.slug, customer_id)
    former = appointment.customer_phone if appointment.is_counted else None
    ledger = _ledger(tenant, customer, former, now)
    _copy(appointment, customer)
    appointment.is_counted = True if customer.phone and tenant.max_active_bookings else None
    return Handover(tenant, appointment, customer, former, ledger, now)


def _ledger(tenant: Tenant, customer: Customer, former: str | None, now: datetime) -> ActiveBookings | None:
    """The ledger of the customer's phone, which has room for one more. Raises TooManyActive."""
    if not customer.phone or not tenant.max_active_bookings or customer.phone == former:
        return None
    key, limit = keys.active_bookings(tenant.slug, customer.phone), int(tenant.max_active_bookings)
    stored = reads.get_item(key)
    ledger = stored if isinstance(stored, ActiveBookings) else None
    booking_limits.check_room(key, ledger, 1, limit=limit, now=now, field=_FIELD)
    return ledger


def _customer(tenant: str, customer_id: str) -> Customer:
    found = reads.get_item(keys.customer(tenant, customer_id))
    if not isinstance(found, Customer):
        raise NotHere(entity="customer", id=customer_id)
    return found


def _copy(appointment: Appointment, customer: Customer) -> None:
    """The copies of the customer, the text to find it by, and the index key of their appointments."""
    slug = keys.tenant_of(appointment.pk)
    appointment.customer_id, appointment.customer_name = customer.id, customer.name
    appointment.customer_phone = customer.phone
    appointment.booked_as = appointment.booked_email = appointment.booked_notes = None
    appointment.customer_version = None
    appointment.folded = customer_search.searchable(customer.name, customer.phone)
    appointment.gsi2pk, appointment.gsi2sk = keys.appointment_of_customer(
        slug, customer.id, appointment.scheduled_at, appointment.id
    )
