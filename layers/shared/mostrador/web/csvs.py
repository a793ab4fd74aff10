"""Lists as CSV (RFC 4180) for the spreadsheets of a tenant's country, which find no formulas in them.

Excel reads a file by the computer's country. Where decimals have a comma it splits columns at semicolons, and takes
25.00 for 2500 or for a date. So the tenant's country decides the separator and the decimals of amounts, both together.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from mostrador.values import decimal_comma

Row = Mapping[str, object]
_BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel does not read UTF-8."""
_HARD: Final = ";,；，"
_SOFT: Final = r"\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029"
"""Separators of cells; the soft ones are blank too."""
# Each run of separators and blanks is read once. A look-ahead from every separator would be quadratic.
_CELL_STARTS: Final = re.compile(
    rf"""(?:^|[{_HARD}{_SOFT}])[{_HARD}{_SOFT}\s"\ufeff\u200b-\u200f]*+(?=([-=+@＝＋－＠])?)"""
)
_SOFT_ONE: Final = re.compile(f"[{_SOFT}]")
_FORMULA: Final = re.compile("[-=+@＝＋－＠]")
_AMOUNT: Final = re.compile(r"[0-9]+\.[0-9]+")
_NAMES: Final[Mapping[str, str]] = {
    "appointments": "turnos",
    "audit": "auditoria",
    "blocks": "bloqueos",
    "closures": "dias-especiales",
    "customers": "clientes",
    "series": "series",
    "tills": "cajas",
    "drift": "diferencias-calendario",
    "export": "rifa-vendidos",
    "feeds": "calendarios",
    "integrations": "conexiones",
    "keys": "claves-api",
    "members": "miembros",
    "numbers": "numeros",
    "orders": "ordenes",
    "payments": "pagos",
    "raffles": "rifas",
    "resources": "recursos",
    "sellers": "vendedores",
    "services": "servicios",
    "tenants": "negocios",
    "waiting": "lista-de-espera",
}
"""The last part of a list's path -> the name of its file."""


def file_name(path: str, slug: str | None, day: date) -> str:
    """The name under which the list at ``path`` is saved, such as turnos-salon-2026-12-01.csv."""
    area = _NAMES.get(path.rstrip("/").rpartition("/")[2], "lista")
    return "-".join(filter(None, (area, slug, f"{day}.csv")))


def sheet(view: type[BaseModel], rows: Iterable[Row], *, unseen: frozenset[str], country: str, zone: ZoneInfo) -> str:
    """The rows of a list of ``view`` without the fields ``unseen``, as people in ``country`` open them.

    An instant is written in UTC, and beside it in ``zone`` as ``2026-12-01 09:00``.
    """
    fields = {name: field.annotation for name, field in view.model_fields.items() if name not in unseen}
    instants = {name for name, annotation in fields.items() if _is_instant(annotation)}
    with_comma = decimal_comma.is_used_in(country)
    columns = [column for name in fields for column in ((name, f"{name}_local") if name in instants else (name,))]
    cells = (_for_people(row, fields, instants, zone, with_comma) for row in rows)
    return text(columns, cells, separator=";" if with_comma else ",")


def text(columns: Sequence[str], rows: Iterable[Row], *, separator: str = ",") -> str:
    """A header line and one line for each row; None is empty, values other than text are JSON."""
    written = io.StringIO(newline="")
    written.write(_BYTE_ORDER_MARK)
    writer = csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return written.getvalue()


def _is_instant(annotation: object) -> bool:
    """Whether a field's type is an instant, or an instant among others such as None."""
    return annotation is datetime or any(_is_instant(part) for part in get_args(annotation))


def _for_people(
    row: Row, names: Iterable[str], instants: set[str], zone: ZoneInfo, with_comma: bool
) -> dict[str, object]:
    """The cells of a row: instants in UTC and on the tenant's clock, amounts with the country's decimals."""
    cells: dict[str, object] = {}
    for name in names:
        value = row[name]
        if name in instants:
            cells |= dict(_instant(name, value, zone))
        elif with_comma and is_amount(name) and isinstance(value, str) and _AMOUNT.fullmatch(value):
            cells[name] = value.replace(".", ",")
        else:
            cells[name] = value
    return cells


def _instant(name: str, value: object, zone: ZoneInfo) -> Iterator[tuple[str, object]]:
    at = datetime.fromisoformat(value) if isinstance(value, str) else None
    yield name, at and at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    yield f"{name}_local", at and f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def is_amount(name: str) -> bool:
    """Whether a field holds money, by its name."""
    return name in ("amount", "price", "amount_due", "opening_float") or name.endswith("_amount")


def _cell(value: object) -> str:
    """The value as text in which no cell starts with a formula (OWASP, CSV injection), whatever the separator is.

    A program that splits at another separator ignores our quotes. So an apostrophe stands where a cell may start.
    """
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return _inert(value if isinstance(value, str) else json.dumps(_inert_inside(value), ensure_ascii=False))


def _inert(written: str) -> str:
    return _CELL_STARTS.sub(_led, written) if _FORMULA.search(written) else written


def _led(run: re.Match[str]) -> str:
    """A run of separators and blanks; before a formula with an apostrophe wherever a cell may start in it."""
    if run[1] is None:
        return run[0]
    behind_hard = 1 + max(run[0].rfind(separator) for separator in _HARD)
    begins = "'" if behind_hard or run.start() == 0 else ""
    return run[0][:behind_hard] + begins + _SOFT_ONE.sub(r"\g<0>'", run[0][behind_hard:])


def _inert_inside(value: Any) -> Any:
    """A nested value with its texts made inert one by one, so that it stays JSON."""
    if isinstance(value, str):
        return _inert(value)
    if isinstance(value, Mapping):
        return {_inert(str(name)): _inert_inside(inner) for name, inner in value.items()}
    return [_inert_inside(inner) for inner in value] if isinstance(value, list) else value
