"""Paying online: Bancard is asked for a page on which an order or an appointment is paid.

What is paid for names its live checkout, in the write that makes it, so two starts are one. Whoever starts again gets
the page that is there. Where Bancard's answer is lost nobody knows the page: that checkout is closed, another made.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from mostrador import settings
from mostrador.clients import bancard
from mostrador.clients.bancard import Purchase
from mostrador.clients.bancard_http import DuplicateProcess, GatewayRefused
from mostrador.errors import Busy, Conflict
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import FIRST_CHECK, PaymentState, Target
from mostrador.observability import logger
from mostrador.payments import appointment_settlement, bancard_account, payment_links, reconciliation
from mostrador.payments.bancard_account import Gateway
from mostrador.payments.rules import bancard as rules
from mostrador.payments.rules import checkout as terms
from mostrador.payments.rules.checkout import Asked, Until
from mostrador.raffles import numbers, order_transitions, raffles
from mostrador.scheduling import agenda, booking_limits
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import Payment
from mostrador.table.writes import Transaction

IN_FLIGHT: Final = timedelta(seconds=30)
"""How long whoever asked for a page may still be waiting for Bancard's answer."""
SCRIPT: Final = "/checkout/javascript/dist/bancard-checkout-4.0.0.js"


class AlreadyStarting(Conflict):
    code = "checkout_starting"
    en = "a payment of this is being started at the same moment; try again in some seconds"
    es = "en este mismo momento se está iniciando un pago de esto; intente de nuevo en unos segundos"


@dataclass(frozen=True, slots=True)
class Checkout:
    """A payment with its page below ``base_url``; ``token`` lets who pays see what became of it."""

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
    """The live checkout of an order or appointment, or a new one; ``all_of_it`` rather than the deposit alone.

    Raises NotHere, NotConnected, NotPayable, CurrencyNotTaken, TooManyCheckouts, AlreadyStarting, GatewayUnknown,
    GatewayRefused, Busy.
    """
    for attempt in writes.attempts(seconds=3.0, longest=0.5):
        context = _LOOKS[target](tenant, target_id, closely=attempt > 0, now=now)
        wanted = _ASKS[target](context, all_of_it, now)
        gateway = bancard_account.of(tenant, now=now)
        former = _former(tenant, context.target)
        live = former if former and _may_be_open(former) else None
        if live is None:
            has_counted = former is None or former.process_id is not None
            if (
                made := _new(gateway, target, context, wanted, counts=has_counted, actor_name=actor_name, now=now)
            ) is not None:
                return _checkout(_opened(tenant, gateway, made, now))
        elif _is_usable(live, wanted, now):
            return _checkout(live)
        elif live.status == PaymentState.PENDING and not live.process_id and now - live.created_at < IN_FLIGHT:
            continue  # somebody else's request is at work
        else:
            _close(tenant, live, gateway, now)
    raise AlreadyStarting


def _former(tenant: str, target: Any) -> Payment | None:
    """The checkout that was started last."""
    stored = reads.one(keys.payment(tenant, target.checkout_id)) if target.checkout_id else None
    return stored if isinstance(stored, Payment) else None


def _may_be_open(checkout: Payment) -> bool:
    """Whether its page may be: also one that was declined, until that is closed."""
    is_watched = bool(checkout.due_pk) and not checkout.by_hand
    return is_watched and checkout.status in (PaymentState.PENDING, PaymentState.FAILED)


def _is_usable(live: Payment, wanted: Asked, now: datetime) -> bool:
    is_same = bool(live.process_id) and live.asked_amount == wanted.amount
    return is_same and live.status == PaymentState.PENDING and bool(now < live.payable_until)


def _close(tenant: str, live: Payment, gateway: Gateway, now: datetime) -> None:
    """So that one page at most can be paid. An account that is gone cannot close what is over in any case."""
    is_over = now >= live.payable_until
    try:
        reconciliation.give_up(tenant, live, gateway=gateway, now=now)
    except bancard_account.NotConnected:
        if not is_over:
            raise
        reconciliation.leave(tenant, live, now=now)


def _new(
    gateway: Gateway, target: Target, context: Any, wanted: Asked, *, counts: bool, actor_name: str, now: datetime
) -> Payment | None:
    """Store a checkout and name it where it is for, both or neither; None where somebody was quicker.

    It ``counts`` unless it takes the place of one that never had a page: Bancard's bad days use up nobody's tries.
    """
    tenant, item = context.tenant, context.target
    terms.check_count(int(item.checkouts or 0) - (not counts))
    made = payments.asked(
        tenant,
        str(rules.process_id_of(secrets.randbits(64))),
        target=target,
        target_id=item.id,
        amount=wanted.amount,
        currency=item.currency,
        time_zone=item.time_zone,
        description=wanted.description,
        account=gateway.applications[0].public_key,
        payable_until=wanted.payable_until,
        actor_name=actor_name,
        now=now,
    )
    made.due_pk, made.due_at = keys.due(made.id, min(wanted.payable_until, now + FIRST_CHECK))
    item.checkout_id, item.checkouts = made.id, int(item.checkouts or 0) + counts
    try:
        with writes.transaction() as tx:
            tx.save(made)
            if wanted.held_until != item.hold_expires_at:
                _HOLDS[target](tx, tenant, item, wanted.held_until, now)
            tx.save(item)
    except writes.ConditionFailed:
        return None
    return made


def _opened(tenant: str, gateway: Gateway, made: Payment, now: datetime) -> Payment:
    """The payment with its page. Where Bancard refuses it has failed; where it does not answer it is looked at soon."""
    back = _return_url(tenant, gateway, made)
    purchase = Purchase(int(made.id), rules.amount_text(made.amount), made.description or "", back, back)
    try:
        process_id = bancard_account.ask(
            gateway, lambda one: bancard.single_buy(one, purchase), account=made.account, now=now
        )
    except GatewayRefused as refused:
        if not isinstance(refused, DuplicateProcess):
            reconciliation.close(tenant, made, PaymentState.FAILED, {"refused": list(refused.keys)}, now=now)
        raise
    logger.info("checkout.started", tenant=tenant, payment=made.id, target=made.target)
    return _with_page(tenant, made, process_id)


def _with_page(tenant: str, made: Payment, process_id: str) -> Payment:
    """Store the page, whatever became of the payment meanwhile: it may be paid before this is known."""
    for attempt in writes.attempts():
        stored = made
        if attempt:
            stored = payments.found(reads.one(keys.payment(tenant, made.id)), made.id)
        stored.process_id = process_id
        try:
            with writes.transaction() as tx:
                tx.save(stored)
        except writes.ConditionFailed:
            continue
        return stored
    raise Busy


def _checkout(payment: Payment) -> Checkout:
    tenant = keys.tenant_of(payment.pk)
    return Checkout(tenant, payment, settings.bancard_url().rstrip("/"), payment_links.token(tenant, payment.id))


def _return_url(tenant: str, gateway: Gateway, made: Payment) -> str:
    """The business's page, with what tells it which payment came back: Bancard adds nothing of that."""
    parts = urlsplit(gateway.return_url)
    added = [("payment", made.id), ("token", payment_links.token(tenant, made.id))]
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *added])))


def _ask_for_order(context: Any, _all_of_it: bool, now: datetime) -> Asked:
    order = context.order
    terms.check_order(
        order.status, is_over=context.is_over(now) or context.is_cancelled(), held_until=order.hold_expires_at, now=now
    )
    until = Until(order.hold_expires_at, not order.checkouts, cut=raffles.sale_cutoff(context.raffle))
    return terms.asked(Decimal(order.total_amount), order.currency, f"Rifa {order.code}", until, now=now)


def _ask_for_appointment(context: Any, all_of_it: bool, now: datetime) -> Asked:
    one = context.appointment
    terms.check_appointment(one.status, held_until=one.hold_expires_at, now=now)
    amount = terms.now_due(context.due, one.deposit_amount, one.paid_amount, all_of_it=all_of_it)
    starts = one.starts_at.astimezone(one.zone)
    until = Until(one.hold_expires_at, not one.checkouts)
    return terms.asked(amount, one.currency, f"Turno {starts:%d/%m %H:%M}", until, now=now)


def _hold_order(tx: Transaction, tenant: str, order: Any, until: datetime, now: datetime) -> None:
    order.hold_expires_at, (order.due_pk, order.due_at) = until, keys.due(order.id, until)
    numbers.take(tx, tenant, order, now)


def _hold_appointment(tx: Transaction, tenant: str, appointment: Any, until: datetime, _now: datetime) -> None:
    appointment.hold_expires_at, (appointment.due_pk, appointment.due_at) = until, keys.due(appointment.id, until)
    booking_limits.update(tx, tenant, appointment)
    agenda.set_hold(tx, tenant, appointment)


_HOLDS: Final[dict[Target, Callable[..., None]]] = {
    Target.ORDER: _hold_order,
    Target.APPOINTMENT: _hold_appointment,
}
_LOOKS: Final[dict[Target, Callable[..., Any]]] = {
    Target.ORDER: order_transitions.load,
    Target.APPOINTMENT: appointment_settlement.load,
}
_ASKS: Final[dict[Target, Callable[[Any, bool, datetime], Asked]]] = {
    Target.ORDER: _ask_for_order,
    Target.APPOINTMENT: _ask_for_appointment,
}
