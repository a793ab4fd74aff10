"""API shapes of the audit log and of its verification."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mostrador.audit.rules.actions import ACTIONS, ActorRole, AuditedEntity
from mostrador.audit.rules.verification import LogProblem
from mostrador.fields import ListingByTime, Query, Several, Sha256, ShortText, View
from mostrador.values import shown

if TYPE_CHECKING:
    from mostrador.audit.log import Verdict
    from mostrador.audit.rules.verification import Finding
    from mostrador.table.items.audit import AuditEntry

EntityId = Annotated[str, StringConstraints(pattern=r"^[\w.@:+-]{1,128}$")]


def _known(action: str) -> str:
    if action not in ACTIONS:
        raise PydanticCustomError("enum", "Input should be {expected}", {"expected": ", ".join(ACTIONS)})
    return action


ActionName = Annotated[
    str,
    AfterValidator(_known),
    Field(examples=["appointment.cancelled"], json_schema_extra={"enum": list(ACTIONS)}),
]
_ShownAction = Annotated[str, shown.text(enum=list(ACTIONS))]


class AuditListing(ListingByTime):
    kind: Several[AuditedEntity] = Field(None, alias="entity", title="Qué se cambió")
    id: EntityId | None = Field(None, title="Identificador de lo cambiado")
    action: Several[ActionName] = Field(None, title="Qué se hizo")
    user: Several[ShortText] = Field(None, title="Quién", description="An id or an e-mail address.")
    sort: Literal["at", "-at"] = Field("-at", title="Orden")


class ChangeView(BaseModel):
    """``fields``: name -> [value before, value after], of a map as ``name.key``; long texts are cut."""

    entity: AuditedEntity = Field(title="Qué se cambió")
    id: Annotated[str, shown.text(pattern=r"^[\w.@:+#-]{1,128}$")] = Field(title="Identificador")
    action: _ShownAction = Field(title="Qué se hizo")
    fields: dict[str, Annotated[list[shown.JSONValue], Field(min_length=2, max_length=2)]] = Field(title="De qué a qué")


class AuditView(View):
    id: shown.Id = Field(title="Identificador")
    at: datetime = Field(title="Cuándo")
    user: shown.User = Field(title="Quién")
    name: str | None = Field(title="Nombre de quién")
    role: ActorRole = Field(title="Con qué rol")
    address: str | None = Field(title="Dirección de red")
    request_id: str | None = Field(title="Solicitud")
    changes: list[ChangeView] = Field(title="Cambios")

    @classmethod
    def computed_fields(cls, item: "AuditEntry") -> dict[str, object]:
        names = tuple(ChangeView.model_fields)
        changes = [dict(zip(names, change, strict=True)) for change in item.changes]
        return {"id": item.sk.partition("#")[2], "changes": changes}


class AuditPage(View):
    items: list[AuditView] = Field(title="Elementos")
    next: shown.Next


class VerifyQuery(Query):
    """``sequence`` and ``digest`` are of a head noted earlier, which the chain must still have."""

    cursor: str | None = Field(None, max_length=8000, title="Cursor")
    sequence: int | None = Field(
        None, ge=1, le=10**12, title="Número de un eslabón conocido", description="Together with `digest`."
    )
    digest: Sha256 | None = Field(None, title="Su resumen criptográfico", description="Together with `sequence`.")

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.sequence is None) != (self.digest is None):
            raise PydanticCustomError("known_link", "give sequence and digest together")
        return self


class HeadView(BaseModel):
    sequence: int = Field(title="Número del último eslabón")
    digest: shown.Sha256 = Field(title="Su resumen criptográfico")


class LogProblemView(View):
    """``at`` and ``id`` are null where the line and its link are both gone."""

    problem: LogProblem = Field(title="Problema")
    sequence: int | None = Field(title="Número de eslabón")
    at: shown.Instant | None = Field(title="Cuándo, según la línea")
    id: shown.Id | None = Field(title="Identificador de la línea")

    @classmethod
    def computed_fields(cls, item: "Finding") -> dict[str, object]:
        at, _, entry_id = item.sk.partition("#")
        return {"at": at or None, "id": entry_id or None}


class VerdictView(View):
    is_intact: bool = Field(
        title="Está intacto", description="Nothing is wrong, and only the last minutes' lines wait."
    )
    lines: int = Field(title="Líneas leídas")
    linked: int = Field(title="Eslabones leídos")
    caught_up: int = Field(title="Eslabonadas sin haberlas visto llegar")
    unlinked: int = Field(title="Sin eslabonar hace más de cinco minutos")
    head: HeadView = Field(title="Último eslabón")
    problems: list[LogProblemView] = Field(title="Problemas")
    next: shown.Next = Field(title="Cursor para seguir")

    @classmethod
    def computed_fields(cls, item: "Verdict") -> dict[str, object]:
        sequence, digest = item.head
        return {"head": {"sequence": sequence, "digest": digest}}
