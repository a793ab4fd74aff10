"""The request that changes what an appointment is for."""

from pydantic import Field

from mostrador.fields import Flag, Id, Instant, LongText, Request, Whole
from mostrador.scheduling.rules.agenda import LONGEST, SHORTEST
from mostrador.scheduling.rules.overrides import Override
from mostrador.scheduling.views.appointments import Notes
from mostrador.scheduling.views.overriding import IgnoreCalendar, Overriding


class Rebooking(Request):
    """A field that is left out or null stays as it is; a null note is cleared."""

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
    second_resource_id: Id | None = Field(
        None, title="Segundo recurso", description="The present one if it is free, else any, when left out."
    )
    scheduled_at: Instant | None = Field(None, title="Nuevo comienzo", description="The same when left out.")
    customer_id: Id | None = Field(None, title="Cliente", description="Another customer, who is on record.")
    customer_notes: LongText | None = Field(
        None, title="Notas del cliente", description="Null clears them; left out, they stay."
    )
    internal_notes: Notes | None = Field(
        None, title="Notas internas", description="Null clears them; left out, they stay."
    )
    keep_total: Flag = Field(
        False, title="Conservar el precio", description="Otherwise another service has its own price."
    )
    ignore_calendar: IgnoreCalendar = False
    override: Overriding = Field([])
    check_only: Flag = Field(
        False, title="Solo mostrar cómo quedaría", description="Answers as if it were changed, and changes nothing."
    )

    def overriding(self) -> frozenset[str]:
        """The rules that the request overrides."""
        return frozenset(self.override) | ({Override.EXTERNAL} if self.ignore_calendar else frozenset())

    def notes(self) -> dict[str, str | None]:
        """The notes that the request sets."""
        given = self.model_fields_set & {"customer_notes", "internal_notes"}
        return {name: getattr(self, name) for name in sorted(given)}
