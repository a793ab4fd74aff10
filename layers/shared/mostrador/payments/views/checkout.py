"""API shapes of a payment online: the request for its page, the page, and the payer's view of its state."""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field

from mostrador.fields import Flag, Request, View, local
from mostrador.ledger.rules.payment_states import PaymentState, RefundReason
from mostrador.values import money, shown

if TYPE_CHECKING:
    from mostrador.payments.checkout import Checkout
    from mostrador.table.items.payments import Payment


class CheckoutForm(Request):
    all: Flag = Field(False, title="Pagar todo", description="All that is due rather than the deposit.")


class CheckoutView(View):
    """The page of a payment: open it, or embed it with ``script_url`` and ``process_id``."""

    payment_id: shown.PaymentId = Field(title="Número de pedido")
    status: PaymentState = Field(title="Estado")
    amount: shown.Amount = Field(title="Importe")
    currency: shown.Currency = Field(title="Moneda")
    payable_until: datetime | None = Field(title="Se puede pagar hasta")
    process_id: str | None = Field(title="Proceso de Bancard")
    page_url: shown.Url = Field(title="Página de pago")
    script_url: shown.Url = Field(title="Script de pago")
    status_path: shown.Path = Field(title="Estado del pago")

    @classmethod
    def computed_fields(cls, item: "Checkout") -> dict[str, object]:
        payment = item.payment
        return {
            "payment_id": payment.id,
            "status": payment.status,
            "amount": money.text(payment.amount, payment.currency),
            "currency": payment.currency,
            "payable_until": local(payment.payable_until, ZoneInfo(payment.time_zone)),
            "process_id": payment.process_id,
            "page_url": item.page,
            "script_url": item.script,
            "status_path": f"/tenant/{item.tenant}/public/payments/{item.token}",
        }


class OwnPaymentView(View):
    """A payment as its payer sees it: the fields that Bancard wants shown, and no others."""

    payment_id: shown.PaymentId = Field(title="Número de pedido")
    status: PaymentState = Field(title="Estado")
    amount: shown.Amount = Field(title="Importe")
    currency: shown.Currency = Field(title="Moneda")
    at: datetime = Field(title="Fecha y hora")
    response_description: str | None = Field(title="Respuesta")
    reason: RefundReason | None = Field(title="Motivo de la devolución")

    @classmethod
    def computed_fields(cls, item: "Payment") -> dict[str, object]:
        return {
            "payment_id": item.id,
            "amount": money.text(item.amount, item.currency),
            "at": local(item.confirmed_at or item.created_at, ZoneInfo(item.time_zone)),
        }
