"""Closures and special hours in requests and answers."""

from datetime import date as Date  # noqa: N812 - a field is called date
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mostrador.fields import Day, Id, Query, Request, ShortText, View, Whole, check_range, partial
from mostrador.tenancy.views.opening_hours import Interval, check_order, intervals
from mostrador.values import schema_rules, shown

if TYPE_CHECKING:
    from mostrador.scheduling.special_days import Closure

MOST_DAYS = 62


class ClosureEdit(Request):
    entity = "closure"
    name: ShortText = Field(title="Nombre", examples=["Vacaciones"])
    hours: list[Interval] = Field([], max_length=6, title="Horario especial", description="Closed all day when empty.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order(self.hours or [], "hours")
        return self


class NewClosure(ClosureEdit):
    """One ``date``, or each day from ``from`` to ``to``; of the whole tenant or of one resource."""

    model_config = schema_rules.without(*schema_rules.either("date", "from"), schema_rules.both("date", "to"))
    date: Day | None = Field(None, title="Fecha")
    from_: Day | None = Field(None, alias="from", title="Desde")
    to: Day | None = Field(None, title="Hasta (incluido)")
    resource_id: Id | None = Field(None, title="Profesional o recurso")

    @model_validator(mode="after")
    def _one_range(self) -> Self:
        if (self.date is None) == (self.from_ is None) or (self.date and self.to):
            raise PydanticCustomError("one_range", "give either date, or from and to")
        if not 1 <= len(self.days()) <= MOST_DAYS:
            raise PydanticCustomError("range_length", "should be a range of up to {days} days", {"days": MOST_DAYS})
        return self

    def days(self) -> list[Date]:
        first = self.date or self.from_ or Date.min
        last = self.to or first
        return [first + timedelta(days=number) for number in range(min((last - first).days + 1, MOST_DAYS + 1))]


@partial
class ClosureChanges(ClosureEdit):
    """PATCH."""


class HolidayYear(Request):
    year: Whole = Field(ge=2024, le=2099, title="Año")


class ClosureQuery(Query):
    date: Day | None = Field(None, title="Fecha", description="In place of `from` and `to`.")
    from_: Day | None = Field(None, alias="from", title="Desde")
    to: Day | None = Field(None, title="Hasta (incluido)")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_range(self.date, self.from_, self.to)
        return self

    def span(self) -> tuple[Date | None, Date | None]:
        """The first and the last day; None is open."""
        return self.date or self.from_, self.date or self.to


class ClosureView(View):
    id: shown.ClosureId = Field(title="Identificador")
    date: Date = Field(title="Fecha")
    resource_id: shown.Id | None = Field(title="Profesional o recurso")
    name: str = Field(title="Nombre")
    hours: list[Interval] = Field(title="Horario especial")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: "Closure") -> dict[str, object]:
        return {"hours": intervals(item.hours)}


class ClosurePage(View):
    items: list[ClosureView] = Field(title="Elementos")
    next: shown.Next = None
