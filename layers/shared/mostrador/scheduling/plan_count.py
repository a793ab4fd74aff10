"""The plan's limit of appointments a month. It counts what stands: a lapsed, cancelled or deleted one counts no more.

The counter changes in the transaction that changes the appointment. An offer of the waiting list counts once it is
accepted; the month is the local one in which an appointment is booked or accepted. A lapsed hold counts until the
sweeper ends it, a minute at most. Without a limit nothing is counted.
"""

from collections.abc import Sequence
from datetime import date, datetime

from mostrador.errors import Conflict
from mostrador.table import Condition, keys
from mostrador.table.base import Item
from mostrador.table.items.scheduling import Appointment
from mostrador.table.items.tenants import Tenant, Usage
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction


class PlanLimitReached(Conflict):
    code = "plan_limit"
    en = "the plan allows {limit:count} appointments in {month:month}"
    es = "el plan permite {limit:count} turnos como máximo en {month:month}"
    next_action = NextAction.ASK_OPERATOR


def key(tenant: Tenant, now: datetime) -> keys.Key:
    """The counter of the tenant's appointments in the local month of ``now``."""
    return keys.usage(tenant.slug, local_time.local_day(local_time.minute(now), tenants.zone(tenant)))


def take(
    tx: Transaction,
    tenant: Tenant,
    usage: Item | None,
    booked: Sequence[Appointment],
    *,
    now: datetime,
) -> None:
    """Count new appointments, where the plan has a limit; ``usage`` is the counter as it was read.

    To be called before they are saved: each keeps its month. An offer needs room, and does not take it.
    Raises PlanLimitReached.
    """
    limit = tenant.max_appointments_per_month
    if limit is None:
        return
    counter = key(tenant, now)
    if (int(usage.appointments or 0) if isinstance(usage, Usage) else 0) + len(booked) > limit:
        raise PlanLimitReached(limit=int(limit), month=_month(counter))
    if any(appointment.waiting_id for appointment in booked):
        return
    for appointment in booked:
        appointment.plan_month = _month(counter)
    _add(tx, counter, len(booked), _has_room(int(limit), len(booked)))


def accept(tx: Transaction, tenant: Tenant, appointment: Appointment, *, is_revived: bool, now: datetime) -> None:
    """Count an offer that is confirmed, or an expired appointment (``is_revived``) that money brings back.

    To be called before it is saved. The limit is not asked again: the customer was promised the time.
    """
    is_first = appointment.waiting_id and not appointment.plan_month and tenant.max_appointments_per_month is not None
    if is_first:
        appointment.plan_month = _month(key(tenant, now))
    if is_first or (is_revived and appointment.plan_month):
        _add(tx, _counter_of(tenant.slug, appointment.plan_month), 1)


def give_back(tx: Transaction, slug: str, appointment: Appointment) -> None:
    """Count an appointment that ends no more; one that was not counted changes nothing."""
    if appointment.plan_month:
        _add(tx, _counter_of(slug, appointment.plan_month), -1)


def restore(tx: Transaction, tenant: Tenant, usage: Item | None, appointment: Appointment) -> None:
    """Count a cancelled appointment again; ``usage`` is the counter of its month as it was read.

    Raises PlanLimitReached where others have taken its place.
    """
    if not appointment.plan_month:
        return
    counter, limit = _counter_of(tenant.slug, appointment.plan_month), tenant.max_appointments_per_month
    counted = int(usage.appointments or 0) if isinstance(usage, Usage) else 0
    if limit is not None and counted + 1 > limit:
        raise PlanLimitReached(limit=int(limit), month=appointment.plan_month)
    _add(tx, counter, 1, None if limit is None else _has_room(int(limit), 1))


def counter_key(tenant: str, appointment: Appointment) -> list[keys.Key]:
    """The counter in which the appointment was counted; none where it was not."""
    return [_counter_of(tenant, appointment.plan_month)] if appointment.plan_month else []


def _month(counter: keys.Key) -> str:
    return counter[1].removeprefix("USAGE#")


def _counter_of(slug: str, month: str) -> keys.Key:
    return keys.usage(slug, date.fromisoformat(f"{month}-01"))


def _add(tx: Transaction, counter: keys.Key, count: int, condition: Condition | None = None) -> None:
    actions = [Usage.entity.set(Usage), Usage.appointments.add(count)]  # the update may create the item
    tx.update(Usage(*counter), actions=actions, condition=condition)


def _has_room(limit: int, bookings: int) -> Condition:
    """The condition that so many more fit into the month."""
    condition: Condition = Usage.appointments.does_not_exist() | (Usage.appointments <= limit - bookings)
    return condition
