"""The waiting list: who waits for a service and a local day.

``waiting_lines`` makes the offers; here somebody joins, leaves, or lands with what became of an offer.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mostrador import ids
from mostrador.errors import Busy, Conflict, NotHere
from mostrador.people import customers
from mostrador.scheduling import appointments, booking_context
from mostrador.scheduling.rules import appointment_states as appointment_rules
from mostrador.scheduling.rules import waiting_states as rules
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.scheduling.rules.waiting_states import WaitingStatus
from mostrador.table import keys, reads, writes
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
    en = "{name} waits for {service} on {day} already"
    es = "{name} ya está en la lista de espera de {service} para el {day}"


def get(tenant: str, waiting_id: str, *, now: datetime) -> Waiting:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    found = reads.one(keys.waiting(tenant, waiting_id))
    if not isinstance(found, Waiting):
        raise NotHere(entity="waiting entry", id=waiting_id)
    return found


def listing(tenant: str, query: "WaitingListing", *, now: datetime) -> reads.Page:
    """Waits by service, day and arrival, those that ended too unless ``status`` says which. Raises BadCursor."""
    tenants.current(tenant, now=now)
    day = query.date.isoformat() if query.date else ""
    partition, prefix = keys.waiting_in_line(tenant, query.service or "", day if query.service else "", "")
    keep: Any = Waiting.date == day if day else None
    if query.status:
        has_status = Waiting.status == query.status.value
        keep = has_status if keep is None else keep & has_status
    return reads.page(
        partition,
        tenant=tenant,
        query=("waiting", query.model_dump_json(exclude={"cursor", "limit"})),
        size=query.limit,
        cursor=query.cursor,
        index="gsi1",
        between=(prefix, f"{prefix}~") if prefix else None,
        keep=keep,
    )


def join(tenant: str, form: "NewWaiting", *, actor_name: str, key: str | None, now: datetime) -> Waiting:
    """Stand at the end of the line; the same ``key`` with the same form gives the same place.

    Raises NotHere (service, resource, customer), ServiceInactive, DayOutside, BadPhone, AlreadyWaiting, KeyReused.
    """
    shop = tenants.current(tenant, now=now)
    waiting_id = ids.derived(tenant, "waiting", key) if key else ids.new()
    own, phone = keys.waiting(tenant, waiting_id), form.customer_data.phone if form.customer_data else None
    guard = keys.phone(tenant, normalised(phone, shop.country, field="body.customer_data.phone")) if phone else own
    known = keys.customer(tenant, form.customer_id) if form.customer_id else own
    service_key = keys.service(tenant, form.service_id)
    for _ in writes.attempts():
        found = reads.batch({own, guard, known, service_key})
        if own in found:
            earlier: Waiting = found[own]
            return writes.same_request(earlier, ids.fingerprint(form.model_dump_json()))
        service = _service(shop, form, found.get(service_key), now)
        customer, is_new = _customer(shop, form, found.get(guard if phone else known), waiting_id, now)
        made = _entry(shop, form, service, customer, waiting_id)
        made.created_by, made.created_at = actor_name, now
        place = keys.waiter(tenant, made.service_id, made.date, made.customer_id)
        try:
            with writes.transaction() as tx:
                tx.save(made)
                tx.save(Waiter(*place, waiting_id=waiting_id), condition=Waiter.pk.does_not_exist())
                _wake(tx, tenant, made, now)
                if is_new:
                    customers.put(tx, tenant, customer)
        except writes.ConditionFailed as error:
            standing = reads.one(place)
            if standing is not None and standing.waiting_id != waiting_id:
                raise AlreadyWaiting(name=customer.name, service=service.name, day=made.date) from error
        else:
            return made
    raise Busy


def _service(shop: Tenant, form: "NewWaiting", service: Any, now: datetime) -> Service:
    """The service if it can be booked on that day, with that resource. Raises NotHere, ServiceInactive, DayOutside."""
    if not isinstance(service, Service):
        raise NotHere(entity="service", id=form.service_id)
    if not service.is_active:
        raise booking_context.ServiceInactive(name=service.name)
    if form.resource_id is not None and form.resource_id not in service.resource_ids:
        raise NotHere(entity="resource", id=form.resource_id)
    today = local_time.local_day(local_time.minute(now), tenants.zone(shop))
    last = today + timedelta(days=int(service.advance_booking_days))
    until = date.fromisoformat(service.bookable_until) if service.bookable_until else last
    rules.check_day(form.date, today, min(last, until))
    return service


def _customer(shop: Tenant, form: "NewWaiting", found: Any, waiting_id: str, now: datetime) -> tuple[Customer, bool]:
    """Who waits, and whether it is somebody new; of whom only the phone is known, name and id are enough."""
    if form.customer_data is None:
        if not isinstance(found, Customer):
            raise NotHere(entity="customer", id=form.customer_id)
        return found, False
    if isinstance(found, PhoneGuard):
        phone = found.sk.partition("#")[2]
        return Customer(id=found.customer_id, name=found.name, phone=phone), False
    customer_id = ids.derived(shop.slug, "customer of", waiting_id)
    return customers.draft(shop, form.customer_data, customer_id=customer_id, now=now), True


def _entry(shop: Tenant, form: "NewWaiting", service: Service, customer: Customer, waiting_id: str) -> Waiting:
    place, day = ids.new(), form.date.isoformat()
    gsi1pk, gsi1sk = keys.waiting_in_line(shop.slug, service.id, day, place)
    return Waiting(
        *keys.waiting(shop.slug, waiting_id),
        gsi1pk=gsi1pk,
        gsi1sk=gsi1sk,
        id=waiting_id,
        place=place,
        service_id=service.id,
        service_name=service.name,
        date=day,
        time_zone=shop.time_zone,
        resource_id=form.resource_id,
        customer_id=customer.id,
        customer_name=customer.name,
        customer_phone=customer.phone,
        customer_notes=form.customer_notes,
        status=WaitingStatus.WAITING.value,
        fingerprint=ids.fingerprint(form.model_dump_json()),
    )


def _wake(tx: Transaction, tenant: str, entry: Waiting, now: datetime) -> None:
    """Have the line looked at in the next run."""
    stored = WaitingLine
    key = keys.waiting_line(tenant, entry.service_id, entry.date)
    due_pk, due_at = keys.due(ids.fingerprint("".join(key)), now)
    actions = [
        stored.entity.set(stored),  # an update may be what makes the item
        stored.service_id.set(entry.service_id),
        stored.date.set(entry.date),
        stored.due_pk.set(due_pk),
        stored.due_at.set(due_at),
        stored.version.add(1),
    ]
    tx.update(stored(*key), actions=actions)


def withdraw(tenant: str, waiting_id: str, *, seen: int | None, now: datetime) -> None:
    """WAITING or OFFERED -> WITHDRAWN, which frees an offered time; again changes nothing.

    Raises NotHere, Stale, WrongWaitingState.
    """
    for _ in writes.attempts():
        entry = get(tenant, waiting_id, now=now)
        if entry.status == WaitingStatus.WITHDRAWN:
            return
        writes.check_version(entry, seen)
        if settle(tenant, entry, now) and entry.status == WaitingStatus.WITHDRAWN:
            return
        if end(tenant, entry, WaitingStatus.WITHDRAWN, now):
            release(tenant, entry.appointment_id, now)
            return
    raise Busy


def settle(tenant: str, entry: Waiting, now: datetime) -> bool:
    """End a wait whose offer has landed; False for whoever still stands in the line."""
    landed = _landed(tenant, entry, now)
    return landed is not None and end(tenant, entry, landed, now)


def is_unsettled(tenant: str, entry: Waiting, now: datetime) -> bool:
    """Whether the time of an offer is over and its payment is not settled: the time looks free, and may be paid for."""
    if (
        entry.status != WaitingStatus.OFFERED
        or entry.appointment_id is None
        or not has_lapsed(entry.offer_expires_at, now)
    ):
        return False
    try:
        appointment = appointments.get(tenant, entry.appointment_id, now=now)
    except NotHere:
        return False
    is_over = appointment.status == AppointmentStatus.PENDING and has_lapsed(appointment.hold_expires_at, now)
    return is_over and bool(appointment.checkout_id)


def _landed(tenant: str, entry: Waiting, now: datetime) -> WaitingStatus | None:
    """What the entry's offer has become; None while it has none or it is on offer.

    One that is being paid online is on offer until the sweeper has rolled its payment back.
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
    """Take an entry out of the line; False when somebody else moved it first. Raises WrongWaitingState."""
    before = WaitingStatus(entry.status)
    rules.MOVES.check(before, to)
    entry.status, entry.updated_at = to.value, now
    try:
        with writes.transaction() as tx:
            tx.save(entry)
            tx.delete(Waiter(*keys.waiter(tenant, entry.service_id, entry.date, entry.customer_id)))
    except writes.ConditionFailed:
        entry.status = before.value
        return False
    return True


def release(tenant: str, appointment_id: str | None, now: datetime) -> None:
    """Free the time of an offer that nobody will take; a confirmed appointment stays."""
    with suppress(NotHere, appointment_rules.WrongAppointmentState):
        if appointment_id:
            appointments.cancel(
                tenant, appointment_id, reason="waiting list", actor_name="system", now=now, check=_check_pending
            )


def _check_pending(appointment: Appointment) -> None:
    if appointment.status != AppointmentStatus.PENDING:
        raise appointment_rules.WrongAppointmentState(
            current=appointment.status, wanted=AppointmentStatus.CANCELLED.value
        )
