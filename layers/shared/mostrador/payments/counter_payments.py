"""Payments that somebody of the business received: cash, a transfer, a card at the counter."""

from datetime import datetime
from typing import TYPE_CHECKING

from mostrador import ids
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import PaymentState, Target
from mostrador.payments import settlement
from mostrador.payments.settlement import Check, Settled

if TYPE_CHECKING:
    from mostrador.ledger.views.payments import AppointmentPayment, Confirmation


def record_order_payment(
    tenant: str, order_id: str, form: "Confirmation", *, actor_name: str, key: str, now: datetime
) -> Settled:
    """Settle money received for an order; a form without an amount means the whole price.

    The same ``key`` gives the same payment, unless that has gone back. Raises NotHere, BadAmount, KeyReused, Busy.
    """
    return _record(tenant, Target.ORDER, order_id, form, actor_name=actor_name, key=key, now=now)


def record_appointment_payment(
    tenant: str,
    appointment_id: str,
    form: "AppointmentPayment",
    *,
    check: Check | None = None,
    actor_name: str,
    key: str,
    now: datetime,
) -> Settled:
    """Settle money received for an appointment; a form without an amount means all that is due, and its tip.

    Money above what is due is change or a tip, as the form says: nobody owes it by itself. The rest confirms a PENDING
    appointment, also with a part of the price. The same ``key`` gives the same payment, unless that has gone back.
    ``check`` may refuse a payment before it is written. Raises NotHere, NothingDue, BadAmount, SurplusUnexplained,
    KeyReused, Busy.
    """
    return _record(
        tenant, Target.APPOINTMENT, appointment_id, form, check=check, actor_name=actor_name, key=key, now=now
    )


def _record(
    tenant: str,
    target: Target,
    target_id: str,
    form: "Confirmation",
    *,
    check: Check | None = None,
    actor_name: str,
    key: str,
    now: datetime,
) -> Settled:
    """Settle a new payment whose id is derived from ``key``, so that a repeated request finds the first.

    Money that has gone back is not here: the key then names the next payment, whose id follows from the one before.
    """
    name, settled = f"{target_id} {key}", None
    while settled is None or settled.payment.status == PaymentState.REFUNDED:
        if settled:
            name = f"{target_id} {key} after {settled.payment.id}"
        payment = payments.draft_manual(
            tenant,
            ids.derived(tenant, "payment", name),
            target=target,
            target_id=target_id,
            method=form.method,
            reference=form.reference,
            actor_name=actor_name,
            now=now,
        )
        payment.note, payment.wanted_till = form.note, form.till
        payment.fingerprint = ids.fingerprint(form.as_sent())
        settled = settlement.settle(tenant, payment, form=form, check=check, actor_name=actor_name, now=now)
    return settled
