"""Payments as records: drafted where money is asked for or taken, listed, and closed when it was given back."""

from datetime import datetime
from typing import Any

from mostrador import tenants
from mostrador.errors import NotHere
from mostrador.rules.payment import Method, PaymentState, Provider, RefundReason, Target, move_payment
from mostrador.table import keys, reads, writes
from mostrador.table.raffle_items import Payment
from mostrador.views.payments import PaymentListing, Returning


def manual(
    tenant: str,
    payment_id: str,
    *,
    target: Target,
    target_id: str,
    method: Method,
    reference: str | None,
    by: str,
    now: datetime,
) -> Payment:
    """Money that somebody of the business took, as it would be stored but for amount, currency and time zone."""
    made = Payment(
        *keys.payment(tenant, payment_id),
        id=payment_id,
        provider=Provider.MANUAL.value,
        method=method.value,
        external_id=reference,
        status=PaymentState.PENDING.value,
        target=target.value,
        target_id=target_id,
        taken_by=by,
        confirmed_at=now,
        created_at=now,
    )
    made.gsi1pk, made.gsi1sk = keys.payment_by_creation(tenant, now, payment_id)
    made.gsi2pk, made.gsi2sk = keys.payment_of_target(tenant, target_id, now, payment_id)
    return made


def enter(payment: Payment, state: PaymentState, reason: RefundReason | None = None) -> None:
    """Set the state, and why the money is due back. Raises WrongPaymentState."""
    move_payment(PaymentState(payment.status), state)
    payment.status = state.value
    payment.reason = reason.value if reason else payment.reason


def get(tenant: str, payment_id: str, *, now: datetime) -> Payment:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    found = reads.one(keys.payment(tenant, payment_id))
    if not isinstance(found, Payment):
        raise NotHere(entity="payment", id=payment_id)
    return found


def listing(tenant: str, query: PaymentListing, *, now: datetime) -> reads.Page:
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


def _filter(query: PaymentListing) -> Any:
    keep: Any = Payment.status == query.status.value if query.status else None
    if query.provider:
        of_provider = Payment.provider == query.provider.value
        keep = of_provider if keep is None else keep & of_provider
    return keep


def returned(tenant: str, payment_id: str, form: Returning, *, by: str, now: datetime) -> Payment:
    """REFUND_DUE -> REFUNDED: the money was given back; again changes nothing. Raises NotHere, WrongPaymentState."""

    def alter(payment: Payment) -> None:
        if payment.status != PaymentState.REFUNDED:
            give_back(payment, by=by, now=now, reference=form.reference)

    payment = get(tenant, payment_id, now=now)
    if payment.status == PaymentState.REFUNDED:
        return payment
    return writes.edited(lambda: get(tenant, payment_id, now=now), alter, seen=None, now=now)


def give_back(payment: Payment, *, by: str, now: datetime, reference: str | None = None) -> None:
    """Set that the money was given back, by whom and when. Raises WrongPaymentState."""
    enter(payment, PaymentState.REFUNDED)
    payment.refunded_at, payment.refunded_by, payment.refund_reference = now, by, reference
