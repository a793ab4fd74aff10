"""Services and resources in requests and answers."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from pydantic import Field

from mostrador.fields import (
    Amount,
    Currency,
    Day,
    Flag,
    Id,
    ListingById,
    LongText,
    Request,
    ShortText,
    View,
    Whole,
    partial,
)
from mostrador.scheduling.rules.agenda import LONGEST, SHORTEST
from mostrador.tenancy.views import opening_hours
from mostrador.values import money, shown

if TYPE_CHECKING:
    from mostrador.table.items.scheduling import Resource, Service


class NewService(Request):
    entity = "service"
    name: ShortText = Field(title="Nombre")
    description: LongText | None = Field(None, title="Descripción")
    duration_minutes: Whole = Field(ge=SHORTEST, le=LONGEST, title="Duración (minutos)")
    buffer_before_minutes: Whole = Field(0, ge=0, le=240, title="Preparación antes (minutos)")
    buffer_time_minutes: Whole = Field(0, ge=0, le=240, title="Limpieza después (minutos)")
    price: Amount = Field(title="Precio")
    deposit_percent: Whole | None = Field(
        None, ge=1, le=100, title="Seña (porcentaje)", description="Paid online when booking; the rest at the counter."
    )
    currency: Currency | None = Field(None, title="Moneda", description="The tenant's currency when left out.")
    is_active: Flag = Field(True, title="Activo")
    capacity: Whole = Field(1, ge=1, le=500, title="Cupos por horario")
    max_bookings_per_day: Whole | None = Field(20, ge=1, le=1000, title="Máximo de turnos por día")
    max_bookings_per_week: Whole | None = Field(None, ge=1, le=7000, title="Máximo de turnos por semana")
    advance_booking_days: Whole = Field(30, ge=0, le=730, title="Días de anticipación")
    bookable_until: Day | None = Field(None, title="Se agenda hasta")
    resource_ids: list[Id] = Field(
        [],
        max_length=20,
        title="Profesionales o recursos",
        description="The resources that can give it; the tenant's first resource when empty.",
    )
    second_resource_ids: list[Id] = Field(
        [], max_length=20, title="Segundo grupo de recursos", description="A room, say: one of these is needed as well."
    )


@partial
class ServiceChanges(NewService):
    """PATCH."""


class ServiceListing(ListingById):
    is_active: bool | None = Field(None, title="Activo")
    q: ShortText | None = Field(None, title="Buscar", description="A part of the name or of the description.")


class ServiceView(View):
    id: shown.Id = Field(title="Identificador")
    name: str = Field(title="Nombre")
    description: str | None = Field(title="Descripción")
    duration_minutes: int = Field(title="Duración (minutos)")
    buffer_before_minutes: int = Field(title="Preparación antes (minutos)")
    buffer_time_minutes: int = Field(title="Limpieza después (minutos)")
    price: shown.Amount = Field(title="Precio")
    deposit_percent: int | None = Field(title="Seña (porcentaje)")
    currency: shown.Currency = Field(title="Moneda")
    is_active: bool = Field(title="Activo")
    capacity: int = Field(title="Cupos por horario")
    max_bookings_per_day: int | None = Field(title="Máximo de turnos por día")
    max_bookings_per_week: int | None = Field(title="Máximo de turnos por semana")
    advance_booking_days: int = Field(title="Días de anticipación")
    bookable_until: date | None = Field(title="Se agenda hasta")
    resource_ids: list[shown.Id] = Field(title="Profesionales o recursos")
    second_resource_ids: list[shown.Id] = Field(title="Segundo grupo de recursos")
    created_at: datetime = Field(title="Creado")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: "Service") -> dict[str, object]:
        return {"price": money.text(item.price, item.currency)}


class ServicePage(View):
    items: list[ServiceView] = Field(title="Elementos")
    next: shown.Next


class NewResource(Request):
    entity = "resource"
    name: ShortText = Field(title="Nombre")
    is_active: Flag = Field(True, title="Activo")
    business_hours: opening_hours.WeekHours | None = Field(
        None, title="Horario propio", description="The tenant's hours when null."
    )


@partial
class ResourceChanges(NewResource):
    """PATCH."""


class ResourceListing(ListingById):
    is_active: bool | None = Field(None, title="Activo")
    q: ShortText | None = Field(None, title="Buscar", description="A part of the name.")


class ResourceView(View):
    id: shown.Id = Field(title="Identificador")
    name: str = Field(title="Nombre")
    is_active: bool = Field(title="Activo")
    business_hours: opening_hours.WeekHours | None = Field(title="Horario propio")
    created_at: datetime = Field(title="Creado")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: "Resource") -> dict[str, object]:
        return {"business_hours": opening_hours.written(item.hours) if item.hours is not None else None}


class ResourcePage(View):
    items: list[ResourceView] = Field(title="Elementos")
    next: shown.Next
