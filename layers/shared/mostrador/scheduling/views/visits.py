"""The moves of a visit in requests."""

from datetime import datetime
from typing import TYPE_CHECKING, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mostrador.fields import Flag, Instant, Part, Request, View, Whole
from mostrador.scheduling.rules.delays import LONGEST
from mostrador.scheduling.rules.visits import VisitMove
from mostrador.scheduling.views.appointments import AppointmentView
from mostrador.scheduling.views.overriding import Overriding
from mostrador.values import schema_rules, shown

if TYPE_CHECKING:
    from mostrador.scheduling.delays import Delayed, Late
    from mostrador.table.items.scheduling import Appointment


class Undoing(Request):
    move: VisitMove = Field(
        title="Lo que se deshace", description="The last thing done; `may` names it. Another one is refused."
    )


DELAY_RULES: Final = schema_rules.either("minutes", "starts_at")


class Delay(Request):
    model_config = schema_rules.without(*DELAY_RULES)
    minutes: Whole | None = Field(
        None,
        ge=0,
        le=LONGEST,
        title="Atraso (minutos)",
        description="After the agreed start, so that a repeat changes nothing; 0 takes a delay back.",
    )
    starts_at: Instant | None = Field(None, title="Se espera a las")
    push: Flag = Field(
        False, title="Correr los que siguen", description="Move it and all whose time it then takes, or nothing."
    )
    override: Overriding = Field([])

    @model_validator(mode="after")
    def _one_delay(self) -> Self:
        if (self.minutes is None) == (self.starts_at is None):
            raise PydanticCustomError("one_delay", "give either minutes or starts_at")
        return self


class OverlapView(Part):
    appointment_id: shown.Id = Field(title="Turno")
    customer_name: str = Field(title="Nombre del cliente")
    service_name: str = Field(title="Nombre del servicio")
    resource_name: str = Field(title="Nombre del profesional o recurso")
    starts_at: datetime = Field(title="Comienza")
    overlap_minutes: int = Field(title="Minutos que se superponen")
    could_start_at: datetime = Field(title="Podría comenzar")


class PushedView(Part):
    appointment_id: shown.Id = Field(title="Turno")
    customer_name: str = Field(title="Nombre del cliente")
    agreed_at: datetime = Field(title="Comienzo acordado")
    starts_at: datetime = Field(title="Comienzo nuevo")


class DelayedView(View):
    appointment: AppointmentView = Field(title="El turno atrasado")
    overlaps: list[OverlapView] = Field(title="Turnos cuyo horario ocupa el atraso")
    moved: list[PushedView] = Field(title="Turnos corridos")

    @classmethod
    def computed_fields(cls, item: "Delayed") -> dict[str, object]:
        return {
            "appointment": AppointmentView.model_validate(item.appointment),
            "overlaps": [_overlap(late) for late in item.overlaps],
            "moved": [_pushed(one) for one in item.moved],
        }


def _overlap(late: "Late") -> OverlapView:
    one = late.appointment
    return OverlapView(
        appointment_id=one.id,
        customer_name=one.booked_as or one.customer_name,
        service_name=one.service_name,
        resource_name=one.resource_name,
        starts_at=one.scheduled_at.astimezone(one.zone),
        overlap_minutes=late.minutes,
        could_start_at=late.could_start_at.astimezone(one.zone),
    )


def _pushed(one: "Appointment") -> PushedView:
    return PushedView(
        appointment_id=one.id,
        customer_name=one.booked_as or one.customer_name,
        agreed_at=(one.delayed_from or one.scheduled_at).astimezone(one.zone),
        starts_at=one.scheduled_at.astimezone(one.zone),
    )
