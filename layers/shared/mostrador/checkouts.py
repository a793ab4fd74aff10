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

from mostrador import (
    appointment_payments,
    gateways,
    order_states,
    payment_links,
    payment_records,
    reconciliation,
    settings,
    tenants,
)
from mostrador.clients import bancard
from mostrador.clients.bancard import Purchase
from mostrador.clients.bancard_wire import DuplicateProcess, GatewayRefused
from mostrador.errors import Busy, Conflict
from mostrador.gateways import Gateway
from mostrador.observability import logger
from mostrador.rules import bancard as rules
from mostrador.rules import checkout as terms
from mostrador.rules.checkout import Asked
from mostrador.rules.payment import FIRST_CHECK, PaymentState, Target
from mostrador.table import keys, reads, writes
from mostrador.table.payment_items import Payment

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


def start(tenant: str, target: Target, target_id: str, *, all_of_it: bool = False, by: str, now: datetime) -> Checkout:
    """The live checkout of an order or appointment, or a new one; ``all_of_it`` rather than the deposit alone.

    Raises NotHere, NotConnected, NotPayable, CurrencyNotTaken, TooManyCheckouts, AlreadyStarting, GatewayUnknown,
    GatewayRefused, Busy.
    """
    gateway = gateways.of(tenant, now=now)
    account = gateway.applications[0].public_key
    for attempt in writes.attempts(seconds=3.0, longest=0.5):
        case = _LOOKS[target](tenant, target_id, closely=attempt > 0, now=now)
        wanted = _ASKS[target](case, all_of_it, now)
        live = _live(tenant, case.target)
        if live is None:
            if (made := _new(tenant, target, case.target, wanted, account=account, by=by, now=now)) is not None:
                return _checkout(_opened(tenant, gateway, made, now))
        elif live.process_id and live.asked_amount == wanted.amount and now < live.payable_until:
            return _checkout(live)
        elif not live.process_id and now - live.created_at < IN_FLIGHT:
            continue  # somebody else's request is at work
        else:
            reconciliation.give_up(tenant, live, gateway=gateway, now=now)
    raise AlreadyStarting


def _live(tenant: str, target: Any) -> Payment | None:
    """The checkout that can still be paid."""
    if not target.checkout_id:
        return None
    stored = reads.one(keys.payment(tenant, target.checkout_id))
    return stored if isinstance(stored, Payment) and stored.status == PaymentState.PENDING else None


def _new(
    tenant: str, target: Target, item: Any, wanted: Asked, *, account: str, by: str, now: datetime
) -> Payment | None:
    """Store a checkout and name it where it is for, both or neither; None where somebody was quicker."""
    terms.check_count(int(item.checkouts or 0))
    made = payment_records.asked(
        tenant,
        str(rules.process_id_of(secrets.randbits(64))),
        target=target,
        target_id=item.id,
        amount=wanted.amount,
        currency=item.currency,
        time_zone=item.time_zone,
        description=wanted.description,
        account=account,
        payable_until=wanted.payable_until,
        by=by,
        now=now,
    )
    made.due_pk, made.due_at = keys.due(made.id, min(wanted.payable_until, now + FIRST_CHECK))
    item.checkout_id, item.checkouts = made.id, int(item.checkouts or 0) + 1
    if item.hold_expires_at:  # looked at once the payment has been: it is rolled back before anything is let go
        item.due_pk, item.due_at = keys.due(item.id, wanted.payable_until + terms.AFTER_PAYMENT)
    try:
        with writes.transaction() as tx:
            tx.save(made)
            tx.save(item)
    except writes.Refused:
        return None
    return made


def _opened(tenant: str, gateway: Gateway, made: Payment, now: datetime) -> Payment:
    """The payment with its page. Where Bancard refuses it has failed; where it does not answer it is looked at soon."""
    back = _return_url(tenant, gateway, made)
    purchase = Purchase(int(made.id), rules.amount_text(made.amount), made.description or "", back, back)
    try:
        process_id = gateways.ask(gateway, lambda one: bancard.single_buy(one, purchase), account=made.account, now=now)
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
            stored = payment_records.found(reads.one(keys.payment(tenant, made.id)), made.id)
        stored.process_id = process_id
        try:
            with writes.transaction() as tx:
                tx.save(stored)
        except writes.Refused:
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


def _ask_for_order(case: Any, _all_of_it: bool, now: datetime) -> Asked:
    order = case.order
    terms.check_order(
        order.status, is_over=case.is_over(now) or case.is_cancelled(), held_until=order.hold_expires_at, now=now
    )
    return terms.asked(
        Decimal(order.total_amount), order.currency, f"Rifa {order.code}", held_until=order.hold_expires_at, now=now
    )


def _ask_for_appointment(case: Any, all_of_it: bool, now: datetime) -> Asked:
    one = case.appointment
    terms.check_appointment(one.status, held_until=one.hold_expires_at, now=now)
    amount = terms.now_due(case.due, one.deposit_amount, one.paid_amount, all_of_it=all_of_it)
    starts = one.starts_at.astimezone(tenants.zone_of(one))
    return terms.asked(amount, one.currency, f"Turno {starts:%d/%m %H:%M}", held_until=one.hold_expires_at, now=now)


_LOOKS: Final[dict[Target, Callable[..., Any]]] = {
    Target.ORDER: order_states.look,
    Target.APPOINTMENT: appointment_payments.look,
}
_ASKS: Final[dict[Target, Callable[[Any, bool, datetime], Asked]]] = {
    Target.ORDER: _ask_for_order,
    Target.APPOINTMENT: _ask_for_appointment,
}
