"""A booking request, with everything that follows from it alone, before anything is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mostrador import ids
from mostrador.errors import Invalid
from mostrador.people import customers
from mostrador.scheduling import booking_context, booking_limits, overriding, plan_count
from mostrador.scheduling.booking_context import BookingContext, Items
from mostrador.scheduling.public_limits import Holder
from mostrador.scheduling.rules.overrides import ORDINARY, Override
from mostrador.scheduling.slot_terms import SlotQuery
from mostrador.table import keys, writes
from mostrador.table.items.people import Customer
from mostrador.table.items.scheduling import Appointment, Resource
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import public_holds
from mostrador.values import local_time
from mostrador.values.phones import normalised

if TYPE_CHECKING:
    from mostrador.scheduling.views.appointments import NewAppointment


class OddStart(Invalid):
    code = "odd_start"
    en = "{value} does not begin on a full minute"
    es = "el turno debe comenzar en un minuto entero, sin segundos"


class Repeated(Exception):
    """The same request was carried out before."""

    def __init__(self, earlier: list[Appointment]) -> None:
        super().__init__(len(earlier))
        self.earlier = earlier


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """One call of ``booking.book``; a series has several ``starts`` (minutes since the epoch) and as many ids.

    ``waiting_id`` is the wait whose offer it is.
    ``public_address`` is that of a caller without an account; their booking is held until its deposit is paid.
    ``role`` is the caller's, which limits the discount. ``may_override`` are the rules that the caller may override.
    """

    tenant: Tenant
    form: "NewAppointment"
    starts: Sequence[int]
    appointment_ids: Sequence[str]
    fingerprint: str
    actor_name: str
    now: datetime
    phone: str | None = None
    series_id: str | None = None
    public_address: str | None = None
    waiting_id: str | None = None
    role: str = ""
    may_override: frozenset[str] = ORDINARY

    @property
    def slug(self) -> str:
        return str(self.tenant.slug)

    def check_new(self, items: Items) -> None:
        """Raise Repeated where this request was booked before, even if the service has changed since; or KeyReused."""
        earlier = self.earlier(items)
        if earlier:
            raise Repeated(earlier)

    def earlier(self, items: Items) -> list[Appointment]:
        """The appointments among ``items`` that the same request made before. Raises KeyReused for another request."""
        stored = (items.get(keys.appointment(self.slug, appointment_id)) for appointment_id in self.appointment_ids)
        return [
            writes.same_request(appointment, self.fingerprint)
            for appointment in stored
            if isinstance(appointment, Appointment)
        ]

    def with_context(self, context: BookingContext) -> tuple["BookingRequest", bool]:
        """The request with the tenant and the phone of a context, and whether the context has all that it needs."""
        phone = self.phone
        if phone is None and self.form.customer_id:
            customer = context.other.get(keys.customer(self.slug, self.form.customer_id))
            phone = customer.phone if isinstance(customer, Customer) else None
        elif phone is not None:
            phone = customers.phone_on_record(self.slug, context.other, phone)
        request = replace(self, tenant=context.tenant, phone=phone)
        needed = request.active_bookings_key
        return request, needed is None or needed == self.active_bookings_key

    @property
    def active_bookings_key(self) -> keys.Key | None:
        """The ledger of the phone's future bookings, where the tenant limits them."""
        return keys.active_bookings(self.slug, self.phone) if self.phone and self.tenant.max_active_bookings else None

    @property
    def override(self) -> frozenset[str]:
        """The rules that the form overrides."""
        return overriding.wanted(self.form.override, ignore_calendar=self.form.ignore_calendar)

    @property
    def query(self) -> SlotQuery:
        """The question that the form asks."""
        return SlotQuery(self.now, self.form.resource_id, override=self.override, may_override=self.may_override)

    def overridden(self, context: BookingContext, start: int, resources: list[Resource]) -> list[str] | None:
        """The rules that refused a start and were overridden, the limit of the phone among them."""
        names, key = overriding.used(context, start, resources, self.query), self.active_bookings_key
        if key is None or Override.TOO_MANY_ACTIVE not in self.override:
            return names
        counted = booking_limits.count(booking_limits.ledger(context.other, key), (), self.now) + len(self.starts)
        is_over = counted > int(self.tenant.max_active_bookings)
        return sorted({*(names or ()), Override.TOO_MANY_ACTIVE}) if is_over else names

    @property
    def holder(self) -> Holder | None:
        """The address that a public booking counts for."""
        if self.public_address is None:
            return None
        key = public_holds.key(self.slug, public_holds.Kind.APPOINTMENTS, self.public_address)
        return Holder(key, self.appointment_ids[0], self.phone, self.active_bookings_key)

    def keys(self) -> set[keys.Key]:
        """The keys to read besides the context: earlier appointments, customer, phone and address with their ledgers.

        And the series, and the plan's usage.
        """
        wanted = {keys.appointment(self.slug, appointment_id) for appointment_id in self.appointment_ids}
        if self.series_id:
            wanted.add(keys.series(self.slug, self.series_id))
        if self.form.customer_id:
            wanted.add(keys.customer(self.slug, self.form.customer_id))
        if self.phone:
            wanted.update(customers.phone_keys(self.slug, self.phone))
        if self.active_bookings_key:
            wanted.add(self.active_bookings_key)
        if self.holder:
            wanted.add(self.holder.key)
        if self.tenant.max_appointments_per_month is not None:
            wanted.add(plan_count.key(self.tenant, self.now))
        return wanted


def from_form(
    tenant: Tenant,
    form: "NewAppointment",
    *,
    starts: Sequence[int],
    appointment_ids: Sequence[str],
    actor_name: str,
    now: datetime,
    series_id: str | None = None,
    sent: str | None = None,
    public_address: str | None = None,
    more: Mapping[str, Any] | None = None,
    may_override: frozenset[str] = ORDINARY,
) -> BookingRequest:
    """A request for ``starts``. A repeat under the same key must have the same text ``sent``, by default the form's.
    ``more`` are further fields of the request.

    Raises BadPhone, OverrideNotAllowed.
    """
    overriding.check(form.override, may_override)
    if form.ignore_calendar:
        overriding.check([Override.EXTERNAL], may_override, field="body.ignore_calendar")
    phone = form.customer_data.phone if form.customer_data else None
    return BookingRequest(
        tenant=tenant,
        form=form,
        starts=starts,
        appointment_ids=appointment_ids,
        fingerprint=ids.fingerprint(sent or form.as_sent()),
        actor_name=actor_name,
        now=now,
        phone=normalised(phone, tenant.country, field="body.customer_data.phone") if phone else None,
        series_id=series_id,
        public_address=public_address,
        may_override=may_override,
        **(more or {}),
    )


def load_context(
    request: BookingRequest, *, check: Callable[[Items], None] = lambda _items: None
) -> tuple[BookingRequest, BookingContext]:
    """The context of a request, and the request with it. Raises NotHere, ServiceInactive, and what ``check`` raises.

    It is read again where the first read shows that more is needed, such as the ledger of the customer's phone.
    """
    while True:
        context = booking_context.load(
            request.slug,
            request.form.service_id,
            request.starts,
            request.keys(),
            duration_minutes=request.form.duration_minutes,
            check=check,
        ).offered()
        overriding.check_length(context, int(context.service.duration_minutes), request.may_override)
        request, is_complete = request.with_context(context)
        if is_complete:
            return request, context


def only(request: BookingRequest, starts: Sequence[int]) -> BookingRequest:
    """The same request for some of its starts."""
    ids_of = dict(zip(request.starts, request.appointment_ids, strict=True))
    return replace(request, starts=starts, appointment_ids=[ids_of[start] for start in starts])


def minute(scheduled_at: datetime) -> int:
    """The start as a minute since the epoch. Raises OddStart."""
    if scheduled_at.second or scheduled_at.microsecond:
        raise OddStart(field="body.scheduled_at", value=scheduled_at.isoformat())
    return local_time.minute(scheduled_at)
