"""The waiting list in requests and answers."""

import datetime as dt
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mostrador.fields import Day, Id, Listing, LongText, Request, Several, View, local
from mostrador.people.views.customers import NewCustomer
from mostrador.scheduling.rules.waiting_states import WaitingStatus
from mostrador.values import schema_rules, shown

if TYPE_CHECKING:
    from mostrador.table.items.scheduling import Waiting


class NewWaiting(Request):
    """Either ``customer_id`` or ``customer_data``: one with a known phone is that customer."""

    model_config = schema_rules.without(*schema_rules.either("customer_id", "customer_data"))
    service_id: Id = Field(title="Servicio")
    date: Day = Field(title="Fecha", description="One local day of the tenant.")
    resource_id: Id | None = Field(None, title="Profesional o recurso", description="Any when left out.")
    customer_id: Id | None = Field(None, title="Cliente")
    customer_data: NewCustomer | None = Field(None, title="Datos del cliente")
    customer_notes: LongText | None = Field(
        None, title="Notas del cliente", description="Copied to the appointment that is offered."
    )

    @model_validator(mode="after")
    def _one_customer(self) -> Self:
        if (self.customer_id is None) == (self.customer_data is None):
            raise PydanticCustomError("one_customer", "give either customer_id or customer_data")
        return self


class WaitingListing(Listing):
    service: Several[Id] = Field(None, title="Servicio")
    date: Day | None = Field(None, title="Fecha", description="One local day of the tenant.")
    status: Several[WaitingStatus] = Field(None, title="Estado")


class WaitingView(View):
    id: shown.Id = Field(title="Identificador")
    service_id: shown.Id = Field(title="Servicio")
    service_name: str = Field(title="Nombre del servicio")
    date: dt.date = Field(title="Fecha")
    resource_id: shown.Id | None = Field(title="Profesional o recurso")
    customer_id: shown.Id = Field(title="Cliente")
    customer_name: str = Field(title="Nombre del cliente")
    customer_phone: shown.Phone | None = Field(title="Teléfono del cliente")
    booked_as: str | None = Field(title="A nombre de")
    booked_email: shown.Email | None = Field(title="Correo dado al anotarse")
    customer_notes: str | None = Field(title="Notas del cliente")
    status: WaitingStatus = Field(title="Estado")
    appointment_id: shown.Id | None = Field(title="Turno ofrecido")
    offer_starts_at: dt.datetime | None = Field(title="El turno ofrecido comienza")
    offer_expires_at: dt.datetime | None = Field(title="La oferta vence")
    created_by: str = Field(title="Creado por")
    created_at: dt.datetime = Field(title="Creado")
    updated_at: dt.datetime | None = Field(title="Modificado")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: "Waiting") -> dict[str, object]:
        """Instants on the tenant's clock."""
        zone = ZoneInfo(item.time_zone)
        instants = ("offer_starts_at", "offer_expires_at", "created_at", "updated_at")
        return {name: local(getattr(item, name), zone) for name in instants}


class WaitingPage(View):
    items: list[WaitingView] = Field(title="Elementos")
    next: shown.Next
