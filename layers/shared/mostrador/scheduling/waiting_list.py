"""The waiting list: the waits of customers for a service and a local day.

Here a wait begins, ends, and is settled by its offer. ``waiting_list_offers`` makes the offers.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from mostrador import ids
from mostrador.errors import Conflict, NotHere
from mostrador.people import customers, shared_phones
from mostrador.scheduling import appointments
from mostrador.scheduling.booking_context import Items, ServiceInactive
from mostrador.scheduling.rules import waiting_states as rules
from mostrador.scheduling.rules.appointment_states import UNCONFIRMED, AppointmentStatus, WrongAppointmentState
from mostrador.scheduling.rules.waiting_states import WaitingStatus
from mostrador.table import keys, reads, writes
from mostrador.table.base import Item
from mostrador.table.items.people import Customer, PhoneGuard
from mostrador.table.items.scheduling import Appointment, Service, Waiter, Waiting, WaitingLine
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.holds import has_lapsed
from mostrador.values.phones import normalised

if TYPE_CHECKING:
    from mostrador.scheduling.views.waiting_list import NewWaiting, WaitingListing


class AlreadyWaiting(Conflict):
    code = "already_waiting"
    en = "{name} waits for {service} on {day:day} already"
    es = "{name} ya está en la lista de espera de {service} para el {day:day}"


def get(tenant: str, waiting_id: str, *, now: datetime) -> Waiting:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    found = reads.get_item(keys.waiting(tenant, waiting_id))
    if not isinstance(found, Waiting):
        raise NotHere(entity="waiting entry", id=waiting_id)
    return found


def listing(tenant: str, query: "WaitingListing", *, now: datetime) -> reads.Page:
    """Waits by service, day and arrival, ended ones too unless ``status`` selects. Raises BadCursor."""
    tenants.current(tenant, now=now)
    services, day = sorted(query.service or ()), query.date.isoformat() if query.date else ""
    lines = [keys.waiting_in_line(tenant, service, day, "")[1] for service in services]
    conditions = [
        *reads.among(Waiting.service_id, services if len(services) > 1 else None),
        *reads.among(Waiting.date, [day] if day else None),
        *reads.among(Waiting.status, query.status),
    ]
    return reads.page(
        keys.waiting_partition(tenant),
        tenant=tenant,
        query=("waiting", query.filters()),
        size=query.limit,
        cursor=query.cursor,
        index="gsi1",
        between=(lines[0], f"{lines[-1]}~") if lines else None,
        keep=reads.all_of(conditions),
    )


def join(slug: str, form: "NewWaiting", *, actor_name: str, key: str | None, now: datetime) -> Waiting:
    """Add a wait at the end of its line; the same ``key`` with the same form gives the same wait.

    Raises NotHere (service, resource, customer), ServiceInactive, DayOutside, BadPhone, AlreadyWaiting, KeyReused,
    Busy.
    """
    tenant = tenants.current(slug, now=now)
    waiting_id = ids.derived(slug, "waiting", key) if key else ids.new()
    own, service_key = keys.waiting(slug, waiting_id), keys.service(slug, form.service_id)
    customer_keys = _customer_keys(tenant, form)

    def load(_attempt: int) -> Items:
        return reads.batch({own, *customer_keys, service_key})

    def decide(items: Items) -> Waiting:
        earlier = items.get(own)
        if isinstance(earlier, Waiting):
            return writes.same_request(earlier, ids.fingerprint(form.model_dump_json()))
        service = _service(tenant, form, items.get(service_key), now)
        found = next((items[key] for key in customer_keys if key in items), None)
        customer, new = _customer(tenant, form, found, waiting_id, now)
        entry = _entry(tenant, form, service, customer, waiting_id)
        entry.created_by, entry.created_at = actor_name, now
        _add(slug, entry, new, now)
        return entry

    return writes.retrying(load, decide)


def _customer_keys(tenant: Tenant, form: "NewWaiting") -> list[keys.Key]:
    """The customer named, or the guards that the phone may have; none without a phone. Raises BadPhone."""
    if form.customer_data is None:
        return [keys.customer(tenant.slug, form.customer_id or "")]
    typed, field = form.customer_data.phone, "body.customer_data.phone"
    if not typed:
        return []
    return customers.phone_keys(tenant.slug, normalised(typed, tenant.country, field=field))


def _add(slug: str, entry: Waiting, new_customer: Customer | None, now: datetime) -> None:
    """Write a new wait, its guard, its line and a new customer. Raises AlreadyWaiting, ConditionFailed."""
    guard = keys.waiter(slug, entry.service_id, entry.date, entry.customer_id)
    try:
        with writes.transaction() as tx:
            tx.save(entry)
            tx.save(Waiter(*guard, waiting_id=entry.id), condition=Waiter.pk.does_not_exist())
            _wake(tx, slug, entry, now)
            if new_customer:
                customers.put(tx, slug, new_customer)
    except writes.ConditionFailed as error:
        present = reads.get_item(guard)
        if isinstance(present, Waiter) and present.waiting_id != entry.id:
            raise AlreadyWaiting(name=entry.customer_name, service=entry.service_name, day=entry.date) from error
        raise


def _service(tenant: Tenant, form: "NewWaiting", service: Item | None, now: datetime) -> Service:
    """The service if it can be booked on that day, with that resource. Raises NotHere, ServiceInactive, DayOutside."""
    if not isinstance(service, Service):
        raise NotHere(entity="service", id=form.service_id)
    if not service.is_active:
        raise ServiceInactive(name=service.name)
    if form.resource_id is not None and form.resource_id not in service.resource_ids:
        raise NotHere(entity="resource", id=form.resource_id)
    today = local_time.local_day(local_time.minute(now), tenants.zone(tenant))
    last = today + timedelta(days=int(service.advance_booking_days))
    until = date.fromisoformat(service.bookable_until) if service.bookable_until else last
    rules.check_day(form.date, today, min(last, until))
    return service


def _customer(
    tenant: Tenant, form: "NewWaiting", found: Item | None, waiting_id: str, now: datetime
) -> tuple[Customer | customers.Known, Customer | None]:
    """The customer, and again where they are new. Raises NotHere."""
    if form.customer_data is None:
        if not isinstance(found, Customer):
            raise NotHere(entity="customer", id=form.customer_id)
        return found, None
    if isinstance(found, PhoneGuard):
        phone = found.sk.partition("#")[2]
        return customers.Known(found.customer_id, found.name, phone), None
    customer_id = ids.derived(tenant.slug, "customer of", waiting_id)
    new = customers.draft(tenant, form.customer_data, customer_id=customer_id, now=now)
    return new, new


def _entry(
    tenant: Tenant, form: "NewWaiting", service: Service, customer: Customer | customers.Known, waiting_id: str
) -> Waiting:
    place, day = ids.new(), form.date.isoformat()
    gsi1pk, gsi1sk = keys.waiting_in_line(tenant.slug, service.id, day, place)
    return Waiting(
        *keys.waiting(tenant.slug, waiting_id),
        gsi1pk=gsi1pk,
        gsi1sk=gsi1sk,
        id=waiting_id,
        place=place,
        service_id=service.id,
        service_name=service.name,
        date=day,
        time_zone=tenant.time_zone,
        resource_id=form.resource_id,
        customer_id=customer.id,
        customer_name=customer.name,
        customer_phone=customer.phone,
        customer_notes=form.customer_notes,
        status=WaitingStatus.WAITING.value,
        fingerprint=ids.fingerprint(form.model_dump_json()),
        **shared_phones.as_given(customer, form.customer_data),
    )


def _wake(tx: Transaction, tenant: str, entry: Waiting, now: datetime) -> None:
    """Make the line due for a check in the next run."""
    key = keys.waiting_line(tenant, entry.service_id, entry.date)
    due_pk, due_at = keys.waiting_due(ids.fingerprint("".join(key)), now)
    actions = [
        WaitingLine.entity.set(WaitingLine),  # the update may create the item
        WaitingLine.service_id.set(entry.service_id),
        WaitingLine.date.set(entry.date),
        WaitingLine.due_pk.set(due_pk),
        WaitingLine.due_at.set(due_at),
        WaitingLine.version.add(1),
    ]
    tx.update(WaitingLine(*key), actions=actions)


def withdraw(tenant: str, waiting_id: str, *, seen: int | None, now: datetime) -> None:
    """WAITING or OFFERED -> WITHDRAWN, which frees an offered time; again changes nothing.

    Raises NotHere, Stale, WrongWaitingState, Busy.
    """

    def decide(entry: Waiting) -> None:
        if entry.status == WaitingStatus.WITHDRAWN:
            return
        writes.check_version(entry, seen)
        if settle(tenant, entry, now) and entry.status == WaitingStatus.WITHDRAWN:
            return
        _end(tenant, entry, WaitingStatus.WITHDRAWN, now)
        release(tenant, entry.appointment_id, now)

    writes.retrying(lambda _attempt: get(tenant, waiting_id, now=now), decide)


def settle(tenant: str, entry: Waiting, now: datetime) -> bool:
    """End a wait whose offer was accepted, declined or has lapsed; False for one that stays in line."""
    ending = _ending(tenant, entry, now)
    return ending is not None and end(tenant, entry, ending, now)


def is_unsettled(tenant: str, entry: Waiting, now: datetime) -> bool:
    """Whether an offer has lapsed while its online payment is open: the time looks free but may still be paid."""
    is_offered = entry.status == WaitingStatus.OFFERED and entry.appointment_id is not None
    if not is_offered or not has_lapsed(entry.offer_expires_at, now):
        return False
    try:
        appointment = appointments.get(tenant, entry.appointment_id, now=now)
    except NotHere:
        return False
    is_over = appointment.status in UNCONFIRMED and has_lapsed(appointment.hold_expires_at, now)
    return is_over and bool(appointment.checkout_id)


def _ending(tenant: str, entry: Waiting, now: datetime) -> WaitingStatus | None:
    """The state in which the entry's offer ends the wait; None without an offer, or while it is open.

    An offer with an online payment stays open until the sweeper has closed the payment.
    """
    if entry.status != WaitingStatus.OFFERED or entry.appointment_id is None:
        return None
    try:
        appointment = appointments.get(tenant, entry.appointment_id, now=now)
        if not appointment.checkout_id:
            appointment = appointments.expire(tenant, entry.appointment_id, now=now)
    except NotHere:
        return rules.ending(None)
    return rules.ending(AppointmentStatus(appointment.status))


def end(tenant: str, entry: Waiting, to: WaitingStatus, now: datetime) -> bool:
    """Take an entry out of the line; False where somebody else moved it first. Raises WrongWaitingState."""
    before = entry.status
    try:
        _end(tenant, entry, to, now)
    except writes.ConditionFailed:
        entry.status = before
        return False
    return True


def _end(tenant: str, entry: Waiting, to: WaitingStatus, now: datetime) -> None:
    """Raises WrongWaitingState, ConditionFailed."""
    rules.MOVES.check(entry.status, to)
    entry.status, entry.updated_at = to.value, now
    with writes.transaction() as tx:
        tx.save(entry)
        tx.delete(Waiter(*keys.waiter(tenant, entry.service_id, entry.date, entry.customer_id)))


def release(tenant: str, appointment_id: str | None, now: datetime) -> None:
    """Free the time of an offer that nobody can take any more; a confirmed appointment stays."""
    if appointment_id is None:
        return
    with suppress(NotHere, WrongAppointmentState):
        appointments.cancel(
            tenant, appointment_id, reason="waiting list", actor_name="system", now=now, check=_check_pending
        )


def _check_pending(appointment: Appointment) -> None:
    if appointment.status != AppointmentStatus.PENDING:
        raise WrongAppointmentState(current=appointment.status, wanted=AppointmentStatus.CANCELLED.value)
