"""Opening hours as people write them, and as the rules count them."""

from itertools import pairwise
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from mostrador.rules.opening import Hours

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = 24 * 60
_Wall = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"), Field(examples=["09:00"])]


class Interval(BaseModel):
    """Open from ``opens`` to ``closes`` on the wall clock; a close at or before the opening is on the next day."""

    model_config = ConfigDict(extra="forbid")

    opens: _Wall = Field(title="Abre")
    closes: _Wall = Field(title="Cierra")

    def minutes(self) -> tuple[int, int]:
        opens, closes = _minutes(self.opens), _minutes(self.closes)
        return opens, closes if closes > opens else closes + _DAY


class WeekHours(BaseModel):
    """The intervals of each weekday; an empty day is closed."""

    model_config = ConfigDict(extra="forbid")

    monday: list[Interval] = Field([], max_length=6, title="Lunes")
    tuesday: list[Interval] = Field([], max_length=6, title="Martes")
    wednesday: list[Interval] = Field([], max_length=6, title="Miércoles")
    thursday: list[Interval] = Field([], max_length=6, title="Jueves")
    friday: list[Interval] = Field([], max_length=6, title="Viernes")
    saturday: list[Interval] = Field([], max_length=6, title="Sábado")
    sunday: list[Interval] = Field([], max_length=6, title="Domingo")

    @model_validator(mode="after")
    def _in_order(self) -> "WeekHours":
        for name in WEEKDAYS:
            spans = [interval.minutes() for interval in getattr(self, name)]
            if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
                raise ValueError(f"the intervals of {name} overlap or are not in order")
        return self


def stored(week: dict[str, Any]) -> dict[str, list[list[int]]]:
    """A dumped WeekHours as an item keeps it: weekday number as text -> [[opens, closes], ...] in minutes.

    A day that is left out is closed.
    """
    return {
        str(number): [list(Interval(**interval).minutes()) for interval in week[name]]
        for number, name in enumerate(WEEKDAYS)
        if week.get(name)
    }


def counted(stored: dict[str, Any]) -> Hours:
    """The stored form as the rules take it."""
    return {int(day): tuple((opens, closes) for opens, closes in spans) for day, spans in stored.items()}


def written(stored: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """The stored form as it is shown."""
    return {
        name: [{"opens": _text(opens), "closes": _text(closes)} for opens, closes in stored.get(str(number), [])]
        for number, name in enumerate(WEEKDAYS)
    }


def _minutes(wall: str) -> int:
    hours, minutes = wall.split(":")
    return int(hours) * 60 + int(minutes)


def _text(minutes: int) -> str:
    on_clock = minutes if minutes <= _DAY else minutes - _DAY
    return f"{on_clock // 60:02d}:{on_clock % 60:02d}"
