"""A correction of a customer reaches the appointments to come and the waits, which keep copies of name and phone.

The outbox calls it for each line of the audit log about a customer. Each copy is put right in a transaction of its own
and by state, so a run that ended half-way is repeated, and goes on where it stopped. Past appointments stay as agreed.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from mostrador.observability import logger
from mostrador.people import customer_search
from mostrador.scheduling import booking_limits
from mostrador.scheduling.freed_time import Change
from mostrador.scheduling.rules.appointment_states import OCCUPYING
from mostrador.scheduling.rules.waiting_states import IN_LINE
from mostrador.table import keys, reads, writes
from mostrador.table.base import Item
from mostrador.table.items.people import Customer
from mostrador.table.items.scheduling import ActiveBookings, Appointment, Waiting

_COPIED: Final = frozenset({"name", "phone"})
_INVITED: Final = frozenset({"email", "email_is_confirmed"})
_LONGEST: Final = timedelta(days=1)
"""An appointment that began earlier is over."""


def concerns(change: Change) -> bool:
    """Whether a line of the log is about a corrected customer, or about an appointment's new copies of one."""
    is_given = (
        change.entity == "appointment" and "customer_id" in change.fields and change.action != "appointment.deleted"
    )
    return change.action == "customer.changed" or is_given


def follow(tenant: str, changes: Iterable[Change], *, now: datetime) -> int:
    """Bring the customers that these lines of the log changed to their copies; returns how many changed. Raises Busy.

    An appointment that was booked or got another customer is compared too: the index may not have listed it while its
    customer was corrected. Another e-mail is in no copy: the appointments are touched, so that their calendar events
    are compared again.
    """
    fields: dict[str, set[str]] = {}
    corrected = 0
    for change in filter(concerns, changes):
        if change.entity == "customer":
            fields.setdefault(change.id, set()).update(change.fields)
        else:
            corrected += _correct_appointment(tenant, change.id, str(change.fields["customer_id"][1]), now)
    return corrected + sum(_follow(tenant, customer_id, changed, now) for customer_id, changed in fields.items())


def _follow(tenant: str, customer_id: str, changed: set[str], now: datetime) -> int:
    if not changed & (_COPIED | _INVITED):
        return 0
    coming = [one for one in _of_customer(tenant, customer_id, now) if one.status in OCCUPYING and one.ends_at > now]
    corrected = 0
    if changed & _COPIED:
        corrected = sum(_correct_appointment(tenant, one.id, customer_id, now) for one in coming)
        corrected += sum(_correct_wait(tenant, one, now) for one in _waits_of(tenant, customer_id))
    if changed & _INVITED:
        corrected += sum(_touch(tenant, one) for one in coming)
    logger.info("customer.followed", tenant=tenant, customer=customer_id, corrected=corrected)
    return corrected


def _of_customer(tenant: str, customer_id: str, now: datetime) -> list[Appointment]:
    between = reads.within(now - _LONGEST, None, keys.APPOINTMENT_PREFIX)
    return reads.span(keys.customer_partition(tenant, customer_id), *between, index="gsi2")


def _waits_of(tenant: str, customer_id: str) -> list[Waiting]:
    partition, prefix = keys.waiting(tenant, "")
    is_theirs = (Waiting.customer_id == customer_id) & Waiting.status.is_in(*sorted(IN_LINE))
    return reads.span(partition, prefix, f"{prefix}~", keep=is_theirs)


def _correct_appointment(tenant: str, appointment_id: str, customer_id: str, now: datetime) -> bool:
    own, of_customer = keys.appointment(tenant, appointment_id), keys.customer(tenant, customer_id)

    def decide(items: dict[keys.Key, Item]) -> bool:
        appointment, customer = items.get(own), items.get(of_customer)
        if not isinstance(appointment, Appointment) or not isinstance(customer, Customer):
            return False
        is_theirs = appointment.customer_id == customer_id and appointment.status in OCCUPYING
        if not is_theirs or appointment.ends_at <= now or _is_same(appointment, customer):
            return False
        former = appointment.customer_phone
        _copy(appointment, customer)
        ledger = _ledger(tenant, appointment) if former != appointment.customer_phone else None
        appointment.updated_at = now
        with writes.transaction() as tx:
            if former != appointment.customer_phone:
                booking_limits.change_phone(tx, tenant, appointment, former, ledger)
            tx.save(appointment)
            tx.condition_check(Customer, *of_customer, condition=Customer.version == int(customer.version))
        return True

    return writes.retrying(lambda _attempt: reads.batch([own, of_customer]), decide)


def _correct_wait(tenant: str, listed: Waiting, now: datetime) -> bool:
    own, of_customer = (listed.pk, listed.sk), keys.customer(tenant, listed.customer_id)

    def decide(items: dict[keys.Key, Item]) -> bool:
        entry, customer = items.get(own), items.get(of_customer)
        if not isinstance(entry, Waiting) or not isinstance(customer, Customer):
            return False
        if entry.status not in IN_LINE or _is_same(entry, customer):
            return False
        entry.customer_name, entry.customer_phone, entry.updated_at = customer.name, customer.phone, now
        with writes.transaction() as tx:
            tx.save(entry)
            tx.condition_check(Customer, *of_customer, condition=Customer.version == int(customer.version))
        return True

    return writes.retrying(lambda _attempt: reads.batch([own, of_customer]), decide)


def _is_same(copy: Appointment | Waiting, customer: Customer) -> bool:
    return bool((copy.customer_name, copy.customer_phone) == (customer.name, customer.phone))


def _copy(appointment: Appointment, customer: Customer) -> None:
    """Name and phone, and the text by which the appointment is found; a name it was booked as stays another's."""
    appointment.customer_name, appointment.customer_phone = customer.name, customer.phone
    if appointment.booked_as == customer.name:
        appointment.booked_as = None
    appointment.folded = customer_search.searchable(customer.name, customer.phone, appointment.booked_as)


def _ledger(tenant: str, appointment: Appointment) -> ActiveBookings | None:
    """The ledger of the appointment's phone, if it is counted and the ledger exists."""
    if not appointment.is_counted or not appointment.customer_phone:
        return None
    stored = reads.get_item(keys.active_bookings(tenant, appointment.customer_phone))
    return stored if isinstance(stored, ActiveBookings) else None


def _touch(tenant: str, listed: Appointment) -> bool:
    """Have the stream bring the appointment to the calendars: no version, no line in the log."""
    customer = reads.get_item(keys.customer(tenant, listed.customer_id))
    if not isinstance(customer, Customer):
        return False
    try:
        action = Appointment.customer_version.set(int(customer.version))
        writes.update_attribute(listed, action, condition=Appointment.pk.exists())
    except writes.ConditionFailed:
        return False
    return True
