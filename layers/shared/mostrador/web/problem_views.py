"""The one shape of every error, for the OpenAPI document and the tests. Request handling does not import it."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from mostrador.values.next_actions import NextAction
from mostrador.values.shown import Scalar

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["slot_taken"])]


def _left_out(schema: dict[str, Any]) -> None:
    """The schema of a member that is there or is not, and never null."""
    schema.pop("default")


class ProblemEntry(BaseModel):
    """One fault."""

    model_config = ConfigDict(extra="forbid")

    field: str | None = Field(
        title="La parte de la solicitud con la falla; null donde ninguna la tiene", examples=["body.scheduled_at"]
    )
    code: Code = Field(title="El código de esta falla")
    detail: str = Field(min_length=1, title="Una oración para personas, en el idioma de Accept-Language (es, en)")
    value: Scalar | list[Scalar] = Field(title="El valor recibido; null donde falta o es secreto")


class SuggestedAction(BaseModel):
    """The next step of the caller."""

    model_config = ConfigDict(extra="forbid")

    code: NextAction = Field(title="Código del paso, de una lista cerrada")
    text: str = Field(min_length=1, title="El paso en una oración, en el idioma de Accept-Language")


class Problem(BaseModel):
    """An error (RFC 9457). Further members are the facts of its code, such as ``alternatives``."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(pattern=r"^urn:mostrador:problem:[a-z][a-z0-9_]*$")] = Field(title="Tipo, como URN")
    title: str = Field(min_length=1, title="El código con espacios")
    status: int = Field(ge=400, le=599, title="El estado HTTP")
    code: Code = Field(title="Código estable, sobre el que decide un programa")
    detail: str = Field(min_length=1, title="Una oración para personas, en el idioma de Accept-Language (es, en)")
    request_id: str | None = Field(title="El identificador en los registros; null donde respondió el cortafuegos")
    errors: list[ProblemEntry] = Field(min_length=1, max_length=50, title="Cada falla")
    suggested_next_action: SuggestedAction | None = Field(None, title="El paso siguiente, donde se conoce")
    alternatives: list[datetime | int] | SkipJsonSchema[None] = Field(
        None,
        title="Horarios o números libres",
        description="Times in slot_taken, numbers in numbers_taken.",
        json_schema_extra=_left_out,
    )
