"""Blocked times in requests and answers."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from mostrador.fields import Day, Flag, Id, Instant, ListingByTime, Request, ShortText, View, local, partial
from mostrador.scheduling.rules.agenda import SHORTEST
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus
from mostrador.scheduling.views.prices import amounts
from mostrador.values import local_time, schema_rules, shown

if TYPE_CHECKING:
    from mostrador.scheduling.affected import Affected

MOST_DAYS: Final = 14


def _full_minute(instant: datetime) -> datetime:
    if instant.second or instant.microsecond:
        raise PydanticCustomError("full_minutes", "should begin and end on a full minute")
    return instant


FULL_MINUTE: Final = AfterValidator(_full_minute)


class NewBlock(Request):
    """An hour, a day or several days: from five minutes to two weeks, on full minutes."""

    model_config = schema_rules.without(
        *schema_rules.either("starts_at", "from"),
        *schema_rules.either("ends_at", "to"),
        schema_rules.both("starts_at", "to"),
        schema_rules.both("ends_at", "from"),
    )
    title: ShortText = Field(title="Motivo")
    starts_at: Instant | None = Field(None, title="Comienza")
    ends_at: Instant | None = Field(None, title="Termina")
    from_: Day | None = Field(None, alias="from", title="Desde el día", description="In place of the two instants.")
    to: Day | None = Field(None, title="Hasta el día (incluido)")
    resource_ids: list[Id] = Field(
        [], max_length=20, title="Profesionales o recursos", description="All active ones when empty."
    )
    even_if_booked: Flag = Field(
        False, title="Aunque haya turnos", description="Appointments at that time stay, and the answer lists them."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts_at and self.ends_at and not (self.from_ or self.to):
            _check_instants(self.starts_at, self.ends_at)
        elif self.from_ and self.to and not (self.starts_at or self.ends_at):
            if not 0 <= (self.to - self.from_).days < MOST_DAYS:
                raise PydanticCustomError("range_length", "should be a range of up to {days} days", {"days": MOST_DAYS})
        else:
            raise PydanticCustomError("one_range", "give either starts_at and ends_at, or from and to")
        return self

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The first instant, and the one behind the last; whole local days from midnight to midnight."""
        if self.from_ and self.to:
            begins, ends = local_time.day_bounds(self.from_, zone)[0], local_time.day_bounds(self.to, zone)[1]
            return local_time.instant(begins, zone), local_time.instant(ends, zone)
        return cast(datetime, self.starts_at), cast(datetime, self.ends_at)


def _check_instants(starts_at: datetime, ends_at: datetime) -> None:
    _full_minute(starts_at)
    _full_minute(ends_at)
    minutes = local_time.minute(ends_at) - local_time.minute(starts_at)
    if not SHORTEST <= minutes <= MOST_DAYS * local_time.DAY:
        bounds = {"least": SHORTEST, "most": MOST_DAYS * local_time.DAY}
        raise PydanticCustomError("block_length", "should take from {least} to {most} minutes", bounds)


@partial
class BlockChanges(Request):
    """PATCH: somebody is back earlier, or stays away longer."""

    entity = "block"
    title: ShortText = Field(title="Motivo")
    starts_at: Annotated[Instant, FULL_MINUTE] = Field(title="Comienza")
    ends_at: Annotated[Instant, FULL_MINUTE] = Field(title="Termina")
    even_if_booked: Flag = Field(False, title="Aunque haya turnos", description="Those that were not affected before.")


class BlockListing(ListingByTime):
    resource: Id | None = Field(None, title="Profesional o recurso")


class BlockView(View):
    entity = "block"
    id: shown.Id = Field(title="Identificador")
    title: str = Field(title="Motivo")
    starts_at: datetime = Field(title="Comienza")
    ends_at: datetime = Field(title="Termina")
    resource_ids: list[shown.Id] = Field(title="Profesionales o recursos")
    created_by: str = Field(title="Creado por")
    created_at: datetime = Field(title="Creado")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: Any) -> dict[str, object]:
        """Instants on the tenant's clock; ``item`` is a stored block."""
        zone = ZoneInfo(item.time_zone)
        return {name: local(getattr(item, name), zone) for name in ("starts_at", "ends_at", "created_at")}


class AffectedView(View):
    appointment_id: shown.Id = Field(title="Turno")
    version: int = Field(title="Versión")
    starts_at: datetime = Field(title="Comienza")
    ends_at: datetime = Field(title="Termina")
    status: AppointmentStatus = Field(title="Estado")
    customer_id: shown.Id = Field(title="Cliente")
    customer_name: str = Field(title="Nombre del cliente")
    customer_phone: shown.Phone | None = Field(title="Teléfono del cliente")
    booked_as: str | None = Field(title="Reservado a nombre de")
    service_id: shown.Id = Field(title="Servicio")
    service_name: str = Field(title="Nombre del servicio")
    resource_id: shown.Id = Field(title="Profesional o recurso")
    resource_name: str = Field(title="Nombre del profesional o recurso")
    second_resource_id: shown.Id | None = Field(title="Segundo recurso")
    is_second: bool = Field(title="Solo falta el segundo recurso", description="The first one is not blocked.")
    seats_taken: int = Field(title="Agendados en la misma clase", description="This one included.")
    payment_status: PaymentStatus = Field(title="Estado del pago")
    total_amount: shown.Amount = Field(title="Importe total")
    paid_amount: shown.Amount = Field(title="Pagado")
    amount_due: shown.Amount = Field(title="Falta pagar")
    currency: shown.Currency = Field(title="Moneda")

    @classmethod
    def computed_fields(cls, item: "Affected") -> dict[str, object]:
        one = item.appointment
        computed: dict[str, object] = {"appointment_id": one.id, "starts_at": local(one.scheduled_at, one.zone)}
        computed["ends_at"] = local(one.ends_at, one.zone)
        computed |= {name: amount for name, amount in amounts(one).items() if name in cls.model_fields}
        own = {"is_second": item.is_second, "seats_taken": item.seats_taken}
        rest = cls.model_fields.keys() - computed.keys() - own.keys()
        return computed | own | {name: getattr(one, name) for name in rest}


class AffectedList(View):
    items: list[AffectedView] = Field(title="Elementos")


class NewBlockView(BlockView):
    affected: list[AffectedView] = Field(
        title="Turnos en ese horario", description="They stay booked. Empty when the same request comes again."
    )

    @classmethod
    def computed_fields(cls, item: Any) -> dict[str, object]:
        """``item`` is a ``Blocked``."""
        return dict(BlockView.model_validate(item.block)) | {"affected": item.affected}


class BlockPage(View):
    items: list[BlockView] = Field(title="Elementos")
    next: shown.Next
