"""Customers: one per phone in a tenant, held by a guard item written in the same transaction.

The guard also keeps the start of the last booking, and when numbers of a raffle were last ordered. It is in no index,
so a booking writes it at two units; the customer itself would cost three. A customer without a phone has no guard, and
keeps both on its own item.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from mostrador import ids
from mostrador.errors import Conflict, NotHere
from mostrador.people import confirmed_emails, customer_search
from mostrador.table import Condition, base, keys, reads, repeats, writes
from mostrador.table.items.people import Customer, PhoneGuard
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values.next_actions import NextAction
from mostrador.values.phones import forms, normalised
from mostrador.values.text import folded

if TYPE_CHECKING:
    from mostrador.fields import Request
    from mostrador.people.views.customers import CustomerListing, NewCustomer

_Last = dict[str, datetime | None]
LAST: Final = ("last_appointment_at", "last_order_at")
"""Attributes that keep a customer on record once they are set."""


class PhoneTaken(Conflict):
    code = "phone_taken"
    en = "another customer has the phone {phone}"
    es = "otro cliente tiene el teléfono {phone}"
    next_action = NextAction.CHANGE_EXISTING


class CustomerInUse(Conflict):
    code = "customer_in_use"
    en = "{name} has appointments or orders and stays on record"
    es = "{name} tiene turnos u órdenes y permanece en el registro"


def get(tenant: str, customer_id: str, *, now: datetime) -> Customer:
    """Raises NotHere."""
    return _with_last(tenant, [stored(tenant, customer_id, now=now)])[0]


def listing(tenant: str, query: "CustomerListing", *, now: datetime) -> reads.Page:
    """Customers by name, or those with certain ids. Raises BadCursor."""
    country = tenants.current(tenant, now=now).country
    if query.ids is not None:
        page = reads.listed(keys.customer(tenant, customer_id) for customer_id in query.ids)
    else:
        page = reads.page(
            keys.customers_partition(tenant),
            tenant=tenant,
            query=("customers", query.filters()),
            size=query.limit,
            cursor=query.cursor,
            index="gsi1",
            keep=customer_search.matching_customer(query.q, country) if query.q else None,
            newest_first=query.sort == "-name",
        )
    _with_last(tenant, page.items, consistent=False)
    return page


def create(slug: str, wanted: "NewCustomer", *, key: str | None, now: datetime) -> Customer:
    """A new customer. Raises PhoneTaken; KeyReused for another request under the same ``key``."""
    tenant = tenants.current(slug, now=now)
    customer_id = ids.derived(slug, "customer", key) if key else ids.new()
    fingerprint = ids.fingerprint(wanted.model_dump_json())
    repeated: Customer | None = repeats.earlier(keys.customer(slug, customer_id), key, fingerprint)
    if repeated is not None:
        return repeated
    customer = draft(tenant, wanted, customer_id=customer_id, now=now)
    try:
        with writes.transaction() as tx:
            put(tx, slug, customer)
    except writes.ConditionFailed as error:
        earlier: Customer | None = reads.get_item((customer.pk, customer.sk))
        if earlier is None:
            raise PhoneTaken(field="body.phone", value=customer.phone, phone=customer.phone) from error
        return writes.same_request(earlier, customer.fingerprint)
    return customer


def draft(tenant: Tenant, wanted: "NewCustomer", *, customer_id: str, now: datetime) -> Customer:
    """The customer as it would be stored, its phone in E.164. Raises BadPhone."""
    customer = Customer(
        *keys.customer(tenant.slug, customer_id),
        id=customer_id,
        created_at=now,
        fingerprint=ids.fingerprint(wanted.model_dump_json()),
        **wanted.fields(),
    )
    customer.email_is_confirmed = confirmed_emails.is_confirmed_by_caller(customer)
    _arrange(customer, tenant)
    return customer


def put(tx: Transaction, tenant: str, customer: Customer) -> None:
    """Add a new customer and the guard of its phone to a transaction; refused where either exists."""
    last = _last(customer)
    if customer.phone:
        _set_last(customer, dict.fromkeys(LAST))
    tx.save(customer)
    if customer.phone:
        guard = PhoneGuard(*keys.phone(tenant, customer.phone), customer_id=customer.id, name=customer.name)
        _set_last(guard, last)
        tx.save(guard, condition=PhoneGuard.pk.does_not_exist())
        _check_no_other_form(tx, tenant, customer.phone)


def phone_keys(tenant: str, phone: str) -> list[keys.Key]:
    """The keys under which the guard of a phone (E.164) may stand: it has the form that was typed first."""
    return [keys.phone(tenant, form) for form in forms(phone)]


def phone_on_record(tenant: str, found: Mapping[keys.Key, Any], phone: str) -> str:
    """The form of ``phone`` (E.164) that a customer has, among the guards ``found``; else ``phone``."""
    return next((form for form in forms(phone) if keys.phone(tenant, form) in found), phone)


def _check_no_other_form(tx: Transaction, tenant: str, phone: str, *, but: str | None = None) -> None:
    """Refuse the transaction where the same phone is on record in another form, ``but`` one that it writes itself."""
    for form in forms(phone)[1:]:
        if form != but:
            tx.condition_check(PhoneGuard, *keys.phone(tenant, form), condition=PhoneGuard.pk.does_not_exist())


@dataclass(frozen=True, slots=True)
class Known:
    """A customer as the guard of the phone describes them, which is enough to book."""

    id: str
    name: str
    phone: str | None


def identified(
    tenant: Tenant,
    found: Mapping[keys.Key, Any],
    *,
    customer_id: str | None,
    wanted: "NewCustomer | None",
    phone: str | None,
    now: datetime,
) -> tuple[Customer | Known, bool]:
    """The person who books or orders, and whether they are new: by id, by ``phone`` (E.164), or as ``wanted``.

    ``found`` are the customer and the guard of the phone as they were read. Raises NotHere.
    """
    if wanted is None:
        customer: Customer | None = found.get(keys.customer(tenant.slug, customer_id or ""))
        if customer is None:
            raise NotHere(entity="customer", id=customer_id)
        return customer, False
    on_record = phone_on_record(tenant.slug, found, phone) if phone else None
    guard = found.get(keys.phone(tenant.slug, on_record)) if on_record else None
    if guard is not None:
        return Known(guard.customer_id, guard.name, on_record), False
    return draft(tenant, wanted, customer_id=ids.new(), now=now), True


def note_booking(
    tx: Transaction, tenant: str, customer: Customer | Known, last_appointment_at: datetime, *, is_new: bool
) -> None:
    """Keep the customer who books, with the start of the last booking; refused where a known customer is gone."""
    _note(tx, tenant, customer, "last_appointment_at", last_appointment_at, is_new=is_new)


def note_order(
    tx: Transaction, tenant: str, customer: Customer | Known, last_order_at: datetime, *, is_new: bool
) -> None:
    """Keep the customer who orders numbers of a raffle, and when; refused where a known customer is gone."""
    _note(tx, tenant, customer, "last_order_at", last_order_at, is_new=is_new)


def _note(tx: Transaction, tenant: str, customer: Customer | Known, name: str, at: datetime, *, is_new: bool) -> None:
    if is_new and isinstance(customer, Customer):
        setattr(customer, name, at)
        put(tx, tenant, customer)
        return
    if customer.phone:
        guard, is_theirs = PhoneGuard(*keys.phone(tenant, customer.phone)), PhoneGuard.customer_id == customer.id
        is_as_read = is_theirs & (PhoneGuard.name == customer.name)  # else the copy of the name would be an old one
        tx.update(guard, actions=[getattr(PhoneGuard, name).set(at)], condition=is_as_read)
        return
    actions = [getattr(Customer, name).set(at), Customer.version.add(1)]
    tx.update(base.Item(*keys.customer(tenant, customer.id)), actions=actions, condition=Customer.name == customer.name)


def change(slug: str, customer_id: str, changes: "Request", *, seen: int | None, now: datetime) -> Customer:
    """Apply the fields that ``changes`` sets, the phone's guard with them.

    Raises NotHere, Stale, PhoneTaken, NoEmail.
    """
    tenant = tenants.current(slug, now=now)

    def decide(customer: Customer) -> Customer:
        writes.check_version(customer, seen)
        before, last = customer.phone, _last(customer)
        confirmed_emails.apply(customer, changes.fields())
        _arrange(customer, tenant)
        customer.updated_at = now
        try:
            with writes.transaction() as tx:
                tx.save(customer)
                _move_guard(tx, slug, customer, before, last)
        except writes.ConditionFailed as error:
            present = get(slug, customer_id, now=now)
            if (present.version, _last(present)) == (customer.version, last):  # so it is the new phone
                raise PhoneTaken(field="body.phone", value=customer.phone, phone=customer.phone) from error
            raise
        return customer

    return writes.retrying(lambda _attempt: get(slug, customer_id, now=now), decide)


def _move_guard(tx: Transaction, tenant: str, customer: Customer, before: str | None, last: _Last) -> None:
    """The guard follows phone and name, and takes along the last booking and order as they were read."""
    is_theirs = PhoneGuard.customer_id == customer.id
    if before and before != customer.phone:
        tx.delete(PhoneGuard(*keys.phone(tenant, before)), condition=is_theirs & _last_is(last))
    if customer.phone:
        actions = [
            PhoneGuard.entity.set(PhoneGuard),  # the update may create the item
            PhoneGuard.customer_id.set(customer.id),
            PhoneGuard.name.set(customer.name),
        ]
        if before != customer.phone:
            actions += [getattr(PhoneGuard, name).set(at) for name, at in last.items() if at]
        guard = PhoneGuard(*keys.phone(tenant, customer.phone))
        tx.update(guard, actions=actions, condition=PhoneGuard.pk.does_not_exist() | is_theirs)
        if before != customer.phone:
            _check_no_other_form(tx, tenant, customer.phone, but=before)


def _last(item: Customer | PhoneGuard) -> _Last:
    """The last booking and order, as a customer or the guard of a phone has them."""
    return {name: getattr(item, name) for name in LAST}


def _set_last(item: Customer | PhoneGuard, last: _Last) -> None:
    for name, at in last.items():
        setattr(item, name, at)


def _last_is(last: _Last) -> Condition:
    """The condition that nothing was booked or ordered since the guard was read."""
    kept = [(getattr(PhoneGuard, name), at) for name, at in last.items()]
    is_booking, is_order = [attribute == at if at else attribute.does_not_exist() for attribute, at in kept]
    is_same: Condition = is_booking & is_order
    return is_same


def delete(tenant: str, customer_id: str, *, seen: int | None, now: datetime) -> None:
    """Raises NotHere, Stale, and CustomerInUse for anybody who ever had an appointment or ordered a number."""
    customer = get(tenant, customer_id, now=now)
    writes.check_version(customer, seen)
    if any(_last(customer).values()):
        raise CustomerInUse(name=customer.name)
    with writes.refusing(writes.stale_error(customer)), writes.transaction() as tx:
        tx.delete(customer)
        if customer.phone:
            tx.delete(PhoneGuard(*keys.phone(tenant, customer.phone)), condition=_last_is(dict.fromkeys(LAST)))


def _arrange(customer: Customer, tenant: Tenant) -> None:
    """Set the attributes that follow from name and phone: the phone in E.164, the index keys, the searched text."""
    customer.phone = normalised(customer.phone, tenant.country) if customer.phone else None
    customer.folded = customer_search.searchable(customer.name, customer.phone)
    customer.gsi1pk, customer.gsi1sk = keys.customer_by_name(tenant.slug, folded(customer.name)[:200], customer.id)


def stored(tenant: str, customer_id: str, *, now: datetime) -> Customer:
    """The customer without the last booking, in one round trip. Raises NotHere."""
    tenants.current(tenant, now=now)
    customer = reads.get_item(keys.customer(tenant, customer_id))
    if not isinstance(customer, Customer):
        raise NotHere(entity="customer", id=customer_id)
    return customer


def _with_last(tenant: str, customers: list[Customer], *, consistent: bool = True) -> list[Customer]:
    """The customers with the last booking and order of each, which the guard of a phone keeps."""
    guard_keys = [keys.phone(tenant, customer.phone) for customer in customers if customer.phone]
    guards = reads.batch(guard_keys, consistent=consistent) if guard_keys else {}
    for customer in customers:
        guard = guards.get(keys.phone(tenant, customer.phone)) if customer.phone else None
        if guard is not None and guard.customer_id == customer.id:
            _set_last(customer, _last(guard))
    return customers
