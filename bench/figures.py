"""What a measurement gives, as a row of the table and as an entry of results.json."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

HEADER: Final = ("", "figure", "engine", "measured", "goal", "met")


@dataclass(frozen=True, slots=True)
class Figure:
    """``number`` is the goal's; ``terms`` are what ``measured`` is made of. Without a goal it only informs."""

    number: str
    name: str
    engine: str
    measured: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    terms: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def is_met(self) -> bool | None:
        """None where there is no goal. What counts is what is shown: a tenth over the goal is over it."""
        if self.at_most is not None:
            return self.measured <= self.at_most
        return None if self.at_least is None else self.measured >= self.at_least

    def row(self) -> tuple[str, ...]:
        goal = self.at_most if self.at_most is not None else self.at_least
        sign = "<=" if self.at_most is not None else ">="
        shown = "" if goal is None else f"{sign} {_number(goal)}{_suffix(self.unit)}"
        met = {True: "yes", False: "NO", None: "-"}[self.is_met]
        return self.number, self.name, self.engine, f"{_number(self.measured)}{_suffix(self.unit)}", shown, met

    def entry(self) -> dict[str, Any]:
        """For JSON."""
        goals = {"at_most": self.at_most, "at_least": self.at_least}
        goal = {name: value for name, value in goals.items() if value is not None}
        terms = {name: _rounded(value) for name, value in self.terms.items()}
        known = {"figure": self.number, "name": self.name, "engine": self.engine, "measured": _rounded(self.measured)}
        return known | ({"unit": self.unit} if self.unit else {}) | goal | {"met": self.is_met} | _given(terms=terms)


def table(figures: Iterable[Figure]) -> str:
    """The rows under one header, each with its terms on a line of its own."""
    found = list(figures)
    rows = [HEADER, *(figure.row() for figure in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [_line(HEADER, widths), "-" * (sum(widths) + 2 * len(widths))]
    for figure in found:
        lines.append(_line(figure.row(), widths))
        if figure.terms:
            lines.append(" " * (widths[0] + 4) + _terms_line(figure.terms))
    return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _terms_line(terms: Mapping[str, float | str]) -> str:
    return ", ".join(f"{name} {value if isinstance(value, str) else _number(value)}" for name, value in terms.items())


def _number(value: float) -> str:
    """Whole numbers as such, others with what matters: 2, 0.61, 62.4, 1,234."""
    if abs(value) >= 100 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _suffix(unit: str) -> str:
    return f" {unit}" if unit else ""


def _rounded(value: float | str) -> float | str:
    return value if isinstance(value, str) else round(value, 3)


def _given(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value}
