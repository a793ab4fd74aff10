"""Payments as records: drafted where money is asked for or taken, moved with a line in the ledger, listed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mostrador.errors import Busy, Conflict, NotHere
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

if TYPE_CHECKING:
    from mostrador.ledger.views.payments import PaymentListing

LOOKED_AT_ONCE_MORE: Final = {PaymentState.FAILED: WHILE_OPEN, PaymentState.EXPIRED: timedelta(hours=24)}
"""A page that was declined may be paid after all; what was given up is asked about once more, the day after."""
MOST_TOLD: Final = 10
"""Messages of a provider that a payment keeps, the oldest gives way."""


class BeingPaid(Conflict):
    code = "being_paid"
    en = "somebody is paying it online until {until}: its amount can be changed after that"
    es = "alguien lo está pagando en línea hasta {until}: su importe se puede cambiar después"


class GoneBack(Conflict):
    """Whoever gives it back now gives it back twice."""

    code = "already_given_back"
    en = "the money went back already, by {actor_name} at {at}"
    es = "el dinero ya se devolvió: {actor_name}, {at}"


def manual(
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
    """Money that somebody of the business took, as it would be stored but for amount, currency and time zone."""
    made = _draft(tenant, payment_id, Provider.MANUAL, target=target, target_id=target_id, now=now)
    made.method, made.external_id, made.taken_by, made.confirmed_at = method.value, reference, actor_name, now
    return made


def asked(
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
    """Money that Bancard is about to be asked for; ``payment_id`` is its shop_process_id. Looked at when it expires."""
    made = _draft(tenant, payment_id, Provider.BANCARD, target=target, target_id=target_id, now=now)
    made.amount = made.asked_amount = amount
    made.currency, made.time_zone, made.description, made.account = currency, time_zone, description, account
    made.payable_until, made.started_by = payable_until, actor_name
    return made


def _draft(
    tenant: str, payment_id: str, provider: Provider, *, target: Target, target_id: str, now: datetime
) -> Payment:
    made = Payment(
        *keys.payment(tenant, payment_id),
        id=payment_id,
        provider=provider.value,
        status=PaymentState.PENDING.value,
        target=target.value,
        target_id=target_id,
        created_at=now,
    )
    made.gsi1pk, made.gsi1sk = keys.payment_by_creation(tenant, now, payment_id)
    made.gsi2pk, made.gsi2sk = keys.payment_of_target(tenant, target_id, now, payment_id)
    return made


def move(
    tx: Transaction, payment: Payment, *states: PaymentState, reason: RefundReason | None = None, now: datetime
) -> None:
    """Save a payment in the last of ``states``, through each of them, with a line of the ledger for each.

    Money of a provider that is due back is looked at within a minute; what is settled otherwise no more. Raises
    WrongPaymentState.
    """
    was = payment.status
    for state in states:
        before = payment.status
        PAYMENT_MOVES.check(before, state)
        payment.status = state.value
        payment.reason = reason.value if reason else payment.reason
        tx.save(_line(payment, before, now))
    _list_refund_due(tx, payment, was)
    payment.due_pk = payment.due_at = None
    if payment.status == PaymentState.REFUND_DUE and payment.provider == Provider.BANCARD:
        payment.due_pk, payment.due_at = keys.due(payment.id, now)
        payment.checks = None
    if payment.provider == Provider.BANCARD and payment.status in LOOKED_AT_ONCE_MORE:
        payment.due_pk, payment.due_at = keys.due(payment.id, now + LOOKED_AT_ONCE_MORE[PaymentState(payment.status)])
    payment.updated_at = now if payment.loaded else None
    tx.save(payment)


def _list_refund_due(tx: Transaction, payment: Payment, was: str) -> None:
    """Put the payment on the list of what is due back, or take it off."""
    item = RefundDue(*keys.refund_due(keys.tenant_of(payment.pk), payment.id), payment_id=payment.id)
    if payment.status == PaymentState.REFUND_DUE:
        tx.save(item)
    elif was == PaymentState.REFUND_DUE:
        tx.delete(item, add_version_condition=False)


def _line(payment: Payment, before: str, now: datetime) -> LedgerLine:
    tenant = keys.tenant_of(payment.pk)
    return LedgerLine(
        *keys.ledger_line(tenant, now, payment.id, payment.status),
        payment_id=payment.id,
        provider=payment.provider,
        state=payment.status,
        before=before,
        reason=payment.reason,
        amount=payment.amount,
        currency=payment.currency,
        target=payment.target,
        target_id=payment.target_id,
    )


def mark_refund_due(
    tx: Transaction, tenant: str, payment_ids: Iterable[str], reason: RefundReason, *, now: datetime
) -> None:
    """Make what those payments paid due back."""
    for payment in reads.batch(keys.payment(tenant, one) for one in payment_ids).values():
        if payment.status == PaymentState.PAID:
            move(tx, payment, PaymentState.REFUND_DUE, reason=reason, now=now)


def note(payment: Payment, told: dict[str, Any], now: datetime) -> None:
    """Keep a provider's message, which is masked already."""
    payment.told = [*(payment.told or []), {"at": keys.at(now)} | told][-MOST_TOLD:]


def look_again(payment: Payment, at: datetime) -> None:
    """Set when the payment must be looked at next, and count that it was looked at now."""
    payment.checks = int(payment.checks or 0) + 1
    payment.due_pk, payment.due_at = keys.due(payment.id, at)


def get(tenant: str, payment_id: str, *, now: datetime) -> Payment:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    return found(reads.one(keys.payment(tenant, payment_id)), payment_id)


def check_none_open(tenant: str, payment_id: str | None) -> None:
    """Raise BeingPaid where that payment may be made at this moment."""
    stored = reads.one(keys.payment(tenant, payment_id)) if payment_id else None
    if isinstance(stored, Payment) and stored.status == PaymentState.PENDING:
        raise BeingPaid(until=stored.payable_until.isoformat())


def due_back(tenant: str, most: int) -> list[Payment]:
    """At most so many payments whose money is due back now."""
    listed = reads.first(
        keys.ledger_partition(tenant), most, between=(keys.REFUND_DUE_PREFIX, f"{keys.REFUND_DUE_PREFIX}~")
    )
    found = reads.batch(keys.payment(tenant, one.payment_id) for one in listed).values() if listed else ()
    return sorted(found, key=lambda one: one.created_at)


def found(stored: Any, payment_id: str) -> Payment:
    """``stored`` if it is a payment. Raises NotHere."""
    if not isinstance(stored, Payment):
        raise NotHere(entity="payment", id=payment_id)
    return stored


def listing(tenant: str, query: "PaymentListing", *, now: datetime) -> reads.Page:
    """Payments, the newest first, matching every filter given. Raises BadCursor."""
    tenants.current(tenant, now=now)
    index, partition = "gsi1", keys.payments_partition(tenant)
    if query.target:
        index, partition = "gsi2", keys.target_partition(tenant, query.target)
    return reads.page(
        partition,
        tenant=tenant,
        query=("payments", query.model_dump_json(exclude={"cursor", "limit"})),
        size=query.limit,
        cursor=query.cursor,
        index=index,
        keep=_filter(query),
        newest_first=True,
    )


def _filter(query: "PaymentListing") -> Any:
    keep: Any = Payment.status == query.status.value if query.status else None
    if query.provider:
        of_provider = Payment.provider == query.provider.value
        keep = of_provider if keep is None else keep & of_provider
    return keep


def returned(tenant: str, payment_id: str, *, reference: str | None = None, actor_name: str, now: datetime) -> Payment:
    """REFUND_DUE -> REFUNDED: the money was given back; again changes nothing. Raises NotHere, WrongPaymentState."""
    for _ in writes.attempts():
        payment = get(tenant, payment_id, now=now)
        if payment.status == PaymentState.REFUNDED:
            if payment.refunded_by != actor_name and payment.provider == Provider.BANCARD:
                raise GoneBack(actor_name=payment.refunded_by, at=payment.refunded_at.isoformat())
            return payment
        try:
            with writes.transaction() as tx:
                give_back(tx, payment, actor_name=actor_name, now=now, reference=reference)
        except writes.ConditionFailed:
            continue
        return payment
    raise Busy


def give_back(
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
