"""Customers: one per phone in a tenant, held by a guard item written in the same transaction."""

from datetime import datetime
from typing import Any

from mostrador import ids, tenants
from mostrador.errors import Busy, Conflict, NotHere
from mostrador.rules.phones import normalised
from mostrador.rules.text import folded
from mostrador.table import items, keys, reads, writes
from mostrador.views.common import Request
from mostrador.views.customers import NewCustomer


class PhoneTaken(Conflict):
    code = "phone_taken"
    en = "another customer has the phone {phone}"
    es = "otro cliente tiene el teléfono {phone}"


class CustomerInUse(Conflict):
    code = "customer_in_use"
    en = "{name} has appointments and stays on record"
    es = "{name} tiene turnos y permanece en el registro"


def get(tenant: str, customer_id: str, *, now: datetime) -> items.Customer:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    return _found(reads.one(keys.customer(tenant, customer_id)), customer_id)


def listing(tenant: str, *, q: str | None, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """Customers by name; ``q`` is a part of the name, or of the phone where it has at least 3 digits."""
    tenants.current(tenant, now=now)
    return reads.page(
        keys.customers_partition(tenant),
        tenant=tenant,
        query=("customers", q),
        size=size,
        cursor=cursor,
        index="gsi1",
        keep=matching(q) if q else None,
    )


def matching(q: str) -> Any:
    """The filter for a name part or phone part ``q``, on the ``folded`` attribute."""
    digits = "".join(letter for letter in q if letter.isdigit())
    looks_like_phone = len(digits) >= 3 and not any(letter.isalpha() for letter in q)  # noqa: PLR2004
    return items.Customer.folded.contains(digits.lstrip("0") if looks_like_phone else folded(q))


def searchable(name: str, phone: str | None) -> str:
    """What ``matching`` looks in: the folded name and the digits of the phone."""
    return f"{folded(name)} {(phone or '').lstrip('+')}".strip()


def create(tenant: str, wanted: NewCustomer, *, key: str | None, now: datetime) -> items.Customer:
    """A new customer. Raises PhoneTaken; KeyReused for another request under the same ``key``."""
    shop = tenants.current(tenant, now=now)
    made = draft(shop, wanted, customer_id=ids.derived(tenant, "customer", key) if key else ids.new(), now=now)
    try:
        with writes.transaction() as tx:
            put(tx, tenant, made)
    except writes.Refused as error:
        earlier: items.Customer | None = reads.one((made.pk, made.sk))
        if earlier is None:
            raise PhoneTaken(field="body.phone", value=made.phone, phone=made.phone) from error
        return writes.same_request(earlier, made.fingerprint)
    return made


def draft(shop: items.Tenant, wanted: NewCustomer, *, customer_id: str, now: datetime) -> items.Customer:
    """The customer as it would be stored, its phone in E.164. Raises BadPhone."""
    made = items.Customer(
        *keys.customer(shop.slug, customer_id),
        id=customer_id,
        created_at=now,
        fingerprint=ids.fingerprint(wanted.model_dump_json()),
        **wanted.fields(),
    )
    _arrange(made, shop)
    return made


def put(tx: Any, tenant: str, made: items.Customer) -> None:
    """Add a new customer and the guard of its phone to a transaction; refused where either exists."""
    tx.save(made)
    if made.phone:
        tx.save(guard(tenant, made), condition=items.PhoneGuard.pk.does_not_exist())


def note_booking(tx: Any, tenant: str, customer: Any, last_appointment_at: datetime, *, is_new: bool) -> None:
    """Keep who books, with the start of what was booked last; refused where a known customer is gone."""
    if is_new:
        customer.last_appointment_at = last_appointment_at
        put(tx, tenant, customer)
        return
    stored = items.Customer
    actions = [stored.last_appointment_at.set(last_appointment_at), stored.version.add(1)]
    tx.update(items.Item(*keys.customer(tenant, customer.id)), actions=actions, condition=stored.pk.exists())


def guard(tenant: str, customer: items.Customer) -> items.PhoneGuard:
    return items.PhoneGuard(*keys.phone(tenant, customer.phone), customer_id=customer.id, name=customer.name)


def change(tenant: str, customer_id: str, changes: Request, *, seen: int | None, now: datetime) -> items.Customer:
    """Apply the fields that ``changes`` sets, the phone's guard with them. Raises NotHere, Stale, PhoneTaken."""
    shop = tenants.current(tenant, now=now)
    for _ in writes.attempts():
        customer = get(tenant, customer_id, now=now)
        writes.check_version(customer, seen)
        before = customer.phone
        for name, value in changes.fields().items():
            setattr(customer, name, value)
        _arrange(customer, shop)
        customer.updated_at = now
        try:
            with writes.transaction() as tx:
                tx.save(customer)
                _move_guard(tx, tenant, customer, before)
        except writes.Refused as error:
            if get(tenant, customer_id, now=now).version == customer.version:  # not the customer, so the phone
                raise PhoneTaken(field="body.phone", value=customer.phone, phone=customer.phone) from error
            continue
        return customer
    raise Busy


def _move_guard(tx: Any, tenant: str, customer: items.Customer, before: str | None) -> None:
    mine = items.PhoneGuard.customer_id == customer.id
    if before and before != customer.phone:
        tx.delete(items.PhoneGuard(*keys.phone(tenant, before)), condition=mine)
    if customer.phone:
        tx.save(guard(tenant, customer), condition=items.PhoneGuard.pk.does_not_exist() | mine)


def delete(tenant: str, customer_id: str, *, seen: int | None, now: datetime) -> None:
    """Raises NotHere, Stale, and CustomerInUse for anybody who ever had an appointment."""
    customer = get(tenant, customer_id, now=now)
    writes.check_version(customer, seen)
    if customer.last_appointment_at:
        raise CustomerInUse(name=customer.name)
    with writes.refusing(writes.stale(customer)), writes.transaction() as tx:
        tx.delete(customer)
        if customer.phone:
            tx.delete(items.PhoneGuard(*keys.phone(tenant, customer.phone)))


def _arrange(customer: items.Customer, shop: items.Tenant) -> None:
    """Set what follows from name and phone: the written form, the place in the list, the searched text."""
    customer.phone = normalised(customer.phone, shop.country) if customer.phone else None
    customer.folded = searchable(customer.name, customer.phone)
    customer.gsi1pk, customer.gsi1sk = keys.customer_by_name(shop.slug, folded(customer.name)[:200], customer.id)


def _found(item: Any, customer_id: str) -> items.Customer:
    if not isinstance(item, items.Customer):
        raise NotHere(entity="customer", id=customer_id)
    return item
