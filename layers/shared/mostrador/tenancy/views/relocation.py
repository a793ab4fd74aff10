"""Another time zone or country of a tenant, and what follows from it, in requests and answers."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from mostrador.fields import Flag, Request, View
from mostrador.raffles.rules.states import RaffleStatus
from mostrador.tenancy.views.tenants import Country, TimeZone
from mostrador.values import shown

MOST_LISTED = 100


class Relocation(Request):
    """A field that is left out stays. Without both it only keeps the clock after an update of tzdata."""

    time_zone: TimeZone | None = Field(None, title="Zona horaria")
    country: Country | None = Field(None, title="País")
    apply: Flag = Field(False, title="Aplicar", description="Otherwise the answer only tells what would change.")


class BlockedMove(View):
    """An appointment that stays at its instant, because the time that it should keep was booked again."""

    appointment_id: shown.Id = Field(title="Turno")
    keeps: Annotated[str, shown.text(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$")] = Field(
        title="Hora acordada", description="On the clock of the new zone."
    )
    blocked_by: shown.Id = Field(title="Turno que la ocupa")


class RelocatedRaffle(View):
    """A raffle whose numbers are sold, or will be. Once open it keeps its instants; a draft keeps its wall time."""

    id: shown.Id = Field(title="Identificador")
    title: str = Field(title="Título")
    status: RaffleStatus = Field(title="Estado")
    keeps: Literal["INSTANT", "WALL_TIME"] = Field(title="Conserva")
    sale_closes_at: datetime = Field(title="Cierre de la venta", description="As it will be.")
    draw_at: datetime = Field(title="Fecha y hora del sorteo", description="As it will be.")


class RelocationView(View):
    time_zone: shown.TimeZone = Field(title="Zona horaria")
    former_time_zone: shown.TimeZone = Field(title="Zona horaria anterior")
    country: shown.Country = Field(
        title="País", description="Phones without prefix are of it, and holidays that are loaded from now on."
    )
    former_country: shown.Country = Field(title="País anterior")
    is_applied: bool = Field(title="Aplicado")
    appointments: int = Field(title="Turnos por venir")
    moved: int = Field(title="Turnos que conservan su hora", description="Each at another instant.")
    kept: int = Field(title="Turnos con el mismo instante", description="Both zones show the same time.")
    conflicts: int = Field(title="Turnos bloqueados")
    left: int = Field(title="Turnos pendientes", description="Not 0: send the same request again.")
    blocked: list[BlockedMove] = Field(title="Bloqueados", description=f"At most {MOST_LISTED}.")
    waits: int = Field(title="Esperas abiertas", description="Each stays on its date.")
    special_days: int = Field(title="Días especiales por venir", description="They stay on their dates.")
    raffles: list[RelocatedRaffle] = Field(title="Rifas")
