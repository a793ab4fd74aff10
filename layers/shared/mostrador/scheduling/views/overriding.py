"""The rules that staff override, in requests."""

from typing import Annotated

from pydantic import Field

from mostrador.fields import Flag
from mostrador.scheduling.rules.overrides import Override

Overriding = Annotated[
    list[Override],
    Field(
        max_length=len(Override),
        title="Reglas que el personal pasa por alto",
        description="By name, those that the role may; the refusal tells in `overridable` which would do.",
    ),
]
IgnoreCalendar = Annotated[
    Flag,
    Field(
        title="Agendar aunque el calendario externo esté ocupado",
        description="Book over the busy times of a connected calendar.",
    ),
]
