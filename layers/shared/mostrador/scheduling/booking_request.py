"""What a booking wants, with what follows from the request alone, before anything is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mostrador import ids
from mostrador.errors import Invalid
from mostrador.scheduling import booking_context
from mostrador.table import keys, writes
from mostrador.table.items.scheduling import Appointment
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.phones import normalised

if TYPE_CHECKING:
    from mostrador.scheduling.views.appointments import NewAppointment


class OddStart(Invalid):
    code = "odd_start"
    en = "{value} does not begin on a full minute"
    es = "{value} no comienza en un minuto entero"


class Repeated(Exception):
    """The request was carried out before."""

    def __init__(self, earlier: list[Appointment]) -> None:
        super().__init__(len(earlier))
        self.earlier = earlier


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """One call of ``book``, with what follows from it alone; a series has several ``starts`` and as many ids."""

    shop: Tenant
    form: "NewAppointment"
    starts: Sequence[int]
    appointment_ids: Sequence[str]
    fingerprint: str
    actor_name: str
    now: datetime
    phone: str | None = None
    series_id: str | None = None
    is_public: bool = False

    @property
    def tenant(self) -> str:
        return str(self.shop.slug)

    def check_new(self, found: Mapping[keys.Key, Any]) -> None:
        """Raise Repeated when this was booked before, whatever became of the service since; KeyReused if otherwise."""
        earlier = [one for key in self.appointment_ids if (one := found.get(keys.appointment(self.tenant, key)))]
        if earlier:
            raise Repeated([writes.same_request(one, self.fingerprint) for one in earlier])

    def after(self, context: booking_context.BookingContext) -> tuple["BookingRequest", bool]:
        """The wish with what a scene tells of tenant and customer, and whether all that it needs now was read."""
        phone = self.phone
        if phone is None and self.form.customer_id:
            known = context.other.get(keys.customer(self.tenant, self.form.customer_id))
            phone = known.phone if known else None
        told = replace(self, shop=context.tenant, phone=phone)
        return told, told.active_key is None or told.active_key == self.active_key

    @property
    def active_key(self) -> keys.Key | None:
        """The ledger of the phone's bookings to come, where the tenant limits them."""
        return keys.active(self.tenant, self.phone) if self.phone and self.shop.max_active_bookings else None

    def keys(self) -> set[keys.Key]:
        """What must be read besides the scene: the earlier answer, the customer, the plan's counter."""
        wanted = {keys.appointment(self.tenant, one) for one in self.appointment_ids}
        if self.form.customer_id:
            wanted.add(keys.customer(self.tenant, self.form.customer_id))
        if self.phone:
            wanted.add(keys.phone(self.tenant, self.phone))
        if self.active_key:
            wanted.add(self.active_key)
        if self.shop.max_appointments_per_month is not None:
            wanted.add(usage_key(self.shop, self.now))
        return wanted


def from_form(
    shop: Tenant,
    form: "NewAppointment",
    *,
    starts: Sequence[int],
    appointment_ids: Sequence[str],
    actor_name: str,
    now: datetime,
    series_id: str | None = None,
    request: str | None = None,
    is_public: bool = False,
) -> BookingRequest:
    """``request`` is the text that a repeat under the same key must match; the form's own when left out.

    What is ``is_public`` is only held where the service asks for a deposit, until that is paid.
    """
    phone = form.customer_data.phone if form.customer_data else None
    return BookingRequest(
        shop=shop,
        form=form,
        starts=starts,
        appointment_ids=appointment_ids,
        fingerprint=ids.fingerprint(request or form.as_sent()),
        actor_name=actor_name,
        now=now,
        phone=normalised(phone, shop.country, field="body.customer_data.phone") if phone else None,
        series_id=series_id,
        is_public=is_public,
    )


def only(request: BookingRequest, *, starts: Sequence[int], appointment_ids: Sequence[str]) -> BookingRequest:
    """The same wish for some of its starts."""
    return replace(request, starts=starts, appointment_ids=appointment_ids)


def minute(scheduled_at: datetime) -> int:
    """The start as a minute since the epoch. Raises OddStart."""
    if scheduled_at.second or scheduled_at.microsecond:
        raise OddStart(field="body.scheduled_at", value=scheduled_at.isoformat())
    return local_time.minute(scheduled_at)


def usage_key(shop: Tenant, now: datetime) -> keys.Key:
    return keys.usage(shop.slug, local_time.local_day(local_time.minute(now), tenants.zone(shop)))
