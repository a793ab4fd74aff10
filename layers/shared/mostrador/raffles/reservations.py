"""Reservations: numbers of a raffle are reserved or sold in one read and one transaction, all of an order or none."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mostrador import ids
from mostrador.errors import Conflict
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import PaymentState, Target
from mostrador.observability import logger
from mostrador.people import customers
from mostrador.raffles import numbers, order_transitions, orders, public_limits, raffles, sale_context
from mostrador.raffles.rules.states import OrderStatus, printed_number, public_code
from mostrador.raffles.sale_context import SaleContext, SaleRequest
from mostrador.table import keys, writes
from mostrador.table.items.raffles import Order, Raffle, RaffleBuyer
from mostrador.table.writes import Transaction
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader

if TYPE_CHECKING:
    from mostrador.ledger.views.payments import ManualPayment
    from mostrador.raffles.views.orders import NewOrder

_PAUSE: Final = 0.02
"""At most, in seconds, between two attempts: the next one is for other numbers, so nobody is in its way."""


class NumbersTaken(Conflict):
    """``value`` are the taken numbers, ``alternatives`` as many free ones, or all that are left."""

    code = "numbers_taken"
    en = "these numbers are taken: {numbers}"
    es = "estos números ya no están libres: {numbers}"

    def suggests(self, _reader: Reader) -> NextAction:
        return NextAction.TAKE_ALTERNATIVE if self.facts["alternatives"] else NextAction.CHOOSE_OTHER_NUMBERS


class NotEnoughNumbers(Conflict):
    code = "not_enough_numbers"
    en = "{value} numbers were asked for, and {left} are left"
    es = "se pidieron {value} números y quedan {left}"
    next_action = NextAction.ASK_FOR_FEWER


def sell(
    tenant: str,
    raffle_id: str,
    form: "NewOrder",
    *,
    actor_name: str,
    seller: str | None = None,
    key: str | None,
    now: datetime,
    public_address: str | None = None,
) -> Order:
    """Reserve numbers, or sell them at once (``form.paid``); the same ``key`` with the same form gives the same order.

    ``public_address`` is that of a caller without an account: TooManyHeld, TooManyUnpaid limit it.
    Raises NotHere (raffle, customer), NotOnSale, NumberOutside, NumberTwice, TooManyNumbers, TooManyForCustomer,
    NumbersTaken with alternatives, NotEnoughNumbers, UnknownSeller, BadPhone, KeyReused, Busy.
    """
    sale = sale_context.request_of(
        tenant, raffle_id, form, actor_name=actor_name, seller=seller, key=key, now=now, public_address=public_address
    )
    kept: SaleContext | None = None

    def load(_attempt: int) -> SaleContext:
        return kept or sale_context.load(sale)

    def decide(context: SaleContext) -> Order:
        nonlocal kept
        try:
            return _write(sale, context, _chosen(sale, context))
        except writes.ConditionFailed as refused:
            kept = _context_after(sale, context, refused)
            raise

    try:
        return writes.retrying(load, decide, longest=_PAUSE)
    except sale_context.Repeated as repeated:
        return repeated.earlier


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
    """One transaction: order, numbers, customer and phone guard, the counts, the payment. Raises ConditionFailed."""
    tenant, raffle = sale.tenant.slug, context.raffle
    order = _order(sale, context, chosen)
    with writes.transaction() as tx:
        if sale.form.paid:
            _pay(tx, sale, order, sale.form.paid)
        else:
            tx.save(order, return_values=writes.RETURN_OLD)
            numbers.take(tx, tenant, order, sale.now)
        if sale.holds_key:
            _hold_for_address(tx, sale, context, sale.holds_key, order)
        else:
            numbers.count_in(tx, tenant, order, raffle.numbers_per_customer)
        customers.note_order(tx, tenant, context.customer, sale.now, is_new=context.is_new)
    logger.info("order.made", tenant=tenant, order=order.id, raffle=raffle.id, status=order.status, count=len(chosen))
    return order


def _hold_for_address(
    tx: Transaction, sale: SaleRequest, context: SaleContext, holds_key: keys.Key, order: Order
) -> None:
    """Count the numbers for the caller's address, and for the phone within it. Raises TooManyHeld, TooManyUnpaid.

    Raises TooManyForCustomer.
    """
    raffle, count = context.raffle, len(order.numbers)
    held = public_limits.held(context.tenant, raffle, context.holds, order.id, count, now=sale.now)
    public_limits.write(tx, holds_key, context.holds, held, order, raffle=raffle)
    limit = raffle.numbers_per_customer
    if limit is None:
        return
    own = public_limits.of_phone(raffle, held, order.customer_phone)
    if own + count > limit:  # perhaps not all of them still are
        own = public_limits.of_phone(
            raffle, public_limits.still_held(sale.tenant.slug, held, sale.now), order.customer_phone
        )
    if own + count > limit:
        raise numbers.TooManyForCustomer(limit=int(limit))
    public_limits.check_buyer(tx, sale.tenant.slug, order, int(limit), own)


def _pay(tx: Transaction, sale: SaleRequest, order: Order, paid: "ManualPayment") -> None:
    """Pay the order over the counter as it is made."""
    tenant = sale.tenant.slug
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
    payment.note, payment.wanted_till = paid.note, paid.till
    payment.amount, payment.currency, payment.time_zone = order.total_amount, order.currency, order.time_zone
    payments.move(tx, payment, PaymentState.PAID, now=sale.now)
    orders.pay(tx, tenant, order, payment, actor_name=sale.actor_name, now=sale.now)


def _context_after(sale: SaleRequest, context: SaleContext, refused: writes.ConditionFailed) -> SaleContext | None:
    """The context of the next attempt, whose picker leaves out the taken numbers; None: everything is read again.

    A buyer whose lapsed orders fill the limit gets another attempt without them. Raises TooManyForCustomer, and
    NumbersTaken where the form names the numbers.
    """
    if any(isinstance(item, RaffleBuyer) for item in refused.found):
        customer_id = context.customer.id
        if not order_transitions.expire_lapsed(sale.tenant.slug, context.raffle.id, customer_id, now=sale.now):
            raise numbers.TooManyForCustomer(limit=int(context.raffle.numbers_per_customer)) from refused
        return None
    taken = _taken_numbers(refused)
    if not taken:
        return None
    if context.picker is None:
        raise _numbers_taken_error(sale, context.raffle, taken) from refused
    context.picker.miss(taken)
    return context


def _taken_numbers(refused: writes.ConditionFailed) -> set[int]:
    """The numbers that other orders had; empty where another item was in the way."""
    kinds = {type(item) for item in refused.found}
    if len(refused.found) < refused.failed or Order in kinds:
        return set()
    return {keys.numbered((item.pk, item.sk))[1] for item in refused.found}


def _numbers_taken_error(sale: SaleRequest, raffle: Raffle, taken: set[int]) -> NumbersTaken:
    """The refusal of the chosen numbers, with as many free ones as are taken."""
    chosen = set(sale.form.numbers or [])
    alternatives = numbers.free_alternatives(sale.tenant.slug, raffle, len(taken), without=chosen, now=sale.now)
    printed = ", ".join(printed_number(number, int(raffle.last_number)) for number in sorted(taken))
    return NumbersTaken(field="body.numbers", value=sorted(taken), numbers=printed, alternatives=alternatives)


def _order(sale: SaleRequest, context: SaleContext, chosen: list[int]) -> Order:
    """The order as it is stored while its numbers are reserved."""
    tenant, raffle, customer, form = sale.tenant.slug, context.raffle, context.customer, sale.form
    order = Order(
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
        is_counted=None if raffle.numbers_per_customer is None or sale.holds_key else True,
        created_by=sale.actor_name,
        created_at=sale.now,
        fingerprint=sale.fingerprint,
    )
    expires_at = sale.now + timedelta(minutes=int(raffle.hold_minutes))
    order.hold_expires_at, (order.due_pk, order.due_at) = expires_at, keys.due(order.id, expires_at)
    order.gsi1pk, order.gsi1sk = keys.order_of_raffle(tenant, raffle.id, sale.now, order.id)
    order.gsi2pk, order.gsi2sk = keys.order_of_customer(tenant, customer.id, sale.now, order.id)
    return order
