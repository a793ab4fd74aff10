"""The fault of a field in Spanish or English, from pydantic's machine-readable errors."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from mostrador.values.wording import Reader, Words

Fault = dict[str, object]
"""``{"field", "code", "detail", "value"}``."""
_MOST_SHOWN: Final = 200
_SECRET: Final = frozenset({"private_key", "secret"})
"""Fields whose value is never echoed."""

_DATE: Final = "debe ser una fecha: año-mes-día"
_INSTANT: Final = "debe ser una fecha y hora según ISO 8601"
_OBJECT: Final = "debe ser un objeto"
_CHOICE: Final = "no es una de las opciones"
_LONG: Final = "admite {max_length:count} elementos como máximo"
_UNTRANSLATED: Final = "no es válido"
# pydantic error type -> Spanish; the braces are the error's own ctx. English is pydantic's own message.
SPANISH: Final = {
    "missing": "falta este campo",
    "extra_forbidden": "este campo no existe",
    "json_invalid": "no es JSON válido",
    "model_attributes_type": _OBJECT,
    "model_type": _OBJECT,
    "dict_type": _OBJECT,
    "list_type": "debe ser una lista",
    "none_required": "debe quedar vacío",
    "string_type": "debe ser un texto",
    "string_too_short": "es demasiado corto: lleva {min_length:count} caracteres como mínimo",
    "string_too_long": "es demasiado largo: lleva {max_length:count} caracteres como máximo",
    "string_pattern_mismatch": "no tiene la forma esperada",
    "string_unicode": "no es un texto Unicode válido",
    "int_type": "debe ser un número entero",
    "int_parsing": "debe ser un número entero",
    "int_from_float": "debe ser un número entero",
    "int_parsing_size": "el número es demasiado grande",
    "finite_number": "debe ser un número finito",
    "float_type": "debe ser un número",
    "float_parsing": "debe ser un número",
    "bool_type": "debe ser verdadero o falso",
    "bool_parsing": "debe ser verdadero o falso",
    "greater_than_equal": "debe ser {ge:count} como mínimo",
    "greater_than": "debe ser mayor que {gt:count}",
    "less_than_equal": "debe ser {le:count} como máximo",
    "less_than": "debe ser menor que {lt:count}",
    "too_long": _LONG,
    "too_short": "necesita {min_length:count} elementos como mínimo",
    "enum": _CHOICE,
    "literal_error": _CHOICE,
    "union_tag_invalid": _CHOICE,
    "union_tag_not_found": "falta indicar cuál de las opciones es",
    "timezone_aware": "necesita la diferencia con la hora universal, por ejemplo -03:00",
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "datetime_object_invalid": _INSTANT,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": f"{_DATE}, sin hora",
    "value_error": _UNTRANSLATED,
    "bad_character": "tiene el carácter {character}, que no es texto",
    "unreadable": "debe ser un texto legible",
    "email": "no es una dirección de correo",
    "range_order": "el comienzo no puede ser posterior al fin",
    "full_minutes": "debe comenzar y terminar en un minuto entero",
    "block_length": "debe durar de {least} a {most} minutos",
    "appointment_twice": "tiene dos veces el turno {id}",
    "range_length": "debe ser un rango de {days} días como máximo",
    "amount_digits": "debe ser desde 0, con cuatro decimales como máximo",
    "one_choice": "indique los números o cuántos, una de las dos cosas",
    "one_delay": "indique los minutos o la hora, una de las dos cosas",
    "one_customer": "indique un cliente del registro o los datos de uno, una de las dos cosas",
    "one_of_three": "indique el nombre, un cliente del registro o los datos de uno, una de las tres cosas",
    "one_range": "indique un día, o bien el comienzo y el fin",
    "no_change": "indique otro día de la semana, otra hora, otro profesional u otra duración",
    "one_discount": "indique un porcentaje o un importe, una de las dos cosas",
    "one_end": "indique cuántas veces o hasta cuándo, una de las dos cosas",
    "confirmed_hold": "un turno confirmado no se reserva hasta el pago",
    "ids_alone": "los identificadores no se combinan con otros parámetros",
    "interval_order": "los horarios del {day:weekday} deben ir uno tras otro sin superponerse",
    "placeholder": "tiene llaves que no encierran ninguno de los datos que se pueden completar",
    "known_link": "indique juntos el número del eslabón y su resumen",
    "time_zone": "no es una zona horaria de la base IANA",
    "currency": "no es una moneda de la norma ISO 4217",
    "country": "no es un país de la norma ISO 3166 con teléfonos",
}
_DATES: Final[Mapping[str, Words]] = {
    "greater_than_equal": ("no puede ser anterior al año {ge:year}", "should not be before the year {ge:year}"),
    "less_than": ("debe ser anterior al año {lt:year}", "should be before the year {lt:year}"),
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
    if language == "en" and not _is_about_dates(error):
        return str(error.get("msg", kind))
    facts = error.get("ctx") or {}
    reader = Reader(language)
    template = reader.choose(_DATES[kind]) if _is_about_dates(error) else SPANISH.get(kind, _UNTRANSLATED)
    try:
        return reader.sentence(template, facts)
    except (KeyError, ValueError):
        return _UNTRANSLATED


def _is_about_dates(error: Mapping[str, Any]) -> bool:
    """Whether it is a bound of dates or instants, which are whole years; pydantic gives some of them as text."""
    return error.get("type") in _DATES and any(isinstance(of, date | str) for of in (error.get("ctx") or {}).values())
