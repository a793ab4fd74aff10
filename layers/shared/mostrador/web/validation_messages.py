"""The fault of a field in Spanish or English, from pydantic's machine-readable errors."""

from collections.abc import Mapping
from typing import Any, Final

Fault = dict[str, object]
"""``{"field", "code", "detail", "value"}``."""
_MOST_SHOWN: Final = 200
_SECRET: Final = frozenset({"private_key", "secret"})
"""Fields whose value is never echoed."""

# pydantic error type -> Spanish; the braces are the error's own ctx. English is pydantic's own message.
_SPANISH: Final = {
    "missing": "falta este campo",
    "extra_forbidden": "este campo no existe",
    "json_invalid": "no es JSON válido: {error}",
    "model_attributes_type": "debe ser un objeto",
    "model_type": "debe ser un objeto",
    "dict_type": "debe ser un objeto",
    "list_type": "debe ser una lista",
    "string_type": "debe ser un texto",
    "string_too_short": "debe tener al menos {min_length} caracteres",
    "string_too_long": "debe tener como máximo {max_length} caracteres",
    "string_pattern_mismatch": "no tiene la forma {pattern}",
    "string_unicode": "no es un texto Unicode válido",
    "int_type": "debe ser un número entero",
    "int_parsing": "debe ser un número entero",
    "int_from_float": "debe ser un número entero",
    "int_parsing_size": "el número es demasiado grande",
    "bool_type": "debe ser true o false",
    "bool_parsing": "debe ser true o false",
    "greater_than_equal": "debe ser mayor o igual que {ge}",
    "greater_than": "debe ser mayor que {gt}",
    "less_than_equal": "debe ser menor o igual que {le}",
    "less_than": "debe ser menor que {lt}",
    "too_long": "admite como máximo {max_length} elementos",
    "too_short": "necesita al menos {min_length} elementos",
    "enum": "debe ser uno de: {expected}",
    "literal_error": "debe ser uno de: {expected}",
    "timezone_aware": "necesita la zona horaria (por ejemplo 2026-12-01T09:00:00-03:00)",
    "datetime_type": "debe ser una fecha y hora ISO 8601",
    "datetime_parsing": "debe ser una fecha y hora ISO 8601",
    "datetime_from_date_parsing": "debe ser una fecha y hora ISO 8601",
    "datetime_object_invalid": "debe ser una fecha y hora ISO 8601",
    "date_type": "debe ser una fecha (AAAA-MM-DD)",
    "date_parsing": "debe ser una fecha (AAAA-MM-DD)",
    "date_from_datetime_parsing": "debe ser una fecha (AAAA-MM-DD)",
    "date_from_datetime_inexact": "debe ser una fecha (AAAA-MM-DD), sin hora",
    "value_error": "no es válido: {error}",
    "bad_character": "tiene el carácter {character}, que no es texto",
    "unreadable": "debe ser un texto legible",
    "range_order": "from no debe ser posterior a to",
    "one_choice": "indique numbers o count, uno de los dos",
    "one_customer": "indique customer_id o customer, uno de los dos",
    "confirmed_hold": "un turno confirmado no se reserva hasta el pago",
    "one_range": "indique date, o bien from y to",
    "ids_alone": "ids no se combina con otros parámetros",
    "lottery_date": "indique en draw_at cuándo se sortea la lotería",
    "union_tag_invalid": "debe ser uno de: {expected_tags}",
    "union_tag_not_found": "falta indicar {discriminator}",
    "range_length": "debe ser un rango de hasta {days} días",
    "one_end": "indique count o until, uno de los dos",
    "interval_order": "los horarios de {day} deben ir uno tras otro sin superponerse",
    "time_zone": "debe ser una zona horaria IANA",
    "currency": "debe ser una moneda ISO 4217",
    "country": "debe ser un país ISO 3166 con teléfonos",
}


def problem(error: Mapping[str, Any], language: str) -> Fault:
    """One pydantic error as a fault."""
    kind = str(error.get("type", "invalid"))
    parts = tuple(error.get("loc", ()))
    if parts[:1] == ("query",):  # its place among the values of a repeated parameter is none of its name
        parts = tuple(part for part in parts if not isinstance(part, int))
    field = ".".join(map(str, parts)).replace("query.query", "query") or "body"
    value = None if kind == "missing" else shown(error.get("input"))
    return fault(field, kind, _detail(error, kind, language), value)


def fault(field: object, code: str, detail: str, value: object) -> Fault:
    """One entry of a problem's ``errors``; the value of a secret is left out."""
    is_secret = not _SECRET.isdisjoint(str(field).split("."))
    return {"field": field, "code": code, "detail": detail, "value": None if is_secret else value}


def shown(value: object) -> bool | int | str | None:
    """A value as it may be echoed: simple ones as they are, long or nested ones as shortened text."""
    if value is None or isinstance(value, bool | int):
        return value
    text = value if isinstance(value, str) else repr(_without_secrets(value))
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {name: "…" if name in _SECRET else _without_secrets(child) for name, child in value.items()}
    return [_without_secrets(child) for child in value] if isinstance(value, list) else value


def _detail(error: Mapping[str, Any], kind: str, language: str) -> str:
    template = _SPANISH.get(kind)
    if language == "en" or template is None:
        return str(error.get("msg", kind))
    try:
        return template.format(**(error.get("ctx") or {}))
    except (KeyError, IndexError):
        return str(error.get("msg", kind))
