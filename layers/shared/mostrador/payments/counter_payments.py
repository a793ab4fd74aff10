"""Payments that somebody of the business received: cash, a transfer, a card at the counter."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from mostrador import ids
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import Target
from mostrador.payments import settlement
from mostrador.payments.settlement import Check, Settled

if TYPE_CHECKING:
    from mostrador.ledger.views.payments import Confirmation

SAME_PAYMENT_WITHIN: Final = 600
"""Seconds in which the same form for an appointment, sent twice without a key, is one payment."""


def record_order_payment(
    tenant: str, order_id: str, form: "Confirmation", *, actor_name: str, key: str | None, now: datetime
) -> Settled:
    """Settle money received for an order; a form without an amount means the whole price.

    The same ``key``, or without one the same form, gives the same payment. Raises NotHere, BadAmount, KeyReused, Busy.
    """
    name = f"{order_id} {key or form.as_sent()}"
    return _record(tenant, Target.ORDER, order_id, name, form, actor_name=actor_name, now=now)


def record_appointment_payment(
    tenant: str,
    appointment_id: str,
    form: "Confirmation",
    *,
    check: Check | None = None,
    actor_name: str,
    key: str | None,
    now: datetime,
) -> Settled:
    """Settle money received for an appointment; a form without an amount means all that is due.

    It confirms a PENDING appointment, also with a part of the price. The same ``key`` gives the same payment. Without
    a key the same form is the same payment for ten minutes of the clock: two equal instalments are two payments.
    ``check`` may refuse a payment before it is written.
    Raises NotHere, NothingDue, BadAmount, KeyReused, Busy.
    """
    name = f"{appointment_id} {key or f'{form.as_sent()} {int(now.timestamp()) // SAME_PAYMENT_WITHIN}'}"
    return _record(tenant, Target.APPOINTMENT, appointment_id, name, form, check=check, actor_name=actor_name, now=now)


def _record(
    tenant: str,
    target: Target,
    target_id: str,
    name: str,
    form: "Confirmation",
    *,
    check: Check | None = None,
    actor_name: str,
    now: datetime,
) -> Settled:
    """Settle a new payment whose id is derived from ``name``, so that a repeated request finds the first."""
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
    payment.fingerprint = ids.fingerprint(form.as_sent())
    return settlement.settle(tenant, payment, form=form, check=check, actor_name=actor_name, now=now)
