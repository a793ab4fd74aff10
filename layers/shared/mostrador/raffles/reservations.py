"""Sales of raffle numbers: reserved or sold in one read and one transaction, all numbers of an order or none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mostrador import ids
from mostrador.errors import Busy, Conflict, NotHere
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import PaymentState, Target
from mostrador.observability import logger
from mostrador.people import customers
from mostrador.raffles import board, numbers, orders, raffles, sellers
from mostrador.raffles.rules import board as board_rules
from mostrador.raffles.rules.numbers import check_count, check_numbers
from mostrador.raffles.rules.states import OrderStatus, printed_number, public_code
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import BoardChunk, Order, Raffle, RaffleBuyer
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values.phones import normalised

if TYPE_CHECKING:
    from mostrador.ledger.views.payments import ManualPayment
    from mostrador.raffles.views.orders import NewOrder

_PAUSE: Final = 0.02
"""Seconds between two tries at most: the next one is for other numbers, so nobody is in its way."""


class NumbersTaken(Conflict):
    """``value`` are the numbers that are gone, ``alternatives`` as many that are free, or all that are left."""

    code = "numbers_taken"
    en = "these numbers are taken: {numbers}"
    es = "estos números ya no están libres: {numbers}"


class NotEnoughNumbers(Conflict):
    code = "not_enough_numbers"
    en = "{value} numbers were asked for, and {left} are left"
    es = "se pidieron {value} números y quedan {left}"


@dataclass(frozen=True, slots=True)
class SaleRequest:
    """What is wanted, with what follows from the request alone; ``seller`` is whoever calls, where they sell."""

    shop: Tenant
    raffle_id: str
    form: "NewOrder"
    order_id: str
    fingerprint: str
    phone: str | None
    actor_name: str
    seller: str | None
    now: datetime

    def keys(self) -> set[keys.Key]:
        """What must be read."""
        tenant, form = self.shop.slug, self.form
        wanted = {keys.tenant(tenant), keys.raffle(tenant, self.raffle_id), keys.order(tenant, self.order_id)}
        if form.customer_id:
            wanted.add(keys.customer(tenant, form.customer_id))
        if self.phone:
            wanted.add(keys.phone(tenant, self.phone))
        if form.seller:
            wanted.add(keys.member(tenant, form.seller))
        if form.count:
            wanted.add(keys.board_chunk(tenant, self.raffle_id, 0))
        return wanted


@dataclass(frozen=True, slots=True)
class SaleContext:
    """Fresh copies of what a sale goes by, and an ``picker`` of free numbers where some are chosen at random."""

    raffle: Raffle
    customer: Any
    is_new: bool
    picker: numbers.NumberPicker | None


class _Repeated(Exception):
    """The request was carried out before."""

    def __init__(self, earlier: Order) -> None:
        self.earlier = earlier


def sell(
    tenant: str,
    raffle_id: str,
    form: "NewOrder",
    *,
    actor_name: str,
    seller: str | None = None,
    key: str | None,
    now: datetime,
) -> Order:
    """Reserve numbers, or sell them at once (``form.paid``); the same ``key`` with the same form gives the same order.

    Raises NotHere (raffle, customer), NotOnSale, NumberOutside, NumberTwice, TooManyNumbers, TooManyForCustomer,
    NumbersTaken with alternatives, NotEnoughNumbers, UnknownSeller, BadPhone, KeyReused, Busy.
    """
    sale = _sale(tenant, raffle_id, form, actor_name=actor_name, seller=seller, key=key, now=now)
    context = None
    for _ in writes.attempts(longest=_PAUSE):
        try:
            context = context or _read(sale)
            return _write(sale, context, _chosen(sale, context))
        except _Repeated as repeated:
            return repeated.earlier
        except writes.ConditionFailed as refused:
            gone = _gone(context, refused) if context else set()
            if not context or not gone:
                context = None
            elif context.picker:
                context.picker.miss(gone)
            else:
                raise _numbers_taken_error(tenant, context.raffle, form.numbers or [], gone, now) from refused
    raise Busy


def _sale(
    tenant: str,
    raffle_id: str,
    form: "NewOrder",
    *,
    actor_name: str,
    seller: str | None,
    key: str | None,
    now: datetime,
) -> SaleRequest:
    shop = tenants.current(tenant, now=now)
    phone = form.customer.phone if form.customer else None
    return SaleRequest(
        shop=shop,
        raffle_id=raffle_id,
        form=form,
        order_id=ids.derived(tenant, "order", key) if key else ids.new(),
        fingerprint=ids.fingerprint(f"{raffle_id} {form.as_sent()}"),
        phone=normalised(phone, shop.country, field="body.customer.phone") if phone else None,
        actor_name=actor_name,
        seller=form.seller or seller,
        now=now,
    )


def _read(sale: SaleRequest) -> SaleContext:
    """One consistent read of everything. Raises _Repeated, and what forbids the sale."""
    tenant, form = sale.shop.slug, sale.form
    seen = reads.batch(sale.keys())
    earlier: Order | None = seen.get(keys.order(tenant, sale.order_id))
    if earlier is not None:
        raise _Repeated(writes.same_request(earlier, sale.fingerprint))
    shop = tenants.active(seen.get(keys.tenant(tenant)), tenant)
    raffle = seen.get(keys.raffle(tenant, sale.raffle_id))
    if not isinstance(raffle, Raffle):
        raise NotHere(entity="raffle", id=sale.raffle_id)
    raffles.check_on_sale(raffle, sale.now)
    check_numbers(form.numbers or [], int(raffle.first_number), int(raffle.last_number))
    asked, field = (form.count, "body.count") if form.count else (len(form.numbers or []), "body.numbers")
    check_count(asked, int(raffle.numbers_per_order), field=field)
    if form.seller:
        sellers.check(seen.get(keys.member(tenant, form.seller)), form.seller)
    customer, is_new = customers.identified(
        shop, seen, customer_id=form.customer_id, wanted=form.customer, phone=sale.phone, now=sale.now
    )
    return SaleContext(raffle, customer, is_new, _picker(sale, raffle, seen) if form.count else None)


def _picker(sale: SaleRequest, raffle: Raffle, seen: Mapping[keys.Key, Any]) -> numbers.NumberPicker:
    """The numbers that are free by their picture, whose first part was read; where nothing was projected yet, all."""
    tenant, first, last = sale.shop.slug, int(raffle.first_number), int(raffle.last_number)
    chunk, count = seen.get(keys.board_chunk(tenant, raffle.id, 0)), last - first + 1
    if count > board_rules.CHUNK:
        picture = board.read(tenant, raffle)
    else:
        bits = chunk.bits if isinstance(chunk, BoardChunk) else board_rules.blank(count)
        picture = board_rules.Board(first, last, bits, None, None)
    return numbers.NumberPicker(tenant, raffle, sale.now, picture.free())


def _chosen(sale: SaleRequest, context: SaleContext) -> list[int]:
    """The numbers of the order. Raises NotEnoughNumbers."""
    if context.picker is None:
        return sorted(sale.form.numbers or [])
    count = sale.form.count or 0
    chosen = context.picker.pick(count)
    if len(chosen) < count:
        raise NotEnoughNumbers(field="body.count", value=count, left=len(chosen))
    return chosen


def _write(sale: SaleRequest, context: SaleContext, chosen: list[int]) -> Order:
    """The one transaction: order, numbers, customer with guard, what counts them, the payment. Raises Refused."""
    tenant, raffle = sale.shop.slug, context.raffle
    order = _order(sale, context, chosen)
    with writes.transaction() as tx:
        if sale.form.paid:
            _pay(tx, sale, order, sale.form.paid)
        else:
            tx.save(order, return_values=writes.RETURN_OLD)
            numbers.take(tx, tenant, order, sale.now)
        numbers.count_in(tx, tenant, order, raffle.numbers_per_customer)
        customers.note_order(tx, tenant, context.customer, sale.now, is_new=context.is_new)
    logger.info("order.made", tenant=tenant, order=order.id, raffle=raffle.id, status=order.status, count=len(chosen))
    return order


def _pay(tx: Transaction, sale: SaleRequest, order: Order, paid: "ManualPayment") -> None:
    """Over the counter: the order is paid as it is made."""
    tenant = sale.shop.slug
    payment = payments.draft_manual(
        tenant,
        ids.derived(tenant, "payment", order.id),
        target=Target.ORDER,
        target_id=order.id,
        method=paid.method,
        reference=paid.reference,
        actor_name=sale.actor_name,
        now=sale.now,
    )
    payment.amount, payment.currency, payment.time_zone = order.total_amount, order.currency, order.time_zone
    payments.move(tx, payment, PaymentState.PAID, now=sale.now)
    orders.pay(tx, tenant, order, payment.id, actor_name=sale.actor_name, now=sale.now)


def _gone(context: SaleContext, refused: writes.ConditionFailed) -> set[int]:
    """The numbers that were in the way; none where something else was, so that all must be read anew.

    Raises TooManyForCustomer.
    """
    kinds = {type(one) for one in refused.found}
    if len(refused.found) < refused.failed or Order in kinds:
        return set()
    if RaffleBuyer in kinds:
        raise numbers.TooManyForCustomer(limit=int(context.raffle.numbers_per_customer)) from refused
    return {keys.numbered((one.pk, one.sk))[1] for one in refused.found}


def _numbers_taken_error(tenant: str, raffle: Raffle, wanted: list[int], gone: set[int], now: datetime) -> NumbersTaken:
    """The refusal of a choice, with as many others as are gone."""
    others = numbers.free_alternatives(tenant, raffle, len(gone), without=set(wanted), now=now)
    named = ", ".join(printed_number(number, int(raffle.last_number)) for number in sorted(gone))
    return NumbersTaken(field="body.numbers", value=sorted(gone), numbers=named, alternatives=others)


def _order(sale: SaleRequest, context: SaleContext, chosen: list[int]) -> Order:
    tenant, raffle, customer, form = sale.shop.slug, context.raffle, context.customer, sale.form
    made = Order(
        *keys.order(tenant, sale.order_id),
        id=sale.order_id,
        code=public_code(sale.order_id),
        raffle_id=raffle.id,
        raffle_title=raffle.title,
        last_number=raffle.last_number,
        numbers=chosen,
        total_amount=raffles.price_of(raffle, len(chosen)),
        currency=raffle.currency,
        customer_id=customer.id,
        customer_name=customer.name,
        customer_phone=customer.phone,
        ordered_as=form.customer.name if form.customer and form.customer.name != customer.name else None,
        time_zone=raffle.time_zone,
        status=OrderStatus.RESERVED.value,
        seller=sale.seller,
        notes=form.notes,
        is_counted=None if raffle.numbers_per_customer is None else True,
        created_by=sale.actor_name,
        created_at=sale.now,
        fingerprint=sale.fingerprint,
    )
    until = sale.now + timedelta(minutes=int(raffle.hold_minutes))
    made.hold_expires_at, (made.due_pk, made.due_at) = until, keys.due(made.id, until)
    made.gsi1pk, made.gsi1sk = keys.order_of_raffle(tenant, raffle.id, sale.now, made.id)
    made.gsi2pk, made.gsi2sk = keys.order_of_customer(tenant, customer.id, sale.now, made.id)
    return made
