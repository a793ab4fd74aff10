"""API shapes of payments and refunds."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from mostrador.fields import Amount, Flag, Id, ListingByTime, Request, Several, ShortText, View, local
from mostrador.ledger.rules.payment_states import Method, PaymentState, Provider, RefundReason, Target
from mostrador.ledger.rules.surpluses import PaymentSurplus
from mostrador.values import money, shown

if TYPE_CHECKING:
    from mostrador.table.items.payments import Payment


class ManualPayment(Request):
    """A payment that the business received itself."""

    method: Method = Field(title="Forma de pago")
    reference: ShortText | None = Field(None, title="Comprobante", description="The number of a transfer or a receipt.")
    note: ShortText | None = Field(None, title="Nota", description="For example how another method works.")
    till: ShortText | None = Field(
        None, title="Caja", description="The drawer's name, where several tills are open and none of them is your own."
    )


class Confirmation(ManualPayment):
    amount: Amount | None = Field(None, title="Importe recibido", description="The order's amount when left out.")


class AppointmentPayment(Confirmation):
    amount: Amount | None = Field(
        None,
        title="Importe recibido",
        description="All that was handed over; what is due, and the tip, when left out.",
    )
    tip: Amount | None = Field(None, title="Propina", description="The part of the amount that is a tip.")
    tip_for: Id | None = Field(None, title="Propina para", description="The appointment's own resource when left out.")
    surplus: PaymentSurplus | None = Field(
        None, title="Qué es lo que sobra", description="Where more was handed over than is due."
    )


class Refunding(Request):
    reason: ShortText = Field(title="Motivo")
    is_returned: Flag = Field(False, title="El dinero ya se devolvió")
    till: ShortText | None = Field(None, title="Caja", description="The drawer that gives the money back.")


class Returning(Request):
    reference: ShortText | None = Field(None, title="Comprobante de la devolución")
    till: ShortText | None = Field(None, title="Caja", description="The drawer that gives the money back.")


class Voiding(Request):
    reason: ShortText = Field(title="Motivo")


class MethodCorrection(Request):
    method: Method = Field(title="Forma de pago")
    reason: ShortText = Field(title="Motivo")
    till: ShortText | None = Field(None, title="Caja", description="The open drawer in which the correction counts.")


class PaymentListing(ListingByTime):
    status: Several[PaymentState] = Field(None, title="Estado")
    provider: Several[Provider] = Field(None, title="Medio")
    method: Several[Method] = Field(None, title="Forma de pago", description="Of payments that the business took.")
    sort: Literal["created_at", "-created_at"] = Field("-created_at", title="Orden")
    target: Id | None = Field(None, title="Orden o turno", description="What was paid for this one, in that order.")


class PaymentView(View):
    id: shown.PaymentId = Field(title="Identificador", description="Of Bancard's payments its shop_process_id.")
    provider: Provider = Field(title="Medio")
    method: Method | None = Field(title="Forma de pago")
    reference: str | None = Field(title="Comprobante")
    amount: shown.Amount = Field(title="Importe")
    returned_amount: shown.Amount | None = Field(
        title="Parte devuelta", description="The part that went on to other payments, which are due back."
    )
    part_of: shown.PaymentId | None = Field(title="Parte del pago")
    tip_amount: shown.Amount | None = Field(title="Propina", description="The part of the amount that is a tip.")
    tip_for: shown.Id | None = Field(title="Propina para")
    received_amount: shown.Amount | None = Field(title="Importe entregado", description="Where change was given.")
    change_amount: shown.Amount | None = Field(title="Vuelto")
    currency: shown.Currency = Field(title="Moneda")
    status: PaymentState = Field(title="Estado")
    reason: RefundReason | None = Field(title="Motivo de la devolución")
    target: Target = Field(title="Pago de")
    target_id: shown.Id = Field(title="Orden o turno")
    taken_by: str | None = Field(title="Cobrado por")
    taken_by_user: shown.User | None = Field(title="Cobrado por (usuario)")
    note: str | None = Field(title="Nota")
    corrected_method: Method | None = Field(title="Forma de pago corregida")
    till_id: shown.Id | None = Field(title="Caja")
    refund_till_id: shown.Id | None = Field(title="Caja de la devolución")
    asked_amount: shown.Amount | None = Field(title="Importe pedido")
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
    def computed_fields(cls, item: "Payment") -> dict[str, object]:
        """Instants in the tenant's time zone, amounts with their currency's digits."""
        zone = ZoneInfo(item.time_zone)
        instants = ("confirmed_at", "refunded_at", "created_at", "payable_until")
        return {name: local(getattr(item, name), zone) for name in instants} | {
            "reference": item.external_id,
            "amount": money.text(item.amount, item.currency),
            "asked_amount": _text(item.asked_amount, item.currency),
            "returned_amount": _text(item.returned_amount, item.currency),
            "tip_amount": _text(item.tip_amount, item.currency),
            "received_amount": _text(item.received_amount, item.currency),
            "change_amount": _text(item.received_amount and item.received_amount - item.amount, item.currency),
            "by_hand": bool(item.by_hand),
        }


def _text(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else money.text(amount, currency)


class PaymentPage(View):
    items: list[PaymentView] = Field(title="Elementos")
    next: shown.Next
