"""Payments as records: drafted where money is requested or received, moved with a line in the ledger, listed."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from mostrador.errors import Conflict, NotHere
from mostrador.ledger import till_records
from mostrador.ledger.rules.payment_states import (
    PAYMENT_MOVES,
    WHILE_OPEN,
    Method,
    PaymentState,
    Provider,
    RefundReason,
    Target,
)
from mostrador.observability import logger
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import LedgerLine, Payment, RefundDue
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values.state_machine import StateMachine

if TYPE_CHECKING:
    from mostrador.ledger.views.payments import PaymentListing

LAST_CHECK_AFTER: Final = {PaymentState.FAILED: WHILE_OPEN, PaymentState.EXPIRED: timedelta(hours=24)}
"""The provider is asked once more about these: a declined page may still be paid, an expired one may have been."""
MOST_MESSAGES: Final = 10
"""Messages of a provider that a payment keeps; a new one replaces the oldest."""


class AlreadyRefunded(Conflict):
    """Another refund would give the money back twice."""

    code = "already_given_back"
    en = "the money went back already, by {by} on {at:time}"
    es = "el dinero ya se devolvió el {at:time}"


def draft_manual(
    tenant: str,
    payment_id: str,
    *,
    target: Target,
    target_id: str,
    method: Method,
    reference: str | None,
    actor_name: str,
    now: datetime,
) -> Payment:
    """A payment that the business received itself, not stored yet, without amount, currency and time zone."""
    payment = _draft(tenant, payment_id, Provider.MANUAL, target=target, target_id=target_id, now=now)
    payment.method, payment.external_id = method.value, reference
    payment.taken_by, payment.confirmed_at = actor_name, now
    return payment


def draft_online(
    tenant: str,
    payment_id: str,
    *,
    target: Target,
    target_id: str,
    amount: Decimal,
    currency: str,
    time_zone: str,
    description: str,
    account: str,
    payable_until: datetime,
    actor_name: str,
    now: datetime,
) -> Payment:
    """A payment to request from Bancard, not stored yet; ``payment_id`` is Bancard's shop_process_id."""
    payment = _draft(tenant, payment_id, Provider.BANCARD, target=target, target_id=target_id, now=now)
    payment.amount = payment.asked_amount = amount
    payment.currency, payment.time_zone = currency, time_zone
    payment.description, payment.account = description, account
    payment.payable_until, payment.started_by = payable_until, actor_name
    return payment


def _draft(
    tenant: str, payment_id: str, provider: Provider, *, target: Target, target_id: str, now: datetime
) -> Payment:
    payment = Payment(
        *keys.payment(tenant, payment_id),
        id=payment_id,
        provider=provider.value,
        status=PaymentState.PENDING.value,
        target=target.value,
        target_id=target_id,
        created_at=now,
    )
    payment.gsi1pk, payment.gsi1sk = keys.payment_by_creation(tenant, now, payment_id)
    payment.gsi2pk, payment.gsi2sk = keys.payment_of_target(tenant, target_id, now, payment_id)
    return payment


def move(
    tx: Transaction,
    payment: Payment,
    *states: PaymentState,
    reason: RefundReason | None = None,
    moves: StateMachine[PaymentState] = PAYMENT_MOVES,
    now: datetime,
) -> None:
    """Save a payment in the last of ``states``, through each of them, with a line of the ledger for each.

    A refund due of a provider's payment is checked within a minute, unless a part of it went back already: the rest is
    given back by hand. Other settled ones are not checked again. Raises WrongPaymentState, as ``till_records.save``.
    """
    state_before = payment.status
    for state in states:
        before = payment.status
        moves.check(before, state)
        payment.status = state.value
        payment.reason = reason.value if reason else payment.reason
        till_records.save(tx, payment, _ledger_line(payment, before, now), now=now)
    _list_refund_due(tx, payment, state_before)
    payment.due_pk = payment.due_at = None
    if payment.status == PaymentState.REFUND_DUE and payment.provider == Provider.BANCARD:
        payment.check_count = None
        if payment.returned_amount:
            payment.by_hand = True
        else:
            payment.due_pk, payment.due_at = keys.due(payment.id, now)
    if payment.provider == Provider.BANCARD and payment.status in LAST_CHECK_AFTER:
        payment.due_pk, payment.due_at = keys.due(payment.id, now + LAST_CHECK_AFTER[PaymentState(payment.status)])
    payment.updated_at = now if payment.loaded else None
    tx.save(payment)


def _list_refund_due(tx: Transaction, payment: Payment, state_before: str) -> None:
    """Put the payment on the list of refunds due, or take it off."""
    item = RefundDue(*keys.refund_due(keys.tenant_of(payment.pk), payment.id), payment_id=payment.id)
    if payment.status == PaymentState.REFUND_DUE:
        tx.save(item)
    elif state_before == PaymentState.REFUND_DUE:
        tx.delete(item, add_version_condition=False)


def left(payment: Payment) -> Decimal:
    """The amount without the parts that went back already."""
    return Decimal(payment.amount) - Decimal(payment.returned_amount or 0)


def worth(payment: Payment) -> Decimal:
    """The part of the amount that pays the price: what is left of it, without the tip."""
    return left(payment) - Decimal(payment.tip_amount or 0)


def _ledger_line(payment: Payment, before: str, now: datetime) -> LedgerLine:
    tenant = keys.tenant_of(payment.pk)
    return LedgerLine(
        *keys.ledger_line(tenant, now, payment.id, payment.status),
        payment_id=payment.id,
        provider=payment.provider,
        state=payment.status,
        before=before,
        reason=payment.reason,
        amount=left(payment),
        tip_amount=payment.tip_amount,
        currency=payment.currency,
        target=payment.target,
        target_id=payment.target_id,
        method=payment.corrected_method or payment.method,
        by=payment.refunded_by if payment.status == PaymentState.REFUNDED else payment.taken_by,
    )


def mark_refund_due(
    tx: Transaction, tenant: str, payment_ids: Iterable[str], reason: RefundReason, *, now: datetime
) -> None:
    """Move those of the payments that are PAID to REFUND_DUE."""
    for payment in reads.batch(keys.payment(tenant, payment_id) for payment_id in payment_ids).values():
        if payment.status == PaymentState.PAID:
            move(tx, payment, PaymentState.REFUND_DUE, reason=reason, now=now)


def add_message(payment: Payment, message: dict[str, object], now: datetime) -> None:
    """Keep a provider's message; the caller has masked it."""
    messages = [*(payment.provider_messages or []), {"at": keys.at(now)} | message]
    payment.provider_messages = messages[-MOST_MESSAGES:]


def schedule_check(payment: Payment, at: datetime) -> None:
    """Set when the provider is asked next, and count the question asked now."""
    payment.check_count = int(payment.check_count or 0) + 1
    payment.due_pk, payment.due_at = keys.due(payment.id, at)


def get(tenant: str, payment_id: str, *, now: datetime) -> Payment:
    """The payment, of an active tenant. Raises NotHere."""
    tenants.current(tenant, now=now)
    return reload(tenant, payment_id)


def reload(tenant: str, payment_id: str) -> Payment:
    """The payment as it is stored now, whether or not the tenant is active. Raises NotHere."""
    stored = reads.get_item(keys.payment(tenant, payment_id))
    if not isinstance(stored, Payment):
        raise NotHere(entity="payment", id=payment_id)
    return stored


def edit(tenant: str, payment_id: str, alter: Callable[[Payment], bool]) -> Payment:
    """The payment after ``alter``, saved where that returned True; again after a lost race. Raises NotHere, Busy."""

    def save(payment: Payment) -> Payment:
        if alter(payment):
            with writes.transaction() as tx:
                tx.save(payment)
        return payment

    return writes.retrying(lambda _attempt: reload(tenant, payment_id), save)


def is_any_due_back(tenant: str, target_id: str) -> bool:
    """Whether a payment for this order or appointment is still to go back."""
    listed = reads.parents(keys.target_partition(tenant, target_id))
    stored = reads.batch((payment.pk, payment.sk) for payment in listed).values() if listed else ()
    return any(payment.status == PaymentState.REFUND_DUE for payment in stored)


def refunds_due(tenant: str, most: int) -> list[Payment]:
    """At most so many payments whose money is due back now, the oldest first."""
    prefix = keys.REFUND_DUE_PREFIX
    listed = reads.first(keys.ledger_partition(tenant), most, between=(prefix, f"{prefix}~"))
    stored = reads.batch(keys.payment(tenant, item.payment_id) for item in listed).values() if listed else ()
    return sorted(stored, key=lambda payment: payment.created_at)


def listing(tenant: str, query: "PaymentListing", *, now: datetime) -> reads.Page:
    """Payments by their creation, of a time, that match every filter. Raises BadCursor."""
    zone = tenants.zone(tenants.current(tenant, now=now))
    index, partition = "gsi1", keys.payments_partition(tenant)
    if query.target:
        index, partition = "gsi2", keys.target_partition(tenant, query.target)
    conditions = [
        *reads.among(Payment.status, query.status),
        *reads.among(Payment.provider, query.provider),
        *reads.among(Payment.method, query.method),
    ]
    return reads.page(
        partition,
        tenant=tenant,
        query=("payments", query.filters()),
        size=query.limit,
        cursor=query.cursor,
        index=index,
        between=reads.within(*query.span(zone, now)),
        keep=reads.all_of(conditions),
        newest_first=query.sort == "-created_at",
    )


def mark_refunded(
    tenant: str,
    payment_id: str,
    *,
    reference: str | None = None,
    till: str | None = None,
    actor_name: str,
    now: datetime,
) -> Payment:
    """REFUND_DUE -> REFUNDED: the money was given back; again changes nothing.

    Raises NotHere, WrongPaymentState, AlreadyRefunded (of a provider's payment, by somebody else), Busy.
    """

    def refund(payment: Payment) -> Payment:
        if payment.status == PaymentState.REFUNDED:
            if payment.refunded_by != actor_name and payment.provider == Provider.BANCARD:
                raise AlreadyRefunded(by=payment.refunded_by, at=payment.refunded_at.isoformat())
            return payment
        payment.wanted_till = till
        with writes.transaction() as tx:
            save_refunded(tx, payment, actor_name=actor_name, now=now, reference=reference)
        return payment

    return writes.retrying(lambda _attempt: get(tenant, payment_id, now=now), refund)


def save_refunded(
    tx: Transaction,
    payment: Payment,
    *before: PaymentState,
    actor_name: str,
    now: datetime,
    reference: str | None = None,
    reason: RefundReason | None = None,
) -> None:
    """Save that the money was given back, by whom and when, through the states ``before``. Raises WrongPaymentState."""
    payment.refunded_at, payment.refunded_by, payment.refund_reference = now, actor_name, reference
    payment.by_hand = None
    move(tx, payment, *before, PaymentState.REFUNDED, reason=reason, now=now)
    logger.info("payment.refunded", tenant=keys.tenant_of(payment.pk), payment=payment.id, provider=payment.provider)
