"""Money of a wrong cancellation: what has not gone back is kept."""

from collections.abc import Iterable
from datetime import datetime

from mostrador.errors import Conflict
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import RETURNS, PaymentState, Provider, RefundReason
from mostrador.table import keys, reads
from mostrador.table.items.payments import Payment
from mostrador.table.writes import Transaction
from mostrador.values.next_actions import NextAction


class RefundUnderWay(Conflict):
    code = "refund_under_way"
    en = "{amount:money} is going back to the card at this moment: try again in a few minutes"
    es = "{amount:money} se está devolviendo a la tarjeta en este momento: intente de nuevo en unos minutos"
    next_action = NextAction.READ_AGAIN


def take_back(tx: Transaction, tenant: str, payment_ids: Iterable[str], *, now: datetime) -> list[Payment]:
    """Keep the money of a wrong cancellation that has not gone back: REFUND_DUE -> PAID. Returns these payments.

    Those that went back stay REFUNDED. Raises RefundUnderWay while Bancard may be giving one back.
    """
    wanted = [keys.payment(tenant, payment_id) for payment_id in payment_ids]
    stored, kept = reads.batch(wanted), []
    for payment in [stored[key] for key in wanted if key in stored]:
        if payment.status != PaymentState.REFUND_DUE or payment.reason != RefundReason.APPOINTMENT_CANCELLED:
            continue
        if payment.provider == Provider.BANCARD and not payment.by_hand:
            raise RefundUnderWay(amount=str(payment.amount), currency=payment.currency)
        payment.reason = payment.by_hand = None
        payments.move(tx, payment, PaymentState.PAID, moves=RETURNS, now=now)
        kept.append(payment)
    return kept
