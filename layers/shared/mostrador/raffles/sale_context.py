"""The request to sell numbers of a raffle, and the items that the sale depends on, read in one round trip."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mostrador import ids
from mostrador.people import customers
from mostrador.raffles import board, numbers, raffles, sellers
from mostrador.raffles.rules import board as board_rules
from mostrador.raffles.rules.numbers import check_count, check_numbers
from mostrador.table import keys, reads, writes
from mostrador.table.items.people import Customer
from mostrador.table.items.raffles import BoardChunk, Order, Raffle
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import public_holds, tenants
from mostrador.values.phones import normalised

if TYPE_CHECKING:
    from mostrador.raffles.views.orders import NewOrder


@dataclass(frozen=True, slots=True)
class SaleRequest:
    """The request to sell numbers, and the values that follow from it alone.

    ``phone`` is in E.164. ``seller`` is the one that the form names, or else the member who sells.
    """

    tenant: Tenant
    raffle_id: str
    form: "NewOrder"
    order_id: str
    fingerprint: str
    phone: str | None
    actor_name: str
    seller: str | None
    now: datetime
    public_address: str | None = None

    @property
    def holds_key(self) -> keys.Key | None:
        """What the address of a caller without an account holds; None for staff."""
        if self.public_address is None:
            return None
        return public_holds.key(self.tenant.slug, public_holds.Kind.ORDERS, self.public_address)

    def keys(self) -> set[keys.Key]:
        """The keys of all items that the sale reads."""
        slug, form = self.tenant.slug, self.form
        needed = {keys.tenant(slug), keys.raffle(slug, self.raffle_id), keys.order(slug, self.order_id)}
        if form.customer_id:
            needed.add(keys.customer(slug, form.customer_id))
        if self.phone:
            needed.update(customers.phone_keys(slug, self.phone))
        if form.seller:
            needed.add(keys.member(slug, form.seller))
        if self.holds_key:
            needed.add(self.holds_key)
        if form.count:
            needed.add(keys.board_chunk(slug, self.raffle_id, 0))
        return needed


@dataclass(frozen=True, slots=True)
class SaleContext:
    """The items that a sale depends on, as they were read; ``picker`` where the numbers are chosen at random.

    ``customer`` may be new (``is_new``): then it is not stored yet.
    """

    raffle: Raffle
    customer: Customer | customers.Known
    is_new: bool
    picker: numbers.NumberPicker | None
    tenant: Tenant
    holds: object = None
    """The ``PublicHolds`` of the caller's address as it was read, or None."""


class Repeated(Exception):
    """The same request made the order ``earlier``."""

    def __init__(self, earlier: Order) -> None:
        self.earlier = earlier


def request_of(
    slug: str,
    raffle_id: str,
    form: "NewOrder",
    *,
    actor_name: str,
    seller: str | None,
    key: str | None,
    now: datetime,
    public_address: str | None = None,
) -> SaleRequest:
    """The request of ``sell``, with its order id derived from ``key`` if there is one. Raises NotHere, BadPhone."""
    tenant = tenants.current(slug, now=now)
    phone = form.customer.phone if form.customer else None
    return SaleRequest(
        tenant=tenant,
        raffle_id=raffle_id,
        form=form,
        order_id=ids.derived(slug, "order", key) if key else ids.new(),
        fingerprint=ids.fingerprint(f"{raffle_id} {form.as_sent()}"),
        phone=normalised(phone, tenant.country, field="body.customer.phone") if phone else None,
        actor_name=actor_name,
        seller=form.seller or seller,
        now=now,
        public_address=public_address,
    )


def load(sale: SaleRequest) -> SaleContext:
    """Read everything in one consistent round trip. Raises Repeated, and every refusal that needs no write."""
    slug, form = sale.tenant.slug, sale.form
    items = reads.batch(sale.keys())
    earlier: Order | None = items.get(keys.order(slug, sale.order_id))
    if earlier is not None:
        raise Repeated(writes.same_request(earlier, sale.fingerprint))
    tenant = tenants.active(items.get(keys.tenant(slug)), slug)
    raffle = raffles.as_raffle(items.get(keys.raffle(slug, sale.raffle_id)), sale.raffle_id)
    raffles.check_on_sale(raffle, sale.now)
    _check_choice(form, raffle)
    if form.seller:
        sellers.check(items.get(keys.member(slug, form.seller)), form.seller)
    customer, is_new = customers.identified(
        tenant, items, customer_id=form.customer_id, wanted=form.customer, phone=sale.phone, now=sale.now
    )
    picker = _picker(sale, raffle, items) if form.count else None
    return SaleContext(raffle, customer, is_new, picker, tenant, items.get(sale.holds_key) if sale.holds_key else None)


def _check_choice(form: "NewOrder", raffle: Raffle) -> None:
    """Raise NumberOutside, NumberTwice, TooManyNumbers."""
    check_numbers(form.numbers or [], int(raffle.first_number), int(raffle.last_number))
    count, field = (form.count, "body.count") if form.count else (len(form.numbers or []), "body.numbers")
    check_count(count, int(raffle.numbers_per_order), field=field)


def _picker(sale: SaleRequest, raffle: Raffle, items: Mapping[keys.Key, object]) -> numbers.NumberPicker:
    """A picker of the numbers that the board shows as free; all, where the board has no change yet.

    The first chunk of the board was read with the rest.
    """
    tenant, first, last = sale.tenant.slug, int(raffle.first_number), int(raffle.last_number)
    chunk, count = items.get(keys.board_chunk(tenant, raffle.id, 0)), last - first + 1
    if count > board_rules.CHUNK:
        picture = board.read(tenant, raffle)
    else:
        bits = chunk.bits if isinstance(chunk, BoardChunk) else board_rules.blank(count)
        picture = board_rules.Board(first, last, bits, None, None)
    return numbers.NumberPicker(tenant, raffle, sale.now, picture.free())
