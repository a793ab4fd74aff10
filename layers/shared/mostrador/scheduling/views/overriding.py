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
        description="By name; `before_notice` books inside the minimum notice, but not in the past.",
    ),
]
IgnoreCalendar = Annotated[
    Flag,
    Field(
        title="Agendar aunque el calendario externo esté ocupado",
        description="Book over the busy times of a connected calendar.",
    ),
]
