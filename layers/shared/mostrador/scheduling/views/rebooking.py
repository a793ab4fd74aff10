"""The request that changes what an appointment is for."""

from pydantic import Field

from mostrador.fields import Flag, Id, Instant, Request, Whole
from mostrador.scheduling.rules.agenda import LONGEST, SHORTEST
from mostrador.scheduling.views.overriding import IgnoreCalendar


class Rebooking(Request):
    """A field that is left out or null stays as it is."""

    service_id: Id | None = Field(None, title="Servicio")
    duration_minutes: Whole | None = Field(
        None,
        ge=SHORTEST,
        le=LONGEST,
        title="Duración (minutos)",
        description="Of another service its own when left out. The length alone changes no price.",
    )
    resource_id: Id | None = Field(
        None,
        title="Profesional o recurso",
        description="The present one if it is free and gives the service, else any, when left out.",
    )
    scheduled_at: Instant | None = Field(None, title="Nuevo comienzo", description="The same when left out.")
    keep_total: Flag = Field(
        False, title="Conservar el precio", description="Otherwise another service has its own price."
    )
    ignore_calendar: IgnoreCalendar = False
