"""The entries of an appointment's history in answers."""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from mostrador.scheduling.rules.appointment_states import AppointmentChange
from mostrador.scheduling.rules.visits import VisitMove
from mostrador.values import shown

AppointmentEvent = TypedDict(
    "AppointmentEvent",
    {
        "at": Annotated[shown.Instant, Field(title="Cuándo")],
        "by": Annotated[str, Field(title="Quién")],
        "change": Annotated[AppointmentChange, Field(title="Cambio")],
        "move": NotRequired[Annotated[VisitMove, Field(title="Lo que se deshizo")]],
        "reason": NotRequired[Annotated[str, Field(title="Motivo")]],
        "payment": NotRequired[Annotated[shown.PaymentId, Field(title="Pago")]],
        "from": NotRequired[Annotated[shown.Instant, Field(title="Comienzo anterior")]],
        "to": NotRequired[Annotated[shown.Instant, Field(title="Comienzo nuevo")]],
        "notice_minutes": NotRequired[Annotated[int, Field(title="Antelación del cambio (minutos)")]],
        "resource_id": NotRequired[Annotated[shown.Id, Field(title="Profesional o recurso")]],
        "resource_name": NotRequired[Annotated[str, Field(title="Su nombre")]],
        "from_resource_id": NotRequired[Annotated[shown.Id, Field(title="Profesional o recurso anterior")]],
        "from_resource_name": NotRequired[Annotated[str, Field(title="Su nombre anterior")]],
        "second_resource_id": NotRequired[Annotated[shown.Id, Field(title="Segundo recurso")]],
        "from_second_resource_id": NotRequired[Annotated[shown.Id, Field(title="Segundo recurso anterior")]],
        "service_id": NotRequired[Annotated[shown.Id, Field(title="Servicio")]],
        "service_name": NotRequired[Annotated[str, Field(title="Nombre del servicio")]],
        "from_service_id": NotRequired[Annotated[shown.Id, Field(title="Servicio anterior")]],
        "from_service_name": NotRequired[Annotated[str, Field(title="Nombre del servicio anterior")]],
        "duration_minutes": NotRequired[Annotated[int, Field(title="Duración (minutos)")]],
        "from_duration_minutes": NotRequired[Annotated[int, Field(title="Duración anterior (minutos)")]],
        "total_amount": NotRequired[Annotated[shown.Amount, Field(title="Importe total")]],
        "customer_id": NotRequired[Annotated[shown.Id, Field(title="Cliente")]],
        "from_customer_id": NotRequired[Annotated[shown.Id, Field(title="Cliente anterior")]],
        "from_total_amount": NotRequired[Annotated[shown.Amount, Field(title="Importe total anterior")]],
    },
)
