"""Tenants in requests and answers."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from mostrador.fields import Currency, Email, Flag, Listing, Phone, Request, ShortText, Slug, Url, View, Whole, partial
from mostrador.ledger.rules.reviews import REVIEW_HOURS
from mostrador.scheduling.rules.overrides import ORDINARY, Override
from mostrador.tenancy.rules import public_settings
from mostrador.tenancy.rules.public_settings import PublicConfirmation
from mostrador.tenancy.views import opening_hours
from mostrador.values import shown

if TYPE_CHECKING:
    from mostrador.table.items.tenants import Tenant


def _zone(name: str) -> str:
    if name not in available_timezones() - {"Factory", "localtime"}:
        raise PydanticCustomError("time_zone", "should be an IANA time zone")
    return name


def _country(code: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - only when a tenant is made

    if code not in SUPPORTED_REGIONS:
        raise PydanticCustomError("country", "should be an ISO 3166 country with phone numbers")
    return code


TimeZone = Annotated[
    str, AfterValidator(_zone), Field(examples=["America/Asuncion"], json_schema_extra={"pattern": shown.TIME_ZONE})
]
Country = Annotated[
    str, AfterValidator(_country), Field(examples=["PY"], json_schema_extra={"pattern": shown.COUNTRY_CODE})
]
_WEEK = {day: [{"opens": "09:00", "closes": "18:00"}] for day in opening_hours.WEEKDAYS[:6]}


class TenantListing(Listing):
    q: ShortText | None = Field(None, title="Buscar", description="A part of slug, name or contact e-mail.")


class TransferDetails(Request):
    """The account to which customers transfer; everybody with the link of an appointment or order sees it."""

    bank: ShortText = Field(title="Banco")
    account: ShortText = Field(title="Cuenta o alias")
    holder: ShortText = Field(title="Titular")
    document: ShortText | None = Field(None, title="Documento del titular")


class DiscountLimits(Request):
    """Percent of an appointment's price that each role may take off."""

    staff: Whole = Field(0, ge=0, le=100, title="Personal")
    admin: Whole = Field(100, ge=0, le=100, title="Administradores")


class TenantSettings(Request):
    """What an admin decides for the own tenant."""

    name: ShortText = Field(title="Nombre")
    currency: Currency = Field("PYG", title="Moneda")
    business_hours: opening_hours.WeekHours = Field(
        default_factory=lambda: opening_hours.WeekHours.model_validate(_WEEK), title="Horario de atención"
    )
    slot_step_minutes: Whole = Field(30, ge=5, le=240, title="Intervalo entre turnos (minutos)")
    minimum_notice_minutes: Whole = Field(0, ge=0, le=60 * 24 * 60, title="Antelación mínima (minutos)")
    slot_offset_minutes: Whole = Field(0, ge=0, le=239, title="Desfase del primer turno (minutos)")
    reschedule_notice_minutes: Whole = Field(0, ge=0, le=60 * 24 * 60, title="Antelación para reprogramar (minutos)")
    cancel_notice_minutes: Whole = Field(0, ge=0, le=60 * 24 * 60, title="Antelación para cancelar (minutos)")
    max_active_bookings: Whole | None = Field(None, ge=1, le=1000, title="Turnos activos por teléfono")
    hold_minutes: Whole = Field(15, ge=1, le=1440, title="Minutos de reserva sin pago")
    review_hours: Whole = Field(REVIEW_HOURS, ge=1, le=168, title="Horas para revisar un comprobante")
    require_open_till: Flag = Field(
        False, title="Cobrar en efectivo solo con caja abierta", description="Else it is shown as outside a till."
    )
    transfer_details: TransferDetails | None = Field(
        None, title="Datos para transferencias", description="Without them no customer is asked to transfer."
    )
    discount_limits: DiscountLimits = Field(
        default_factory=DiscountLimits,
        title="Descuento máximo por rol (%)",
        description="Of an appointment's price with its extras; an appointment has one discount.",
    )
    public_share_percent: Whole = Field(
        public_settings.SHARE_PERCENT,
        ge=1,
        le=100,
        title="Parte que una dirección puede reservar (%)",
        description="Of a resource's day, or of a raffle, neither paid nor confirmed; one is always possible.",
    )
    public_pending_limit: Whole = Field(
        public_settings.PENDING_LIMIT,
        ge=1,
        le=public_settings.MOST_PENDING,
        title="Reservas sin confirmar por dirección",
        description="Bookings, and as many orders, of one address that are neither paid nor confirmed.",
    )
    public_confirmation: PublicConfirmation = Field(
        PublicConfirmation.NONE,
        title="Confirmación de turnos públicos",
        description="`staff`: a booking without an account lapses unless staff confirms it or it is paid.",
    )
    confirm_within_minutes: Whole = Field(
        public_settings.CONFIRM_WITHIN_MINUTES, ge=5, le=60 * 24 * 14, title="Minutos para confirmar"
    )
    staff_overrides: list[Override] | None = Field(
        None,
        max_length=len(ORDINARY),
        title="Reglas que el personal puede pasar por alto",
        description="Null: all but those of a double booking, which are for admins alone.",
    )
    allow_double_booking: Flag = Field(
        False,
        title="Permitir turnos superpuestos",
        description="Admins may then override `taken` and `no_seats`, by name.",
    )
    contact_email: Email | None = Field(None, title="Correo de contacto")
    contact_phone: Phone | None = Field(None, title="Teléfono de contacto")
    logo_url: Url | None = Field(None, title="URL del logo")


class TenantOperations(TenantSettings):
    """What only a superuser decides as well."""

    plan: ShortText = Field("free", title="Plan")
    max_appointments_per_month: Whole | None = Field(None, ge=0, le=10**6, title="Máximo de turnos por mes")
    max_raffles: Whole | None = Field(None, ge=0, le=10**6, title="Máximo de rifas")
    max_members: Whole | None = Field(None, ge=1, le=10**4, title="Máximo de miembros")


class NewTenant(TenantOperations):
    slug: Slug = Field(title="Identificador")
    country: Country = Field("PY", title="País")
    time_zone: TimeZone = Field("America/Asuncion", title="Zona horaria")


class Onboarding(NewTenant):
    """A tenant with its first admin."""

    admin_email: Email = Field(title="Correo del primer administrador")


@partial
class TenantChanges(TenantSettings):
    """PATCH by an admin."""

    entity = "tenant"


@partial
class TenantOperationChanges(TenantOperations):
    """PATCH by a superuser."""

    entity = "tenant"


class TransferDetailsView(View):
    bank: str = Field(title="Banco")
    account: str = Field(title="Cuenta o alias")
    holder: str = Field(title="Titular")
    document: str | None = Field(title="Documento del titular")


class DiscountLimitsView(View):
    staff: int = Field(title="Personal")
    admin: int = Field(title="Administradores")


class TenantView(View):
    entity = "tenant"
    slug: shown.Slug = Field(title="Identificador")
    name: str = Field(title="Nombre")
    is_active: bool = Field(title="Activo")
    country: shown.Country = Field(title="País")
    time_zone: shown.TimeZone = Field(title="Zona horaria")
    currency: shown.Currency = Field(title="Moneda")
    business_hours: opening_hours.WeekHours = Field(title="Horario de atención")
    slot_step_minutes: int = Field(title="Intervalo entre turnos (minutos)")
    minimum_notice_minutes: int = Field(title="Antelación mínima (minutos)")
    slot_offset_minutes: int = Field(title="Desfase del primer turno (minutos)")
    reschedule_notice_minutes: int = Field(title="Antelación para reprogramar (minutos)")
    cancel_notice_minutes: int = Field(title="Antelación para cancelar (minutos)")
    max_active_bookings: int | None = Field(title="Turnos activos por teléfono")
    hold_minutes: int = Field(title="Minutos de reserva sin pago")
    review_hours: int = Field(title="Horas para revisar un comprobante")
    require_open_till: bool = Field(title="Cobrar en efectivo solo con caja abierta")
    transfer_details: TransferDetailsView | None = Field(title="Datos para transferencias")
    discount_limits: DiscountLimitsView = Field(title="Descuento máximo por rol (%)")
    public_share_percent: int = Field(title="Parte que una dirección puede reservar (%)")
    public_pending_limit: int = Field(title="Reservas sin confirmar por dirección")
    public_confirmation: PublicConfirmation = Field(title="Confirmación de turnos públicos")
    confirm_within_minutes: int = Field(title="Minutos para confirmar")
    staff_overrides: list[Override] | None = Field(title="Reglas que el personal puede pasar por alto")
    allow_double_booking: bool = Field(title="Permitir turnos superpuestos")
    contact_email: shown.Email | None = Field(title="Correo de contacto")
    contact_phone: shown.Phone | None = Field(title="Teléfono de contacto")
    logo_url: shown.Url | None = Field(title="URL del logo")
    plan: str | None = Field(None, title="Plan")
    max_appointments_per_month: int | None = Field(None, title="Máximo de turnos por mes")
    max_raffles: int | None = Field(None, title="Máximo de rifas")
    max_members: int | None = Field(None, title="Máximo de miembros")
    created_at: datetime = Field(title="Creado")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: "Tenant") -> dict[str, object]:
        optional = ("slot_offset_minutes", "reschedule_notice_minutes", "cancel_notice_minutes")
        return (
            {"business_hours": opening_hours.written(item.hours)}
            | {name: getattr(item, name) or 0 for name in optional}
            | {"require_open_till": bool(item.require_open_till)}
            | {"review_hours": item.review_hours or REVIEW_HOURS}
            | {"discount_limits": item.discount_limits or DiscountLimits().model_dump()}
            | {"allow_double_booking": bool(item.allow_double_booking)}
        )


class TenantPage(View):
    items: list[TenantView] = Field(title="Elementos")
    next: shown.Next


class MeteredView(View):
    used: int | None = Field(title="Usado", description="Null where the plan sets no limit: then nothing is counted.")
    limit: int | None = Field(title="Límite del plan")


class UsageView(View):
    """What the plan limits, and how much of it is used."""

    month: Annotated[str, shown.text(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")] = Field(
        title="Mes", description="Of the tenant's own calendar."
    )
    appointments: MeteredView = Field(title="Turnos del mes")
    members: MeteredView = Field(title="Miembros", description="Those invited included; always counted.")
    raffles: MeteredView = Field(title="Rifas")
