"""API shape of the report of a day's payments."""

from datetime import date, datetime

from pydantic import Field

from mostrador.fields import Day, Request, View
from mostrador.ledger.rules.payment_states import PaymentState, Provider
from mostrador.ledger.views.payments import PaymentView


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
    message: dict[str, object] = Field(title="Mensaje")


class ReportView(View):
    """The movements of one local day, the refunds due and open payments now, and the differences with Bancard."""

    date: date
    time_zone: str = Field(title="Zona horaria")
    sums: list[SumView] = Field(title="Movimientos del día")
    due: list[PaymentView] = Field(title="Por devolver")
    pending: list[PaymentView] = Field(title="Sin confirmar")
    parked: list[ParkedView] = Field(title="Mensajes sin pago conocido")
    compared_at: datetime | None = Field(title="Comparado con Bancard")
    unanswered: int = Field(title="Sin respuesta de Bancard")
    differences: list[DifferenceView] = Field(title="Diferencias con Bancard")
