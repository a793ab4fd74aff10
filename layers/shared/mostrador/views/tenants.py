"""Tenants as they travel."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints

from mostrador.rules.money import CURRENCIES
from mostrador.views import hours
from mostrador.views.common import Email, Flag, Phone, Request, ShortText, Slug, Url, View, Whole, partial


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name} is not an IANA time zone")
    return name


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(f"{code} is not an ISO 4217 currency")
    return code


Currency = Annotated[str, AfterValidator(_currency), Field(examples=["PYG"])]
TimeZone = Annotated[str, AfterValidator(_zone), Field(examples=["America/Asuncion"])]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(examples=["PY"])]
_WEEK = {day: [{"opens": "09:00", "closes": "18:00"}] for day in hours.WEEKDAYS[:6]}


class TenantSettings(Request):
    """What an admin decides for the own tenant."""

    name: ShortText = Field(title="Nombre")
    currency: Currency = Field("PYG", title="Moneda")
    business_hours: hours.WeekHours = Field(
        default_factory=lambda: hours.WeekHours.model_validate(_WEEK), title="Horario de atención"
    )
    slot_step_minutes: Whole = Field(30, ge=5, le=240, title="Intervalo entre turnos (minutos)")
    minimum_notice_minutes: Whole = Field(0, ge=0, le=60 * 24 * 60, title="Antelación mínima (minutos)")
    hold_minutes: Whole = Field(15, ge=1, le=1440, title="Minutos de reserva sin pago")
    contact_email: Email | None = Field(None, title="Correo de contacto")
    contact_phone: Phone | None = Field(None, title="Teléfono de contacto")
    logo_url: Url | None = Field(None, title="URL del logo")


class TenantOperations(TenantSettings):
    """What only a superuser decides as well."""

    is_active: Flag = Field(True, title="Activo")
    plan: ShortText = Field("free", title="Plan")
    max_appointments_per_month: Whole | None = Field(None, ge=0, le=10**6, title="Máximo de turnos por mes")
    max_raffles: Whole | None = Field(None, ge=0, le=10**6, title="Máximo de rifas")


class NewTenant(TenantOperations):
    slug: Slug = Field(title="Identificador")
    country: Country = Field("PY", title="País")
    time_zone: TimeZone = Field("America/Asuncion", title="Zona horaria")


@partial
class TenantChanges(TenantSettings):
    """PATCH by an admin."""


@partial
class TenantOperationChanges(TenantOperations):
    """PATCH by a superuser."""


class TenantView(View):
    slug: str = Field(title="Identificador")
    name: str = Field(title="Nombre")
    is_active: bool = Field(title="Activo")
    country: str = Field(title="País")
    time_zone: str = Field(title="Zona horaria")
    currency: str = Field(title="Moneda")
    business_hours: hours.WeekHours = Field(title="Horario de atención")
    slot_step_minutes: int = Field(title="Intervalo entre turnos (minutos)")
    minimum_notice_minutes: int = Field(title="Antelación mínima (minutos)")
    hold_minutes: int = Field(title="Minutos de reserva sin pago")
    contact_email: str | None = Field(title="Correo de contacto")
    contact_phone: str | None = Field(title="Teléfono de contacto")
    logo_url: str | None = Field(title="URL del logo")
    plan: str = Field(title="Plan")
    max_appointments_per_month: int | None = Field(title="Máximo de turnos por mes")
    max_raffles: int | None = Field(title="Máximo de rifas")
    created_at: datetime = Field(title="Creado")
    version: int = Field(title="Versión")

    @classmethod
    def told(cls, item: Any) -> dict[str, Any]:
        return {"business_hours": hours.written(item.hours)}


class TenantPage(View):
    items: list[TenantView]
    next: str | None
