"""The booking: one read, one decision, one transaction on the agenda day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from mostrador import agendas, availability, customers, ids, scenes, tenants
from mostrador.errors import Busy, Conflict, Invalid, NotHere
from mostrador.rules import agenda, zones
from mostrador.rules import availability as rules
from mostrador.rules.appointment import PaymentStatus
from mostrador.rules.phones import normalised
from mostrador.table import items, keys, writes
from mostrador.views.appointments import NewAppointment

TRIES: Final = 40
_LOOK_AHEAD: Final = timedelta(days=7)


class SlotTaken(Conflict):
    """``reason`` is the rule that refuses the start; ``alternatives`` are the free starts nearest to it."""

    code = "slot_taken"
    en = "{starts_at} is not free: {reason}"
    es = "El horario {starts_at} no está disponible: {reason}"


class OddStart(Invalid):
    code = "odd_start"
    en = "{value} does not begin on a full minute"
    es = "{value} no comienza en un minuto entero"


class PlanLimitReached(Conflict):
    code = "plan_limit"
    en = "the plan allows {limit} appointments in {month}"
    es = "el plan permite {limit} turnos en {month}"


@dataclass(frozen=True, slots=True)
class _Wish:
    """One call of ``book``, with what follows from it alone."""

    tenant: str
    appointment_id: str
    fingerprint: str
    form: NewAppointment
    phone: str | None
    starts: int
    by: str
    now: datetime

    def keys(self, shop: items.Tenant) -> set[keys.Key]:
        """What must be read besides the scene: the earlier answer, the customer, the plan's counter."""
        wanted = {keys.appointment(self.tenant, self.appointment_id)}
        if self.form.customer_id:
            wanted.add(keys.customer(self.tenant, self.form.customer_id))
        if self.phone:
            wanted.add(keys.phone(self.tenant, self.phone))
        if shop.max_appointments_per_month is not None:
            wanted.add(_usage(shop, self.now))
        return wanted


def book(tenant: str, form: NewAppointment, *, by: str, key: str | None, now: datetime) -> items.Appointment:
    """Book; the same Idempotency-Key ``key`` with the same form gives the same appointment.

    Raises NotHere (service, resource, customer), SlotTaken with ``reason`` and ``alternatives``, ServiceInactive,
    PlanLimitReached, BadPhone, KeyReused, and Busy when the race for the day is lost too often.
    """
    shop = tenants.current(tenant, now=now)
    wish = _wish(shop, form, by, key, now)
    for attempt in range(TRIES):
        scene = scenes.at(tenant, form.service_id, wish.starts, wish.keys(shop))
        earlier: items.Appointment | None = scene.other.get(keys.appointment(tenant, wish.appointment_id))
        if earlier is not None:
            return writes.same_request(earlier, wish.fingerprint)
        try:
            return _write(wish, scene, _choose(wish, scene))
        except writes.Refused:
            writes.pause(attempt)
    raise Busy


def _wish(shop: items.Tenant, form: NewAppointment, by: str, key: str | None, now: datetime) -> _Wish:
    if form.starts_at.second or form.starts_at.microsecond:
        raise OddStart(field="body.starts_at", value=form.starts_at.isoformat())
    phone = form.customer.phone if form.customer else None
    return _Wish(
        tenant=shop.slug,
        appointment_id=ids.derived(shop.slug, "appointment", key) if key else ids.new(),
        fingerprint=ids.fingerprint(form.model_dump_json()),
        form=form,
        phone=normalised(phone, shop.country) if phone else None,
        starts=zones.minute(form.starts_at),
        by=by,
        now=now,
    )


def _choose(wish: _Wish, scene: scenes.Scene) -> items.Resource:
    """The resource that takes the booking: of those free, the one with least that day, then the service's order."""
    offered = availability.chosen(scene, wish.form.resource_id)
    refusals = [(rules.refusal(scene.terms(one, wish.now), wish.starts), one) for one in offered]
    free = [one for reason, one in refusals if reason is None]
    if not free:
        raise _taken(wish, scene, offered, next((reason for reason, _ in refusals if reason), rules.Reason.CLOSED))
    return min(free, key=lambda one: len(scene.booked(one.id, wish.now)))


def _taken(wish: _Wish, scene: scenes.Scene, offered: list[items.Resource], reason: rules.Reason) -> SlotTaken:
    """The refusal with the three nearest free starts of the days around."""
    zone = tenants.zone(scene.tenant)
    day = zones.local_day(wish.starts, zone)
    first, last = day - timedelta(days=1), day + _LOOK_AHEAD
    wider = scenes.widened(scene, first, last)
    free = {start for one in offered for start in rules.starts(wider.terms(one, wish.now), first, last)}
    return SlotTaken(
        field="body.starts_at",
        value=wish.form.starts_at.isoformat(),
        starts_at=zones.instant(wish.starts, zone).isoformat(),
        reason=reason.value,
        alternatives=[zones.instant(start, zone).isoformat() for start in rules.nearest(sorted(free), wish.starts)],
    )


def _write(wish: _Wish, scene: scenes.Scene, resource: items.Resource) -> items.Appointment:
    """The one transaction: agenda days, appointment, customer with guard, the plan's counter. Raises Refused."""
    customer, is_new = _customer(wish, scene)
    made = _appointment(wish, scene, resource, customer)
    with writes.transaction() as tx:
        tx.save(made)
        for key in agendas.keys_of(wish.tenant, made):
            agendas.take(tx, key, scene.days, agendas.line_of(made), wish.now)
        for key in _limit_shared_with(wish, scene, resource):
            agendas.hold_still(tx, key, scene.days)
        _save_customer(tx, wish, customer, is_new)
        _count(tx, wish, scene)
    return made


def _appointment(wish: _Wish, scene: scenes.Scene, resource: items.Resource, customer: Any) -> items.Appointment:
    shop, service, form = scene.tenant, scene.service, wish.form
    demand, zone = scene.demand, tenants.zone(shop)
    starts_at = zones.instant(wish.starts, zone)
    by_start, start_sk = keys.appointment_by_start(shop.slug, starts_at, wish.appointment_id)
    of_customer, customer_sk = keys.appointment_of_customer(shop.slug, customer.id, starts_at, wish.appointment_id)
    return items.Appointment(
        *keys.appointment(shop.slug, wish.appointment_id),
        gsi1pk=by_start,
        gsi1sk=start_sk,
        gsi2pk=of_customer,
        gsi2sk=customer_sk,
        id=wish.appointment_id,
        service_id=service.id,
        service_name=service.name,
        resource_id=resource.id,
        resource_name=resource.name,
        customer_id=customer.id,
        customer_name=customer.name,
        customer_phone=customer.phone,
        folded=customers.searchable(customer.name, customer.phone),
        starts_at=starts_at,
        ends_at=zones.instant(wish.starts + demand.duration, zone),
        time_zone=shop.time_zone,
        buffer_before_minutes=demand.before,
        buffer_after_minutes=demand.after,
        days=[day.isoformat() for day in agenda.days_touched(demand, wish.starts, zone)],
        status=form.status,
        payment_status=PaymentStatus.PENDING.value,
        hold_expires_at=wish.now + timedelta(minutes=int(shop.hold_minutes)) if form.hold else None,
        total_amount=service.price,
        currency=service.currency,
        notes=form.notes,
        internal_notes=form.internal_notes,
        created_by=wish.by,
        created_at=wish.now,
        fingerprint=wish.fingerprint,
    )


def _limit_shared_with(wish: _Wish, scene: scenes.Scene, chosen: items.Resource) -> list[keys.Key]:
    """The same day of the service's other resources, where they share a daily limit: it must not change meanwhile."""
    if scene.demand.max_per_day is None:
        return []
    day = zones.local_day(wish.starts, tenants.zone(scene.tenant))
    others = (one for one in scene.service.resource_ids if one != chosen.id)
    return [keys.agenda_day(wish.tenant, one, day) for one in others]


@dataclass(frozen=True, slots=True)
class _Known:
    """A customer of whom the phone guard tells enough."""

    id: str
    name: str
    phone: str | None


def _customer(wish: _Wish, scene: scenes.Scene) -> tuple[Any, bool]:
    """Who books, and whether it is somebody new. Raises NotHere."""
    if wish.form.customer is None:
        found = scene.other.get(keys.customer(wish.tenant, wish.form.customer_id or ""))
        if found is None:
            raise NotHere(entity="customer", id=wish.form.customer_id)
        return found, False
    guard = scene.other.get(keys.phone(wish.tenant, wish.phone)) if wish.phone else None
    if guard is not None:
        return _Known(guard.customer_id, guard.name, wish.phone), False
    customer_id = ids.derived(wish.tenant, "customer of", wish.appointment_id)
    return customers.draft(scene.tenant, wish.form.customer, customer_id=customer_id, now=wish.now), True


def _save_customer(tx: Any, wish: _Wish, customer: Any, is_new: bool) -> None:
    """``last_appointment_at`` is the start of what was booked last."""
    starts_at = wish.form.starts_at
    if is_new:
        customer.last_appointment_at = starts_at
        customers.put(tx, wish.tenant, customer)
        return
    customers.touch(tx, wish.tenant, customer.id, starts_at)


def _usage(shop: items.Tenant, now: datetime) -> keys.Key:
    return keys.usage(shop.slug, zones.local_day(zones.minute(now), tenants.zone(shop)))


def _count(tx: Any, wish: _Wish, scene: scenes.Scene) -> None:
    """Count the booking against the plan, in the write itself; nothing where the plan has no limit."""
    limit = scene.tenant.max_appointments_per_month
    if limit is None:
        return
    key = _usage(scene.tenant, wish.now)
    used = scene.other.get(key)
    if limit <= 0 or (used is not None and int(used.appointments) >= limit):
        raise PlanLimitReached(limit=int(limit), month=key[1].removeprefix("USAGE#"))
    count = items.Usage.appointments
    actions = [items.Usage.entity.set(items.Usage), count.add(1)]  # an update may be what makes the item
    tx.update(items.Usage(*key), actions=actions, condition=count.does_not_exist() | (count < int(limit)))
