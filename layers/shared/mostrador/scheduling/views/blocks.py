"""Blocked times in requests and answers."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mostrador.fields import Flag, Id, Instant, ListingByTime, Request, ShortText, View, local
from mostrador.scheduling.rules.agenda import LONGEST, SHORTEST
from mostrador.values import local_time, shown

if TYPE_CHECKING:
    from mostrador.table.items.scheduling import Appointment


class NewBlock(Request):
    """From five minutes to a day, on full minutes."""

    title: ShortText = Field(title="Motivo")
    starts_at: Instant = Field(title="Comienza")
    ends_at: Instant = Field(title="Termina")
    resource_ids: list[Id] = Field(
        [], max_length=20, title="Profesionales o recursos", description="All active ones when empty."
    )
    even_if_booked: Flag = Field(
        False, title="Aunque haya turnos", description="Appointments at that time stay, and the answer lists them."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts_at.second or self.starts_at.microsecond or self.ends_at.second or self.ends_at.microsecond:
            raise PydanticCustomError("full_minutes", "should begin and end on a full minute")
        minutes = local_time.minute(self.ends_at) - local_time.minute(self.starts_at)
        if not SHORTEST <= minutes <= LONGEST:
            bounds = {"least": SHORTEST, "most": LONGEST}
            raise PydanticCustomError("block_length", "should take from {least} to {most} minutes", bounds)
        return self


class BlockListing(ListingByTime):
    resource: Id | None = Field(None, title="Profesional o recurso")


class BlockView(View):
    id: shown.Id = Field(title="Identificador")
    title: str = Field(title="Motivo")
    starts_at: datetime = Field(title="Comienza")
    ends_at: datetime = Field(title="Termina")
    resource_ids: list[shown.Id] = Field(title="Profesionales o recursos")
    created_by: str = Field(title="Creado por")
    created_at: datetime = Field(title="Creado")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: Any) -> dict[str, object]:
        """Instants on the tenant's clock; ``item`` is a stored block."""
        zone = ZoneInfo(item.time_zone)
        return {name: local(getattr(item, name), zone) for name in ("starts_at", "ends_at", "created_at")}


class AffectedView(View):
    appointment_id: shown.Id = Field(title="Turno")
    starts_at: datetime = Field(title="Comienza")
    customer_name: str = Field(title="Cliente")
    resource_id: shown.Id = Field(title="Profesional o recurso")

    @classmethod
    def computed_fields(cls, item: "Appointment") -> dict[str, object]:
        return {"appointment_id": item.id, "starts_at": local(item.scheduled_at, item.zone)}


class NewBlockView(BlockView):
    affected: list[AffectedView] = Field(
        title="Turnos en ese horario", description="They stay booked. Empty when the same request comes again."
    )

    @classmethod
    def computed_fields(cls, item: Any) -> dict[str, object]:
        """``item`` is a ``Blocked``."""
        return dict(BlockView.model_validate(item.block)) | {"affected": item.affected}


class BlockPage(View):
    items: list[BlockView] = Field(title="Elementos")
    next: shown.Next
