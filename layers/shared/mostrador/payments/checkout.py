"""Checkout: Bancard is asked for a page on which an order or an appointment is paid.

The target names its live checkout in the transaction that stores the checkout, so two starts at once make one. A
repeated start gets the same page. Where Bancard's answer is lost, nobody knows the page: that checkout is closed and
another one made.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from mostrador import settings
from mostrador.clients import bancard
from mostrador.clients.bancard import Purchase
from mostrador.clients.bancard_http import DuplicateProcess, GatewayRefused
from mostrador.errors import Conflict
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import FIRST_CHECK, PaymentState, Target
from mostrador.observability import logger
from mostrador.payments import appointment_settlement, bancard_account, payment_links, reconciliation
from mostrador.payments.appointment_settlement import AppointmentContext
from mostrador.payments.bancard_account import Gateway
from mostrador.payments.rules import bancard as bancard_rules
from mostrador.payments.rules import checkout as rules
from mostrador.payments.rules.checkout import PaymentRequest, TimeLimits
from mostrador.raffles import numbers, order_transitions, raffles
from mostrador.raffles.order_transitions import OrderContext
from mostrador.scheduling import agenda, booking_limits
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import Payment
from mostrador.table.writes import Transaction
from mostrador.values.next_actions import NextAction

START_TIMEOUT: Final = timedelta(seconds=30)
"""A checkout without a page is being started by another request for at most so long."""
SCRIPT: Final = "/checkout/javascript/dist/bancard-checkout-4.0.0.js"

_Context = OrderContext | AppointmentContext


class AlreadyStarting(Conflict):
    code = "checkout_starting"
    en = "a payment of this is being started at the same moment; try again in some seconds"
    es = "en este mismo momento se está iniciando un pago de esto; intente de nuevo en unos segundos"
    next_action = NextAction.TRY_AGAIN


@dataclass(frozen=True, slots=True)
class Checkout:
    """A payment with its page below ``base_url``; the payer sees its state with the ``token``."""

    tenant: str
    payment: Payment
    base_url: str
    token: str

    @property
    def page(self) -> str:
        return f"{self.base_url}/payment/single_buy?process_id={quote(self.payment.process_id or '')}"

    @property
    def script(self) -> str:
        return f"{self.base_url}{SCRIPT}"


def start(
    tenant: str, target: Target, target_id: str, *, all_of_it: bool = False, actor_name: str, now: datetime
) -> Checkout:
    """The live checkout of an order or appointment, or a new one; ``all_of_it``: not only the deposit.

    Raises NotHere, NotConnected, NotPayable, NothingDue, CurrencyNotTaken, TooManyCheckouts, AlreadyStarting,
    GatewayUnknown, GatewayRefused, Busy.
    """

    def load(attempt: int) -> _Context:
        load_context = order_transitions.load if target is Target.ORDER else appointment_settlement.load
        return load_context(tenant, target_id, closely=attempt > 0, now=now)

    def find_or_make(context: _Context) -> Checkout:
        request = _request(context, now, all_of_it=all_of_it)
        gateway = bancard_account.load(tenant, now=now)
        former = _former(context)
        if former is None or not _may_be_open(former):
            payment = _store(context, gateway, request, former, actor_name=actor_name, now=now)
            return _checkout(_request_page(tenant, gateway, payment, now))
        if _is_usable(former, request, now):
            return _checkout(former)
        if not _is_starting(former, now):
            _close(tenant, former, gateway, now)
        raise AlreadyStarting  # the next attempt finds it with its page, or closed

    again_on = (writes.ConditionFailed, AlreadyStarting)
    return writes.retrying(load, find_or_make, on=again_on, seconds=3.0, longest=0.5, exhausted=AlreadyStarting)


def _request(context: _Context, now: datetime, *, all_of_it: bool) -> PaymentRequest:
    """Raises NotPayable, and the errors of ``rules.payment_request``."""
    if isinstance(context, OrderContext):
        return _request_for_order(context, now)
    return _request_for_appointment(context, now, all_of_it=all_of_it)


def _request_for_order(context: OrderContext, now: datetime) -> PaymentRequest:
    order, is_over = context.order, context.is_over(now) or context.is_cancelled()
    rules.check_order(order.status, is_over=is_over, held_until=order.hold_expires_at, now=now)
    limits = TimeLimits(order.hold_expires_at, not order.checkouts, raffles.sale_cutoff(context.raffle))
    return rules.payment_request(Decimal(order.total_amount), order.currency, f"Rifa {order.code}", limits, now=now)


def _request_for_appointment(context: AppointmentContext, now: datetime, *, all_of_it: bool) -> PaymentRequest:
    appointment = context.appointment
    rules.check_appointment(appointment.status, held_until=appointment.hold_expires_at, now=now)
    amount = rules.due_now(context.due, appointment.deposit_amount, appointment.paid_amount, all_of_it=all_of_it)
    description = f"Turno {appointment.scheduled_at.astimezone(appointment.zone):%d/%m %H:%M}"
    limits = TimeLimits(appointment.hold_expires_at, not appointment.checkouts)
    return rules.payment_request(amount, appointment.currency, description, limits, now=now)


def _former(context: _Context) -> Payment | None:
    """The checkout that was started last."""
    checkout_id = context.target.checkout_id
    stored = reads.get_item(keys.payment(context.tenant, checkout_id)) if checkout_id else None
    return stored if isinstance(stored, Payment) else None


def _may_be_open(checkout: Payment) -> bool:
    """Whether its page may still be paid: also a declined one, until it is closed."""
    is_checked = bool(checkout.due_pk) and not checkout.by_hand
    return is_checked and checkout.status in (PaymentState.PENDING, PaymentState.FAILED)


def _is_usable(checkout: Payment, request: PaymentRequest, now: datetime) -> bool:
    is_same = bool(checkout.process_id) and checkout.asked_amount == request.amount
    return is_same and checkout.status == PaymentState.PENDING and bool(now < checkout.payable_until)


def _is_starting(checkout: Payment, now: datetime) -> bool:
    """Whether another request may be waiting for its page at this moment."""
    has_no_page = checkout.status == PaymentState.PENDING and not checkout.process_id
    return has_no_page and now - checkout.created_at < START_TIMEOUT


def _close(tenant: str, checkout: Payment, gateway: Gateway, now: datetime) -> None:
    """Close a checkout, so that at most one page can be paid. One of another account is left once its time is over."""
    is_over = now >= checkout.payable_until
    try:
        reconciliation.give_up(tenant, checkout, gateway=gateway, now=now)
    except bancard_account.NotConnected:
        if not is_over:
            raise
        reconciliation.leave_unanswered(tenant, checkout, now=now)


def _store(
    context: _Context,
    gateway: Gateway,
    request: PaymentRequest,
    former: Payment | None,
    *,
    actor_name: str,
    now: datetime,
) -> Payment:
    """Store a new payment and name it in its target, which is held for it, in one transaction.

    It counts as a try, unless it replaces one that never got a page. Raises TooManyCheckouts, ConditionFailed.
    """
    tenant, item = context.tenant, context.target
    is_try = former is None or former.process_id is not None
    tries = int(item.checkouts or 0)
    rules.check_count(tries if is_try else tries - 1)
    payment = payments.draft_online(
        tenant,
        str(bancard_rules.process_id_of(secrets.randbits(64))),
        target=Target.ORDER if isinstance(context, OrderContext) else Target.APPOINTMENT,
        target_id=item.id,
        amount=request.amount,
        currency=item.currency,
        time_zone=item.time_zone,
        description=request.description,
        account=gateway.applications[0].public_key,
        payable_until=request.payable_until,
        actor_name=actor_name,
        now=now,
    )
    payment.due_pk, payment.due_at = keys.due(payment.id, min(request.payable_until, now + FIRST_CHECK))
    item.checkout_id, item.checkouts = payment.id, tries + is_try
    with writes.transaction() as tx:
        tx.save(payment)
        if request.held_until and request.held_until != item.hold_expires_at:
            _hold(tx, context, request.held_until, now)
        tx.save(item)
    return payment


def _hold(tx: Transaction, context: _Context, until: datetime, now: datetime) -> None:
    """Hold the numbers or the slot ``until`` then."""
    if isinstance(context, OrderContext):
        order = context.order
        order.hold_expires_at, (order.due_pk, order.due_at) = until, keys.due(order.id, until)
        numbers.take(tx, context.tenant, order, now)
        return
    appointment = context.appointment
    appointment.hold_expires_at, (appointment.due_pk, appointment.due_at) = until, keys.due(appointment.id, until)
    booking_limits.update(tx, context.tenant, appointment)
    agenda.set_hold(tx, context.tenant, appointment)


def _request_page(tenant: str, gateway: Gateway, payment: Payment, now: datetime) -> Payment:
    """The payment with its page. Refused by Bancard it is FAILED; unanswered it is checked within a minute.

    Raises GatewayRefused, GatewayUnknown, Busy.
    """
    back = _return_url(tenant, gateway, payment)
    amount = bancard_rules.amount_text(payment.amount)
    purchase = Purchase(int(payment.id), amount, payment.description or "", back, back)
    try:
        process_id = bancard_account.call(
            gateway, lambda application: bancard.single_buy(application, purchase), account=payment.account, now=now
        )
    except GatewayRefused as refused:
        if not isinstance(refused, DuplicateProcess):
            reconciliation.close(tenant, payment, PaymentState.FAILED, {"refused": list(refused.keys)}, now=now)
        raise
    logger.info("checkout.started", tenant=tenant, payment=payment.id, target=payment.target)
    return _store_page(tenant, payment, process_id)


def _store_page(tenant: str, payment: Payment, process_id: str) -> Payment:
    """Store the page in whatever state the payment is: it may be paid before its page is stored. Raises Busy."""

    def save(stored: Payment) -> Payment:
        stored.process_id = process_id
        with writes.transaction() as tx:
            tx.save(stored)
        return stored

    return writes.retrying(lambda attempt: payments.reload(tenant, payment.id) if attempt else payment, save)


def _checkout(payment: Payment) -> Checkout:
    tenant = keys.tenant_of(payment.pk)
    return Checkout(tenant, payment, settings.bancard_url().rstrip("/"), payment_links.token(tenant, payment.id))


def _return_url(tenant: str, gateway: Gateway, payment: Payment) -> str:
    """The business's page with the payment's id and token: Bancard itself adds nothing that names the payment."""
    parts = urlsplit(gateway.return_url)
    added = [("payment", payment.id), ("token", payment_links.token(tenant, payment.id))]
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *added])))
