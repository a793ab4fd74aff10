"""API shapes of tills."""

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field

from mostrador.fields import Amount, ListingByTime, Paragraph, Request, Several, ShortText, View, local
from mostrador.ledger.rules.payment_states import Method
from mostrador.ledger.rules.tills import CashMovement, MovementKind, TillStatus
from mostrador.values import money, shown

if TYPE_CHECKING:
    from mostrador.ledger.tills import TillSheet
    from mostrador.table.items.tills import Till, TillMovement


class NewTill(Request):
    drawer: ShortText = Field("Caja", title="Caja", description="Its name; one till per name is open at a time.")
    opening_float: Amount = Field(title="Fondo inicial")


class NewCashMovement(Request):
    kind: CashMovement = Field(title="Tipo")
    amount: Amount = Field(title="Importe", description="Above 0; the kind says whether it goes in or out.")
    reason: ShortText = Field(title="Motivo")


class TillClosing(Request):
    counted: dict[Method, Amount] = Field(title="Contado", description="Method -> the amount counted, float included.")
    note: Paragraph | None = Field(None, title="Nota", description="Required where the count differs.")


class TillListing(ListingByTime):
    status: Several[TillStatus] = Field(None, title="Estado")


class TillView(View):
    id: shown.Id = Field(title="Identificador")
    drawer: str = Field(title="Caja")
    status: TillStatus = Field(title="Estado")
    opening_float: shown.Amount = Field(title="Fondo inicial")
    currency: shown.Currency = Field(title="Moneda")
    opened_by: str = Field(title="Abierta por")
    opened_at: dt.datetime = Field(title="Abierta")
    closed_by: str | None = Field(title="Cerrada por")
    closed_at: dt.datetime | None = Field(title="Cerrada")
    note: str | None = Field(title="Nota")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: "Till") -> dict[str, object]:
        zone = ZoneInfo(item.time_zone)
        return {
            "opening_float": money.text(item.opening_float, item.currency),
            "opened_at": local(item.created_at, zone),
            "closed_at": local(item.closed_at, zone),
        }


class MethodCountView(View):
    """Amounts of one method; a till that gave back more than it received expects less than nothing."""

    method: Method = Field(title="Forma de pago")
    expected: shown.SignedAmount = Field(title="Esperado")
    counted: shown.Amount | None = Field(title="Contado")
    difference: shown.SignedAmount | None = Field(title="Diferencia")


class TillMovementView(View):
    kind: MovementKind = Field(title="Tipo")
    method: Method = Field(title="Forma de pago")
    amount: shown.SignedAmount = Field(title="Importe", description="Below 0 where the money left the till.")
    currency: shown.Currency = Field(title="Moneda")
    reason: str | None = Field(title="Motivo")
    payment_id: shown.PaymentId | None = Field(title="Pago")
    by: str = Field(title="Por")
    at: dt.datetime = Field(title="Cuándo")

    @classmethod
    def computed_fields(cls, item: "TillMovement") -> dict[str, object]:
        return {
            "amount": money.text(item.amount, item.currency),
            "at": local(item.created_at, ZoneInfo(item.time_zone)),
        }


class TillSheetView(TillView):
    """A till with all its movements. ``counts`` is what must be there now, and at the close what was counted."""

    counts: list[MethodCountView] = Field(title="Por forma de pago")
    movements: list[TillMovementView] = Field(title="Movimientos")

    @classmethod
    def computed_fields(cls, item: "TillSheet") -> dict[str, object]:  # type: ignore[override] # a sheet holds a till
        plain = TillView.model_validate(item.till).model_dump()
        return plain | {
            "counts": [MethodCountView(**row) for row in item.counts],
            "movements": [TillMovementView.model_validate(one) for one in item.movements],
        }


class TillPage(View):
    items: list[TillView] = Field(title="Elementos")
    next: shown.Next
