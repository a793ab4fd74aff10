"""API shape of the report of a day's payments."""

import datetime as dt

from pydantic import Field

from mostrador.fields import Day, Query, View
from mostrador.ledger.rules.payment_states import PaymentState, Provider
from mostrador.ledger.views.payments import PaymentView
from mostrador.payments.rules.book_differences import BookDifference
from mostrador.values import shown


class ReportQuery(Query):
    date: Day | None = Field(None, title="Fecha", description="A local day of the tenant; yesterday when left out.")


class SumView(View):
    state: PaymentState = Field(title="Estado")
    provider: Provider = Field(title="Medio")
    currency: shown.Currency = Field(title="Moneda")
    payments: int = Field(title="Cantidad")
    amount: shown.Amount = Field(title="Importe")


class PaymentDifferenceView(View):
    payment_id: shown.PaymentId = Field(title="Pago")
    ours: PaymentState = Field(title="Estado aquí")
    what: BookDifference = Field(title="Diferencia")


class ParkedView(View):
    process_id: str = Field(title="Número de pedido")
    seen_at: dt.datetime = Field(title="Recibido")
    message: shown.JSONObject = Field(title="Mensaje")


class ReportView(View):
    """The movements of one local day, the refunds due and open payments now, and the differences with Bancard."""

    date: dt.date = Field(title="Fecha")
    time_zone: shown.TimeZone = Field(title="Zona horaria")
    sums: list[SumView] = Field(title="Movimientos del día")
    due: list[PaymentView] = Field(title="Por devolver")
    pending: list[PaymentView] = Field(title="Sin confirmar")
    parked: list[ParkedView] = Field(title="Mensajes sin pago conocido")
    compared_at: dt.datetime | None = Field(title="Comparado con Bancard")
    unanswered: int = Field(title="Sin respuesta de Bancard")
    differences: list[PaymentDifferenceView] = Field(title="Diferencias con Bancard")
