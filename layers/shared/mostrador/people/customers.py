"""Customers: one per phone in a tenant, held by a guard item written in the same transaction.

The guard also keeps the start of what was booked last and when numbers of a raffle were last ordered: it is in no
index, so a booking touches it at two units where the customer itself would cost three. Only of who has no phone the
customer's own item says it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from mostrador import ids
from mostrador.errors import Busy, Conflict, NotHere
from mostrador.table import base, keys, reads, writes
from mostrador.table.items.people import Customer, PhoneGuard
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values.phones import normalised
from mostrador.values.text import folded

if TYPE_CHECKING:
    from mostrador.fields import Request
    from mostrador.people.views.customers import NewCustomer

_Last = dict[str, datetime | None]
LAST: Final = ("last_appointment_at", "last_order_at")
"""What keeps a customer on record."""


class PhoneTaken(Conflict):
    code = "phone_taken"
    en = "another customer has the phone {phone}"
    es = "otro cliente tiene el teléfono {phone}"


class CustomerInUse(Conflict):
    code = "customer_in_use"
    en = "{name} has appointments or orders and stays on record"
    es = "{name} tiene turnos u órdenes y permanece en el registro"


def get(tenant: str, customer_id: str, *, now: datetime) -> Customer:
    """Raises NotHere."""
    return _with_last(tenant, [stored(tenant, customer_id, now=now)])[0]


def listing(tenant: str, *, q: str | None, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """Customers by name; ``q`` is a part of the name, or of the phone where it has at least 3 digits."""
    tenants.current(tenant, now=now)
    page = reads.page(
        keys.customers_partition(tenant),
        tenant=tenant,
        query=("customers", q),
        size=size,
        cursor=cursor,
        index="gsi1",
        keep=matching(q) if q else None,
    )
    _with_last(tenant, page.items, consistent=False)
    return page


def matching(q: str) -> Any:
    """The filter for a name part or phone part ``q``, on the ``folded`` attribute."""
    digits = "".join(letter for letter in q if letter.isdigit())
    looks_like_phone = len(digits) >= 3 and not any(letter.isalpha() for letter in q)  # noqa: PLR2004
    return Customer.folded.contains(digits.lstrip("0") if looks_like_phone else folded(q))


def searchable(name: str, phone: str | None) -> str:
    """What ``matching`` looks in: the folded name and the digits of the phone."""
    return f"{folded(name)} {(phone or '').lstrip('+')}".strip()


def create(tenant: str, wanted: "NewCustomer", *, key: str | None, now: datetime) -> Customer:
    """A new customer. Raises PhoneTaken; KeyReused for another request under the same ``key``."""
    shop = tenants.current(tenant, now=now)
    made = draft(shop, wanted, customer_id=ids.derived(tenant, "customer", key) if key else ids.new(), now=now)
    try:
        with writes.transaction() as tx:
            put(tx, tenant, made)
    except writes.ConditionFailed as error:
        earlier: Customer | None = reads.one((made.pk, made.sk))
        if earlier is None:
            raise PhoneTaken(field="body.phone", value=made.phone, phone=made.phone) from error
        return writes.same_request(earlier, made.fingerprint)
    return made


def draft(shop: Tenant, wanted: "NewCustomer", *, customer_id: str, now: datetime) -> Customer:
    """The customer as it would be stored, its phone in E.164. Raises BadPhone."""
    made = Customer(
        *keys.customer(shop.slug, customer_id),
        id=customer_id,
        created_at=now,
        fingerprint=ids.fingerprint(wanted.model_dump_json()),
        **wanted.fields(),
    )
    _arrange(made, shop)
    return made


def put(tx: Transaction, tenant: str, made: Customer) -> None:
    """Add a new customer and the guard of its phone to a transaction; refused where either exists."""
    last = _last(made)
    if made.phone:
        _set_last(made, dict.fromkeys(LAST))
    tx.save(made)
    if made.phone:
        guard = PhoneGuard(*keys.phone(tenant, made.phone), customer_id=made.id, name=made.name)
        _set_last(guard, last)
        tx.save(guard, condition=PhoneGuard.pk.does_not_exist())


@dataclass(frozen=True, slots=True)
class Known:
    """A customer of whom the phone guard tells enough."""

    id: str
    name: str
    phone: str | None


def identified(
    shop: Tenant,
    found: Mapping[keys.Key, Any],
    *,
    customer_id: str | None,
    wanted: "NewCustomer | None",
    phone: str | None,
    now: datetime,
) -> tuple[Any, bool]:
    """Who books or orders, and whether it is somebody new: by id, by ``phone`` (E.164), or as ``wanted``.

    ``found`` are the customer and the guard of the phone as they were read. Raises NotHere.
    """
    if wanted is None:
        known = found.get(keys.customer(shop.slug, customer_id or ""))
        if known is None:
            raise NotHere(entity="customer", id=customer_id)
        return known, False
    guard = found.get(keys.phone(shop.slug, phone)) if phone else None
    if guard is not None:
        return Known(guard.customer_id, guard.name, phone), False
    return draft(shop, wanted, customer_id=ids.new(), now=now), True


def note_booking(tx: Transaction, tenant: str, customer: Any, last_appointment_at: datetime, *, is_new: bool) -> None:
    """Keep who books, with the start of what was booked last; refused where a known customer is gone."""
    _note(tx, tenant, customer, "last_appointment_at", last_appointment_at, is_new=is_new)


def note_order(tx: Transaction, tenant: str, customer: Any, last_order_at: datetime, *, is_new: bool) -> None:
    """Keep who orders numbers of a raffle, and when; refused where a known customer is gone."""
    _note(tx, tenant, customer, "last_order_at", last_order_at, is_new=is_new)


def _note(tx: Transaction, tenant: str, customer: Any, name: str, at: datetime, *, is_new: bool) -> None:
    if is_new:
        setattr(customer, name, at)
        put(tx, tenant, customer)
        return
    if customer.phone:
        of_phone, mine = PhoneGuard, PhoneGuard.customer_id == customer.id
        tx.update(
            of_phone(*keys.phone(tenant, customer.phone)), actions=[getattr(of_phone, name).set(at)], condition=mine
        )
        return
    stored = Customer
    actions = [getattr(stored, name).set(at), stored.version.add(1)]
    tx.update(base.Item(*keys.customer(tenant, customer.id)), actions=actions, condition=stored.pk.exists())


def change(tenant: str, customer_id: str, changes: "Request", *, seen: int | None, now: datetime) -> Customer:
    """Apply the fields that ``changes`` sets, the phone's guard with them. Raises NotHere, Stale, PhoneTaken."""
    shop = tenants.current(tenant, now=now)
    for _ in writes.attempts():
        customer = get(tenant, customer_id, now=now)
        writes.check_version(customer, seen)
        before, last = customer.phone, _last(customer)
        for name, value in changes.fields().items():
            setattr(customer, name, value)
        _arrange(customer, shop)
        customer.updated_at = now
        try:
            with writes.transaction() as tx:
                tx.save(customer)
                _move_guard(tx, tenant, customer, before, last)
        except writes.ConditionFailed as error:
            present = get(tenant, customer_id, now=now)
            if (present.version, _last(present)) == (customer.version, last):  # so it is the new phone
                raise PhoneTaken(field="body.phone", value=customer.phone, phone=customer.phone) from error
            continue
        return customer
    raise Busy


def _move_guard(tx: Transaction, tenant: str, customer: Customer, before: str | None, last: _Last) -> None:
    """The guard follows phone and name, and with it what was booked and ordered last, as it was read."""
    of_phone = PhoneGuard
    mine = of_phone.customer_id == customer.id
    if before and before != customer.phone:
        tx.delete(of_phone(*keys.phone(tenant, before)), condition=mine & _last_is(last))
    if customer.phone:
        actions = [
            of_phone.entity.set(of_phone),  # the update may be what makes the item
            of_phone.customer_id.set(customer.id),
            of_phone.name.set(customer.name),
        ]
        if before != customer.phone:
            actions += [getattr(of_phone, name).set(at) for name, at in last.items() if at]
        guard = of_phone(*keys.phone(tenant, customer.phone))
        tx.update(guard, actions=actions, condition=of_phone.pk.does_not_exist() | mine)


def _last(of: Any) -> _Last:
    """What was booked and ordered last, as a customer or the guard of a phone has it."""
    return {name: getattr(of, name) for name in LAST}


def _set_last(of: Any, last: _Last) -> None:
    for name, at in last.items():
        setattr(of, name, at)


def _last_is(last: _Last) -> Any:
    """The condition that nothing was booked or ordered since the guard was read."""
    kept = [(getattr(PhoneGuard, name), at) for name, at in last.items()]
    booked, ordered = [attribute == at if at else attribute.does_not_exist() for attribute, at in kept]
    return booked & ordered


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


def _arrange(customer: Customer, shop: Tenant) -> None:
    """Set what follows from name and phone: the written form, the place in the list, the searched text."""
    customer.phone = normalised(customer.phone, shop.country) if customer.phone else None
    customer.folded = searchable(customer.name, customer.phone)
    customer.gsi1pk, customer.gsi1sk = keys.customer_by_name(shop.slug, folded(customer.name)[:200], customer.id)


def stored(tenant: str, customer_id: str, *, now: datetime) -> Customer:
    """The customer without what was booked last, in one round trip. Raises NotHere."""
    tenants.current(tenant, now=now)
    found = reads.one(keys.customer(tenant, customer_id))
    if not isinstance(found, Customer):
        raise NotHere(entity="customer", id=customer_id)
    return found


def _with_last(tenant: str, customers: list[Customer], *, consistent: bool = True) -> list[Customer]:
    """The customers with what each booked and ordered last, which the guard of a phone knows."""
    wanted = [keys.phone(tenant, one.phone) for one in customers if one.phone]
    guards = reads.batch(wanted, consistent=consistent) if wanted else {}
    for one in customers:
        guard = guards.get(keys.phone(tenant, one.phone)) if one.phone else None
        if guard is not None and guard.customer_id == one.id:
            _set_last(one, _last(guard))
    return customers
