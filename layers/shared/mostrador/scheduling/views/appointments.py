"""Appointments and availability in requests and answers."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mostrador import clock
from mostrador.fields import (
    LINES,
    Amount,
    Day,
    Flag,
    Id,
    Instant,
    ListingById,
    ListingByTime,
    LongText,
    Part,
    Query,
    Request,
    Several,
    ShortText,
    View,
    Whole,
    local,
    partial,
)
from mostrador.ledger.views.receipts import ReceiptView
from mostrador.people.views.customers import NewCustomer, Search
from mostrador.scheduling.rules import visits
from mostrador.scheduling.rules.agenda import LONGEST, SHORTEST
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.rules.overrides import Override
from mostrador.scheduling.rules.visits import NextMove
from mostrador.scheduling.views.appointment_history import AppointmentEvent
from mostrador.scheduling.views.overriding import IgnoreCalendar, Overriding
from mostrador.scheduling.views.prices import DiscountView, ExtraView, Pricing, TipView, amounts, lines
from mostrador.scheduling.views.refusals import RefusalDetails
from mostrador.values import schema_rules, shown

if TYPE_CHECKING:
    from mostrador.table.items.scheduling import Appointment

MOST_DAYS = 31
Notes = Annotated[str, StringConstraints(max_length=5000), LINES]
_Date = date
CALENDAR_AS_OF = "Null: no calendar is connected, or (then it is stale) one was never read."


APPOINTMENT_RULES: Final = (
    *schema_rules.either("customer_id", "customer_data"),
    schema_rules.values(hold=True, status="CONFIRMED"),
)


class NewAppointment(Pricing):
    """Either ``customer_id`` or ``customer_data``: one with a known phone is that customer."""

    model_config = schema_rules.without(*APPOINTMENT_RULES)
    service_id: Id = Field(title="Servicio")
    scheduled_at: Instant = Field(title="Comienza", description="With its offset; a local time without one is refused.")
    duration_minutes: Whole | None = Field(
        None,
        ge=SHORTEST,
        le=LONGEST,
        title="Duración (minutos)",
        description="The service's when left out. The price stays the service's.",
    )
    resource_id: Id | None = Field(None, title="Profesional o recurso", description="Any that is free when left out.")
    customer_id: Id | None = Field(None, title="Cliente")
    customer_data: NewCustomer | None = Field(None, title="Datos del cliente")
    customer_notes: LongText | None = Field(None, title="Notas del cliente")
    internal_notes: LongText | None = Field(None, title="Notas internas")
    status: Literal["PENDING", "CONFIRMED"] = Field("PENDING", title="Estado")
    hold: Flag = Field(
        False,
        title="Reservar hasta el pago",
        description="The slot is kept for the tenant's hold minutes, then it lapses.",
    )
    ignore_calendar: IgnoreCalendar = False
    override: Overriding = Field([])

    @model_validator(mode="after")
    def _one_customer(self) -> Self:
        if (self.customer_id is None) == (self.customer_data is None):
            raise PydanticCustomError("one_customer", "give either customer_id or customer_data")
        if self.hold and self.status == "CONFIRMED":
            raise PydanticCustomError("confirmed_hold", "a confirmed appointment is not on hold")
        return self


class AppointmentEdit(Request):
    """The fields that an edit changes: times change by rescheduling, the state by its own calls."""

    entity = "appointment"
    customer_notes: LongText | None = Field(None, title="Notas del cliente")
    internal_notes: Notes | None = Field(None, title="Notas internas")
    total_amount: Amount | None = Field(None, title="Importe total", description="Until it is paid; for admins.")


@partial
class AppointmentChanges(AppointmentEdit):
    """PATCH."""


class Rescheduling(Request):
    scheduled_at: Instant = Field(title="Nuevo comienzo")
    resource_id: Id | None = Field(None, title="Profesional o recurso", description="Any that is free when left out.")


class StaffRescheduling(Rescheduling):
    ignore_calendar: IgnoreCalendar = False
    override: Overriding = Field([])


class AppointmentConfirmation(Request):
    payment_transaction_id: ShortText | None = Field(
        None,
        title="Transacción del pago",
        description="It is paid: all that is due becomes a manual payment with this reference.",
    )


class Cancellation(Request):
    reason: LongText = Field("", title="Motivo")


class StaffCancellation(Cancellation):
    keep_payment: Flag = Field(
        False, title="Retener lo pagado", description="The business keeps the paid money; otherwise it is due back."
    )


class AppointmentListing(ListingByTime, ListingById):
    status: Several[AppointmentStatus] = Field(None, title="Estado")
    payment_status: Several[PaymentStatus] = Field(None, title="Estado del pago")
    service: Several[Id] = Field(None, title="Servicio")
    customer: Id | None = Field(None, title="Cliente")
    resource: Several[Id] = Field(None, title="Profesional o recurso")
    perhaps_owed: bool | None = Field(None, title="Quizá se debe devolver dinero")
    q: Search | None = Field(None, title="Buscar", description="Part of a name or of the phone.")
    sort: Literal["scheduled_at", "-scheduled_at"] = Field("scheduled_at", title="Orden")


_INSTANTS: Final = (
    "scheduled_at", "ends_at", "hold_expires_at", "review_due_at", "created_at", "confirmed_at", "cancelled_at",
    "completed_at", "updated_at", "arrived_at", "started_at", "freed_at",
    "delayed_to", "delayed_from",
)  # fmt: skip


class AppointmentView(View):
    entity = "appointment"
    volatile = frozenset({"may"})
    id: shown.Id = Field(title="Identificador")
    service_id: shown.Id = Field(title="Servicio")
    service_name: str = Field(title="Nombre del servicio")
    resource_id: shown.Id = Field(title="Profesional o recurso")
    resource_name: str = Field(title="Nombre del profesional o recurso")
    second_resource_id: shown.Id | None = Field(title="Segundo recurso")
    customer_id: shown.Id = Field(title="Cliente")
    customer_name: str = Field(title="Nombre del cliente")
    customer_phone: shown.Phone | None = Field(title="Teléfono del cliente")
    booked_as: str | None = Field(title="Reservado a nombre de")
    booked_email: shown.Email | None = Field(title="Correo dado al reservar")
    booked_notes: str | None = Field(None, title="Notas dadas al reservar")
    scheduled_at: datetime = Field(title="Comienza")
    ends_at: datetime = Field(title="Termina")
    duration_minutes: int = Field(title="Duración (minutos)")
    status: AppointmentStatus = Field(title="Estado")
    payment_status: PaymentStatus = Field(title="Estado del pago")
    hold_expires_at: datetime | None = Field(title="La reserva vence")
    receipt: ReceiptView | None = Field(title="Comprobante")
    review_due_at: datetime | None = Field(title="Revisar hasta")
    refused_because: str | None = Field(title="Motivo del rechazo del comprobante")
    is_perhaps_owed: bool = Field(
        title="Quizá se debe devolver dinero", description="Its review ended undecided: check whether the money came."
    )
    base_amount: shown.Amount = Field(title="Precio acordado")
    extras: list[ExtraView] = Field(title="Extras")
    extras_amount: shown.Amount = Field(title="Importe de los extras")
    discount: DiscountView | None = Field(title="Descuento")
    discount_amount: shown.Amount = Field(title="Importe del descuento")
    total_amount: shown.Amount = Field(title="Importe total")
    deposit_amount: shown.Amount | None = Field(title="Seña")
    paid_amount: shown.Amount = Field(title="Pagado")
    amount_due: shown.Amount = Field(title="Falta pagar")
    tips: list[TipView] = Field(title="Propinas")
    tips_amount: shown.Amount = Field(title="Importe de las propinas")
    currency: shown.Currency = Field(title="Moneda")
    customer_notes: str | None = Field(title="Notas del cliente")
    internal_notes: str | None = Field(None, title="Notas internas")
    overridden: list[Override] | None = Field(title="Reglas que el personal pasó por alto")
    overridden_by: str | None = Field(title="Quién las pasó por alto")
    series_id: shown.Id | None = Field(title="Serie")
    bancard_transaction_id: str | None = Field(title="Transacción de Bancard")
    google_calendar_event_id: str | None = Field(title="Evento en Google Calendar")
    history: list[AppointmentEvent] = Field([], title="Historial")
    created_by: str = Field(title="Creado por")
    created_at: datetime = Field(title="Creado")
    confirmed_at: datetime | None = Field(title="Confirmado")
    cancelled_at: datetime | None = Field(title="Cancelado")
    completed_at: datetime | None = Field(title="Completado")
    arrived_at: datetime | None = Field(title="Llegó")
    started_at: datetime | None = Field(title="Comenzó la atención")
    delayed_to: datetime | None = Field(title="Atrasado hasta")
    delayed_from: datetime | None = Field(title="Comienzo acordado")
    freed_at: datetime | None = Field(title="Libre desde", description="Over early: the rest of its time is free.")
    may: list[NextMove] = Field([], title="Lo que se puede hacer ahora", description="The calls that its state allows.")
    updated_at: datetime | None = Field(title="Modificado")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: "Appointment") -> dict[str, object]:
        """Instants on the tenant's clock, the amount with its currency's digits."""
        computed: dict[str, object] = {name: local(getattr(item, name), item.zone) for name in _INSTANTS}
        computed["is_perhaps_owed"] = bool(item.is_perhaps_owed)
        now = clock.now()
        computed["may"] = visits.allowed(item.visit(now), now)
        return computed | amounts(item) | lines(item) | {"history": item.history or []}


class AppointmentPage(View):
    items: list[AppointmentView] = Field(title="Elementos")
    next: shown.Next


class FreeTimesQuery(Query):
    service: Id = Field(title="Servicio")
    resource: Id | None = Field(None, title="Profesional o recurso")
    date: Day | None = Field(
        None, title="Fecha", description="One local day of the tenant: give this, or `from` and `to`."
    )
    from_: Day | None = Field(None, alias="from", title="Desde", description="The first day, in place of `date`.")
    to: Day | None = Field(
        None, title="Hasta (incluido)", description="At most 31 days after `from`; that day alone when left out."
    )

    @model_validator(mode="after")
    def _one_range(self) -> Self:
        if (self.date is None) == (self.from_ is None) or (self.date and self.to):
            raise PydanticCustomError("one_range", "give either date, or from and to")
        first, last = self.span()
        if not 0 <= (last - first).days <= MOST_DAYS:
            raise PydanticCustomError("range_length", "should be a range of up to {days} days", {"days": MOST_DAYS})
        return self

    def span(self) -> tuple[_Date, _Date]:
        """The first and the last local day asked for."""
        first = self.date or self.from_ or _Date.min
        return first, self.to or first


class AvailabilityQuery(FreeTimesQuery):
    duration_minutes: int | None = Field(
        None,
        ge=SHORTEST,
        le=LONGEST,
        title="Duración (minutos)",
        description="Starts for an appointment of this length; the service's when left out.",
    )
    moving: Id | None = Field(
        None,
        title="Turno que se mueve",
        description="Starts to which this appointment can move: its own time is free, and no limit counts it.",
    )
    explain: bool = Field(
        False, title="Explicar", description="Add the other starts, with the reason why they are not free."
    )


class Slot(Part):
    starts_at: datetime = Field(title="Comienza")
    ends_at: datetime = Field(title="Termina")
    resource_ids: list[shown.Id] = Field(title="Libres a esa hora")
    second_resource_ids: list[shown.Id] = Field(title="Libres a esa hora, del segundo grupo")
    seats_left: int = Field(title="Cupos libres")


class RefusedStart(Part):
    starts_at: datetime = Field(title="Comienza")
    reason: Reason = Field(title="Motivo")
    details: RefusalDetails = Field(title="Datos del motivo")


class AvailabilityView(View):
    service_id: shown.Id = Field(title="Servicio")
    time_zone: shown.TimeZone = Field(title="Zona horaria")
    slots: list[Slot] = Field(title="Horarios disponibles")
    calendar_as_of: datetime | None = Field(title="Calendario externo leído", description=CALENDAR_AS_OF)
    calendar_is_stale: bool = Field(title="Calendario externo desactualizado", description="Not read for 30 minutes.")
    refused: list[RefusedStart] | None = Field(None, title="Horarios no disponibles y por qué")
