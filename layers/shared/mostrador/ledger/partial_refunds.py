"""Give back a part of what was paid, because the price is lower now: the newest money first.

A payment that goes back as a whole is due back itself. Of another one a part is split off: a payment of its own, due
back, that names the first as ``part_of``. The first keeps its ``amount``, and counts such parts in ``returned_amount``.
A provider rolls back whole payments only, so a part of one is given back by hand.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from mostrador import ids
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import Method, PaymentState, Provider, RefundReason, Target
from mostrador.table import keys, reads
from mostrador.table.items.payments import Payment
from mostrador.table.writes import Transaction


def give_back(
    tx: Transaction, tenant: str, payment_ids: Sequence[str], amount: Decimal, *, actor_name: str, now: datetime
) -> list[str]:
    """Move ``amount`` of these payments to REFUND_DUE; returns the ids of those that still pay.

    The payments must be PAID, and worth at least ``amount`` together.
    """
    paying, left = list(payment_ids), amount
    stored = reads.batch(keys.payment(tenant, payment_id) for payment_id in payment_ids)
    for payment in sorted(stored.values(), key=lambda one: (one.created_at, one.id), reverse=True):
        part = min(left, payments.worth(payment))
        if part <= 0:
            continue
        left -= part
        if part == payments.left(payment):
            payments.move(tx, payment, PaymentState.REFUND_DUE, reason=RefundReason.PRICE_LOWERED, now=now)
            paying.remove(payment.id)
        else:
            _split(tx, tenant, payment, part, actor_name=actor_name, now=now)
    return paying


def _split(tx: Transaction, tenant: str, payment: Payment, part: Decimal, *, actor_name: str, now: datetime) -> None:
    """Split ``part`` off a payment, as one that is due back by hand."""
    split = payments.draft_manual(
        tenant,
        ids.derived(tenant, "payment", f"part of {payment.id} after {payment.returned_amount or 0}"),
        target=Target(payment.target),
        target_id=payment.target_id,
        method=Method.OTHER if payment.provider == Provider.BANCARD else Method(payment.method),
        reference=payment.external_id,
        actor_name=payment.taken_by or actor_name,
        now=now,
    )
    split.amount, split.currency, split.time_zone = part, payment.currency, payment.time_zone
    split.till_id, split.corrected_method = payment.till_id, payment.corrected_method
    split.status, split.part_of, split.confirmed_at = PaymentState.PAID.value, payment.id, payment.confirmed_at
    payments.move(tx, split, PaymentState.REFUND_DUE, reason=RefundReason.PRICE_LOWERED, now=now)
    payment.returned_amount, payment.updated_at = (payment.returned_amount or Decimal(0)) + part, now
    tx.save(payment)
