"""Recurring bookings in requests and answers."""

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mostrador.fields import Day, Flag, View, Whole
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.views.appointments import APPOINTMENT_RULES, AppointmentView, NewAppointment
from mostrador.scheduling.views.refusals import RefusalDetails
from mostrador.values import schema_rules, shown


class NewSeries(NewAppointment):
    """The first appointment, and its repetition: a ``count`` of dates, or the last possible date ``until``."""

    model_config = schema_rules.without(*APPOINTMENT_RULES, *schema_rules.either("count", "until"))
    every_weeks: Whole = Field(1, ge=1, le=52, title="Cada cuántas semanas")
    count: Whole | None = Field(None, ge=2, le=30, title="Cantidad de turnos")
    until: Day | None = Field(None, title="Hasta (incluido)")
    skip_conflicts: Flag = Field(False, title="Agendar solo lo que esté libre")

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.count is None) == (self.until is None):
            raise PydanticCustomError("one_end", "give either count or until")
        return self

    def appointment(self) -> NewAppointment:
        """The request for each of its appointments, apart from the start."""
        return NewAppointment.model_validate(self.model_dump(include=set(NewAppointment.model_fields)))


class SeriesConflict(View):
    starts_at: datetime = Field(title="Comienza")
    reason: Reason = Field(title="Motivo")
    details: RefusalDetails = Field(title="Datos del motivo")
    alternatives: list[datetime] = Field(title="Horarios cercanos")


class SeriesView(View):
    series_id: shown.Id = Field(title="Serie")
    booked: list[AppointmentView] = Field(title="Turnos agendados")
    conflicts: list[SeriesConflict] = Field(title="Fechas que no se pudieron agendar")
