"""Refusals and failures as problem+json (RFC 9457): a status, a stable code, a sentence in the caller's language."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from mostrador import clock, context, errors
from mostrador.errors import ServiceError
from mostrador.observability import logger
from mostrador.table import TableFailure, is_overload
from mostrador.tenancy import tenants
from mostrador.values import next_actions
from mostrador.values.next_actions import TEXTS, NextAction
from mostrador.values.wording import Reader
from mostrador.web import fault_places, field_titles, validation_messages
from mostrador.web.routes import PROBLEM
from mostrador.web.validation_messages import Fault

_SAID: Final = 5
"""So many faults are said in the sentence of the whole."""
_FAMILIES: Final[Mapping[type[ServiceError], int]] = {
    errors.Stale: 412,
    errors.Invalid: 422,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
}


class MalformedBody(errors.Invalid):
    code = "malformed_json"
    en = "the body is not a JSON object in UTF-8: {reason}"
    es = "el cuerpo no es un objeto JSON en UTF-8"


class NotText(errors.Invalid):
    code = "malformed_text"
    en = "the body is not text in {charset}"
    es = "el cuerpo no es texto en {charset}"


class BodyTooLarge(errors.Invalid):
    code = "body_too_large"
    en = "the body has {value:count} bytes; at most {limit:count} are read"
    es = "el cuerpo tiene {value:count} bytes; se leen {limit:count} como máximo"


class UnsupportedMediaType(errors.Invalid):
    code = "unsupported_media_type"
    en = "{value} is not application/json"
    es = "el cuerpo debe ser application/json, no {value}"


class RepeatedParameter(errors.Invalid):
    code = "repeated_parameter"
    en = "the query parameter {value} is taken once, not {times} times"
    es = "el parámetro {value} se admite una sola vez, no {times}"


class UnsupportedCharset(UnsupportedMediaType):
    code = "unsupported_charset"
    en = "the charset {value} is not read; send UTF-8"
    es = "no se lee el juego de caracteres {value}; envíe UTF-8"


class UnknownParameter(errors.Invalid):
    code = "unknown_parameter"
    en = "there is no query parameter {value}; known are: {known}"
    es = "no existe el parámetro «{value}» en esta dirección"


_BROKEN: Final = {
    "es": "Algo falló de nuestro lado; quedó registrado.",
    "en": "Something failed on our side; it was recorded.",
}
_STATUSES: Final[Mapping[type[ServiceError], int]] = {
    MalformedBody: 400,
    NotText: 400,
    BodyTooLarge: 413,
    UnsupportedMediaType: 415,
    **_FAMILIES,
}


def language(event: APIGatewayProxyEvent) -> str:
    """``"es"`` unless Accept-Language puts English first."""
    accepted = str(event.headers.get("accept-language") or "").lower()
    languages = (part.strip()[:2] for part in accepted.split(","))
    return next((language for language in languages if language in ("es", "en")), "es")


def refuse(event: APIGatewayProxyEvent, error: ServiceError) -> Response[str]:
    """A refusal as problem+json: its code, its sentence, its one fault, and its other facts as further members."""
    status = next(status for family, status in _STATUSES.items() if isinstance(error, family))
    facts = {name: _shown(value) for name, value in error.facts.items()}
    reader = _reader(event)
    detail = error.sentence(reader)
    field, value = facts.pop("field", None), facts.pop("value", None)
    if isinstance(error, errors.NotHere):
        value = facts["id"]
        field = fault_places.of(event, value)
    fault = validation_messages.fault(field, error.code, detail, value)
    step = _next(reader, error.suggests(reader), facts.get("retry_after", 1))
    return _problem(event, status, error.code, detail, [fault], **facts | step)


def told(event: APIGatewayProxyEvent, error: ServiceError) -> dict[str, object]:
    """A refusal as one row of an answer: its code, its sentence and its facts."""
    return {**error.facts, "code": error.code, "detail": error.sentence(_reader(event))}


def _reader(event: APIGatewayProxyEvent) -> Reader:
    return Reader(language(event), tenants.known_zone(context.current().tenant), clock.now())


def _shown(value: object) -> object:
    return validation_messages.shown(value) if isinstance(value, str) else value


def _problem(
    event: APIGatewayProxyEvent, status: int, code: str, detail: str, faults: list[Fault], /, **members: object
) -> Response[str]:
    request_id = event.request_context.request_id
    described = {
        "type": f"urn:mostrador:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
        "errors": faults,
    }
    headers = {"Retry-After": str(members.get("retry_after", 1))} if status in (429, 503) else {}
    return Response(status, PROBLEM, json.dumps({**members, **described}, default=str), headers=headers)


def _next(reader: Reader, step: NextAction | None, retry_after: object = 1) -> dict[str, object]:
    """The member ``suggested_next_action``, where a step is known."""
    if step is None:
        return {}
    if context.current().actor.role == "public":
        step = next_actions.FOR_VISITORS.get(step, step)
    text = reader.sentence(reader.choose(TEXTS[step]), {"retry_after": retry_after})
    return {"suggested_next_action": {"code": step, "text": text}}


def unprocessable(event: APIGatewayProxyEvent, error: RequestValidationError, forms: Sequence[object]) -> Response[str]:
    """422 with each fault; 404 where a part of the path is malformed, because nothing can have such an id.

    ``forms`` are the models of the request, whose titles name its fields.
    """
    if any(fault["loc"][0] == "path" for fault in error.errors()):
        return no_route(event)
    reader = _reader(event)
    faults = [validation_messages.problem(fault, reader.language) for fault in error.errors()]
    titles = (field_titles.of(forms, fault["loc"], reader.language) for fault in error.errors()[:_SAID])
    said = [f"{title}: {fault['detail']}".removeprefix(": ") for title, fault in zip(titles, faults, strict=False)]
    step = _next(reader, NextAction.CORRECT_REQUEST)
    return _problem(event, 422, "invalid_request", "; ".join(said), faults[:50], **step)


def no_route(event: APIGatewayProxyEvent) -> Response[str]:
    """404 for a path that leads nowhere."""
    return refuse(event, errors.NotHere(entity="path", id=event.path))


def table_failed(event: APIGatewayProxyEvent, error: TableFailure) -> Response[str]:
    """503 where the table is overloaded or silent, else 500."""
    if is_overload(error):
        logger.warning("the table is overloaded", exc_info=error)
        return refuse(event, errors.Busy())
    return broken(event, error)


def broken(event: APIGatewayProxyEvent, error: Exception) -> Response[str]:
    """500 for a fault of ours, which is logged and not shown."""
    logger.error("unexpected failure", exc_info=error)
    detail = _BROKEN[language(event)]
    fault = validation_messages.fault(None, "internal_error", detail, None)
    return _problem(event, 500, "internal_error", detail, [fault], **_next(_reader(event), NextAction.REPORT))
