"""Payments as they travel."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from mostrador.rules import money
from mostrador.rules.payment import Method, PaymentState, Provider, Target
from mostrador.views.appointments import AppointmentView
from mostrador.views.common import Amount, Day, Flag, Id, Listing, Request, ShortText, View, local


class ManualPayment(Request):
    """Money that somebody of the business took."""

    method: Method = Field(title="Forma de pago")
    reference: ShortText | None = Field(None, title="Comprobante", description="The number of a transfer or a receipt.")


class Confirmation(ManualPayment):
    amount: Amount | None = Field(None, title="Importe recibido", description="The order's amount when left out.")


class Refunding(Request):
    reason: ShortText = Field(title="Motivo")
    is_returned: Flag = Field(False, title="El dinero ya se devolvió")


class Returning(Request):
    reference: ShortText | None = Field(None, title="Comprobante de la devolución")


class PaymentListing(Listing):
    status: PaymentState | None = Field(None, title="Estado")
    provider: Provider | None = Field(None, title="Medio")
    target: Id | None = Field(None, title="Orden o turno", description="What was paid for this one, in that order.")


class PaymentView(View):
    id: str = Field(title="Identificador", description="Of Bancard's payments its shop_process_id.")
    provider: Provider = Field(title="Medio")
    method: str | None = Field(title="Forma de pago")
    reference: str | None = Field(title="Comprobante")
    amount: str = Field(title="Importe")
    currency: str = Field(title="Moneda")
    status: PaymentState = Field(title="Estado")
    reason: str | None = Field(title="Motivo de la devolución")
    target: Target = Field(title="Pago de")
    target_id: str = Field(title="Orden o turno")
    taken_by: str | None = Field(title="Cobrado por")
    asked_amount: str | None = Field(title="Importe pedido")
    started_by: str | None = Field(title="Iniciado por")
    payable_until: datetime | None = Field(title="Se puede pagar hasta")
    response_code: str | None = Field(title="Código de respuesta")
    response_description: str | None = Field(title="Respuesta")
    refund_note: str | None = Field(title="Motivo, en palabras")
    by_hand: bool = Field(title="Se devuelve a mano")
    confirmed_at: datetime | None = Field(title="Cobrado")
    refunded_at: datetime | None = Field(title="Devuelto")
    refunded_by: str | None = Field(title="Devuelto por")
    refund_reference: str | None = Field(title="Comprobante de la devolución")
    created_at: datetime = Field(title="Creado")
    version: int = Field(title="Versión")

    @classmethod
    def told(cls, item: Any) -> dict[str, Any]:
        """Instants on the tenant's clock, amounts with their currency's digits."""
        zone = ZoneInfo(item.time_zone)
        instants = ("confirmed_at", "refunded_at", "created_at", "payable_until")
        return {name: local(getattr(item, name), zone) for name in instants} | {
            "reference": item.external_id,
            "amount": money.text(item.amount, item.currency),
            "asked_amount": None if item.asked_amount is None else money.text(item.asked_amount, item.currency),
            "by_hand": bool(item.by_hand),
        }


class PaymentPage(View):
    items: list[PaymentView]
    next: str | None


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
    def told(cls, item: Any) -> dict[str, Any]:
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
    def told(cls, item: Any) -> dict[str, Any]:
        return {
            "payment_id": item.id,
            "amount": money.text(item.amount, item.currency),
            "at": local(item.confirmed_at or item.created_at, ZoneInfo(item.time_zone)),
        }


class ReportQuery(Request):
    date: Day | None = Field(None, title="Fecha", description="A local day of the tenant; yesterday when left out.")


class SumView(View):
    state: PaymentState = Field(title="Estado")
    provider: Provider = Field(title="Medio")
    currency: str = Field(title="Moneda")
    payments: int = Field(title="Cantidad")
    amount: str = Field(title="Importe")


class DifferenceView(View):
    payment_id: str = Field(title="Pago")
    ours: str = Field(title="Estado aquí")
    what: str = Field(title="Diferencia")


class ParkedView(View):
    process_id: str = Field(title="Número de pedido")
    seen_at: datetime = Field(title="Recibido")
    message: dict[str, Any] = Field(title="Mensaje")

    @classmethod
    def told(cls, item: Any) -> dict[str, Any]:
        return {"message": item.told}


class ReportView(View):
    """What moved on one local day, what is owed and open now, and where Bancard says something else."""

    date: date
    time_zone: str = Field(title="Zona horaria")
    sums: list[SumView] = Field(title="Movimientos del día")
    due: list[PaymentView] = Field(title="Por devolver")
    pending: list[PaymentView] = Field(title="Sin confirmar")
    parked: list[ParkedView] = Field(title="Mensajes sin pago conocido")
    compared_at: datetime | None = Field(title="Comparado con Bancard")
    unanswered: int = Field(title="Sin respuesta de Bancard")
    differences: list[DifferenceView] = Field(title="Diferencias con Bancard")


class SettledAppointmentView(View):
    """A payment and the appointment that it was for: where the payment is REFUND_DUE that is not paid by it."""

    appointment: AppointmentView
    payment: PaymentView

    @classmethod
    def told(cls, item: Any) -> dict[str, Any]:
        return {"appointment": item.target}
