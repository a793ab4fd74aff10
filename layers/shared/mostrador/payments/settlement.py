"""Settle a payment: its money pays its order or appointment, or it is due back.

Every payment is settled here, from Bancard or received by the business. The cases:

- paid in time: the target is paid.
- paid late, its slot or numbers still free: they are taken again, and the target is paid.
- paid late, its slot or numbers gone: due back as SLOT_GONE or NUMBERS_GONE.
- paid late, and what it would take has ended: due back as CLOSED, RESOURCE_GONE or SERVICE_GONE.
- paid after the appointment's start (if it must be taken again) or the raffle's sale cutoff: due back as TOO_LATE.
- paid twice: due back as ALREADY_PAID.
- wrong amount or currency: due back as WRONG_AMOUNT.
- more numbers than the customer may still have: due back as TOO_MANY_NUMBERS.
- after a cancellation or refund: due back as APPOINTMENT_CANCELLED, ORDER_CANCELLED, ORDER_REFUNDED, RAFFLE_CANCELLED.
- the target was deleted: due back as TARGET_GONE, decided in ``_decide`` below.

``appointment_settlement.settle`` decides the case of an appointment, ``raffles.order_transitions.settle`` of an order.
Both take the reason of a refund from ``ledger.rules.payment_states``. A payment that is due back is REFUND_DUE and on
the list of refunds due; ``rollbacks`` refunds those of Bancard. No paid money is dropped, and no unpaid target is
confirmed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from mostrador.errors import NotHere
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import SETTLED, PaymentState, Provider, RefundReason, Target
from mostrador.ledger.rules.surpluses import PaymentSurplus
from mostrador.ledger.settlements import Settlement
from mostrador.observability import logger
from mostrador.payments import appointment_settlement
from mostrador.payments.appointment_settlement import AppointmentContext
from mostrador.payments.rules.checkout import NothingDue
from mostrador.raffles import order_transitions
from mostrador.raffles.numbers import TooManyForCustomer
from mostrador.raffles.order_transitions import OrderContext
from mostrador.table import keys, reads, writes
from mostrador.table.base import Item
from mostrador.table.items.payments import Payment
from mostrador.table.items.raffles import Order
from mostrador.table.items.scheduling import Appointment
from mostrador.values import money

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mostrador.ledger.views.payments import Confirmation

_RECEIVED: Final = (
    "amount", "currency", "method", "external_id", "confirmed_at", "provider_messages", "response_code",
    "response_description",
)  # fmt: skip
"""The fields of a payment that say what was received."""


class Settled(NamedTuple):
    """A settled payment and its order or appointment, both as they are stored; None where that is gone."""

    payment: Payment
    target: Order | Appointment | None


@dataclass(frozen=True, slots=True)
class _TargetGone:
    """The context of a payment whose order or appointment was deleted."""

    other: "Mapping[keys.Key, Item]"
    target: None = None


_Context = OrderContext | AppointmentContext | _TargetGone
Check = Callable[[Order | Appointment | None, RefundReason | None], None]
"""Gets a payment's target and why the money would be due back; raises where nothing is to be written."""


def settle(
    tenant: str,
    received: Payment,
    *,
    form: "Confirmation | None" = None,
    check: Check | None = None,
    actor_name: str,
    now: datetime,
) -> Settled:
    """Settle a payment in one transaction, once: PAID with its target, or REFUND_DUE with a reason.

    ``received`` is a new payment, or a stored one with the received fields set. ``form`` is for a payment that the
    business received itself: it fills in the amount and the tip. ``check`` may refuse a payment before it is written.
    A settled payment stays as it is. Raises NotHere (only of a payment received by the business), BadAmount,
    NothingDue, SurplusUnexplained, KeyReused, Busy.
    """
    key, status_before = (received.pk, received.sk), received.status

    def load(attempt: int) -> _Context:
        return _load(tenant, received, key, closely=attempt > 0, now=now)

    def decide(context: _Context) -> Settled:
        if form and context.target:
            _fill(received, context.target, form)
        surplus = getattr(form, "surplus", None)
        payment = _merge(context.other.get(key), received, status_before)
        if payment.status in SETTLED:
            return Settled(payment, context.target)
        settlement = _decide(context, payment, surplus, actor_name=actor_name, now=now)
        if check:
            check(context.target, settlement.reason)
        state = PaymentState.REFUND_DUE if settlement.reason else PaymentState.PAID
        with writes.transaction() as tx:
            payments.move(tx, payment, state, reason=settlement.reason, now=now)
            _write_target(tx, context, payment, settlement, actor_name=actor_name, now=now)
        logger.info("payment.settled", tenant=tenant, payment=payment.id, status=state.value, reason=payment.reason)
        return Settled(payment, context.target)

    return writes.retrying(load, decide, on=(writes.ConditionFailed, TooManyForCustomer))


def _load(tenant: str, received: Payment, key: keys.Key, *, closely: bool, now: datetime) -> _Context:
    """The payment's target as it is stored, with the payment itself under ``key`` where that is stored.

    A provider's money is settled also where its target is gone. Raises NotHere.
    """
    load = order_transitions.load if received.target == Target.ORDER else appointment_settlement.load
    try:
        return load(tenant, received.target_id, key, closely=closely, now=now)
    except NotHere as error:
        if received.provider == Provider.MANUAL or error.facts["entity"] == "tenant":
            raise
        return _TargetGone(reads.batch([key]))


def _write_target(
    tx: writes.Transaction,
    context: _Context,
    payment: Payment,
    settlement: Settlement,
    *,
    actor_name: str,
    now: datetime,
) -> None:
    if settlement.reason is None:
        settlement.write(tx)
    elif isinstance(context, OrderContext):
        order_transitions.note_due_back(tx, context.order, payment, actor_name=actor_name, now=now)
    elif isinstance(context, AppointmentContext):
        appointment_settlement.note_due_back(tx, context.appointment, payment, actor_name=actor_name, now=now)


def _decide(
    context: _Context, payment: Payment, surplus: PaymentSurplus | None, *, actor_name: str, now: datetime
) -> Settlement:
    """Raises NothingDue for a free order that cannot be paid: there is no money to go back."""
    if isinstance(context, OrderContext):
        settlement = order_transitions.settle(context, payment, actor_name=actor_name, now=now)
        if settlement.reason and payment.provider == Provider.MANUAL and payment.amount <= 0:
            raise NothingDue
        return settlement
    if isinstance(context, AppointmentContext):
        return appointment_settlement.settle(context, payment, surplus, actor_name=actor_name, now=now)
    return Settlement(RefundReason.TARGET_GONE, lambda _tx: None)


def _merge(stored: Item | None, received: Payment, status_before: str) -> Payment:
    """The stored payment with the received fields; ``received`` itself where none is stored. Raises KeyReused."""
    if not isinstance(stored, Payment):
        received.status, received.reason = status_before, None  # a refused attempt has set them
        return received
    if stored.status not in SETTLED:
        for name in _RECEIVED:
            setattr(stored, name, getattr(received, name))
    return writes.same_request(stored, received.fingerprint)


def _fill(payment: Payment, target: Order | Appointment, form: "Confirmation") -> None:
    """Set the amount that the business received, by default all that is due, with the tip. Raises BadAmount."""
    payment.currency, payment.time_zone = target.currency, target.time_zone
    payment.received_amount = None
    tip, payment.tip_for = getattr(form, "tip", None), getattr(form, "tip_for", None)
    payment.tip_amount = (money.amount(tip, target.currency, field="body.tip") or None) if tip else None
    if form.amount is not None:
        payment.amount = money.amount(form.amount, target.currency, field="body.amount")
        money.check_part(payment.tip_amount, payment.amount, target.currency, field="body.tip")
        return
    paid = target.paid_amount if isinstance(target, Appointment) else None
    payment.amount = Decimal(target.total_amount) - (paid or Decimal(0)) + (payment.tip_amount or Decimal(0))
