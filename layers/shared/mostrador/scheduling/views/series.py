"""Series in requests and answers."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mostrador.fields import Day, Flag, Id, ListingByTime, LongText, Request, View, Whole, local
from mostrador.scheduling.rules.agenda import LONGEST, SHORTEST
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.rules.series import SeriesException, SeriesResult
from mostrador.scheduling.views.appointments import AppointmentView
from mostrador.scheduling.views.prices import amounts
from mostrador.scheduling.views.reassigning import RowProblem
from mostrador.scheduling.views.refusals import RefusalDetails
from mostrador.values import schema_rules, shown

if TYPE_CHECKING:
    from mostrador.scheduling.series import Occurrence, WithDates
    from mostrador.table.items.scheduling import Appointment

_Time = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Field(examples=["10:30"])]


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_WEEK: Final = list(Weekday)
_CHANGES: Final = ("weekday", "time", "resource_id", "duration_minutes")


class SeriesListing(ListingByTime):
    """By the first date."""

    customer: Id | None = Field(None, title="Cliente")
    service: Id | None = Field(None, title="Servicio")
    sort: Literal["starts_at", "-starts_at"] = Field("-starts_at", title="Orden")


class _From(Request):
    from_: Day = Field(alias="from", title="Desde la fecha", description="By the planned date, this one included.")


class SeriesMove(_From):
    """What changes from a date on; a field that is left out stays as it is."""

    model_config = schema_rules.without(schema_rules.neither(*_CHANGES))
    weekday: Weekday | None = Field(None, title="Otro día de la semana", description="Of the same week.")
    time: _Time | None = Field(None, title="Otra hora", description="On the clock of the business.")
    resource_id: Id | None = Field(None, title="Otro profesional o recurso")
    duration_minutes: Whole | None = Field(None, ge=SHORTEST, le=LONGEST, title="Otra duración (minutos)")
    include_moved: Flag = Field(
        False, title="También los movidos aparte", description="Otherwise dates that were moved by themselves stay."
    )

    def weekday_number(self) -> int | None:
        """Monday is 0."""
        return None if self.weekday is None else _WEEK.index(self.weekday)

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if all(getattr(self, name) is None for name in _CHANGES):
            raise PydanticCustomError("no_change", "give weekday, time, resource_id or duration_minutes")
        return self


class SeriesCancellation(_From):
    reason: LongText = Field("", title="Motivo")
    keep_payment: Flag = Field(
        False, title="Retener lo pagado", description="The business keeps the paid money; otherwise it is due back."
    )


class Extension(Request):
    """A ``count`` of further dates, or the last possible date ``until``."""

    model_config = schema_rules.without(*schema_rules.either("count", "until"))
    from_: Day | None = Field(
        None, alias="from", title="No antes de", description="By default right after the last date that stands."
    )
    count: Whole | None = Field(None, ge=1, le=30, title="Cantidad de turnos")
    until: Day | None = Field(None, title="Hasta (incluido)")
    skip_conflicts: Flag = Field(False, title="Agendar solo lo que esté libre")

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.count is None) == (self.until is None):
            raise PydanticCustomError("one_end", "give either count or until")
        return self


class SeriesAppointment(View):
    """One appointment of a series."""

    id: shown.Id = Field(title="Turno")
    scheduled_at: datetime = Field(title="Comienza")
    ends_at: datetime = Field(title="Termina")
    status: AppointmentStatus = Field(title="Estado")
    resource_id: shown.Id = Field(title="Profesional o recurso")
    resource_name: str = Field(title="Nombre del profesional o recurso")
    payment_status: PaymentStatus = Field(title="Estado del pago")
    total_amount: shown.Amount = Field(title="Importe total")
    paid_amount: shown.Amount = Field(title="Pagado")
    amount_due: shown.Amount = Field(title="Falta pagar")
    currency: shown.Currency = Field(title="Moneda")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: "Appointment") -> dict[str, object]:
        computed: dict[str, object] = {
            name: local(getattr(item, name), item.zone) for name in ("scheduled_at", "ends_at")
        }
        return computed | {name: amount for name, amount in amounts(item).items() if name in cls.model_fields}


class OccurrenceView(View):
    planned_at: str = Field(
        title="Hora prevista", description="On the clock of the business.", examples=["2026-12-01T09:00"]
    )
    appointment: SeriesAppointment | None = Field(title="Turno")
    exception: SeriesException | None = Field(title="Excepción")
    reason: Reason | None = Field(title="Motivo del rechazo")
    details: RefusalDetails | None = Field(title="Datos del motivo")
    alternatives: list[datetime] = Field(title="Horarios cercanos al agendar")

    @classmethod
    def computed_fields(cls, item: "Occurrence") -> dict[str, object]:
        told = item.conflict or {}
        return {
            "planned_at": item.planned,
            "exception": item.exception(),
            "reason": told.get("reason"),
            "details": told.get("details"),
            "alternatives": told.get("alternatives", []),
        }


class SeriesRow(View):
    """A series in a list; the names are those of its last appointment."""

    id: shown.Id = Field(title="Serie")
    service_id: shown.Id = Field(title="Servicio")
    service_name: str | None = Field(title="Nombre del servicio")
    customer_id: shown.Id = Field(title="Cliente")
    customer_name: str | None = Field(title="Nombre del cliente")
    customer_phone: shown.Phone | None = Field(title="Teléfono del cliente")
    resource_id: shown.Id | None = Field(title="Profesional o recurso pedido")
    every_weeks: int = Field(title="Cada cuántas semanas")
    starts_at: datetime = Field(title="Primera fecha")
    last_at: datetime | None = Field(title="Última fecha agendada")
    dates: int = Field(title="Fechas agendadas")
    created_by: str = Field(title="Creada por")
    created_at: datetime = Field(title="Creada")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: "WithDates") -> dict[str, object]:
        series = item.series
        one = next((date.appointment for date in reversed(item.dates) if date.appointment), None)
        zone = ZoneInfo(series.time_zone)
        told: dict[str, Any] = {name: getattr(series, name, None) for name in cls.model_fields}
        told |= {"starts_at": local(series.starts_at, zone), "created_at": local(series.created_at, zone)}
        told["last_at"] = local(one.scheduled_at, one.zone) if one else None
        if one:
            told |= {name: getattr(one, name) for name in ("service_id", "service_name", "customer_id")}
            told |= {name: getattr(one, name) for name in ("customer_name", "customer_phone")}
        return told


class SeriesDetail(SeriesRow):
    occurrences: list[OccurrenceView] = Field(title="Fechas")

    @classmethod
    def computed_fields(cls, item: "WithDates") -> dict[str, object]:
        return super().computed_fields(item) | {"occurrences": item.dates}


class SeriesPage(View):
    items: list[SeriesRow] = Field(title="Elementos")
    next: shown.Next


class DateResult(View):
    planned_at: str = Field(title="Hora prevista antes del cambio", examples=["2026-12-01T09:00"])
    result: SeriesResult = Field(title="Resultado")
    appointment: AppointmentView | None = Field(title="Turno como quedó")
    problem: RowProblem | None = Field(title="Problema")


class SeriesResults(View):
    results: list[DateResult] = Field(title="Resultados")
    next_from: Day | None = Field(
        title="Seguir desde", description="Not null: send the same request again with it as `from`."
    )
