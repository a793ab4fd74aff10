"""Proposals of new places, and the moves that carry them out, in requests and answers."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mostrador.fields import Id, Instant, Request, View, Whole
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.rules.reassignment import Result
from mostrador.scheduling.views.appointments import AppointmentView
from mostrador.scheduling.views.blocks import AffectedView
from mostrador.scheduling.views.refusals import RefusalDetails
from mostrador.values import local_time, shown

if TYPE_CHECKING:
    from mostrador.scheduling.proposals import Proposal


class ProposalQuery(Request):
    days: Whole = Field(7, ge=0, le=14, title="Días alrededor", description="0: the same day alone.")


class Move(Request):
    """A place for an appointment, for the version of it that was read."""

    appointment_id: Id = Field(title="Turno")
    version: Whole = Field(ge=1, le=2**31 - 1, title="Versión del turno")
    scheduled_at: Instant = Field(title="Nuevo comienzo")
    resource_id: Id = Field(title="Profesional o recurso")
    second_resource_id: Id | None = Field(None, title="Segundo recurso", description="Any when left out.")


class ChosenMoves(Request):
    moves: list[Move] = Field(min_length=1, max_length=30, title="Cambios elegidos")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        seen = set[str]()
        for move in self.moves:
            if move.appointment_id in seen:
                raise PydanticCustomError("appointment_twice", "has {id} twice", {"id": move.appointment_id})
            seen.add(move.appointment_id)
        return self


class ProposedMove(View):
    """To be sent back as it is."""

    appointment_id: shown.Id = Field(title="Turno")
    version: int = Field(title="Versión del turno")
    scheduled_at: datetime = Field(title="Nuevo comienzo")
    resource_id: shown.Id = Field(title="Profesional o recurso")
    second_resource_id: shown.Id | None = Field(title="Segundo recurso")


class ProposalView(View):
    appointment: AffectedView = Field(title="Turno afectado")
    move: ProposedMove | None = Field(
        title="Propuesta", description="As the second call takes it. Null where no place is free."
    )
    resource_names: list[str] = Field(title="Nombres de los recursos propuestos")

    @classmethod
    def computed_fields(cls, item: "Proposal") -> dict[str, object]:
        return {
            "appointment": item.affected,
            "move": _move(item) if item.start is not None else None,
            "resource_names": [resource.name for resource in item.resources],
        }


def _move(item: "Proposal") -> dict[str, Any]:
    one, ids = item.affected.appointment, [resource.id for resource in item.resources]
    return {
        "appointment_id": one.id,
        "version": one.version,
        "scheduled_at": local_time.instant(item.start or 0, one.zone),
        "resource_id": ids[0],
        "second_resource_id": ids[1] if len(ids) > 1 else None,
    }


class ProposalsView(View):
    items: list[ProposalView] = Field(title="Elementos")
    left: int = Field(
        title="Turnos sin estudiar", description="They have begun, or are more than one plan takes: ask again later."
    )


class RowProblem(View):
    """Why one of several changes was refused."""

    code: str = Field(title="Código")
    detail: str = Field(title="Explicación")
    reason: Reason | None = Field(None, title="Motivo")
    details: RefusalDetails | None = Field(None, title="Datos del motivo")
    alternatives: list[datetime] = Field([], title="Horarios cercanos")


class MoveResult(View):
    appointment_id: shown.Id = Field(title="Turno")
    result: Result = Field(title="Resultado")
    appointment: AppointmentView | None = Field(title="Turno como quedó")
    problem: RowProblem | None = Field(title="Problema")


class MoveResults(View):
    results: list[MoveResult] = Field(title="Resultados")
