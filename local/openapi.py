"""The OpenAPI document, made of what the doors declare and of the words in ``docs/reference``."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel

from local import handlers, reference_texts, routes, schemas
from local.handlers import Handled
from local.operations import Part, operation, shared_responses
from local.schemas import JSONObject, Wanted
from mostrador.web.problem_views import Problem
from mostrador.web.routes import Route

VERSION: Final = "1"
ABOUT: Final = {
    "en": (
        "Appointments, raffles and payments of many businesses. Every error is problem+json (RFC 9457) with a stable "
        "`code`. Each summary and description is in English, then in Spanish."
    ),
    "es": (
        "Turnos, rifas y pagos de muchos negocios. Cada error es problem+json (RFC 9457) con un `code` estable. "
        "Cada resumen y descripción está en inglés y luego en español."
    ),
}
SECURITY: Final[JSONObject] = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a person, from the pool of users; it is good for 15 minutes.",
    },
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "The key of a program, made with `api_keys.create`; it has one role in one tenant.",
    },
}


@lru_cache(maxsize=1)
def document() -> JSONObject:
    """OpenAPI 3.1, deterministic: the same code gives the same text.

    Raises schemas.NameTaken, reference_texts.BadReference, ValueError for an operation that is declared twice.
    """
    words = reference_texts.load()
    served = [(route, handlers.of_route(route)) for _, route in routes.of_doors()]
    found, components = schemas.collect(_wanted(served))
    paths: JSONObject = {}
    for route, handled in served:
        part = Part(route, handled, words, {key[1:]: found[key] for key in _keys(route, handled)}, components)
        paths.setdefault(route.path, {})[route.method.lower()] = operation(part)
    shared = {"responses": shared_responses(found["problem"]), "securitySchemes": SECURITY}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mostrador", "version": VERSION, "description": f"{ABOUT['en']}\n\n{ABOUT['es']}"},
        "servers": [
            {"url": ".", "description": "The address at which this document is / La dirección de este documento"}
        ],
        "tags": [_tag(name, area) for name, area in words.areas.items()],
        "paths": paths,
        "components": {"schemas": schemas.used([paths, shared], components), **shared},
        "security": [{name: []} for name in SECURITY],
    }


def _wanted(served: list[tuple[Route, Handled]]) -> Iterator[Wanted]:
    yield "problem", "serialization", Problem
    for route, handled in served:
        yield from _of_route(route, handled)


def _keys(route: Route, handled: Handled) -> list[tuple[str, ...]]:
    return [key for key, _, _ in _of_route(route, handled)]


def _of_route(route: Route, handled: Handled) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """What a route needs schemas of: its key begins with the operation."""
    for name, annotation in handled.variables.items():
        yield (route.operation, "path", name), "validation", annotation
    for name, annotation in handled.headers.items():
        yield (route.operation, "header", name), "validation", annotation
    for part, model in (("query", handled.query), ("form", handled.form)):
        if model is not None:
            yield (route.operation, part, ""), "validation", model
    if isinstance(handled.answer, type) and issubclass(handled.answer, BaseModel):
        yield (route.operation, "answer", ""), "serialization", handled.answer


def _tag(name: str, area: reference_texts.Area) -> JSONObject:
    return {
        "name": name,
        "x-displayName": f"{area.area.en} / {area.area.es}",
        "description": f"{area.about.en}\n\n{area.about.es}",
    }
