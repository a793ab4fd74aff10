"""Opening hours as people write them, and in minutes as the rules count them."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = 24 * 60
_Written = dict[str, str]
"""``{"opens": "09:00", "closes": "18:00"}``."""
Week = Mapping[str, list[list[int]]]
"""The stored hours: weekday number as text, Monday is "0" -> [[opens, closes], ...] in minutes."""
_Opening = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Field(examples=["09:00"])]
_Wall = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"), Field(examples=["09:00"])]


class Interval(BaseModel):
    """Open from ``opens`` to ``closes`` on the wall clock; a close at or before the opening is on the next day."""

    model_config = ConfigDict(extra="forbid")

    opens: _Opening = Field(title="Abre")
    closes: _Wall = Field(title="Cierra")

    def minutes(self) -> tuple[int, int]:
        opens, closes = _minutes(self.opens), _minutes(self.closes)
        return opens, closes if closes > opens else closes + _DAY


_Day = Annotated[list[Interval], BeforeValidator(lambda day: [] if day is None else day), Field(max_length=6)]


class WeekHours(BaseModel):
    """The intervals of each weekday; an empty day is closed, and null is empty."""

    model_config = ConfigDict(extra="forbid")

    monday: _Day = Field([], title="Lunes")
    tuesday: _Day = Field([], title="Martes")
    wednesday: _Day = Field([], title="Miércoles")
    thursday: _Day = Field([], title="Jueves")
    friday: _Day = Field([], title="Viernes")
    saturday: _Day = Field([], title="Sábado")
    sunday: _Day = Field([], title="Domingo")

    @model_validator(mode="after")
    def _in_order(self) -> "WeekHours":
        for name in WEEKDAYS:
            check_order(getattr(self, name), name)
        return self


def stored(week: Mapping[str, list[_Written]], before: Week | None = None) -> Week:
    """A dumped WeekHours as an item keeps it: weekday number as text -> [[opens, closes], ...] in minutes.

    A day that is left out is as in the stored week ``before``; without one it is closed.
    """
    changed = {
        str(number): [list(Interval(**interval).minutes()) for interval in week[name]]
        for number, name in enumerate(WEEKDAYS)
        if name in week
    }
    return {day: spans for day, spans in {**(before or {}), **changed}.items() if spans}


def written(stored: Week) -> dict[str, list[_Written]]:
    """The stored form as it is shown."""
    return {name: intervals(stored.get(str(number), [])) for number, name in enumerate(WEEKDAYS)}


def check_order(day: list[Interval], name: str) -> None:
    """Raise pydantic's error ``interval_order`` where the intervals overlap or are not in order."""
    bounds = [interval.minutes() for interval in day]
    if any(later[0] < earlier[1] for earlier, later in pairwise(bounds)):
        message = "the intervals of {day} should follow each other without overlap"
        raise PydanticCustomError("interval_order", message, {"day": name})


def spans(day: list[Interval]) -> list[list[int]]:
    """Intervals as an item keeps them."""
    return [list(interval.minutes()) for interval in day]


def intervals(kept: list[list[int]]) -> list[_Written]:
    """The stored intervals of a day as they are shown."""
    return [{"opens": _text(opens), "closes": _text(closes)} for opens, closes in kept]


def _minutes(wall: str) -> int:
    hours, minutes = wall.split(":")
    return int(hours) * 60 + int(minutes)


def _text(minutes: int) -> str:
    on_clock = minutes if minutes <= _DAY else minutes - _DAY
    return f"{on_clock // 60:02d}:{on_clock % 60:02d}"
