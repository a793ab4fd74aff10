"""A payment online as it travels: what whoever pays is told of it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from mostrador.fields import Flag, Request, View, local
from mostrador.ledger.rules.payment_states import PaymentState
from mostrador.values import money


class CheckoutForm(Request):
    all: Flag = Field(False, title="Pagar todo", description="All that is due rather than the deposit.")


class CheckoutView(View):
    """The page of a payment: to be opened, or put into one's own by ``script_url`` and ``process_id``."""

    payment_id: str = Field(title="Número de pedido")
    status: PaymentState = Field(title="Estado")
    amount: str = Field(title="Importe")
    currency: str = Field(title="Moneda")
    payable_until: datetime | None = Field(title="Se puede pagar hasta")
    process_id: str | None = Field(title="Proceso de Bancard")
    page_url: str = Field(title="Página de pago")
    script_url: str = Field(title="Script de pago")
    status_path: str = Field(title="Estado del pago")

    @classmethod
    def computed_fields(cls, item: Any) -> dict[str, Any]:
        one = item.payment
        return {
            "payment_id": one.id,
            "status": one.status,
            "amount": money.text(one.amount, one.currency),
            "currency": one.currency,
            "payable_until": local(one.payable_until, ZoneInfo(one.time_zone)),
            "process_id": one.process_id,
            "page_url": item.page,
            "script_url": item.script,
            "status_path": f"/tenant/{item.tenant}/public/payments/{item.token}",
        }


class OwnPaymentView(View):
    """To whoever paid: what Bancard wants shown of a payment, and nothing of what it does not."""

    payment_id: str = Field(title="Número de pedido")
    status: PaymentState = Field(title="Estado")
    amount: str = Field(title="Importe")
    currency: str = Field(title="Moneda")
    at: datetime = Field(title="Fecha y hora")
    response_description: str | None = Field(title="Respuesta")
    reason: str | None = Field(title="Motivo de la devolución")

    @classmethod
    def computed_fields(cls, item: Any) -> dict[str, Any]:
        return {
            "payment_id": item.id,
            "amount": money.text(item.amount, item.currency),
            "at": local(item.confirmed_at or item.created_at, ZoneInfo(item.time_zone)),
        }
