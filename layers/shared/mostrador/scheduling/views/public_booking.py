"""Requests and answers without an account: nothing internal, nothing about other customers."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field, StringConstraints

from mostrador.fields import Email, Id, Instant, LongText, Phone, Request, ShortText, View, local
from mostrador.ledger.views.receipts import ReceiptView
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus
from mostrador.scheduling.views.appointments import CALENDAR_AS_OF, FreeTimesQuery, Slot
from mostrador.scheduling.views.prices import PublicExtraView, amounts, public_extras
from mostrador.tenancy.rules.public_settings import PublicConfirmation
from mostrador.tenancy.views import opening_hours
from mostrador.tenancy.views.tenants import TransferDetailsView
from mostrador.values import money, shown

if TYPE_CHECKING:
    from mostrador.scheduling.public_booking import ManagedAppointment, Offer
    from mostrador.table.items.tenants import Tenant


class PublicTenantView(View):
    slug: shown.Slug = Field(title="Identificador")
    name: str = Field(title="Nombre")
    logo_url: shown.Url | None = Field(title="URL del logo")
    contact_email: shown.Email | None = Field(title="Correo de contacto")
    contact_phone: shown.Phone | None = Field(title="Teléfono de contacto")
    country: shown.Country = Field(title="País")
    time_zone: shown.TimeZone = Field(title="Zona horaria")
    currency: shown.Currency = Field(title="Moneda")
    business_hours: opening_hours.WeekHours = Field(title="Horario de atención")
    minimum_notice_minutes: int = Field(title="Antelación mínima (minutos)")
    reschedule_notice_minutes: int = Field(title="Antelación para reprogramar (minutos)")
    cancel_notice_minutes: int = Field(title="Antelación para cancelar (minutos)")
    public_confirmation: PublicConfirmation = Field(
        title="Confirmación de turnos públicos", description="`staff`: a booking lapses unless staff confirms it."
    )
    confirm_within_minutes: int = Field(title="Minutos para confirmar")

    @classmethod
    def computed_fields(cls, item: "Tenant") -> dict[str, object]:
        optional = ("reschedule_notice_minutes", "cancel_notice_minutes")
        return {"business_hours": opening_hours.written(item.hours)} | {
            name: getattr(item, name) or 0 for name in optional
        }


class ChoiceView(View):
    id: shown.Id = Field(title="Identificador")
    name: str = Field(title="Nombre")


class OfferView(View):
    id: shown.Id = Field(title="Identificador")
    name: str = Field(title="Nombre")
    description: str | None = Field(title="Descripción")
    duration_minutes: int = Field(title="Duración (minutos)")
    price: shown.Amount = Field(title="Precio")
    deposit_percent: int | None = Field(title="Seña (porcentaje)")
    currency: shown.Currency = Field(title="Moneda")
    capacity: int = Field(title="Cupos por horario")
    advance_booking_days: int = Field(title="Días de anticipación")
    bookable_until: date | None = Field(title="Se agenda hasta")
    resources: list[ChoiceView] = Field(title="Profesionales o recursos")

    @classmethod
    def computed_fields(cls, item: "Offer") -> dict[str, object]:
        service = item.service
        own = {name: getattr(service, name) for name in cls.model_fields if name != "resources"}
        return own | {"price": money.text(service.price, service.currency), "resources": item.resources}


class OfferPage(View):
    items: list[OfferView] = Field(title="Elementos")
    next: shown.Next


class FreeTimesView(View):
    service_id: shown.Id = Field(title="Servicio")
    time_zone: shown.TimeZone = Field(title="Zona horaria")
    slots: list[Slot] = Field(title="Horarios disponibles")
    calendar_as_of: datetime | None = Field(title="Calendario externo leído", description=CALENDAR_AS_OF)
    calendar_is_stale: bool = Field(title="Calendario externo desactualizado", description="Not read for 30 minutes.")


class PublicFreeTimes(FreeTimesQuery):
    moving: Annotated[shown.Token, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")] | None = Field(
        None,
        title="Clave del turno que se mueve",
        description="Starts to which it can move: with its own resource, unless `resource` is given.",
    )


class CustomerData(Request):
    """The customer of a public booking; the phone is required."""

    name: ShortText = Field(title="Nombre y apellido")
    phone: Phone = Field(title="Teléfono", examples=["0981 123 456"])
    email: Email | None = Field(None, title="Correo")


class PublicBooking(Request):
    service_id: Id = Field(title="Servicio")
    scheduled_at: Instant = Field(title="Comienza", description="With its offset; a local time without one is refused.")
    resource_id: Id | None = Field(None, title="Profesional o recurso", description="Any that is free when left out.")
    customer_data: CustomerData = Field(title="Datos del cliente")
    customer_notes: LongText | None = Field(None, title="Notas del cliente")


class OwnLinks(View):
    self: shown.Path = Field(title="Ver")
    cancel: shown.Path = Field(title="Cancelar")
    reschedule: shown.Path = Field(title="Reprogramar")
    checkout: shown.Path = Field(title="Pagar en línea")
    receipt: shown.Path = Field(title="Declarar una transferencia")


_AS_STORED: Final = (
    "service_id", "service_name", "resource_id", "resource_name", "time_zone", "status", "currency", "payment_status",
    "customer_notes", "duration_minutes", "receipt", "refused_because",
)  # fmt: skip
_LINKS: Final = ("cancel", "reschedule", "checkout", "receipt")
_INSTANTS: Final = ("scheduled_at", "ends_at", "hold_expires_at", "review_due_at")


class OwnAppointmentView(View):
    """An appointment as its customer sees it: the name as they gave it, never the business's name for the phone."""

    token: shown.Token = Field(
        title="Clave del enlace", description="It lets its holder see, move and cancel: keep it secret."
    )
    links: OwnLinks = Field(title="Enlaces")
    name: str = Field(title="Nombre y apellido")
    phone: shown.Phone | None = Field(title="Teléfono")
    service_id: shown.Id = Field(title="Servicio")
    service_name: str = Field(title="Nombre del servicio")
    resource_id: shown.Id = Field(title="Profesional o recurso")
    resource_name: str = Field(title="Nombre del profesional o recurso")
    scheduled_at: datetime = Field(title="Comienza")
    ends_at: datetime = Field(title="Termina")
    duration_minutes: int = Field(title="Duración (minutos)")
    time_zone: shown.TimeZone = Field(title="Zona horaria")
    status: AppointmentStatus = Field(title="Estado")
    payment_status: PaymentStatus = Field(title="Estado del pago")
    hold_expires_at: datetime | None = Field(title="La reserva vence")
    receipt: ReceiptView | None = Field(title="Comprobante")
    review_due_at: datetime | None = Field(title="El negocio revisa el pago hasta")
    refused_because: str | None = Field(title="Motivo del rechazo del comprobante")
    base_amount: shown.Amount = Field(title="Precio acordado")
    extras: list[PublicExtraView] = Field(title="Extras")
    extras_amount: shown.Amount = Field(title="Importe de los extras")
    discount_amount: shown.Amount = Field(title="Importe del descuento")
    total_amount: shown.Amount = Field(title="Importe total")
    deposit_amount: shown.Amount | None = Field(title="Seña")
    paid_amount: shown.Amount = Field(title="Pagado")
    amount_due: shown.Amount = Field(title="Falta pagar")
    currency: shown.Currency = Field(title="Moneda")
    transfer_details: TransferDetailsView | None = Field(
        title="Datos para transferencias", description="While something can be paid by transfer."
    )
    customer_notes: str | None = Field(title="Notas del cliente")
    cancel_until: datetime | None = Field(title="Se puede cancelar hasta")
    reschedule_until: datetime | None = Field(title="Se puede reprogramar hasta")

    @classmethod
    def computed_fields(cls, item: "ManagedAppointment") -> dict[str, object]:
        appointment = item.appointment
        path, zone = f"/tenant/{item.tenant.slug}/public/appointments/{item.token}", appointment.zone
        computed: dict[str, object] = {name: getattr(appointment, name) for name in _AS_STORED}
        computed |= {name: local(getattr(appointment, name), zone) for name in _INSTANTS}
        computed |= amounts(appointment) | {"extras": public_extras(appointment)}
        return computed | {
            "links": {"self": path} | {name: f"{path}/{name}" for name in _LINKS},
            "name": appointment.booked_as or appointment.customer_name,
            "phone": appointment.customer_phone,
        }
