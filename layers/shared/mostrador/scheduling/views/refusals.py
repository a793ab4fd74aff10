"""The figures of a start that is refused, in answers."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from mostrador.values import shown

RefusalDetails = TypedDict(
    "RefusalDetails",
    {
        "special_day": Annotated[str, Field(title="Día especial")],
        "closes": Annotated[shown.Instant, Field(title="Cierra")],
        "step": Annotated[int, Field(title="Intervalo entre turnos (minutos)")],
        "earliest": Annotated[shown.Instant, Field(title="Primer comienzo posible")],
        "last_day": Annotated[shown.Day, Field(title="Último día que se agenda")],
        "from": Annotated[shown.Instant, Field(title="Ocupado desde")],
        "until": Annotated[shown.Instant, Field(title="Ocupado hasta")],
        "only_its_buffer": Annotated[bool, Field(title="Solo choca con la preparación o limpieza")],
        "booked": Annotated[int, Field(title="Agendados")],
        "seats": Annotated[int, Field(title="Cupos")],
        "block_id": Annotated[shown.Id, Field(title="Bloqueo")],
        "limit": Annotated[int, Field(title="Máximo")],
    },
    total=False,
)
"""The figures of a refusal; each reason has some of them."""
