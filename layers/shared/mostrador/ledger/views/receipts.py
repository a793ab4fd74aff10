"""Declarations of a payment in requests and answers, alike for orders and appointments."""

from typing import TYPE_CHECKING

from pydantic import Field

from mostrador.fields import Request, ShortText, Url, View
from mostrador.ledger.rules.payment_states import Method
from mostrador.values import shown

if TYPE_CHECKING:
    from mostrador.table.items.payments import Receipt as ReceiptItem


class Receipt(Request):
    """The declaration that something was paid: a receipt or a transfer, which staff checks."""

    method: Method = Field(Method.TRANSFER, title="Forma de pago")
    reference: ShortText | None = Field(None, title="Número de comprobante")
    url: Url | None = Field(None, title="URL del comprobante")

    def stored(self) -> "ReceiptItem":
        """The declaration as the order or appointment keeps it."""
        return {"method": self.method.value, "reference": self.reference, "url": self.url}


class ReceiptView(View):
    method: Method = Field(title="Forma de pago")
    reference: str | None = Field(title="Número de comprobante")
    url: shown.Url | None = Field(title="URL del comprobante")


class ReceiptRefusal(Request):
    reason: ShortText = Field(title="Motivo", description="Its customer sees it.")
